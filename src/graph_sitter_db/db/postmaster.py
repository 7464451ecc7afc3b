"""The embedded server's main process: seen from outside, launched, stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from graph_sitter_db.db import binaries, watcher
from graph_sitter_db.db.account import Account
from graph_sitter_db.db.home import PORT, SUPERUSER, Home
from graph_sitter_db.errors import EmbeddedServerError

_PATIENCE = 60.0  # seconds; a start takes 0.1, recovery after a crash as long as the log is
_WATCHER = "graph-sitter-db watcher"

# Connections of others: neither the one that asks nor the watcher's.
COUNT = (
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    f" AND pid <> pg_backend_pid() AND application_name <> '{_WATCHER}'"
)


def is_ready(home: Home) -> bool:
    """Whether the server answers and takes work."""
    lines = _pid_file(home)
    return len(lines) > 7 and lines[7].strip() == "ready" and _listens(home)


def is_running(home: Home) -> bool:
    """Whether a server process is there at all: starting, ready or stopping."""
    return _listens(home)


def pid(home: Home) -> int | None:
    lines = _pid_file(home)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def launch(home: Home, user: Account, linger: float) -> None:
    """Have a watcher beside a server that is ready: start what is missing of the two."""
    deadline = time.monotonic() + _PATIENCE
    logged = home.log.stat().st_size if home.log.exists() else 0
    while True:
        forget_the_dead(home)
        said = _spawn_watcher(home, user, linger, deadline - time.monotonic())
        if said == "ready":
            return
        if said == "failed" or not said:
            raise _did_not_start(home, logged)
        if said == "slow" or time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"The embedded database in {home.path} is still recovering after "
                f"{_PATIENCE:.0f} seconds. Try again in a while; {home.log} tells how far it is."
            )
        if is_ready(home):
            return
        time.sleep(0.02)


def stop(home: Home) -> None:
    """End the server: clients are disconnected, what is committed is written down."""
    _end(home)
    with suppress(OSError):
        home.socket_folder.rmdir()


def forget_the_dead(home: Home) -> None:
    """Remove the traces of a killed server whose process number now belongs to another program.

    PostgreSQL sees itself that a number belongs to nobody, but would refuse to start when it was
    given away again, as it happens in containers, where the numbers are small.
    """
    recorded = pid(home)
    if recorded and not _listens(home) and not _is_server(recorded, home):
        for trace in (home.data / "postmaster.pid", Path(f"{home.socket}.lock")):
            trace.unlink(missing_ok=True)


def _spawn_watcher(home: Home, user: Account, linger: float, patience: float) -> str:
    plan = {
        "server": _command(home),
        "count": _counting(home),
        "environment": {**binaries.environment(), "PGAPPNAME": _WATCHER},
        "user": [user.uid, user.gid] if user.switch else None,
        "pid_file": str(home.data / "postmaster.pid"),
        "socket": str(home.socket),
        "socket_folder": str(home.socket_folder),
        "log": str(home.log),
        "users_lock": str(home.users_lock),
        "watcher_lock": str(home.watcher_lock),
        "stay": str(home.stay),
        "linger": linger,
        "patience": patience,
    }
    with home.log.open("ab") as log:
        done = subprocess.run(
            [sys.executable, "-I", "-S", watcher.__file__, json.dumps(plan)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=binaries.environment(),
            check=False,
        )
    return done.stdout


def _command(home: Home) -> list[str]:
    settings = {
        "port": str(PORT),
        "listen_addresses": "",
        "unix_socket_directories": str(home.socket_folder),
        "unix_socket_permissions": "0700",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(binaries.program("postgres")), "-D", str(home.data), *options]


def _counting(home: Home) -> list[str]:
    where = ["-h", str(home.socket_folder), "-p", str(PORT), "-U", SUPERUSER, "-d", "postgres"]
    return [str(binaries.program("psql")), "-X", "-A", "-t", "-w", *where, "-c", COUNT]


def _end(home: Home) -> None:
    for how in (signal.SIGINT, signal.SIGQUIT):
        main_process = pid(home)
        if not main_process or not _listens(home):
            return
        os.kill(main_process, how)
        deadline = time.monotonic() + _PATIENCE
        while (_pid_file(home) or _listens(home)) and time.monotonic() < deadline:
            time.sleep(0.01)


def _pid_file(home: Home) -> list[str]:
    try:
        return (home.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _listens(home: Home) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(home.socket))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def _is_server(process: int, home: Home) -> bool:
    import psutil

    with suppress(psutil.Error):
        return str(home.data) in psutil.Process(process).cmdline()
    return False


def _did_not_start(home: Home, logged: int) -> EmbeddedServerError:
    lines = home.log.read_bytes()[logged:].decode(errors="replace").splitlines()[-8:]
    return EmbeddedServerError(
        f"The embedded database in {home.path} does not start; {home.log} ends with:\n"
        + "\n".join(f"  {line}" for line in lines)
        + "\nRemove the cause, set GRAPH_SITTER_DB_HOME to another folder, or use a PostgreSQL "
        "server of your own (--url or GRAPH_SITTER_DB_URL)."
    )

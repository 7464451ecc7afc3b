"""Starts the embedded server, stays beside it, and stops it when nobody uses it any more.

A process of its own, run by path without the user's packages (`python -I -S watcher.py PLAN`), so
that it is small, sees no other program's settings, and outlives the command that needed it. What it
has to know comes as JSON. The first line on its standard output tells how the start went: `ready`,
`busy` (another watcher is there), `slow` (still recovering) or `failed`.
"""

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_LOG_LIMIT = 5_000_000  # bytes; what is older is kept once, beside it
_STOP_PATIENCE = 60.0
_COUNTING_PAUSE = 1.0  # to ask who is connected takes a process
_OTHERS_MEMORY = "pre-existing shared memory block"


@dataclass(frozen=True)
class Plan:
    """Everything the watcher is told."""

    server: list[str]  # the server's command line
    count: list[str]  # a command that prints the number of connected clients
    environment: dict[str, str]
    user: list[int] | None  # uid and gid to change to
    pid_file: str
    socket: str
    socket_folder: str
    log: str
    users_lock: str
    watcher_lock: str
    stay: str
    linger: float  # seconds
    patience: float  # seconds for the start


class Server:
    """The postmaster: a child of ours, or one that outlived its own watcher."""

    def __init__(self, pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self.child = child

    def is_alive(self) -> bool:
        if self.child:
            return self.child.poll() is None
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """Disconnect everybody; a server that hangs is stopped hard, and loses nothing either."""
        for how in (signal.SIGINT, signal.SIGQUIT):
            with suppress(ProcessLookupError):
                os.kill(self.pid, how)
            deadline = time.monotonic() + _STOP_PATIENCE
            while self.is_alive() and time.monotonic() < deadline:
                time.sleep(0.01)


def main(plan: Plan) -> None:
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    with _lock(plan.watcher_lock) as alone:
        server = (_found(plan) or _started(plan)) if alone else None
        if alone and not server:
            _say("failed")
        elif not server:
            _say("busy")
        else:
            _say("ready" if _is_ready(plan, server.pid) else "slow")
            _watch(plan, server)


def _found(plan: Plan) -> Server | None:
    """A server that runs already: its watcher was killed."""
    pid = _pid(plan)
    server = Server(pid) if pid else None
    return server if server and server.is_alive() and _is_ready(plan, server.pid) else None


def _started(plan: Plan) -> Server | None:
    deadline = time.monotonic() + plan.patience
    while time.monotonic() < deadline:
        logged = _size(plan.log)
        child = _launch(plan)
        server = Server(child.pid, child)
        while server.is_alive() and not _is_ready(plan, child.pid):
            if time.monotonic() > deadline:
                return server
            time.sleep(0.01)
        if server.is_alive():
            return server
        if _OTHERS_MEMORY not in _tail(plan.log, logged):
            return None
        time.sleep(0.1)  # processes of a killed server are still ending
    return None


def _launch(plan: Plan) -> subprocess.Popen[bytes]:
    with Path(plan.log).open("ab") as log:
        return subprocess.Popen(
            plan.server,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=plan.environment,
            start_new_session=True,
            user=plan.user[0] if plan.user else None,
            group=plan.user[1] if plan.user else None,
            extra_groups=[] if plan.user else None,
        )


def _watch(plan: Plan, server: Server) -> None:
    child_ended = _wake_up_by_children()
    pause = min(1.0, max(0.05, plan.linger / 10))
    last_use = time.time()
    while server.is_alive():
        _trim(plan.log)
        with _lock(plan.users_lock) as unused:
            used = not unused or Path(plan.stay).exists()
            if used:
                last_use = time.time()
            last_use = max(last_use, Path(plan.users_lock).stat().st_mtime)
            if not used and time.time() - last_use >= plan.linger:
                if not _connected(plan):
                    # The lock is still held: who comes now waits, and then starts a new server.
                    if server.child or _listens(plan):  # else the number may be another program's
                        server.stop()
                    with suppress(OSError):
                        Path(plan.socket_folder).rmdir()
                    return
                last_use = time.time() + _COUNTING_PAUSE
        if select.select([child_ended], [], [], pause)[0]:
            os.read(
                child_ended, 4096
            )  # of the counting, too: unread, there would be no more pauses


def _wake_up_by_children() -> int:
    """A descriptor that becomes readable when the server ends, however it does."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading


def _connected(plan: Plan) -> bool:
    """Whether programs that know nothing of the lock (psql, a dashboard) are connected.

    Not knowing counts as yes, as long as the server can be reached: it may be busy or full.
    """
    try:
        done = subprocess.run(
            plan.count, capture_output=True, env=plan.environment, timeout=10, check=False
        )
    except FileNotFoundError:
        return False  # the whole installation was removed
    except (OSError, subprocess.SubprocessError):
        return _listens(plan)
    return _listens(plan) if done.returncode else done.stdout.strip() != b"0"


def _listens(plan: Plan) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(plan.socket)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


@contextmanager
def _lock(path: str) -> Iterator[bool]:
    """Hold `path` alone; false when somebody else has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _pid(plan: Plan) -> int | None:
    lines = _lines(plan.pid_file)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _is_ready(plan: Plan, pid: int) -> bool:
    lines = _lines(plan.pid_file)
    return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _tail(path: str, start: int) -> str:
    with Path(path).open("rb") as log:
        log.seek(start)
        return log.read().decode(errors="replace")


def _trim(path: str) -> None:
    if _size(path) > _LOG_LIMIT:
        Path(path + ".1").write_bytes(Path(path).read_bytes())
        os.truncate(path, 0)  # the server appends, so it goes on at the new end


def _say(word: str) -> None:
    """Tell the command that waits, and let go of its pipe."""
    with suppress(BrokenPipeError):
        os.write(1, word.encode())
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


if __name__ == "__main__":
    main(Plan(**json.loads(sys.argv[1])))

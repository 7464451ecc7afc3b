"""The embedded server's data directory: made once, checked before each start."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graph_sitter_db.db import account, binaries
from graph_sitter_db.db.account import Account
from graph_sitter_db.db.home import DATABASE, SUPERUSER, Home, make, make_private, not_writable
from graph_sitter_db.errors import EmbeddedServerError

# A guest on somebody's machine: small, quiet, and nobody's query is compiled.
_SETTINGS = {
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "checkpoint_timeout": "15min",
    "io_method": "sync",
    "jit": "off",
    "client_connection_check_interval": "10s",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


def prepare(home: Home, settings: Mapping[str, str] | None = None) -> Account:
    """Make the data directory unless it is there, and let the server's user reach all it needs."""
    try:
        make(home)
        user = account.for_server(home)
        if user.switch:
            installation = binaries.folder()
            account.let_through(installation)
            account.let_read(installation)
            account.let_through(home.path)
        if not home.data.exists():
            _create(home, user, {**_SETTINGS, **(settings or {})})
        _check_version(home)
        make_private(home.socket_folder, user.uid)
    except OSError as error:
        raise not_writable(home, error) from error
    return user


def _create(home: Home, user: Account, settings: Mapping[str, str]) -> None:
    # Under another name first, so that an interrupted creation is never taken for a database.
    unfinished = home.path / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    make_private(unfinished, user.uid)
    try:
        _run(_initdb(unfinished, settings), user)
        alone: list[str | Path] = [binaries.program("postgres"), "--single", "-D", unfinished]
        _run([*alone, "postgres"], user, f"CREATE DATABASE {DATABASE}\n")
        unfinished.rename(home.data)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _initdb(folder: Path, settings: Mapping[str, str]) -> list[str | Path]:
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    where: list[str | Path] = [binaries.program("initdb"), "-D", folder]
    access = ["-U", SUPERUSER, "--auth=trust", "--no-instructions"]
    # The builtin locale sorts and compares alike on every machine.
    texts = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
    return [*where, *access, *texts, "--builtin-locale=C.UTF-8", *options]


def _run(command: Sequence[str | Path], user: Account, text: str = "") -> None:
    try:
        done = subprocess.run(
            command,
            input=text,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=binaries.environment(),
            cwd="/",
            check=False,
            **as_user(user),
        )
    except (PermissionError, subprocess.SubprocessError, ValueError) as error:
        raise cannot_switch(error) from error
    if done.returncode:
        raise EmbeddedServerError(
            "The embedded database cannot be created; PostgreSQL says:\n"
            + "\n".join(f"  {line}" for line in done.stdout.strip().splitlines()[-8:])
            + "\nRemove the cause, set GRAPH_SITTER_DB_HOME to another folder, or use a PostgreSQL "
            "server of your own (--url or GRAPH_SITTER_DB_URL)."
        )


def as_user(user: Account) -> dict[str, Any]:
    """Arguments that make `subprocess` run a program as the server's user."""
    if not user.switch:
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": []}


def cannot_switch(error: Exception) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"PostgreSQL refuses to run as root, and here root cannot become another user ({error}). "
        "Run as another user, or use a PostgreSQL server of your own (--url or "
        "GRAPH_SITTER_DB_URL)."
    )


def _check_version(home: Home) -> None:
    made_by = (home.data / "PG_VERSION").read_text().strip()
    if made_by != str(binaries.MAJOR):
        raise EmbeddedServerError(
            f"The data in {home.data} was made by PostgreSQL {made_by}, and the embedded server is "
            f"PostgreSQL {binaries.MAJOR}. Move its contents with pg_dump of version {made_by}, or "
            f"move the folder away to start anew ({_size(home.data)} MB)."
        )


def _size(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        total += sum((Path(root) / name).lstat().st_size for name in names)
    return total // 1_000_000

"""The system user PostgreSQL runs as, since it refuses to run as root."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from graph_sitter_db.db.home import Home
from graph_sitter_db.errors import EmbeddedServerError

NAME = "graph-sitter-db"


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int
    switch: bool  # whether the server's processes must change to it


def for_server(home: Home) -> Account:
    """The caller, or for root an unprivileged user: the data's owner, else one of our own."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if home.data.exists() and (owner := home.data.stat().st_uid):
        return Account(owner, _group(owner), switch=True)
    entry = _entry() or _created()
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def let_through(folder: Path) -> None:
    """Let other users pass through (not list) `folder` and what leads there, if they cannot."""
    for parent in (folder, *folder.parents):
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            _widen(parent, stat.S_IMODE(mode) | stat.S_IXOTH)


def let_read(tree: Path) -> None:
    """Let other users read the programs under `tree`, where an installation kept them to root."""
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            _widen(path, wanted)


def _group(uid: int) -> int:
    # Not the folder's group: with root's, the server would be refused what all others may.
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _entry() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _created() -> pwd.struct_passwd:
    commands = (
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
        ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", NAME],  # BusyBox
    )
    said = "no useradd here"
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError:
            continue
        if entry := _entry():  # perhaps made by another process meanwhile
            return entry
        said = done.stderr.strip() or said
    raise EmbeddedServerError(
        f"PostgreSQL refuses to run as root, and the system user {NAME} cannot be created: {said}. "
        "Create it, or run as another user, or use a PostgreSQL server of your own (--url or "
        "GRAPH_SITTER_DB_URL)."
    )


def _widen(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError as error:
        raise EmbeddedServerError(
            f"PostgreSQL refuses to run as root, and its system user cannot reach {path} "
            f"({error.strerror}). Run as another user, set GRAPH_SITTER_DB_HOME to a folder that "
            "other users can pass through, or use a PostgreSQL server of your own (--url or "
            "GRAPH_SITTER_DB_URL)."
        ) from error

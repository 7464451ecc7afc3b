"""Where the embedded server's files are: one folder per user, moved by GRAPH_SITTER_DB_HOME."""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from graph_sitter_db.errors import EmbeddedServerError

DATABASE = "graph_sitter"
SUPERUSER = "postgres"
PORT = 5432  # only a part of the socket's name: nothing listens on TCP

# The kernel takes 107 bytes for a socket's path (103 on macOS), of which the server's own
# "/.s.PGSQL.5432.lock" needs 19; libpq and the server split directory lists at commas.
_LONGEST_SOCKET_FOLDER = 80
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_./+@-]*(?: [A-Za-z0-9_./+@-]+)*")


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one embedded server, and what lies in it."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that uses the server: free when none does."""
        return self.path / "users.lock"

    @property
    def start_lock(self) -> Path:
        """Held by the one process that starts or stops the server."""
        return self.path / "start.lock"

    @property
    def watcher_lock(self) -> Path:
        return self.path / "watcher.lock"

    @property
    def stay(self) -> Path:
        """Present while the server is to stay although nobody uses it."""
        return self.path / "stay"

    @property
    def socket_folder(self) -> Path:
        """Beside the data when a socket's path may be that long, else private under /tmp."""
        beside = str(self.path / "run")
        if len(beside) <= _LONGEST_SOCKET_FOLDER and _PLAIN_PATH.fullmatch(beside):
            return Path(beside)
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return Path(f"/tmp/graph-sitter-db-{os.getuid()}-{digest}")

    @property
    def socket(self) -> Path:
        return self.socket_folder / f".s.PGSQL.{PORT}"

    @property
    def url(self) -> str:
        folder = quote(str(self.socket_folder), safe="/")
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={folder}&port={PORT}"


def locate() -> Home:
    """The user's home of the embedded server; nothing is created yet."""
    chosen = os.environ.get("GRAPH_SITTER_DB_HOME")
    path = Path(chosen).expanduser() if chosen else _user_data_folder()
    return Home(path.absolute().resolve())


def make(home: Home) -> None:
    """Create the folder, private to its user."""
    try:
        home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise not_writable(home, error) from error


def not_writable(home: Home, error: OSError) -> EmbeddedServerError:
    return EmbeddedServerError(
        f"The embedded database cannot use {home.path}: {error.strerror or error}. "
        "Set GRAPH_SITTER_DB_HOME to a folder you can write to, or use a PostgreSQL server of your "
        "own (--url or GRAPH_SITTER_DB_URL)."
    )


def make_private(folder: Path, owner: int) -> None:
    """Create `folder` for `owner` alone, refusing one that somebody else has put there."""
    try:
        folder.mkdir(mode=0o700)
        if owner != os.geteuid():
            os.chown(folder, owner, -1)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
            raise EmbeddedServerError(
                f"{folder} belongs to somebody else, so the embedded database cannot put its "
                "socket there. Remove it, or set GRAPH_SITTER_DB_HOME to a shorter path."
            ) from None
        os.chown(folder, owner, -1)
        folder.chmod(0o700)


def _user_data_folder() -> Path:
    import platformdirs

    try:
        path = Path(platformdirs.user_data_dir("graph-sitter-db", appauthor=False))
    except RuntimeError:
        path = Path()
    if not path.is_absolute():  # neither HOME nor an entry in the list of users
        raise EmbeddedServerError(
            "The embedded database finds no home directory for this user. Set GRAPH_SITTER_DB_HOME "
            "to a folder you can write to, or use a PostgreSQL server of your own (--url or "
            "GRAPH_SITTER_DB_URL)."
        )
    return path

"""Databases for tests: one server per session, one template with the schema, one clone per test.

The server is the embedded one, or that of GRAPH_SITTER_DB_TEST_URL (a superuser's URL). And real
git repositories, made small and on the spot.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from graph_sitter_db.db import Database, open_database, schema, server

# How long an example takes says something of the machine, not of what is tested.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

# A shell that runs the suite in the background lets it ignore interruptions, and all it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

type Git = Callable[..., str]
type Write = Callable[[Path, Mapping[str, str | bytes]], Path]

_MEMORY = Path("/dev/shm")
# A database is a thousand and more files, which a disk takes ten times as long to make.
_FOLDER = (
    _MEMORY
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 4 * 1024**3
    else Path(tempfile.gettempdir())
)
_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# A database's own settings are not copied with it.
_SETTINGS = """
    SELECT replace(each, '=', ' = ') FROM pg_db_role_setting s, unnest(s.setconfig) AS each
    WHERE s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = %s)
"""


@pytest.fixture(autouse=True)
def _nothing_of_the_users(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """No test finds the user's own database, nor leaves one in the user's folders."""
    monkeypatch.setenv("GRAPH_SITTER_DB_CACHE", "off")
    if "unit" not in request.path.parts:
        monkeypatch.delenv("GRAPH_SITTER_DB_URL", raising=False)
        monkeypatch.setenv("GRAPH_SITTER_DB_HOME", str(home))
        monkeypatch.setenv("GRAPH_SITTER_DB_LINGER", "0")


@pytest.fixture
def home() -> Iterator[Path]:
    """Where an embedded server of this test's own would be; it is gone with the test."""
    # pytest's own folders have long names, and a socket's path must be short.
    folder = _FOLDER / f"gsdb-{uuid4().hex[:12]}"
    yield folder
    if folder.exists():
        _discard(folder)


@pytest.fixture
def made_home(home: Path, pristine_home: Path) -> Path:
    """As `home`, with an embedded database that was made before."""
    subprocess.run(["cp", "-a", pristine_home, home], check=True)  # owners included
    return home


@pytest.fixture(scope="session")
def pristine_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="gsdb-", dir=_FOLDER))
    try:
        with _environment(GRAPH_SITTER_DB_HOME=str(folder), GRAPH_SITTER_DB_LINGER="0"):
            server.start(settings=_UNSAFE)
            server.stop(force=True)
        yield folder
    finally:
        _discard(folder)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A superuser's URL of the server that all tests share."""
    if given := os.environ.get("GRAPH_SITTER_DB_TEST_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="gsdb-", dir=_FOLDER))
    try:
        with _environment(GRAPH_SITTER_DB_HOME=str(folder), GRAPH_SITTER_DB_LINGER="30"):
            url = server.start(settings=_UNSAFE)
        yield url
    finally:
        _discard(folder)


@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """The name of a database with the schema and no row, which nobody is connected to."""
    with _new_database(server_url) as url:
        schema.upgrade(url)
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """A superuser's URL of a database without anything."""
    with _new_database(server_url) as url:
        yield url


@pytest.fixture
def installed_database(server_url: str, template_database: str) -> Iterator[str]:
    """A superuser's URL of a database with the schema and no row."""
    with _new_database(server_url, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def shared_database(server_url: str, template_database: str) -> Iterator[str]:
    """As `installed_database`, for the tests of one module, which read what was recorded once."""
    with _new_database(server_url, template_database) as url:
        yield url


@pytest.fixture
def database(installed_database: str) -> Iterator[Database]:
    with open_database(installed_database) as opened:
        yield opened


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Runs git in a folder with nobody's configuration."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    settings = {"user.name": "Ada", "user.email": "ada@example.org", "init.defaultBranch": "main"}
    settings |= {"protocol.file.allow": "always", "advice.detachedHead": "false"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def run(folder: Path, *words: str) -> str:
        command = ["git", *options, *words]
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    return run


@pytest.fixture
def write() -> Write:
    """Writes files below a folder and gives the folder back."""

    def files(root: Path, contents: Mapping[str, str | bytes]) -> Path:
        for path, content in contents.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return files


@pytest.fixture
def repository(tmp_path: Path, git: Git, write: Write) -> Callable[..., Path]:
    """Makes a repository with one commit of the given files."""

    def make(contents: Mapping[str, str | bytes], name: str = "project") -> Path:
        root = tmp_path / name
        root.mkdir()
        git(root, "init", "-q")
        write(root, contents)
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", "First")
        return root

    return make


@contextmanager
def _new_database(server_url: str, template: str = "template0") -> Iterator[str]:
    name = f"test_{uuid4().hex[:16]}"
    maintenance = urlsplit(server_url)._replace(path="/postgres").geturl()
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        for setting in connection.execute(_SETTINGS, (template,)).fetchall():
            connection.execute(f"ALTER DATABASE {name} SET {setting[0]}")
        try:
            yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        yield


def _discard(folder: Path) -> None:
    """Stop the server there, if one runs, and remove its files."""
    with _environment(GRAPH_SITTER_DB_HOME=str(folder)):
        server.stop(force=True)
    deadline = time.monotonic() + 60
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)  # the server's last files come and go

"""Databases for tests: one server per session, one template with the schema, one clone per test.

The server is the embedded one, or that of GRAPH_SITTER_DB_TEST_URL (a superuser's URL).
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from graph_sitter_db.db import Database, modules, open_database, schema, server

_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(autouse=True)
def _nothing_of_the_users(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """No test finds the user's own database, nor leaves one in the user's folders."""
    if "unit" not in request.path.parts:
        monkeypatch.delenv("GRAPH_SITTER_DB_URL", raising=False)
        monkeypatch.setenv("GRAPH_SITTER_DB_HOME", str(home))
        monkeypatch.setenv("GRAPH_SITTER_DB_LINGER", "0")


@pytest.fixture
def home() -> Iterator[Path]:
    """Where an embedded server of this test's own would be; it is gone with the test."""
    # pytest's own folders have long names, and a socket's path must be short.
    folder = Path(tempfile.gettempdir()) / f"gsdb-{uuid4().hex[:12]}"
    yield folder
    if folder.exists():
        _discard(folder)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A superuser's URL of the server that all tests share."""
    if given := os.environ.get("GRAPH_SITTER_DB_TEST_URL"):
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="gsdb-"))
    try:
        with _environment(GRAPH_SITTER_DB_HOME=str(folder), GRAPH_SITTER_DB_LINGER="0"):
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


@pytest.fixture
def database(installed_database: str) -> Iterator[Database]:
    with open_database(installed_database) as opened:
        yield opened


@contextmanager
def _new_database(server_url: str, template: str = "template0") -> Iterator[str]:
    name = f"test_{uuid4().hex[:16]}"
    maintenance = urlsplit(server_url)._replace(path="/postgres").geturl()
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
        if template != "template0":  # settings of a database are not copied with it
            connection.execute(f"ALTER DATABASE {name} SET search_path = {modules.search_path()}")
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
    deadline = time.monotonic() + 5
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)  # the server's last files come and go

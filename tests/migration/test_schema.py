"""Installing the schema, in every way there is, and taking it out."""

import hashlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
import pytest

from graph_sitter_db.db import binaries, catalog, install, modules, open_database, schema, server
from graph_sitter_db.db.catalog import Catalog
from graph_sitter_db.db.named import sql_directory
from graph_sitter_db.db.revisions import Revision, head, revisions
from graph_sitter_db.errors import UsageError

MIGRATIONS = sql_directory() / "migrations"


def test_modules_and_migrations_give_the_same_catalog(
    installed_database: str, empty_database: str
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for revision in revisions():
            install.run(connection, revision.up)

    found = catalog.differences(_catalog(installed_database), _catalog(empty_database))

    assert not found, f"\n{'\n'.join(found)}\nbefore the first release: run scripts/baseline"


def test_the_printed_schema_installs_the_same_by_psql(
    installed_database: str, empty_database: str
) -> None:
    _psql(empty_database, schema.ddl())

    assert not catalog.differences(_catalog(installed_database), _catalog(empty_database))
    assert _ledger(empty_database) == _ledger(installed_database)
    assert schema.current(empty_database) == head().version


def test_printing_the_schema_needs_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", "postgresql://nobody@localhost:1/nothing")

    assert "CREATE TABLE analytics.analysis_runs" in schema.ddl()


def test_module_files_loaded_by_hand_are_recognised(empty_database: str) -> None:
    for module in modules.modules():
        _psql(empty_database, module.text)

    assert schema.current(empty_database) == head().version
    open_database(empty_database).close()
    assert schema.upgrade(empty_database) == head().version
    assert _ask(empty_database, "SELECT version_num FROM base.alembic_version") == [
        (head().number,)
    ]


def test_every_module_is_recorded(installed_database: str) -> None:
    recorded = _ask(
        installed_database, "SELECT module FROM base.schema_migrations WHERE rolled_back_at IS NULL"
    )

    assert {module for (module,) in recorded} >= {module.schema for module in modules.modules()}


def test_upgrading_twice_changes_nothing(empty_database: str) -> None:
    schema.upgrade(empty_database)
    before = _catalog(empty_database), _ledger(empty_database)

    schema.upgrade(empty_database)

    assert (_catalog(empty_database), _ledger(empty_database)) == before


def test_downgrading_to_base_leaves_an_empty_database(
    empty_database: str, database: object
) -> None:
    before = _catalog(empty_database)
    schema.upgrade(empty_database)
    with open_database(empty_database):
        pass

    assert schema.downgrade("base", empty_database) is None

    left = catalog.differences(before, _catalog(empty_database))
    assert [each for each in left if not each.startswith(("roles", "extensions"))] == []
    assert schema.current(empty_database) is None
    assert schema.downgrade("base", empty_database) is None


def test_what_was_taken_out_can_be_installed_again(empty_database: str) -> None:
    schema.upgrade(empty_database)
    before = _catalog(empty_database)

    schema.downgrade("base", empty_database)
    schema.upgrade(empty_database)

    assert not catalog.differences(before, _catalog(empty_database))


def test_taking_the_schema_out_of_one_database_does_not_hurt_another(
    empty_database: str, installed_database: str
) -> None:
    schema.upgrade(empty_database)
    before = _catalog(installed_database)

    schema.downgrade("base", empty_database)

    assert _catalog(installed_database) == before
    open_database(installed_database).close()


def test_an_unknown_version_is_refused_with_the_known_ones(installed_database: str) -> None:
    with pytest.raises(UsageError, match=rf"'1999\.01\.001'.*{re.escape(head().version)}"):
        schema.downgrade("1999.01.001", installed_database)


def test_an_installation_that_fails_leaves_nothing(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = modules.Module(99, "broken", Path(__file__))
    monkeypatch.setattr(modules, "modules", lambda: (*MODULES, broken))

    with pytest.raises(psycopg.errors.SyntaxError):
        schema.upgrade(empty_database)

    monkeypatch.undo()
    assert schema.current(empty_database) is None


def test_processes_that_install_at_once_into_one_database_all_succeed(empty_database: str) -> None:
    _all_succeed([_opening(empty_database) for _ in range(4)])

    assert len(_ask(empty_database, "SELECT version_num FROM base.alembic_version")) == 1


@pytest.mark.usefixtures("made_home")
def test_databases_of_one_server_can_be_installed_at_once() -> None:
    """Roles are the server's, so on a new server all installations make them at the same time."""
    url = server.start()
    names = [f"at_once_{number}" for number in range(4)]
    with psycopg.connect(url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}".encode())

    with ThreadPoolExecutor() as pool:
        urls = [urlsplit(url)._replace(path=f"/{name}").geturl() for name in names]
        assert list(pool.map(schema.upgrade, urls)) == [head().version] * 4


@pytest.mark.parametrize("revision", revisions(), ids=lambda revision: revision.number)
def test_a_migration_is_named_and_can_be_undone(revision: Revision) -> None:
    assert re.fullmatch(r"\d{4}\.\d{2}\.\d{3}", revision.version)
    assert revision.module and revision.description
    assert revision.down.startswith(f"-- {revision.version} {revision.module}: ")
    script = Path(install.__file__).parent / "migrations" / "versions"
    assert list(script.glob(f"r{revision.number}_*.py"))


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [int(revision.number) for revision in revisions()]
    versions = [revision.version for revision in revisions()]

    assert numbers == list(range(1, len(numbers) + 1))
    assert versions == sorted(set(versions))


def test_a_released_migration_never_changes() -> None:
    """Each line of RELEASED is as sha256sum writes it; a release adds its own."""
    released = MIGRATIONS / "RELEASED"
    lines = released.read_text().splitlines() if released.exists() else []
    for line in lines:
        digest, name = line.split()
        assert hashlib.sha256((MIGRATIONS / name).read_bytes()).hexdigest() == digest, name


MODULES = modules.modules()


def _catalog(url: str) -> Catalog:
    with psycopg.connect(url) as connection:
        return catalog.read(connection)


def _ledger(url: str) -> list[tuple[object, ...]]:
    return _ask(
        url,
        "SELECT version, module, description, checksum, rollback_sql FROM base.schema_migrations",
    )


def _ask(url: str, question: LiteralString) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchall()


def _psql(url: str, text: str) -> None:
    psql = binaries.program("psql")
    options = ["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", "-", url]
    done = subprocess.run([psql, *options], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _opening(url: str) -> "subprocess.Popen[str]":
    code = f"from graph_sitter_db.db import open_database; open_database({url!r}, upgrade=True)"
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)


def _all_succeed(processes: "list[subprocess.Popen[str]]") -> None:
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said

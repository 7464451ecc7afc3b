"""`graph-sitter-db db backup`, `restore` and `move`: all of it, checked, or nothing."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import conninfo, sql
from tests.functional.test_cli_db import answer, gsdb

from graph_sitter_db import administration
from graph_sitter_db.db import archive, backup, catalog, clients, open_database, restore, schema
from graph_sitter_db.errors import DatabaseRefused, SchemaMissing, SchemaTooNew, UsageError

FILLED: LiteralString = """
INSERT INTO base.organizations (name, slug) VALUES ('One', 'one'), ('Two', 'two');
INSERT INTO projects.projects (organization_id, name, slug, metadata)
SELECT id, 'Päth ' || E'\\t' || slug, slug, '{"kept": [1, null, "x"]}' FROM base.organizations;
INSERT INTO tasks.tasks (organization_id, title, task_type, tags)
SELECT o.id, 'task ' || n, 'testing', ARRAY['a', NULL]
FROM base.organizations o, generate_series(1, 50) n;
INSERT INTO events.events (organization_id, source, type, occurred_at)
SELECT id, 'github', 'push', '2031-05-01' FROM base.organizations;
INSERT INTO analytics.system_metrics (organization_id, metric_name, metric_type, value)
SELECT id, 'load', 'gauge', 0.1 + 0.2 FROM base.organizations;
"""


@pytest.fixture(scope="module")
def filled(shared_database: str) -> str:
    """A database that no test changes."""
    with psycopg.connect(shared_database, autocommit=True) as connection:
        connection.execute(FILLED)
    return shared_database


@pytest.fixture(scope="module")
def written(filled: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backup") / "all.backup"
    backup.write(file, filled)
    return file


@pytest.fixture
def copied(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "copied.backup"))


def test_a_backup_restored_elsewhere_gives_the_same_objects_and_every_row(
    filled: str, empty_database: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "all.backup")
    wrote = answer("db", "backup", file, "--url", filled)
    told = answer("db", "restore", file, "--url", empty_database)

    assert told["rows"] == wrote["rows"]
    empty_views: LiteralString = (
        "SELECT count(*) FROM pg_class WHERE relkind = 'm' AND NOT relispopulated"
    )
    assert _ask(empty_database, empty_views) == _ask(filled, empty_views)
    assert _rows(empty_database) == _rows(filled)
    assert not _differences(filled, empty_database)
    assert schema.current(empty_database) == schema.current(filled) == told["schema_version"]
    with open_database(empty_database, "one") as database, database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (50,)
    newest: LiteralString = "SELECT max(id) FROM analytics.system_metrics"
    _do(
        empty_database,
        "INSERT INTO analytics.system_metrics (metric_name, metric_type, value)"
        " VALUES ('load', 'gauge', 1)",
    )
    assert _ask(empty_database, newest) > _ask(filled, newest)


def test_only_its_owner_reads_a_backup_and_nothing_is_left_beside_it(written: Path) -> None:
    assert written.stat().st_mode & 0o777 == 0o600
    assert list(written.parent.iterdir()) == [written]


def test_pg_restore_reads_the_file_too(written: Path) -> None:
    listed = subprocess.run(
        [clients.program("pg_restore"), "-l", written], capture_output=True, text=True, check=True
    )

    assert "TABLE DATA base organizations" in listed.stdout


def test_a_database_with_data_is_replaced_only_when_asked(
    written: Path, installed_database: str
) -> None:
    _do(installed_database, "INSERT INTO base.organizations (name, slug) VALUES ('Three', 'three')")

    refused = gsdb("db", "restore", str(written), "--url", installed_database)
    assert (refused.returncode, refused.stdout) == (5, "")
    assert "--overwrite" in refused.stderr
    assert _ask(installed_database, "SELECT slug FROM base.organizations") == "three"

    restore.read(written, installed_database, overwrite=True)
    assert _ask(installed_database, "SELECT count(*) FROM base.organizations") == 2


def test_a_schema_without_rows_is_replaced_unasked(written: Path, installed_database: str) -> None:
    restore.read(written, installed_database)
    assert _ask(installed_database, "SELECT count(*) FROM base.organizations") == 2


def test_rows_that_are_not_as_they_were_leave_the_database_as_it_was(
    copied: Path, installed_database: str
) -> None:
    _do(installed_database, "INSERT INTO base.organizations (name, slug) VALUES ('Three', 'three')")
    seal = archive.read(copied)
    _reseal(copied, tables={**seal.tables, "tasks.tasks": {"rows": 100, "digest": "7"}})

    with pytest.raises(DatabaseRefused, match=r"as it was: tasks\.tasks holds 100 rows of sum"):
        restore.read(copied, installed_database, overwrite=True)

    assert _ask(installed_database, "SELECT slug FROM base.organizations") == "three"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda whole: b"", "is no backup of graph-sitter-db"),
        (lambda whole: b"CREATE TABLE one (id int);\n" * 9, "is no backup of graph-sitter-db"),
        (lambda whole: whole[: len(whole) // 2], "is cut off"),
        (lambda whole: whole[:-1], "is cut off"),
        (lambda whole: whole[1000:], "was altered or damaged"),
        (lambda whole: whole[:5000] + b"\0" + whole[5001:], "was altered or damaged"),
        (lambda whole: b"GSDB000000000009", "was altered or damaged"),
    ],
    ids=["empty", "words", "half", "a byte short", "headless", "a byte changed", "a foot only"],
)
def test_what_is_no_whole_backup_is_refused(
    copied: Path, spoil: Callable[[bytes], bytes], told: str
) -> None:
    copied.write_bytes(spoil(copied.read_bytes()))

    with pytest.raises(UsageError, match=told):
        restore.read(copied, "postgresql://nobody@127.0.0.1:1/nothing")


def test_a_missing_file_and_a_folder_are_refused_in_one_line(tmp_path: Path) -> None:
    for name, told in (("missing", "No such file"), ("", "is a directory")):
        done = gsdb("db", "restore", str(tmp_path / name))
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert told in done.stderr


def test_a_backup_of_a_newer_schema_is_refused(copied: Path) -> None:
    _reseal(copied, number="9999", version="2099.01.001")

    with pytest.raises(SchemaTooNew, match=r"2099\.01\.001.*pip install --upgrade"):
        restore.read(copied, "postgresql://nobody@127.0.0.1:1/nothing")


def test_a_backup_in_a_newer_form_is_refused(copied: Path) -> None:
    _reseal(copied, format=2)

    with pytest.raises(UsageError, match="pip install --upgrade"):
        restore.read(copied, "postgresql://nobody@127.0.0.1:1/nothing")


def test_what_cannot_be_written_or_dumped_is_refused(
    written: Path, filled: str, empty_database: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"is there already.*--overwrite"):
        backup.write(written, filled)
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        backup.write(tmp_path / "no" / "folder", filled)
    with pytest.raises(SchemaMissing, match="nothing to back up"):
        backup.write(tmp_path / "new", empty_database)
    assert list(tmp_path.iterdir()) == []


def test_a_user_without_the_maintenance_role_cannot_back_up(filled: str, tmp_path: Path) -> None:
    """Row security would hide from it what it would then leave out."""
    with (
        _login(filled, "graph_sitter_app") as url,
        pytest.raises(DatabaseRefused, match="graph_sitter_maintenance"),
    ):
        backup.write(tmp_path / "part", url)

    assert list(tmp_path.iterdir()) == []


def test_a_backup_can_be_tried_at_once_in_a_database_that_goes_again(
    filled: str, tmp_path: Path
) -> None:
    told = answer("db", "backup", str(tmp_path / "tried"), "--test", "--url", filled)

    assert isinstance(told["test_seconds"], float)
    found = "SELECT count(*) FROM pg_database WHERE datname LIKE 'graph_sitter_rehearsal%'"
    assert _ask(filled, found) == 0


@pytest.mark.slow
def test_the_embedded_database_moves_to_a_server_by_one_command(
    made_home: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_HOME", str(made_home))
    with open_database(organization="movers") as database:
        assert database.organization_id

    assert administration.move(None, empty_database).rows > 0
    assert _ask(empty_database, "SELECT slug FROM base.organizations") == "movers"
    again = gsdb("db", "move", empty_database)
    assert (again.returncode, "--overwrite" in again.stderr) == (5, True)


def test_a_database_does_not_move_to_itself(filled: str) -> None:
    with pytest.raises(UsageError, match="the same database"):
        administration.move(filled, filled, overwrite=True)


def test_the_consolidated_schema_installs_by_itself_and_gives_the_same_catalog(
    installed_database: str, empty_database: str
) -> None:
    script = gsdb("db", "sql", "--consolidated").stdout
    command = [clients.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]

    subprocess.run([*command, empty_database], input=script, text=True, check=True)

    assert not catalog.differences(_catalog(installed_database), _catalog(empty_database))
    assert schema.current(empty_database) == schema.current(installed_database)


def test_the_consolidated_schema_installs_all_or_nothing(empty_database: str) -> None:
    with (
        psycopg.connect(empty_database, autocommit=True) as connection,
        pytest.raises(psycopg.errors.DivisionByZero),
    ):
        connection.execute(schema.consolidated().replace("COMMIT;", "SELECT 1/0; COMMIT;").encode())

    assert schema.current(empty_database) is None


def _reseal(path: Path, **values: Any) -> None:
    seal = archive.read(path)
    path.write_bytes(path.read_bytes()[: seal.size])
    archive.close(path, replace(seal, **values))


def _rows(url: str) -> dict[str, list[str]]:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN base.schema_migrations m"
            " ON c.relnamespace = m.module::regnamespace"
            " WHERE relkind = 'r' AND relname <> 'schema_objects'"
        ).fetchall()
        return {
            table: [
                row
                for (row,) in connection.execute(
                    f'SELECT "all"::text FROM {table} AS "all" ORDER BY 1'.encode()
                )
            ]
            for (table,) in tables
        }


@contextmanager
def _login(url: str, role: str) -> Iterator[str]:
    """A URL of the database for a new login that is in `role` alone."""
    name = sql.Identifier(f"guest_{uuid4().hex[:12]}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'guest'").format(name))
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), name))
        try:
            yield conninfo.make_conninfo(url, user=name.as_string().strip('"'), password="guest")
        finally:
            connection.execute(sql.SQL("DROP ROLE {}").format(name))


def _differences(one: str, other: str) -> list[str]:
    """Of names: the server words a definition that it reads back differently."""
    ours, theirs = (
        {
            f"{kind} {name}"
            for kind, named in _catalog(url).items()
            for name in named
            # Keys to partitions are numbered as they are made.
            if not re.search(r"_fkey_?\d+$", name)
        }
        for url in (one, other)
    )
    return sorted(ours ^ theirs)


def _catalog(url: str) -> catalog.Catalog:
    with psycopg.connect(url) as connection:
        return catalog.read(connection)


def _ask(url: str, question: LiteralString) -> Any:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def _do(url: str, statement: LiteralString) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)

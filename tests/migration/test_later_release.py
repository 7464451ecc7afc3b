"""A later release, made of this one and one more migration, meets databases of this one."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

import graph_sitter_db
from graph_sitter_db.db import catalog, open_database, schema
from graph_sitter_db.db.named import sql_directory
from graph_sitter_db.db.revisions import baseline
from graph_sitter_db.errors import SchemaTooNew

NOTES = """
SET ROLE graph_sitter_owner;
CREATE TABLE projects.notes (id bigint CONSTRAINT notes_pkey PRIMARY KEY, words text);
RESET ROLE;
"""
UP = f"-- 2099.01.001 projects: notes on projects\n{NOTES}"
DOWN = "-- 2099.01.001 projects: take the notes out\nDROP TABLE projects.notes;\n"
SCRIPT = """
from graph_sitter_db.db import migrate

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    migrate.apply("0002")


def downgrade() -> None:
    migrate.revert("0002")
"""

type Later = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The package as it is installed, with the SQL inside, and its next migration."""
    package = tmp_path / "graph_sitter_db"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(graph_sitter_db.__file__).parent, package, ignore=ignored)
    shutil.copytree(sql_directory(), package / "sql", dirs_exist_ok=True)
    (package / "sql" / "migrations" / "0002_notes.up.sql").write_text(UP)
    (package / "sql" / "migrations" / "0002_notes.down.sql").write_text(DOWN)
    (package / "db" / "migrations" / "versions" / "r0002_notes.py").write_text(SCRIPT)
    with (package / "sql" / "01_projects.sql").open("a") as module:
        module.write(NOTES)
    return package


@pytest.fixture
def later(release: Path) -> Later:
    """Run Python in the later release."""

    def run(code: str) -> "subprocess.CompletedProcess[str]":
        start = "from graph_sitter_db.db import open_database, schema; "
        return subprocess.run(
            [sys.executable, "-c", start + code],
            env={"PYTHONPATH": str(release.parent), "PYTHONWARNINGS": "error"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_upgrades_and_downgrades_with_a_row_in_the_ledger(
    later: Later, installed_database: str
) -> None:
    before = _catalog(installed_database)

    done = later(f"print(schema.upgrade({installed_database!r}))")
    assert (done.stdout, done.stderr) == ("2099.01.001\n", "")
    assert _applied(installed_database)[-1] == ("2099.01.001", "projects", DOWN)
    assert _pointer(installed_database) == [("0002",)]

    done = later(f"print(schema.downgrade({baseline().version!r}, {installed_database!r}))")
    assert (done.stdout, done.stderr) == (f"{baseline().version}\n", "")
    assert _applied(installed_database)[-1][0] == baseline().version
    assert _pointer(installed_database) == [("0001",)]
    assert not catalog.differences(before, _catalog(installed_database))
    assert _ask(
        installed_database,
        "SELECT version FROM base.schema_migrations WHERE rolled_back_at IS NOT NULL",
    ) == [("2099.01.001",)]


def test_it_can_go_up_again_after_going_down(later: Later, installed_database: str) -> None:
    code = (
        f"schema.upgrade({installed_database!r});"
        f"schema.downgrade('0001', {installed_database!r});"
        f"print(schema.upgrade({installed_database!r}))"
    )

    assert later(code).stdout == "2099.01.001\n"


def test_installing_it_and_upgrading_to_it_give_the_same(
    later: Later, installed_database: str, empty_database: str
) -> None:
    later(f"schema.upgrade({installed_database!r})")
    later(f"schema.upgrade({empty_database!r})")

    assert not catalog.differences(_catalog(installed_database), _catalog(empty_database))
    assert _applied(installed_database) == _applied(empty_database)
    assert _pointer(installed_database) == _pointer(empty_database)


def test_this_release_refuses_a_database_of_it(later: Later, installed_database: str) -> None:
    later(f"schema.upgrade({installed_database!r})")

    with pytest.raises(SchemaTooNew, match=r"2099\.01\.001"):
        open_database(installed_database, upgrade=True)
    with pytest.raises(SchemaTooNew):
        schema.downgrade("base", installed_database)


def test_it_asks_to_upgrade_a_database_of_this_release(
    later: Later, installed_database: str
) -> None:
    refused = later(f"open_database({installed_database!r})")
    assert f"the older schema {baseline().version}" in refused.stderr
    assert "db upgrade" in refused.stderr

    done = later(f"open_database({installed_database!r}, upgrade=True)")
    assert (done.returncode, done.stderr) == (0, "")
    assert _pointer(installed_database) == [("0002",)]


def test_a_migration_that_fails_changes_nothing(
    later: Later, release: Path, installed_database: str
) -> None:
    before = _catalog(installed_database), _applied(installed_database)
    with (release / "sql" / "migrations" / "0002_notes.up.sql").open("a") as migration:
        migration.write("SELECT 1/0;")

    done = later(f"schema.upgrade({installed_database!r})")

    assert "division by zero" in done.stderr
    assert (_catalog(installed_database), _applied(installed_database)) == before
    assert _pointer(installed_database) == [("0001",)]


def test_a_migration_that_changed_after_it_was_applied_is_refused(
    later: Later, release: Path, installed_database: str
) -> None:
    later(f"schema.upgrade({installed_database!r})")
    with (release / "sql" / "migrations" / "0002_notes.up.sql").open("a") as migration:
        migration.write("-- a change\n")

    done = later(f"schema.downgrade('0001', {installed_database!r})")

    assert "0002_notes.up.sql is not the file that was applied" in done.stderr
    assert _pointer(installed_database) == [("0002",)]


def test_everything_can_be_taken_out_from_it_too(later: Later, empty_database: str) -> None:
    before = _catalog(empty_database)

    done = later(
        f"schema.upgrade({empty_database!r}); schema.downgrade('base', {empty_database!r})"
    )

    assert done.stderr == ""
    left = catalog.differences(before, _catalog(empty_database))
    assert [each for each in left if not each.startswith(("roles", "extensions"))] == []


def test_processes_that_upgrade_at_once_all_succeed(release: Path, installed_database: str) -> None:
    code = f"from graph_sitter_db.db import schema; schema.upgrade({installed_database!r})"
    environment = {"PYTHONPATH": str(release.parent)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]

    assert [process.communicate()[1] for process in processes] == ["", "", ""]
    assert _pointer(installed_database) == [("0002",)]


def _catalog(url: str) -> catalog.Catalog:
    with psycopg.connect(url) as connection:
        return catalog.read(connection)


def _applied(url: str) -> list[tuple[object, ...]]:
    return _ask(
        url,
        "SELECT version, module, rollback_sql FROM base.schema_migrations"
        " WHERE rolled_back_at IS NULL ORDER BY version, id",
    )


def _pointer(url: str) -> list[tuple[object, ...]]:
    return _ask(url, "SELECT version_num FROM base.alembic_version")


def _ask(url: str, question: LiteralString) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchall()

"""docs/database says what is so: its statements run, its pages are those of the catalog."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graph_sitter_db.db import catalog

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "database"
_SECTION = re.compile(r"^## As (?:the )?(\w+)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"```sql\n(.*?)```", re.DOTALL)


def _statements() -> Iterator[tuple[str, str]]:
    for role, text in _SECTION.findall((FOLDER / "api.md").read_text()):
        for block in _BLOCK.findall(text):
            for statement in block.split(";\n"):
                if statement.strip():
                    yield role, statement


@pytest.fixture(scope="module")
def organization(shared_database: str) -> str:
    with psycopg.connect(shared_database, autocommit=True) as connection:
        row = connection.execute("SELECT base.create_organization('One', 'one')").fetchone()
        return str(row and row[0])


@pytest.mark.parametrize(("role", "statement"), list(_statements()))
def test_a_documented_statement_runs_as_it_stands(
    shared_database: str, organization: str, role: str, statement: str
) -> None:
    with psycopg.connect(shared_database) as connection:
        before = catalog.read(connection)
        connection.execute(f"SET LOCAL ROLE graph_sitter_{role}".encode())
        connection.execute("SELECT base.set_current_organization(%s)", (organization,))

        cursor = connection.execute(statement.encode())

        if cursor.description:
            answered = cursor.fetchall()
            assert answered or re.search("alerts|recommendations", statement)
        assert catalog.differences(before, catalog.read(connection)) == []


def test_rolling_back_a_fresh_installation_to_its_baseline_is_false(shared_database: str) -> None:
    with psycopg.connect(shared_database) as connection:
        row = connection.execute("SELECT ops.rollback_schema_version('2024.12.001')").fetchone()

    assert row == (False,)


def test_the_pages_of_the_modules_are_those_of_the_catalog(shared_database: str) -> None:
    pages: Any = runpy.run_path(str(ROOT / "scripts" / "pages"))["pages"]
    with psycopg.connect(shared_database) as connection:
        expected = pages(connection)

    found = {path.name: path.read_text() for path in FOLDER.glob("*.md") if path.name != "api.md"}
    stale = [name for name in expected.keys() | found if expected.get(name) != found.get(name)]
    assert stale == [], "run: scripts/pages URL"

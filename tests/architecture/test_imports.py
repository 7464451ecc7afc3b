"""What importing costs: heavy libraries are loaded where they are used, not before."""

import subprocess
import sys
from pathlib import Path

import graph_sitter_db

HEAVY = ("graph_sitter", "networkx", "openai", "sqlalchemy", "alembic", "tree_sitter")


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.home()
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_no_tool() -> None:
    tools = {*HEAVY, "psycopg", "pydantic", "pygit2", "click", "rich", "psutil"}
    assert loaded_by("import graph_sitter_db") & tools == set()


def test_importing_the_adapter_loads_nothing_heavy() -> None:
    assert loaded_by("from graph_sitter_db import CodebaseDBAdapter") & set(HEAVY) == set()


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    assert loaded_by("import graph_sitter_db.cli") & {*HEAVY, "psycopg"} == set()


def test_the_public_names_are_sorted_and_documented() -> None:
    names = graph_sitter_db.__all__
    assert list(names) == sorted(names)
    assert [name for name in names if not getattr(graph_sitter_db, name).__doc__] == []


def test_the_package_shows_what_it_exports_and_nothing_else() -> None:
    assert dir(graph_sitter_db) == sorted(graph_sitter_db.__all__)

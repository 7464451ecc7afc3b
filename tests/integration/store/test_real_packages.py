"""Packages written by others, recorded from git: what is stored is what is there."""

import ast
import importlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from graph_sitter_db import CodebaseDBAdapter, query
from graph_sitter_db.db import open_database
from graph_sitter_db.model.reports import AnalysisResult

type Git = Callable[..., str]
type Definition = tuple[str, str, int, int]

_STORED = """
SELECT f.path, s.qualified_name, s.start_line, s.end_line
  FROM codebase.symbols s
  JOIN codebase.snapshot_files sf USING (file_version_id)
  JOIN codebase.files f ON f.id = sf.file_id
  JOIN analytics.analysis_runs r ON r.snapshot_id = sf.snapshot_id
 WHERE r.id = %s AND s.kind IN ('function', 'method', 'property', 'class', 'interface', 'enum')
"""


@pytest.mark.parametrize("package", ["click", "rich", "sqlalchemy"])
def test_the_stored_symbols_are_the_definitions_that_ast_finds(
    package: str, tmp_path: Path, git: Git, installed_database: str
) -> None:
    root = _committed(package, tmp_path / package, git)
    with CodebaseDBAdapter(installed_database) as adapter:
        (result,) = adapter.record(root, depth="syntax", languages=["python"])
    with psycopg.connect(installed_database) as connection:
        stored = connection.execute(_STORED, (result.id,)).fetchall()
    assert sorted(stored) == sorted(_definitions(root))


def _committed(package: str, root: Path, git: Git) -> Path:
    source = Path(str(importlib.import_module(package).__file__)).parent
    shutil.copytree(source, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "As installed")
    return root


def _definitions(root: Path) -> Iterator[Definition]:
    for file in root.rglob("*.py"):
        path = file.relative_to(root).as_posix()
        yield from _inside(ast.parse(file.read_bytes()), path, ())


def _inside(node: ast.AST, path: str, outer: tuple[str, ...]) -> Iterator[Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = (*outer, child.name)
            yield path, ".".join(names), child.lineno, child.end_lineno or child.lineno
            yield from _inside(child, path, names)
        else:
            yield from _inside(child, path, outer)


EDITED = {
    "click": ("exceptions.py", "types.py", "utils.py"),
    "rich": ("errors.py", "json.py", "text.py"),
}


@pytest.mark.parametrize(("package", "depth"), [("click", "graph"), ("rich", "syntax")])
def test_a_commit_writes_what_it_changes_and_a_second_recording_nothing(
    package: str, depth: str, tmp_path: Path, git: Git, installed_database: str
) -> None:
    root = _committed(package, tmp_path / package, git)
    with CodebaseDBAdapter(installed_database) as adapter:
        (first,) = adapter.record(root, depth=depth, languages=["python"])
        before = _rows(installed_database)
        for name in EDITED[package]:
            with (root / package / name).open("a") as file:
                file.write("\n\ndef added_at_the_end(x):\n    return x\n")
        git(root, "commit", "-qam", "Add functions")
        (second,) = adapter.record(root, depth=depth, languages=["python"])
        after = _rows(installed_database)
        (again,) = adapter.record(root, depth=depth, languages=["python"])
    assert again.id == second.id
    assert _rows(installed_database) == after
    assert before["file_versions"] == before["snapshot_files"] == first.files_analyzed
    assert after["file_versions"] - before["file_versions"] == 3
    assert after["symbols"] - before["symbols"] >= 3
    assert after["linkages"] - before["linkages"] == (3 if depth == "graph" else 0)
    for told in (first, second):
        assert _recounted(installed_database, told) == {
            "files": told.files_analyzed,
            "lines": told.lines,
            "symbols": told.symbols,
            "edges": told.edges,
            "resolved": told.resolved,
            "unresolved": told.unresolved,
            "issues": len(told.issues),
            "critical_issues": sum(each.severity == "critical" for each in told.issues),
            "accepted_issues": told.accepted_issues,
        }


def _rows(database: str) -> dict[str, int]:
    """Of every table of the schema that holds code."""
    named = "SELECT tablename FROM pg_tables WHERE schemaname = 'codebase'"
    with psycopg.connect(database) as connection:
        tables = [table for (table,) in connection.execute(named).fetchall()]
        counted = {
            table: connection.execute(
                sql.SQL("SELECT count(*) FROM codebase.{}").format(sql.Identifier(table))
            ).fetchone()
            for table in tables
        }
    return {table: row[0] for table, row in counted.items() if row}


def _recounted(database: str, told: AnalysisResult) -> dict[str, int]:
    assert told.id is not None
    with open_database(database) as opened, opened.transaction(read_only=True) as connection:
        return query.summary_counts(connection, told.id)

"""Packages written by others, recorded from git: what is stored is what is there."""

import ast
import importlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter

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

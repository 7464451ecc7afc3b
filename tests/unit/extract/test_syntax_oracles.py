"""Symbols of packages we did not write, against Python's own parser."""

import ast
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.unit.extract.conftest import Reader

from graph_sitter_db.model.keys import ParseStatus, SymbolKind

PACKAGES = ("click", "rich", "asyncio", "email", "json", "unittest", "importlib", "dataclasses")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def files(package: str) -> list[Path]:
    spec = find_spec(package)
    assert spec and spec.origin
    found = Path(spec.origin)
    return sorted(found.parent.rglob("*.py")) if found.name == "__init__.py" else [found]


def parsed(content: bytes) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the sources of others
        return ast.parse(content)


def definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[object, ...]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, DEFINITIONS):
            name = prefix + child.name
            is_async = isinstance(child, ast.AsyncFunctionDef)
            yield (name, child.lineno, child.end_lineno, is_async, ast.get_docstring(child))
            yield from definitions(child, f"{name}.")
        else:
            yield from definitions(child, prefix)


def statements(tree: ast.Module) -> int:
    nodes = list(ast.walk(tree))
    owners = [node for node in nodes if isinstance(node, (ast.Module, *DEFINITIONS))]
    documented = sum(ast.get_docstring(owner) is not None for owner in owners)
    return sum(isinstance(node, ast.stmt) for node in nodes) - documented


@pytest.mark.parametrize("package", PACKAGES)
def test_symbols_and_statements_are_those_of_ast(package: str, read: Reader) -> None:
    for path in files(package):
        content = path.read_bytes()
        facts, tree = read(content, str(path)), parsed(content)
        found = [
            (s.qualified_name, s.start_line, s.end_line, s.is_async, s.docstring)
            for s in facts.symbols
            if s.kind not in (SymbolKind.VARIABLE, SymbolKind.TYPE_ALIAS)
        ]
        assert facts.parse_status is ParseStatus.OK
        assert sorted(found, key=repr) == sorted(definitions(tree), key=repr), path
        assert facts.statements == statements(tree), path
        assert facts.lines.physical == len(content.splitlines()) or b"\f" in content


@pytest.mark.parametrize("package", PACKAGES)
def test_keys_are_unique_and_positions_ascend(package: str, read: Reader) -> None:
    for path in files(package):
        symbols = read(path.read_bytes(), str(path)).symbols
        assert len({symbol.key for symbol in symbols}) == len(symbols)
        assert [symbol.ordinal for symbol in symbols] == list(range(len(symbols)))
        starts = [symbol.start_byte for symbol in symbols]
        assert starts == sorted(starts)

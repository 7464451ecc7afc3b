"""Relations of packages that others wrote, held against what Python's own `ast` says of them."""

import ast
import importlib.util
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from graph_sitter_db import extract
from graph_sitter_db.checkout import Tree, open_tree
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import EdgeKind, Family
from graph_sitter_db.model.relations import Relations

type Git = Callable[..., str]
type Call = tuple[
    str, str, str, str
]  # path and symbol of the caller, path and symbol of the callee


@pytest.fixture
def committed(tmp_path: Path, git: Git) -> Callable[[str], Tree]:
    """An installed package, committed into a repository of its own."""

    def commit(name: str) -> Tree:
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        root = tmp_path / "repository"
        leave_out = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(Path(spec.origin).parent, root / name, ignore=leave_out)
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "All")
        return open_tree(root)

    return commit


def related(tree: Tree) -> tuple[dict[str, FileFacts], Relations]:
    facts = {source.path: extract.facts(source) for source in tree.sources(Family.PYTHON)}
    with tree.export() as root:
        return facts, extract.isolated(root, Family.PYTHON, facts, timeout=600, memory=8 * 1024**3)


def calls(relations: Relations) -> set[Call]:
    return {
        (path, edge.source.partition("#")[0], edge.target_path, edge.target.partition("#")[0])
        for path, linkage in relations.linkages.items()
        for edge in linkage.edges
        if edge.kind is EdgeKind.CALL
    }


@pytest.mark.parametrize("name", ["click", "rich"])
def test_calls_by_plain_names_are_found(committed: Callable[[str], Tree], name: str) -> None:
    facts, relations = related(committed(name))
    expected = plain_calls({path: each.source.content for path, each in facts.items()})
    assert len(expected) > 200
    assert len(expected & calls(relations)) / len(expected) >= 0.98
    assert relations.failures == ()


def test_who_calls_echo_is_known(committed: Callable[[str], Tree]) -> None:
    tree = committed("click")
    assert not tree.origin.is_working_tree
    _, relations = related(tree)
    callers = {call[:2] for call in calls(relations) if call[2:] == ("click/utils.py", "echo")}
    assert ("click/exceptions.py", "ClickException.show") in callers
    assert ("click/termui.py", "secho") in callers
    assert ("click/utils.py", "echo") not in callers


def test_base_classes_are_known(committed: Callable[[str], Tree]) -> None:
    _, relations = related(committed("click"))
    inherited = {
        (edge.source, edge.target)
        for edge in relations.linkages["click/core.py"].edges
        if edge.kind is EdgeKind.INHERIT
    }
    assert {("Group", "Command"), ("Option", "Parameter"), ("Argument", "Parameter")} <= inherited


def test_a_package_that_graph_sitter_cannot_open_is_opened(
    committed: Callable[[str], Tree],
) -> None:
    facts, relations = related(committed("pydantic"))
    assert set(relations.linkages) == set(facts)
    assert {failure.stage for failure in relations.failures} == {"resolve"}
    assert len(relations.failures) < 50
    resolved = sum(each.resolved for each in relations.linkages.values())
    unresolved = sum(each.unresolved for each in relations.linkages.values())
    assert resolved / (resolved + unresolved) > 0.7


def plain_calls(sources: Mapping[str, bytes]) -> set[Call]:
    """Calls, inside functions, of functions and classes of these files by a name that is defined or
    imported once at the module's own level and nowhere in the function."""
    trees = {path: ast.parse(content) for path, content in sources.items()}
    defined = {path: _definitions(tree) for path, tree in trees.items()}
    found: set[Call] = set()
    for path, tree in trees.items():
        names = {name: (path, name) for name in defined[path]}
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and (origin := _origin(path, node, trees)):
                names |= {
                    each.asname or each.name: (origin, each.name)
                    for each in node.names
                    if each.name in defined[origin]
                }
        found |= {(path, caller, *names[name]) for caller, name in _calls(tree) if name in names}
    return found


def _definitions(tree: ast.Module) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def _origin(path: str, node: ast.ImportFrom, trees: Mapping[str, ast.Module]) -> str | None:
    folder = path.split("/")[: -node.level] if node.level else []
    module = "/".join([*folder, *(node.module or "").split(".")]).strip("/")
    return next((p for p in (f"{module}.py", f"{module}/__init__.py") if p in trees), None)


def _calls(
    node: ast.AST, stack: tuple[str, ...] = (), local: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _calls(child, (*stack, child.name), local | _locals(child))
        elif isinstance(child, ast.ClassDef):
            yield from _calls(child, (*stack, child.name), local)
        else:
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and stack:
                name = child.func.id
                if name not in local:
                    yield ".".join(stack), name
            yield from _calls(child, stack, local)


def _locals(function: ast.AST) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {each.asname or each.name for each in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node is not function:
            names.add(node.name)
    return frozenset(names)

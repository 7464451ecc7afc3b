"""graph_sitter's own words, byte for byte, for every object of real packages."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph_sitter_db.extract import quiet, summaries
from graph_sitter_db.extract.graph import Graph, build
from graph_sitter_db.model.keys import Family

TYPESCRIPT = """\
export interface Shape { area: number }
export class Square implements Shape {
  area = 1;
  side() { return help(this.area); }
}
function help(n: number) { return n; }
"""


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def click() -> Iterator[Graph]:
    root = package("click").resolve()
    paths = [place.relative_to(root).as_posix() for place in sorted(root.rglob("*.py"))]
    graph = build(root, Family.PYTHON, paths)
    yield graph
    graph.release()


@pytest.fixture
def typescript(tmp_path: Path) -> Iterator[Graph]:
    (tmp_path / "a.ts").write_text(TYPESCRIPT)
    graph = build(tmp_path.resolve(), Family.TYPESCRIPT, ["a.ts"])
    yield graph
    graph.release()


def test_codebase_class_function_and_symbol_are_told_as_graph_sitter_tells_them(
    click: Graph,
) -> None:
    own, codebase = quiet.load(), click.codebase
    assert summaries.codebase_summary(codebase) == own.get_codebase_summary(codebase)
    assert len(list(codebase.functions)) > 100
    for each in codebase.classes:
        own.get_class_summary(each)  # it shows what is cached by then, so the second time tells
        assert summaries.class_summary(each) == own.get_class_summary(each)
    for each in codebase.functions:
        assert summaries.function_summary(each) == own.get_function_summary(each)
    for each in codebase.symbols:
        assert summaries.symbol_summary(each) == own.get_symbol_summary(each)


def test_a_python_file_is_told_in_the_words_meant_for_it(
    click: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The original reads `file.interfaces`, which Python files lack; given none, it agrees."""
    own = quiet.load()
    from graph_sitter.python.file import PyFile

    told = {file.filepath: summaries.file_summary(file) for file in click.codebase.files}
    monkeypatch.setattr(PyFile, "interfaces", (), raising=False)
    assert told == {file.filepath: own.get_file_summary(file) for file in click.codebase.files}
    assert "\t- 0 interfaces\n" in told["core.py"]


def test_a_typescript_file_is_told_by_graph_sitter(typescript: Graph) -> None:
    own: Any = quiet.load()
    [file] = typescript.codebase.files
    assert summaries.file_summary(file) == own.get_file_summary(file)
    assert "\t- 1 interfaces\n" in summaries.file_summary(file)

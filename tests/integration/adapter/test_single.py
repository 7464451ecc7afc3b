"""`get_file_analysis_enhanced` and `get_symbol_analysis`: one file or symbol on its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import UsageError

type Make = Callable[..., Path]
type Opened = Callable[..., Any]

FILES = {
    "a.py": "def f(x=[]):\n    return x\n\n\nclass A:\n    def g(self):\n        return f()\n",
    "b.py": "from a import f\n\n\ndef h():\n    return f()\n",
}


@pytest.fixture
def file(repository: Make, opened: Opened) -> Any:
    return opened(repository(FILES)).get_file("a.py")


def versions(database: str) -> int:
    with psycopg.connect(database) as connection:
        (count,) = connection.execute("SELECT count(*) FROM codebase.file_versions").fetchone()  # type: ignore[misc]
    return int(count)


def test_a_file_is_told_with_its_metrics_symbols_and_issues(
    adapter: CodebaseDBAdapter, file: Any
) -> None:
    analysis = adapter.get_file_analysis_enhanced(file)
    assert (analysis.path, analysis.language) == ("a.py", "python")
    assert [each.key for each in analysis.symbols] == ["f", "A", "A.g"]
    assert [issue.rule for issue in analysis.issues if issue.symbol == "f"] == ["mutable_default"]
    assert (analysis.file.lines, analysis.file.functions, analysis.file.classes) == (7, 2, 1)
    assert "SourceFile" in analysis.summary


def test_storing_keeps_the_version_and_makes_no_run(
    adapter: CodebaseDBAdapter, file: Any, installed_database: str
) -> None:
    analysis = adapter.get_file_analysis_enhanced(file, store_results=True)
    assert (analysis.stored, analysis.stored_in) == (True, None)
    assert versions(installed_database) == 1
    assert adapter.runs(unfinished=True) == []
    adapter.get_file_analysis_enhanced(file)
    assert versions(installed_database) == 1


def test_not_storing_writes_nothing(
    adapter: CodebaseDBAdapter, file: Any, installed_database: str
) -> None:
    analysis = adapter.get_file_analysis_enhanced(file, store_results=False)
    assert not analysis.stored
    assert versions(installed_database) == 0


def test_both_tell_the_same(adapter: CodebaseDBAdapter, file: Any) -> None:
    adapter.get_file_analysis_enhanced(file, False)  # graph-sitter shows what is cached by then
    in_memory = adapter.get_file_analysis_enhanced(file, store_results=False)
    stored = adapter.get_file_analysis_enhanced(file)
    said = in_memory.model_dump(exclude={"stored"})
    assert said == stored.model_dump(exclude={"stored"})


def test_a_run_takes_up_the_stored_version_and_then_tells_of_relations(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    root = repository(FILES)
    file = opened(root).get_file("a.py")
    adapter.get_file_analysis_enhanced(file)
    (result,) = adapter.record(root)
    assert result.files_reused == 1
    analysis = adapter.get_file_analysis_enhanced(file, store_results=False)
    assert (analysis.stored, analysis.stored_in) == (True, result.short_id)
    assert next((each.key, each.fan_in) for each in analysis.symbols) == ("f", 2)


def test_a_file_made_from_text_is_kept_too(adapter: CodebaseDBAdapter, opened: Opened) -> None:
    from graph_sitter import Codebase

    codebase = Codebase.from_files({"m.ts": "export function f() {\n  return 1;\n}\n"})
    [file] = codebase.files
    assert not adapter.get_file_analysis_enhanced(file, store_results=False).stored
    assert adapter.get_file_analysis_enhanced(file).stored
    assert adapter.get_file_analysis_enhanced(file, store_results=False).stored


def test_a_symbol_is_told_with_the_issues_in_it(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    root = repository(FILES)
    codebase = opened(root)
    f, a = codebase.get_function("f"), codebase.get_class("A")
    symbol, issues = adapter.get_symbol_analysis(f)
    assert symbol is not None
    assert (symbol.key, symbol.parameters, symbol.fan_in) == ("f", 1, None)
    assert [issue.rule for issue in issues] == ["mutable_default"]
    adapter.record(root)
    symbol, _ = adapter.get_symbol_analysis(f)
    assert symbol is not None and symbol.fan_in == 2
    symbol, issues = adapter.get_symbol_analysis(a)
    assert symbol is not None and (symbol.key, symbol.kind) == ("A", "class")
    [method] = a.methods
    symbol, _ = adapter.get_symbol_analysis(method)
    assert symbol is not None and symbol.key == "A.g"


def test_what_is_no_file_or_symbol_is_refused(adapter: CodebaseDBAdapter) -> None:
    with pytest.raises(UsageError, match="is no graph-sitter file"):
        adapter.get_file_analysis_enhanced("a.py")
    with pytest.raises(UsageError, match="is no graph-sitter file"):
        adapter.get_symbol_analysis("f")

"""`record`: folders and commits, several languages, both depths, and what stands in the way."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter, plugins
from graph_sitter_db.errors import AnalysisError, GraphSitterDBError, RepositoryError, UsageError
from graph_sitter_db.extract import worker
from graph_sitter_db.model.relations import Relations

type Make = Callable[..., Path]

PYTHON = {"a.py": "def f(x=[]):\n    return x\n", "b.py": "from a import f\n\nf()\n"}
TYPESCRIPT = {
    "web/a.ts": "export function f() {\n  return 1;\n}\n",
    "web/b.tsx": "import { f } from './a';\nexport const g = () => {\n  return f();\n};\n",
    "web/c.js": "export default function h() {\n  return 2;\n}\n",
}


def count(database: str, table: str) -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_a_repository_of_two_languages_is_one_project_with_two_codebases(
    adapter: CodebaseDBAdapter, repository: Make, installed_database: str
) -> None:
    results = adapter.record(repository({**PYTHON, **TYPESCRIPT}))
    assert [(each.language, each.files_analyzed) for each in results] == [
        ("typescript", 3),
        ("python", 2),
    ]
    assert len({each.codebase_id for each in results}) == 2
    assert len({each.repository_id for each in results}) == 1
    tables = ("projects.projects", "projects.repositories", "codebase.codebases")
    assert [count(installed_database, table) for table in tables] == [1, 1, 2]
    for each, user in zip(results, [("web/b.tsx", "g"), ("b.py", "")], strict=True):
        assert each.id is not None
        users = {(used.path, used.symbol) for used in adapter.dependencies(each.id, "f").used_by}
        assert user in users
    with pytest.raises(UsageError, match="Only runs of one codebase"):
        adapter.compare_analyses(results[0].short_id or "", results[1].short_id or "")


def test_one_language_can_be_asked_for(adapter: CodebaseDBAdapter, repository: Make) -> None:
    root = repository({**PYTHON, **TYPESCRIPT})
    for languages in (["typescript"], ["typescript", "typescript"]):
        results = adapter.record(root, languages=languages, depth="syntax")
        assert [each.language for each in results] == ["typescript"]


def test_a_commit_has_a_run_of_each_depth_and_they_share_its_files(
    adapter: CodebaseDBAdapter, repository: Make
) -> None:
    root = repository(PYTHON)
    (syntax,) = adapter.record(root, depth="syntax")
    (graph,) = adapter.record(root, depth="graph")
    assert (syntax.depth, graph.depth) == ("syntax", "graph") and syntax.id != graph.id
    assert graph.rows_written.keys().isdisjoint({"files", "file_versions", "symbols"})
    assert (syntax.edges, graph.edges > 0) == (0, True)
    assert syntax.metrics["symbols"] == graph.metrics["symbols"]
    assert [each.id for each in adapter.record(root)] == [graph.id]
    compared = adapter.compare_analyses(syntax.id or "", graph.id or "")
    assert not compared.edges_compared
    assert not (compared.files or compared.symbols or compared.issues_fixed)


@pytest.mark.parametrize(
    ("files", "options", "error", "words"),
    [
        (None, {}, RepositoryError, "does not exist"),
        ({}, {}, RepositoryError, "nothing to record"),
        ({"README.md": "x\n"}, {}, RepositoryError, "nothing to record"),
        (PYTHON, {"languages": ["typescript"]}, RepositoryError, "no typescript file .* python"),
        (PYTHON, {"languages": ["cobol"]}, UsageError, "choose of: python, typescript"),
        (PYTHON, {"depth": "deep"}, UsageError, "choose of: syntax, graph"),
        (PYTHON, {"commit": "nowhere"}, RepositoryError, "no commit 'nowhere'"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_leaves_no_run(
    adapter: CodebaseDBAdapter,
    repository: Make,
    tmp_path: Path,
    files: dict[str, str] | None,
    options: dict[str, Any],
    error: type[GraphSitterDBError],
    words: str,
) -> None:
    root = tmp_path / "missing" if files is None else repository(files)
    with pytest.raises(error, match=words):
        adapter.record(root, **options)
    assert adapter.runs(unfinished=True) == []


def test_the_home_of_a_user_who_does_not_exist_is_no_repository(adapter: CodebaseDBAdapter) -> None:
    with pytest.raises(RepositoryError, match="~nosuchuser/x cannot be read"):
        adapter.record("~nosuchuser/x")


def test_a_repository_without_commits_is_recorded_as_it_lies(
    adapter: CodebaseDBAdapter, tmp_path: Path, git: Any, write: Any
) -> None:
    git(tmp_path, "init", "-q", "fresh")
    with pytest.raises(RepositoryError, match="nothing to record"):
        adapter.record(tmp_path / "fresh")
    write(tmp_path / "fresh", PYTHON)
    (result,) = adapter.record(tmp_path / "fresh", depth="syntax")
    assert (result.commit, result.is_working_tree) == (None, True)
    assert result.notes == ["no commit yet: recording the working tree"]


SMALL = "[tool.graph-sitter-db]\nmax-file-size = 100\n"
LARGE = {**PYTHON, "large.py": "def g(y=[]):\n    return y\n" + "# filler\n" * 20}


def test_a_commit_is_recorded_with_its_own_settings_whatever_lies_in_the_folder(
    adapter: CodebaseDBAdapter, repository: Make, git: Callable[..., str]
) -> None:
    root = repository({**LARGE, "pyproject.toml": SMALL})
    (clean,) = adapter.record(root, depth="syntax")
    assert clean.files_failed == 1
    for dirty in ("max-file-size = 50", "disable = ['mutable_default']", "no TOML"):
        (root / "pyproject.toml").write_text(f"[tool.graph-sitter-db]\n{dirty}\n")
        (result,) = adapter.record(root, commit="HEAD", depth="syntax")
        assert (result.id, result.already_recorded) == (clean.id, True)
    with pytest.raises(UsageError, match=r"pyproject\.toml cannot be read"):
        adapter.record(root, depth="syntax")
    git(root, "commit", "-qam", "No TOML")
    with pytest.raises(UsageError, match=r"pyproject\.toml of HEAD cannot be read"):
        adapter.record(root, commit="HEAD", depth="syntax")


@pytest.mark.parametrize("depth", ["syntax", "graph"])
def test_a_file_that_is_too_large_is_skipped_and_the_run_is_partial(
    adapter: CodebaseDBAdapter, repository: Make, depth: str
) -> None:
    (result,) = adapter.record(repository({**LARGE, "pyproject.toml": SMALL}), depth=depth)
    assert (result.status, result.files_analyzed, result.files_failed) == ("partial", 3, 1)
    reason = "skipped: 206 bytes, and the setting max_file_size allows 100"
    assert [(each.path, each.stage, each.message) for each in result.failures] == [
        ("large.py", "skip", reason)
    ]
    assert result.id is not None
    assert f"1 part could not be analysed; the first: large.py: {reason}" in adapter.summary(
        result.id
    )
    [file] = adapter.files(result.id, "large.py")
    assert (file.parse_status, file.lines, file.functions, file.issues) == ("skipped", 0, 0, 0)
    assert [each.key for each in adapter.symbols(result.id, "g")] == []
    assert [issue.path for issue in result.issues if issue.rule == "mutable_default"] == ["a.py"]


def test_a_codebase_skips_the_same_files(
    adapter: CodebaseDBAdapter, repository: Make, opened: Callable[..., Any]
) -> None:
    root = repository({**LARGE, "pyproject.toml": SMALL})
    (recorded,) = adapter.record(root)
    codebase = opened(root)
    assert adapter.analyze_codebase_enhanced(codebase).id == recorded.id
    all_of_it = adapter.analyze_codebase_enhanced(codebase, {"max_file_size": 1000})
    assert (all_of_it.status, all_of_it.id != recorded.id) == ("completed", True)
    assert adapter.get_file_analysis_enhanced(codebase.get_file("large.py")).symbols == []


RULE = """
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Rule

def check(file, limits):
    if file.path == "a.py":
        raise ZeroDivisionError("of the rule's own")
    return ()

RULE = Rule(name="broken", title="", why="", category="size", severity=Severity.INFO,
            bad=(), good=(), limits={}, effort=Effort(source=""), check_file=check)
"""


@pytest.fixture
def broken_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Installed as pip leaves a package."""
    packages = tmp_path / "packages"
    information = packages / "adapter_broken_rule-1.0.dist-info"
    information.mkdir(parents=True)
    (packages / "adapter_broken_rule.py").write_text(RULE)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: adapter-broken-rule\n")
    entry = "[graph_sitter_db.rules]\nbroken = adapter_broken_rule:RULE\n"
    (information / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(packages))
    plugins.load.cache_clear()
    yield
    plugins.load.cache_clear()
    sys.modules.pop("adapter_broken_rule", None)


def test_a_rule_that_raises_costs_only_itself(
    broken_rule: None, adapter: CodebaseDBAdapter, repository: Make
) -> None:
    (result,) = adapter.record(repository(PYTHON), depth="syntax")
    assert result.status == "partial"
    assert [(each.path, each.stage, each.name, each.message) for each in result.failures] == [
        ("a.py", "rule", "broken", "ZeroDivisionError: of the rule's own")
    ]
    assert "mutable_default" in [issue.rule for issue in result.issues]


@pytest.fixture
def without_graph(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """For as long as it is entered, no process of a graph survives its start."""
    answer = worker._answer

    def killed(process: subprocess.Popen[bytes], *rest: Any) -> Relations:
        process.kill()
        return answer(process, *rest)

    @contextmanager
    def patched() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(worker, "_answer", killed)
            yield

    return patched


@pytest.mark.parametrize("changed", [False, True], ids=["commit", "working tree"])
def test_a_graph_that_died_leaves_a_partial_run_which_the_next_recording_completes(
    adapter: CodebaseDBAdapter,
    repository: Make,
    without_graph: Callable[[], AbstractContextManager[None]],
    changed: bool,
) -> None:
    root = repository(PYTHON)
    if changed:
        (root / "a.py").write_text(PYTHON["a.py"] + "\n")
    with without_graph():
        (partial,) = adapter.record(root)
        (again,) = adapter.record(root)
    for each in (partial, again):
        assert (each.status, each.depth, each.edges) == ("partial", "graph", 0)
        assert [(f.path, f.stage) for f in each.failures] == [("", "graph")]
        assert any("the graph could not be built" in note for note in each.notes)
        assert not [issue.rule for issue in each.issues if issue.rule == "unused_symbol"]
    (whole,) = adapter.record(root)
    assert (whole.status, whole.failures, whole.already_recorded) == ("completed", [], False)
    assert whole.edges and not any("the graph" in note for note in whole.notes)
    (same,) = adapter.record(root)
    assert (same.id, same.already_recorded) == (whole.id, True)
    assert [run.id for run in adapter.runs(path=root)] == [whole.id]
    (syntax,) = adapter.record(root, depth="syntax")
    assert (syntax.depth, syntax.edges) == ("syntax", 0)


def test_a_file_that_cannot_be_read_makes_only_its_own_language_partial(
    adapter: CodebaseDBAdapter, repository: Make, git: Callable[..., str]
) -> None:
    root = repository({**PYTHON, "web/a.ts": "export const a = 1;\n"})
    blob = git(root, "rev-parse", "HEAD:b.py")
    (root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    results = adapter.record(root, commit="HEAD", depth="syntax")
    assert {each.language: (each.status, each.files_failed) for each in results} == {
        "python": ("partial", 1),
        "typescript": ("completed", 0),
    }


KILLED = """
import os, signal, sys
from graph_sitter_db import CodebaseDBAdapter

def stop(stage, done, total):
    if stage == "measure":
        {how}

CodebaseDBAdapter(sys.argv[1]).record(sys.argv[2], depth="syntax", progress=stop)
"""


def interrupted(database: str, root: Path, how: str) -> None:
    command = [sys.executable, "-c", KILLED.format(how=how), database, str(root)]
    assert subprocess.run(command, check=False, capture_output=True).returncode


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "running"),
        ("os.kill(os.getpid(), signal.SIGINT)", "failed"),
        ("raise RuntimeError('a bug')", "failed"),
    ],
)
def test_a_run_that_did_not_end_shows_only_when_asked_for(
    adapter: CodebaseDBAdapter, repository: Make, installed_database: str, how: str, status: str
) -> None:
    root = repository(PYTHON)
    interrupted(installed_database, root, how)
    assert adapter.runs() == adapter.runs(path=root) == []
    [unfinished] = adapter.runs(unfinished=True)
    assert unfinished.status == status
    assert adapter.get_historical_analysis(unfinished.codebase_id) == []
    assert adapter.get_quality_trends().points == []
    with pytest.raises(UsageError):
        adapter.resolve("latest", path=root)
    with pytest.raises(UsageError, match=f"status is {status}"):
        adapter.result(unfinished.id)
    (result,) = adapter.record(root, depth="syntax")
    assert result.status == "completed" and result.since is None
    assert [run.id for run in adapter.runs()] == [result.id]
    if status == "running":
        assert result.id == unfinished.id, "whoever records the commit again continues the run"
    else:
        with pytest.raises(UsageError, match=f"status is {status}"):
            adapter.compare_analyses(unfinished.id, result.id or "")


def test_a_failed_run_says_why(
    adapter: CodebaseDBAdapter, repository: Make, installed_database: str
) -> None:
    interrupted(installed_database, repository(PYTHON), "raise RuntimeError('a bug')")
    [failed] = adapter.runs(unfinished=True)
    with pytest.raises(UsageError, match="RuntimeError: a bug"):
        adapter.result(failed.id)


def test_what_was_put_off_is_told_since_when(
    adapter: CodebaseDBAdapter, repository: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2020-02-03T12:00:00Z")
    root = repository({"a.py": "# TODO: round it\nX = 1.5\n"})
    (result,) = adapter.record(root)
    assert [issue.message for issue in result.issues] == ["TODO: round it (since 2020-02-03)"]
    (root / "b.py").write_text("Y = 2\n")
    (again,) = adapter.record(root)
    assert [issue.message for issue in again.issues] == ["TODO: round it (since 2020-02-03)"]


def test_more_files_than_the_setting_allows_are_refused_before_anything_is_stored(
    adapter: CodebaseDBAdapter, repository: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({f"m{n}.py": "x = 1\n" for n in range(4)})
    monkeypatch.setenv("GRAPH_SITTER_DB_MAX_FILES", "3")
    with pytest.raises(AnalysisError, match=r"4 python files.*max_files allows 3.*exclude"):
        adapter.record(root, depth="syntax")
    assert adapter.runs(unfinished=True) == []
    monkeypatch.setenv("GRAPH_SITTER_DB_MAX_FILES", "4")
    (result,) = adapter.record(root, depth="syntax")
    assert result.files_analyzed == 4


def test_a_file_of_more_symbols_than_the_setting_allows_is_skipped_and_the_run_is_partial(
    adapter: CodebaseDBAdapter, repository: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(6))
    root = repository({"few.py": "def g():\n    return 1\n", "many.py": many})
    monkeypatch.setenv("GRAPH_SITTER_DB_MAX_SYMBOLS", "5")
    (result,) = adapter.record(root, depth="syntax")
    assert (result.status, result.files_failed, result.symbols) == ("partial", 1, 1)
    (failure,) = result.failures
    assert (failure.path, failure.message) == (
        "many.py",
        "skipped: 6 symbols, and the setting max_symbols allows 5",
    )


def test_a_graph_that_needs_more_memory_than_it_may_costs_the_relations_only(
    adapter: CodebaseDBAdapter, repository: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({"a.py": "def f():\n    return 1\n"})
    monkeypatch.setenv("GRAPH_SITTER_DB_GRAPH_MEMORY", str(100 * 1024**2))
    (result,) = adapter.record(root)
    assert (result.status, result.symbols) == ("partial", 1)
    (failure,) = result.failures
    assert failure.stage == "graph" and "memory" in failure.message
    monkeypatch.delenv("GRAPH_SITTER_DB_GRAPH_MEMORY")
    (again,) = adapter.record(root)
    assert (again.status, again.already_recorded) == ("completed", False)

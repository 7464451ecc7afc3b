"""`analyze_codebase_enhanced`: a user's own Codebase, as it is held in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import AnalysisError, UsageError
from graph_sitter_db.model.reports import AnalysisResult

type Make = Callable[..., Path]
type Opened = Callable[..., Any]

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": """\
from shop.price import total


def checkout(items, told=[]):
    for item in items:
        if item:
            told.append(item)
    return total(told)
""",
    "shop/price.py": "def total(items):\n    return sum(items)\n",
}


def edges(database: str, run: Any) -> list[Any]:
    """Every stored relation of a run, as it reads without ids."""
    question = """
        SELECT f.path, e.kind, e.source_symbol, t.path, e.target_symbol, e.external_name,
               e.occurrences, e.first_line
          FROM analytics.analysis_runs r
          JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
          JOIN codebase.files f ON f.id = sf.file_id
          JOIN codebase.linkage_edges e ON e.linkage_id = sf.linkage_id
          LEFT JOIN codebase.files t ON t.id = e.target_file_id
         WHERE r.id = %s
         ORDER BY 1, 2, 3, 4, 5, 6
    """
    with psycopg.connect(database) as connection:
        return connection.execute(question, (run,)).fetchall()


def test_a_result_says_what_was_found(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    from graph_sitter.codebase.codebase_analysis import get_codebase_summary

    codebase = opened(repository(FILES))
    result = adapter.analyze_codebase_enhanced(codebase)
    assert result.summary == get_codebase_summary(codebase)
    assert result.id and result.codebase_id and result.repository_id
    assert (result.metrics["files"], result.metrics["symbols_function"]) == (3, 2)
    assert 0 < result.quality_score < 100
    assert "mutable_default" in [issue.rule for issue in result.issues]
    assert result.recommendations
    assert result.created_at.tzinfo is not None
    assert (result.branch, result.is_working_tree, result.status) == ("main", False, "completed")
    assert result.notes == []


def test_the_same_codebase_twice_is_one_run(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    codebase = opened(repository(FILES))
    first = adapter.analyze_codebase_enhanced(codebase)
    again = adapter.analyze_codebase_enhanced(codebase)
    assert (again.id, again.already_recorded, again.rows_written) == (first.id, True, {})
    assert len(adapter.runs()) == 1


def test_it_is_the_run_that_recording_the_commit_makes(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    root = repository(FILES)
    (recorded,) = adapter.record(root)
    assert adapter.analyze_codebase_enhanced(opened(root)).id == recorded.id


def test_both_ways_find_the_same(installed_database: str, repository: Make, opened: Opened) -> None:
    root = repository(FILES)
    with (
        CodebaseDBAdapter(installed_database, "by-path") as one,
        CodebaseDBAdapter(installed_database, "by-object") as other,
    ):
        (recorded,) = one.record(root)
        analysed = other.analyze_codebase_enhanced(opened(root))
    found = edges(installed_database, analysed.id)
    assert found == edges(installed_database, recorded.id)
    call = ("shop/cart.py", "call", "checkout", "shop/price.py", "total")
    assert call in [each[:5] for each in found]
    differ = {"id", "short_id", "codebase_id", "repository_id", "created_at", "seconds"}
    assert recorded.model_dump(exclude=differ) == analysed.model_dump(exclude=differ)


def test_both_ways_know_what_a_package_offers(
    installed_database: str, repository: Make, opened: Opened
) -> None:
    script = '[project.scripts]\nshop = "shop.run:_main"\n'
    run = "def _main():\n    return 1\n\n\ndef _old():\n    return 2\n"
    root = repository({**FILES, "shop/run.py": run, "pyproject.toml": script})
    with (
        CodebaseDBAdapter(installed_database, "by-path") as one,
        CodebaseDBAdapter(installed_database, "by-object") as other,
    ):
        (recorded,) = one.record(root)
        analysed = other.analyze_codebase_enhanced(opened(root))
    for result in (recorded, analysed):
        unused = [issue.symbol for issue in result.issues if issue.rule == "unused_symbol"]
        assert unused == ["_old"]


def test_edits_on_disk_are_recorded_as_a_working_tree_that_says_so(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    root = repository(FILES)
    (clean,) = adapter.record(root)
    (root / "shop/price.py").write_text(
        "def total(items):\n    return 0\n\n\ndef tax():\n    ...\n"
    )
    result = adapter.analyze_codebase_enhanced(opened(root))
    assert result.is_working_tree and result.id != clean.id and result.commit == clean.commit
    assert ["1 file has uncommitted changes" in note for note in result.notes] == [True]
    assert result.since is not None and result.since.before.id == clean.id
    assert [(s.key, s.change) for s in result.since.symbols] == [
        ("total", "changed"),
        ("tax", "new"),
    ]
    (same,) = adapter.record(root)
    assert same.id == result.id, "the same files, however they were read"


def test_edits_asked_for_and_not_written_yet_are_part_of_the_run(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    root = repository(FILES)
    codebase = opened(root)
    codebase.get_function("total").rename("whole")
    result = adapter.analyze_codebase_enhanced(codebase)
    assert result.is_working_tree
    assert result.notes == [
        "2 files of the Codebase differ from what lies on disk: recorded as the Codebase holds them"
    ]
    assert result.id is not None
    names = {symbol.key for symbol in adapter.symbols(result.id, "")}
    assert "whole" in names and "total" not in names
    assert "def total" in (root / "shop/price.py").read_text(), "nothing is written for it"
    (clean,) = adapter.record(root)
    assert clean.id != result.id and not clean.is_working_tree


def test_files_that_changed_after_they_were_read_are_recorded_as_they_were_read(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    root = repository(FILES)
    codebase = opened(root)
    (root / "shop/price.py").write_text("x = 1\n")
    result = adapter.analyze_codebase_enhanced(codebase)
    assert result.is_working_tree
    assert ["disk" in note for note in result.notes] == [False, True]
    assert result.id is not None
    assert adapter.symbols(result.id, "total")


def from_text(files: dict[str, str]) -> Any:
    from graph_sitter import Codebase

    return Codebase.from_files(files)


def test_a_codebase_made_from_text_has_no_folder_and_says_so(
    adapter: CodebaseDBAdapter, opened: Opened
) -> None:
    result = adapter.analyze_codebase_enhanced(from_text({"a.py": "x = 1\n"}))
    assert (result.commit, result.branch, result.is_working_tree) == (None, None, True)
    assert result.notes == [
        "the Codebase has no folder: recorded without a commit, known by its files' names"
    ]
    assert result.repository.startswith("from-memory@")


def test_a_codebase_made_from_text_is_known_by_the_names_of_its_files(
    adapter: CodebaseDBAdapter, opened: Opened
) -> None:
    """The temporary folder it was made in has another name each time."""
    first = adapter.analyze_codebase_enhanced(from_text({"a.py": "x = 1\n", "b.py": ""}))
    same = adapter.analyze_codebase_enhanced(from_text({"a.py": "x = 1\n", "b.py": ""}))
    assert same.id == first.id
    changed = adapter.analyze_codebase_enhanced(from_text({"a.py": "y = 1\n", "b.py": ""}))
    assert (changed.codebase_id, changed.id != first.id) == (first.codebase_id, True)
    assert changed.since is not None
    assert [(s.key, s.change) for s in changed.since.symbols] == [("x", "gone"), ("y", "new")]
    other = adapter.analyze_codebase_enhanced(from_text({"c.py": "x = 1\n"}))
    assert other.codebase_id != first.codebase_id


def test_typescript_made_from_text_has_relations_too(
    adapter: CodebaseDBAdapter, opened: Opened
) -> None:
    files = {
        "a.ts": "export function f() {\n  return 1;\n}\n",
        "b.ts": "import { f } from './a';\nexport const g = () => {\n  return f();\n};\n",
    }
    result = adapter.analyze_codebase_enhanced(from_text(files))
    assert result.language == "typescript" and result.id is not None
    users = [(r.path, r.symbol, r.kind) for r in adapter.dependencies(result.id, "f").used_by]
    assert ("b.ts", "g", "call") in users


def test_a_run_follows_the_runs_of_its_own_branch(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened, git: Any, write: Any
) -> None:
    def analysed(branch: str, text: str) -> AnalysisResult:
        git(root, "switch", "-q", *(["-c"] if branch not in branches else []), branch)
        branches.add(branch)
        write(root, {"shop/extra.py": text})
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", text)
        return adapter.analyze_codebase_enhanced(opened(root))

    root, branches = repository(FILES), {"main"}
    on_main = analysed("main", "a = 1\n")
    aside = analysed("aside", "b = 1\n")
    again = analysed("main", "c = 1\n")
    assert on_main.since is None and aside.since is None
    assert again.since is not None and again.since.before.id == on_main.id
    further = analysed("aside", "d = 1\n")
    assert further.since is not None and further.since.before.id == aside.id


@pytest.mark.parametrize(
    ("configuration", "effect"),
    [
        ({"disable": ["mutable_default"]}, "mutable_default"),
        ({"exclude": ["shop/cart.py"]}, "mutable_default"),
        ({"paths": [{"path": "shop/*", "disable": ["mutable_default"]}]}, "mutable_default"),
    ],
)
def test_a_configuration_changes_the_result_and_is_another_run(
    adapter: CodebaseDBAdapter,
    repository: Make,
    opened: Opened,
    configuration: dict[str, Any],
    effect: str,
) -> None:
    codebase = opened(repository(FILES))
    usual = adapter.analyze_codebase_enhanced(codebase)
    other = adapter.analyze_codebase_enhanced(codebase, configuration)
    assert usual.id != other.id
    assert effect in [issue.rule for issue in usual.issues]
    assert effect not in [issue.rule for issue in other.issues]
    assert adapter.analyze_codebase_enhanced(codebase, configuration).id == other.id


def test_limits_decide_what_is_too_much(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    codebase = opened(repository(FILES))
    limits = {"limits": {"complex_function": {"cyclomatic": 1}}}
    rules = [issue.rule for issue in adapter.analyze_codebase_enhanced(codebase, limits).issues]
    assert "complex_function" in rules


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"url": "postgresql://elsewhere"}, "url"),
        ({"depht": 3}, "depht"),
        ({"disable": ["no_such_rule"]}, "no_such_rule"),
        ({"limits": {"long_function": {"pages": 2}}}, "pages"),
        ({"max_file_size": -1}, "max_file_size"),
    ],
)
def test_a_configuration_that_means_nothing_is_refused(
    adapter: CodebaseDBAdapter,
    repository: Make,
    opened: Opened,
    configuration: dict[str, Any],
    words: str,
) -> None:
    codebase = opened(repository({"a.py": "x = 1\n"}))
    with pytest.raises(UsageError, match=words):
        adapter.analyze_codebase_enhanced(codebase, configuration)
    assert adapter.runs(unfinished=True) == []


def test_a_graph_made_otherwise_is_another_run(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    """Else a graph without relations would stand for the commit."""
    from graph_sitter.configs.models.codebase import CodebaseConfig

    root = repository(FILES)
    poor = adapter.analyze_codebase_enhanced(
        opened(root, config=CodebaseConfig(disable_graph=True))
    )
    full = adapter.analyze_codebase_enhanced(opened(root))
    assert poor.id != full.id and poor.edges < full.edges


def test_a_part_of_a_repository_says_that_it_is_one(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    root = repository({**FILES, "tools/run.py": "x = 1\n"})
    result = adapter.analyze_codebase_enhanced(opened(root / "shop"))
    (whole,) = adapter.record(root)
    assert result.notes == ["the Codebase holds 3 of the 4 python files"]
    assert (result.files_analyzed, result.id != whole.id) == (3, True)


@pytest.mark.parametrize("thing", [None, "path/to/repository", 3])
def test_what_is_no_codebase_is_refused(
    adapter: CodebaseDBAdapter, opened: Opened, thing: object
) -> None:
    with pytest.raises(UsageError, match="is no graph-sitter Codebase"):
        adapter.analyze_codebase_enhanced(thing)


def test_a_codebase_of_no_language_is_refused(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened
) -> None:
    from graph_sitter import Codebase

    codebase = Codebase(str(repository({"README.md": "x\n"})))
    with pytest.raises(AnalysisError, match="found no Python or TypeScript"):
        adapter.analyze_codebase_enhanced(codebase)


def test_files_that_are_excluded_are_modules_outside_to_both_kinds_of_runs(
    adapter: CodebaseDBAdapter, repository: Make, opened: Opened, installed_database: str
) -> None:
    project = '[tool.graph-sitter-db]\nexclude = ["shop/price.py"]\n'
    root = repository({**FILES, "pyproject.toml": project})
    held = adapter.analyze_codebase_enhanced(opened(root), {"disable": ["long_file"]})
    [recorded] = adapter.record(root)
    told = edges(installed_database, held.id)
    assert ("shop/cart.py", "call", "checkout", "shop.price.total") in {
        (path, kind, source, external) for path, kind, source, _, _, external, *_ in told
    }
    assert told == edges(installed_database, recorded.id)

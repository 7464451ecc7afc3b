"""History, trends and comparison of two commits of real code, edited where it is known."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.reports import AnalysisResult, Comparison

GONE = """

def _goodbye(hint: str) -> str | None:
    try:
        return _join_param_hints(hint)
    except:
        return None
"""
NEW = '''

def _farewell(name: str, seen: list[str] = []) -> str | None:
    """Says goodbye, to everybody once."""
    seen.append(name)
    return _join_param_hints(seen)
'''
BEFORE = '"""Converts a value into a valid string."""\n'
CHANGED = BEFORE + '    if value is None:\n        return ""\n'


@dataclass(frozen=True)
class History:
    """Two commits of click on `main`, and a third on another branch."""

    adapter: CodebaseDBAdapter
    first: AnalysisResult
    second: AnalysisResult
    aside: AnalysisResult


@pytest.fixture(scope="module")
def history(shared_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    root = tmp_path_factory.mktemp("history") / "project"
    spec = importlib.util.find_spec("click")
    assert spec is not None and spec.origin is not None
    package = root / "click"
    shutil.copytree(Path(spec.origin).parent, package, ignore=shutil.ignore_patterns("*.pyc"))
    git(root, "init", "--quiet", "--initial-branch", "main")
    edit(package / "exceptions.py", lambda text: text + GONE)
    commit(root, day=1)
    with CodebaseDBAdapter(shared_database) as adapter:
        (first,) = adapter.record(root)
        edit(package / "exceptions.py", lambda text: text.replace(GONE, NEW))
        edit(package / "utils.py", lambda text: text.replace(BEFORE, CHANGED))
        edit(package / "testing.py", lambda text: text + "\nfrom .exceptions import BadParameter\n")
        edit(package / "globals.py", lambda text: text + "\nimport colorsys\n")
        (package / "extra.py").write_text("LIMIT = 3\n")
        commit(root, day=2)
        (second,) = adapter.record(root)
        git(root, "switch", "--quiet", "--create", "aside")
        (package / "extra.py").unlink()
        commit(root, day=3)
        (aside,) = adapter.record(root)
        yield History(adapter, first, second, aside)


def git(root: Path, *words: str, **variables: str) -> None:
    settings = ("user.name=Ada", "user.email=ada@example.org", "commit.gpgsign=false")
    options = [word for setting in settings for word in ("-c", setting)]
    subprocess.run(["git", *options, *words], cwd=root, check=True, env=os.environ | variables)


def commit(root: Path, day: int) -> None:
    git(root, "add", "--all")
    date = f"2025-01-0{day}T12:00:00Z"
    git(root, "commit", "--quiet", "--message", f"Day {day}", GIT_COMMITTER_DATE=date)


def edit(file: Path, change: Callable[[str], str]) -> None:
    text = file.read_text()
    changed = change(text)
    assert changed != text
    file.write_text(changed)


@pytest.fixture(scope="module")
def compared(history: History) -> Comparison:
    return history.adapter.compare_analyses(ref(history.first), ref(history.second))


def ref(result: AnalysisResult) -> str:
    return str(result.id)


def test_exactly_the_edited_files_differ(compared: Comparison) -> None:
    assert [(file.path, file.change) for file in compared.files] == [
        ("click/exceptions.py", "changed"),
        ("click/extra.py", "new"),
        ("click/globals.py", "changed"),
        ("click/testing.py", "changed"),
        ("click/utils.py", "changed"),
    ]


def test_exactly_the_edited_symbols_are_new_gone_or_changed(compared: Comparison) -> None:
    assert {(each.path, each.key, each.change) for each in compared.symbols} == {
        ("click/exceptions.py", "_farewell", "new"),
        ("click/exceptions.py", "_goodbye", "gone"),
        ("click/extra.py", "LIMIT", "new"),
        ("click/utils.py", "make_str", "changed"),
    }
    [changed] = [each for each in compared.symbols if each.change == "changed"]
    assert (changed.cyclomatic_before, changed.cyclomatic_after) == (3, 4)


def test_exactly_the_edited_relations_are_new_or_gone(compared: Comparison) -> None:
    exceptions, hints = "click/exceptions.py", "_join_param_hints"
    assert {
        (e.change, e.kind, e.source_path, e.source, e.target_path, e.target) for e in compared.edges
    } == {
        ("gone", "call", exceptions, "_goodbye", exceptions, hints),
        ("new", "call", exceptions, "_farewell", exceptions, hints),
        ("new", "import", "click/testing.py", "", exceptions, "BadParameter"),
        ("new", "import", "click/globals.py", "", None, "colorsys"),
    }


def test_exactly_the_edited_issues_are_new_or_fixed(history: History, compared: Comparison) -> None:
    new = {(issue.rule, issue.symbol) for issue in compared.issues_new}
    fixed = {(issue.rule, issue.symbol) for issue in compared.issues_fixed}
    assert new == {
        ("mutable_default", "_farewell"),
        ("unused_import", None),
        ("unused_symbol", "_farewell"),
    }
    assert fixed == {("bare_except", "_goodbye"), ("unused_symbol", "_goodbye")}
    assert compared.issues_remaining == len(history.first.issues) - len(compared.issues_fixed)
    assert len(history.second.issues) == compared.issues_remaining + len(compared.issues_new)


def test_metrics_and_score_move_as_the_two_runs_say(history: History, compared: Comparison) -> None:
    first, second = history.first, history.second
    changes = {each.metric: each for each in compared.metrics}
    assert changes.keys() == first.metrics.keys() | second.metrics.keys()
    for name, change in changes.items():
        assert (change.before, change.after) == (first.metrics[name], second.metrics[name])
        assert change.change == pytest.approx(second.metrics[name] - first.metrics[name], abs=1e-6)
    moved = {name: changes[name].change for name in ("files", "symbols_function", "symbols")}
    assert moved == {"files": 1, "symbols_function": 0, "symbols": 1}
    assert compared.score_change == pytest.approx(
        second.quality_score - first.quality_score, abs=0.01
    )


def test_a_run_does_not_differ_from_itself(history: History) -> None:
    same = history.adapter.compare_analyses(ref(history.first), ref(history.first))
    assert same.score_change == 0
    assert {each.change for each in same.metrics} == {0}
    for differences in (same.files, same.symbols, same.edges, same.issues_new, same.issues_fixed):
        assert not differences
    assert same.issues_remaining == len(history.first.issues)


def test_the_other_way_round_is_the_mirror_image(history: History, compared: Comparison) -> None:
    back = history.adapter.compare_analyses(ref(history.second), ref(history.first))
    mirrored = {"new": "gone", "gone": "new", "changed": "changed"}

    def seen(comparison: Comparison, names: dict[str, str]) -> Any:
        return (
            {(f.path, names[f.change]) for f in comparison.files},
            {(s.path, s.key, names[s.change]) for s in comparison.symbols},
            {
                (*e.model_dump(exclude={"change"}).values(), names[e.change])
                for e in comparison.edges
            },
            {m.metric: (m.before, m.after) for m in comparison.metrics},
        )

    there = seen(compared, {name: name for name in mirrored})
    here = seen(back, mirrored)
    assert there[:3] == here[:3]
    assert there[3] == {name: (after, before) for name, (before, after) in here[3].items()}
    assert compared.score_change == -(back.score_change or 0)
    assert fingerprints(compared.issues_new) == fingerprints(back.issues_fixed)
    assert fingerprints(compared.issues_fixed) == fingerprints(back.issues_new)
    assert compared.issues_remaining == back.issues_remaining


def fingerprints(issues: Any) -> set[str]:
    return {issue.fingerprint for issue in issues}


def test_recording_told_the_same_comparison(history: History, compared: Comparison) -> None:
    assert history.first.since is None
    assert history.second.since == compared


def test_runs_are_named_by_id_short_id_commit_or_branch(
    history: History, compared: Comparison
) -> None:
    first, second = history.first, history.second
    assert first.commit and first.short_id
    for name in (first.id, str(first.id), first.short_id, first.commit, first.commit[:10]):
        assert history.adapter.compare_analyses(name or "", "main") == compared
    assert history.adapter.compare_analyses(second.id or "", "aside").files[0].change == "gone"


def test_what_is_no_run_is_refused(history: History) -> None:
    for name in ("nowhere", str(uuid4())):
        with pytest.raises(UsageError, match="No run"):
            history.adapter.compare_analyses(ref(history.first), name)


def test_history_has_the_runs_of_a_codebase_newest_first(history: History) -> None:
    assert history.first.codebase_id
    runs = history.adapter.get_historical_analysis(history.first.codebase_id)
    assert [run.id for run in runs] == [
        history.aside.id,
        history.second.id,
        history.first.id,
    ]
    assert history.adapter.get_historical_analysis(str(history.first.codebase_id)) == runs


def test_history_reaches_back_as_far_as_asked(history: History, shared_database: str) -> None:
    codebase = history.first.codebase_id
    assert codebase
    question = "UPDATE analytics.analysis_runs SET started_at = started_at - %s WHERE id = %s"
    with psycopg.connect(shared_database, autocommit=True) as connection:
        connection.execute(question, (timedelta(days=10), history.first.id))
        within = [len(history.adapter.get_historical_analysis(codebase, days)) for days in (5, 11)]
        connection.execute(question, (timedelta(days=-10), history.first.id))
    assert within == [2, 3]


def test_an_unknown_codebase_has_no_history_and_a_wrong_id_is_said(history: History) -> None:
    assert history.adapter.get_historical_analysis(uuid4()) == []
    with pytest.raises(UsageError, match="'click' is no id"):
        history.adapter.get_historical_analysis("click")
    with pytest.raises(UsageError, match="'click' is no id"):
        history.adapter.get_quality_trends("click")


def test_trends_tell_every_state_oldest_first(history: History) -> None:
    trends = history.adapter.get_quality_trends(history.first.repository_id)
    results = [history.first, history.second, history.aside]
    assert [point.run.id for point in trends.points] == [result.id for result in results]
    assert [point.run.quality_score for point in trends.points] == [
        result.quality_score for result in results
    ]
    assert [point.metrics["symbols"] for point in trends.points] == [
        result.metrics["symbols"] for result in results
    ]
    # A branch begins with nothing to compare with.
    assert [point.change for point in trends.points] == [
        None,
        pytest.approx(results[1].quality_score - results[0].quality_score, abs=0.01),
        None,
    ]
    assert history.adapter.get_quality_trends() == trends, "the only repository there is"
    assert history.adapter.get_quality_trends(uuid4()).direction == "no data"

"""What differs between two runs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_sitter_db import query
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.model.reports import Comparison

type Connection = psycopg.Connection[Any]
type Record = Callable[..., UUID]
type State = Mapping[str, Mapping[str, Any]]
type Place = tuple[str, str]  # path and rule

OPPOSITE = {"new": "gone", "gone": "new", "changed": "changed"}
PATHS = ["a.py", "b.py", "pkg/c.py"]
KEYS = ["f", "f#1", "C", "C.m"]
COUNTING = ["property", "cached", "async", "static", "abstract", "private"]
NOT_COUNTING = ["documented", "spaced"]
BODIES = ["x", "y", *(f"x@{mark}" for mark in COUNTING + NOT_COUNTING)]
EDGES = st.tuples(
    st.sampled_from(["", "f", "C"]),
    st.sampled_from(["call", "import"]),
    st.sampled_from(["os.path", "json", "self:f", "self:C"]),
)
CONTENTS = st.fixed_dictionaries(
    {
        "symbols": st.dictionaries(st.sampled_from(KEYS), st.sampled_from(BODIES), max_size=4),
        "edges": st.lists(EDGES, max_size=4, unique=True),
        "issues": st.lists(
            st.sampled_from(["a", "b", "~g", "c:critical", "a!why", "~g!"]),
            max_size=3,
            unique_by=lambda spec: str(spec).partition("!")[0],
        ),
        "salt": st.sampled_from("12"),
    }
)
STATES = st.dictionaries(st.sampled_from(PATHS), CONTENTS, max_size=3).map(
    lambda state: {path: _with_targets(path, content) for path, content in state.items()}
)
numbers = count()


def _with_targets(path: str, content: dict[str, Any]) -> dict[str, Any]:
    edges = [(s, kind, target.replace("self:", f"{path}:")) for s, kind, target in content["edges"]]
    return {**content, "edges": edges}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=STATES, after=STATES)
def test_a_comparison_finds_exactly_the_differences_and_mirrors(
    conn: Connection, record: Record, before: State, after: State
) -> None:
    repository = f"acme/r{next(numbers)}"
    first = record(before, 1, repository=repository)
    second = record(after, 2, repository=repository)
    there, back = query.compare(conn, first, second), query.compare(conn, second, first)
    assert _symbols(there) == _expected(_bodies(before), _bodies(after))
    assert _edges(there) == _expected(_relations(before), _relations(after))
    assert _files(there) == _expected(_texts(before), _texts(after))
    assert _changes(there) == _expected_changes(before, after)
    assert there.issues_remaining == back.issues_remaining
    for told in (_symbols, _edges, _files):
        assert told(back) == {key: OPPOSITE[change] for key, change in told(there).items()}
    gone = Counter(i.fingerprint for i in (*back.issues_fixed, *back.issues_accepted))
    assert gone == Counter(i.fingerprint for i in there.issues_new)
    for run in (first, second):
        _assert_empty(query.compare(conn, run, run))


def _assert_empty(same: Comparison) -> None:
    assert not (same.files or same.symbols or same.edges or same.issues_new or same.issues_fixed)
    assert same.score_change == 0
    assert {metric.verdict for metric in same.metrics} <= {"same"}


def _expected(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[Any, str]:
    changes = dict.fromkeys(after.keys() - before.keys(), "new")
    changes |= dict.fromkeys(before.keys() - after.keys(), "gone")
    both = before.keys() & after.keys()
    return changes | {key: "changed" for key in both if before[key] != after[key]}


def _bodies(state: State) -> dict[Any, list[str]]:
    """What counts of each symbol: its docstring and the white space of its signature do not."""
    return {
        (p, key): [part for part in body.split("@") if part not in NOT_COUNTING]
        for p, c in state.items()
        for key, body in c["symbols"].items()
    }


def _relations(state: State) -> dict[Any, None]:
    return {(p, *edge): None for p, c in state.items() for edge in c["edges"]}


def _texts(state: State) -> dict[Any, str]:
    return {
        path: repr((sorted(c["symbols"].items()), tuple(c["issues"]), c["salt"]))
        for path, c in state.items()
    }


def _changes(told: Comparison) -> dict[str, Any]:
    lists = {"new": told.issues_new, "fixed": told.issues_fixed, "accepted": told.issues_accepted}
    changes = {name: {(i.path, i.rule) for i in issues} for name, issues in lists.items()}
    return {**changes, "remaining": told.issues_remaining}


def _expected_changes(before: State, after: State) -> dict[str, Any]:
    """By path; of the rest, those whose file went first with those whose file came first."""
    old, new = _issues(before), _issues(after)
    same = dict.fromkeys(old.keys() & new.keys())
    pairs: dict[Place, Place] = {place: place for place in same}
    for rule in {rule for _, rule in old.keys() | new.keys()}:
        left = sorted((p in after, p) for p, r in old.keys() - same if r == rule)
        came = sorted((p in before, p) for p, r in new.keys() - same if r == rule)
        for (stayed, path), (known, path_after) in zip(left, came, strict=False):
            if not (stayed and known):
                pairs[path, rule] = (path_after, rule)
    came_from = {there: here for here, there in pairs.items()}
    return {
        "new": {p for p, open_ in new.items() if open_ and not old.get(came_from.get(p, NOWHERE))},
        "fixed": {p for p, open_ in old.items() if open_ and p not in pairs},
        "accepted": {pairs[p] for p in pairs if old[p] and not new[pairs[p]]},
        "remaining": sum(old[p] and new[pairs[p]] for p in pairs),
    }


NOWHERE = ("", "")


def _issues(state: State) -> dict[Place, bool]:
    """Whether they are open; the others are accepted."""
    return {
        (path, rule.strip("~").partition("!")[0].partition(":")[0]): "!" not in rule
        for path, content in state.items()
        for rule in content["issues"]
    }


def _symbols(told: Comparison) -> dict[Any, str]:
    return {(each.path, each.key): each.change for each in told.symbols}


def _edges(told: Comparison) -> dict[Any, str]:
    return {
        (
            each.source_path,
            each.source,
            each.kind,
            f"{each.target_path}:{each.target}" if each.target_path else each.target,
        ): each.change
        for each in told.edges
    }


def _files(told: Comparison) -> dict[Any, str]:
    return {each.path: each.change for each in told.files}


@pytest.mark.parametrize("mark", COUNTING)
def test_a_symbol_is_changed_by_what_stands_before_its_body(
    conn: Connection, record: Record, mark: str
) -> None:
    before = record({"a.py": {"symbols": {"C": "c", "C.m": "x"}}}, 1)
    after = record({"a.py": {"symbols": {"C": "c", "C.m": f"x@{mark}"}}}, 2)
    assert _symbols(query.compare(conn, before, after)) == {("a.py", "C.m"): "changed"}


@pytest.mark.parametrize("mark", NOT_COUNTING)
def test_a_symbol_is_not_changed_by_its_docstring_or_white_space(
    conn: Connection, record: Record, mark: str
) -> None:
    before = record({"a.py": {"symbols": {"f": "x"}}}, 1)
    after = record({"a.py": {"symbols": {"f": f"x@{mark}"}}}, 2)
    told = query.compare(conn, before, after)
    assert (told.symbols, len(told.files)) == ([], 1)


def test_the_database_compares_two_runs_as_the_library_does(
    conn: Connection, record: Record
) -> None:
    old = {"g": "1", "stays": "1", "C": "c", "C.m": "x"}
    new = {"stays": "2", "C": "c", "C.m": "x@property", "h": "1", "h#1": "1"}
    files = [
        {
            "a.py": {"symbols": old, "edges": [("g", "call", "b.py:f")], "issues": ["a", "~g"]},
            "b.py": {"symbols": {"f": "1"}, "issues": ["c"]},
        },
        {
            "a.py": {"symbols": new, "edges": [("h", "call", "b.py:f"), ("", "import", "os")]},
            "b.py": {"symbols": {"f": "1@documented"}, "issues": ["b:critical", "c"]},
            "d.py": {"symbols": {"k": "1"}},
        },
    ]
    totals: list[dict[str, float]] = [
        {"complexity_mean": 5.25, "complexity_max": 9, "documented": 1, "size": 2, "old": 1},
        {"complexity_mean": 4.5, "complexity_max": 12, "documented": 1, "size": 9, "young": 1},
    ]
    before, after = (record(files[n], n, score=80 + n * 1.25, totals=totals[n]) for n in range(2))
    shallow = record(files[1], 3, depth=Depth.SYNTAX, score=70)
    for pair in ((before, after), (after, before), (before, before), (before, shallow)):
        row = conn.execute("SELECT analytics.compare_runs(%s, %s)", pair).fetchone()
        assert row is not None
        assert _told_by_database(row[0]) == _told_by_library(query.compare(conn, *pair))


def _told_by_database(answer: dict[str, Any]) -> dict[str, Any]:
    issues, edges = answer["issues"], answer["edges"]
    return {
        "score": answer["score"]["change"],
        "metrics": {m["metric"]: (m["change"], m["verdict"]) for m in answer["metrics"]},
        "files": tuple(answer["files"][name] for name in ("added", "removed", "modified")),
        "symbols": tuple(answer["symbols"][name] for name in ("added", "removed", "changed")),
        "edges": edges and (edges["added"], edges["removed"]),
        "issues": (len(issues["new"]), len(issues["fixed"]), issues["remaining"]),
    }


def _told_by_library(told: Comparison) -> dict[str, Any]:
    new, gone, _ = _counted(told.edges)
    return {
        "score": told.score_change,
        "metrics": {m.metric: (m.change, m.verdict) for m in told.metrics},
        "files": _counted(told.files),
        "symbols": _counted(told.symbols),
        "edges": (new, gone) if told.edges_compared else None,
        "issues": (len(told.issues_new), len(told.issues_fixed), told.issues_remaining),
    }


def _counted(changes: Sequence[Any]) -> tuple[int, int, int]:
    found = Counter(each.change for each in changes)
    return found["new"], found["gone"], found["changed"]


def test_metrics_get_better_or_worse_by_their_direction(conn: Connection, record: Record) -> None:
    before = record({}, 1, totals={"complexity": 5, "documented": 1, "size": 2, "old": 1})
    after = record(
        {"a.py": {}},
        2,
        totals={"complexity": 7, "documented": 3, "size": 9, "young": 1, "complexity_max": 0},
    )
    told = {m.metric: (m.change, m.verdict) for m in query.compare(conn, before, after).metrics}
    assert told == {
        "complexity": (2, "worse"),
        "complexity_max": (None, "unknown"),
        "documented": (2, "better"),
        "size": (7, "neutral"),
        "old": (None, "unknown"),
        "young": (None, "unknown"),
    }


def test_a_roll_up_improves_the_way_its_metric_does(conn: Connection, record: Record) -> None:
    before = record({}, 1, totals={"complexity_max": 9})
    after = record({"a.py": {}}, 2, totals={"complexity_max": 4})
    assert query.compare(conn, before, after).metrics[0].verdict == "better"


@pytest.mark.parametrize(("score", "model", "change"), [(81.25, "debt 1", 1.25), (90, "new", None)])
def test_scores_are_compared_when_they_are_of_one_model(
    conn: Connection, record: Record, score: float, model: str, change: float | None
) -> None:
    before, after = record({}, 1, score=80), record({"a.py": {}}, 2, score=score, model=model)
    assert query.compare(conn, before, after).score_change == change


def test_without_a_graph_on_both_sides_relations_and_their_issues_are_not_compared(
    conn: Connection, record: Record
) -> None:
    file = {"symbols": {"f": "1"}, "edges": [("f", "call", "os")], "issues": ["a", "~g"]}
    shallow = record({"a.py": file}, 1, depth=Depth.SYNTAX)
    deep = record({"a.py": file}, 2)
    told = query.compare(conn, shallow, deep)
    assert (told.edges, told.edges_compared) == ([], False)
    assert (told.issues_new, told.issues_fixed, told.issues_remaining) == ([], [], 1)


def test_how_often_and_where_a_relation_stands_is_no_difference(
    conn: Connection, record: Record
) -> None:
    calls = [("f", "call", "os"), ("f", "call", "json")]
    before = record({"a.py": {"edges": calls}}, 1)
    after = record({"a.py": {"edges": calls[::-1]}}, 2)
    told = query.compare(conn, before, after)
    assert (told.edges, told.edges_compared) == ([], True)


def test_runs_of_different_codebases_are_not_compared(conn: Connection, record: Record) -> None:
    first, second = record({}, 1), record({}, 1, family=Family.TYPESCRIPT)
    with pytest.raises(UsageError, match=r"Only runs of one codebase can be compared"):
        query.compare(conn, first, second)

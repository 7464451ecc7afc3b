import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.model.issues import Finding, Issue
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.score import recommend, score
from graph_sitter_db.score.debt_density import HALF, MODEL

type Issues = dict[str, list[Issue]]


def issue(
    path: str = "a.py", minutes: float = 10.0, rule: str = "long", symbol: str | None = None
) -> Issue:
    finding = Finding(
        path=path,
        message=f"`{symbol}` is too {rule}",
        start_line=3,
        end_line=4,
        symbol=symbol,
    )
    return Issue(rule, "size", Severity.INFO, "", finding, b"", minutes, depends_on_graph=False)


ISSUES = st.builds(
    issue,
    st.sampled_from(["a.py", "b.py", "c/d.ts"]),
    st.floats(0, 1e6),
    st.sampled_from(["long", "complex"]),
    st.sampled_from([None, "f", "C.m"]),
)
LINES = st.dictionaries(st.sampled_from(["a.py", "b.py", "c/d.ts"]), st.integers(0, 10_000))


def by_path(issues: list[Issue]) -> Issues:
    grouped: Issues = {}
    for each in issues:
        grouped.setdefault(each.finding.path, []).append(each)
    return grouped


def test_code_without_issues_keeps_all_points() -> None:
    clean = score({}, {"a.py": 100})
    assert (clean.value, clean.grade, clean.model, clean.debt_minutes) == (100.0, "A", MODEL, 0)


def test_an_empty_codebase_has_lost_nothing() -> None:
    assert (score({}, {}).value, score({}, {"a.py": 0}).grade) == (100.0, "A")


def test_an_issue_counts_even_where_no_line_of_source_does() -> None:
    assert score({"a.py": [issue()]}, {"a.py": 0}).value < 100


def test_half_of_the_points_are_gone_at_the_stated_debt_ratio() -> None:
    lost = score({"a.py": [issue(minutes=HALF * 30 * 200)]}, {"a.py": 200})
    assert (lost.value, lost.grade) == (50.0, "D")
    assert lost.debt_ratio == pytest.approx(HALF)


@pytest.mark.parametrize(
    ("wanted", "grade"),
    [(90, "A"), (89.9, "B"), (80, "B"), (79.9, "C"), (65, "C"), (64.9, "D"), (50, "D"), (49, "E")],
)
def test_grades_have_their_limits(wanted: float, grade: str) -> None:
    minutes = (100 / wanted - 1) * HALF * 30 * 1000
    scored = score({"a.py": [issue(minutes=minutes)]}, {"a.py": 1000})
    assert scored.value == pytest.approx(wanted)
    assert scored.grade == grade


@given(st.lists(ISSUES), LINES)
def test_a_score_stays_within_its_bounds(issues: list[Issue], lines: dict[str, int]) -> None:
    assert 0 <= score(by_path(issues), lines).value <= 100


@given(st.lists(ISSUES), ISSUES, LINES)
def test_an_added_issue_never_raises_the_score(
    issues: list[Issue], added: Issue, lines: dict[str, int]
) -> None:
    before, after = score(by_path(issues), lines), score(by_path([*issues, added]), lines)
    assert after.value <= before.value
    assert after.grade >= before.grade


@given(st.lists(ISSUES), LINES, st.randoms())
def test_the_order_of_issues_changes_nothing(
    issues: list[Issue], lines: dict[str, int], chance: random.Random
) -> None:
    shuffled = chance.sample(issues, len(issues))
    assert score(by_path(shuffled), lines) == score(by_path(issues), lines)


@given(st.lists(ISSUES), LINES)
def test_a_codebase_twice_as_large_with_the_same_code_scores_the_same(
    issues: list[Issue], lines: dict[str, int]
) -> None:
    twice = by_path([*issues, *issues])
    longer = {path: 2 * count for path, count in lines.items()} or {"a.py": 2}
    once = score(by_path(issues), lines if any(lines.values()) else {"a.py": 1})
    longer = longer if any(longer.values()) else {"a.py": 2}
    assert abs(score(twice, longer).value - once.value) <= 1


@given(st.lists(ISSUES, min_size=1), st.integers(1, 100))
def test_a_small_clean_file_hides_at_most_its_own_share(issues: list[Issue], small: int) -> None:
    lines = {"a.py": 10_000}
    alone, beside = score(by_path(issues), lines), score(by_path(issues), lines | {"z.py": small})
    assert 0 <= beside.value - alone.value <= 100 * small / 10_000


@given(st.lists(ISSUES, min_size=1), LINES)
def test_each_recommendation_wins_what_it_says(issues: list[Issue], lines: dict[str, int]) -> None:
    scored = score(by_path(issues), lines)
    gains = {}
    for place in {(each.finding.path, each.finding.symbol) for each in issues}:
        left = [e for e in issues if (e.finding.path, e.finding.symbol) != place]
        gains[place] = score(by_path(left), lines).value - scored.value
    told = [float(text.rsplit("+")[-1].split()[0]) for text in recommend(scored, by_path(issues))]
    best = sorted((gain for gain in gains.values() if gain > 0.005), reverse=True)[:5]
    assert told == pytest.approx(best, abs=0.0101)


def test_a_recommendation_names_symbol_place_reason_and_gain() -> None:
    issues = {"a.py": [issue(symbol="f", minutes=3), issue(symbol="f", rule="deep", minutes=7)]}
    [text] = recommend(score(issues, {"a.py": 1}), issues)
    assert text.startswith("f in a.py:3: `f` is too deep; `f` is too long. +")
    assert text.endswith(" points")


def test_nothing_is_recommended_where_nothing_can_be_won() -> None:
    issues = {"a.py": [issue(minutes=0)]}
    assert recommend(score(issues, {"a.py": 1}), issues) == []
    assert recommend(score({}, {}), {}) == []

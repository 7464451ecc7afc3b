"""Which runs stay."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.model.retention import Candidate, Policy, forecast, kept

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
POLICY = Policy(every=10, daily=30, weekly=100, monthly=400)
SERIES = st.sampled_from([("main", "syntax"), ("main", "graph"), (None, "syntax")])


@st.composite
def histories(draw: st.DrawFn) -> list[Candidate]:
    return [
        Candidate(
            id=UUID(int=2 * number),
            series=draw(SERIES),
            at=NOW - timedelta(hours=draw(st.integers(0, 24 * 500))),
            gate=draw(st.sampled_from([None, "passed", "failed"])),
            is_tagged=draw(st.integers(0, 9)) == 0,
            is_pinned=draw(st.integers(0, 9)) == 0,
        )
        for number in range(draw(st.integers(0, 40)))
    ]


def run(number: int, days: float, **more: object) -> Candidate:
    at = NOW - timedelta(days=days)
    return Candidate(UUID(int=2 * number), ("main", "syntax"), at, **more)  # type: ignore[arg-type]


def reasons(*runs: Candidate) -> list[str | None]:
    found = kept(runs, POLICY, NOW)
    return [found.get(each.id) for each in runs]


def test_the_older_commits_are_the_fewer_of_their_runs_stay() -> None:
    found = reasons(
        run(1, 500),  # beyond every class
        run(2, 300.1),
        run(3, 300),  # the same month
        run(4, 50.1),
        run(5, 50),  # the same week
        run(6, 20.1),
        run(7, 20),  # the same day
        run(8, 5.1),
        run(9, 5),
        run(10, 0),
    )
    thinned = [None, None, "monthly", None, "weekly", None, "daily"]
    assert found == [*thinned, "recent", "recent", "newest"]


def test_tagged_and_pinned_runs_and_those_where_the_gate_turned_stay() -> None:
    found = reasons(
        run(1, 490, is_tagged=True),
        run(2, 480, is_pinned=True),
        run(3, 470, gate="passed"),
        run(4, 460, gate="passed"),
        run(5, 450),
        run(6, 440, gate="failed"),
        run(7, 430, gate="failed"),
        run(8, 0),
    )
    assert found == ["tagged", "pinned", None, "gate", None, "gate", None, "newest"]


def test_the_newest_run_of_a_branch_stays_however_old() -> None:
    assert reasons(run(1, 5000)) == ["newest"]


@given(histories())
def test_thinning_out_twice_drops_nothing_more(runs: list[Candidate]) -> None:
    first = kept(runs, POLICY, NOW)
    assert kept([each for each in runs if each.id in first], POLICY, NOW).keys() == first.keys()


@given(histories())
def test_what_is_recent_stays_whole_and_each_interval_keeps_one(runs: list[Candidate]) -> None:
    found = kept(runs, POLICY, NOW)
    for each in runs:
        age = NOW - each.at
        same_day = [
            other
            for other in runs
            if other.series == each.series and other.at.date() == each.at.date()
        ]
        if age <= timedelta(days=10):
            assert each.id in found
        elif age <= timedelta(days=29):
            assert any(other.id in found for other in same_day)


@given(histories(), st.integers(1, 400))
def test_a_forecast_without_thinning_out_adds_what_the_time_before_brought(
    runs: list[Candidate], days: int
) -> None:
    everything = Policy(every=10_000)
    recent = [each for each in runs if NOW - each.at < timedelta(days=days)]
    assert forecast(runs, everything, NOW, days) == len(runs) + len(recent)
    assert forecast(runs, POLICY, NOW, days) <= len(runs) + len(recent)

"""Runs, the life of issues, scores, trends and comparison."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from tests.integration.sql.conftest import (
    Connection,
    File,
    Recorder,
    Session,
    new_organization,
    value,
    values,
)

from graph_sitter_db.score.debt_density import grade, points, written

CLEAN, FLAWED = File("clean"), File("flawed", issues=[("long_function", 30)])


def _lives(recorder: Recorder, run: UUID) -> dict[str, str]:
    rows = recorder.app.execute(
        "SELECT encode(fingerprint, 'hex'), state FROM analytics.issue_lifecycle(%s)", (run,)
    )
    return dict(rows.fetchall())


def test_an_issue_is_new_then_existing_then_resolved_then_reopened(recorder: Recorder) -> None:
    runs = [recorder.record({"a.py": file}) for file in (FLAWED, FLAWED, CLEAN, FLAWED)]
    lives = [list(_lives(recorder, run).values()) for run in runs]
    assert lives == [["new"], ["existing"], ["resolved"], ["reopened"]]
    seen = recorder.app.execute(
        "SELECT first_seen_run, last_seen_run FROM analytics.issue_lifecycle(%s)", (runs[3],)
    ).fetchall()
    assert seen == [(runs[0], runs[3])]
    seen = recorder.app.execute(
        "SELECT first_seen_run, last_seen_run FROM analytics.issue_lifecycle(%s)", (runs[2],)
    ).fetchall()
    assert seen == [(runs[0], runs[1])]
    viewed = [
        values(
            recorder.app, "SELECT lifecycle FROM analytics.issues WHERE analysis_run_id = %s", run
        )
        for run in runs
    ]
    assert viewed == [["new"], ["existing"], [], ["reopened"]]


def test_history_may_be_filled_in_any_order(recorder: Recorder) -> None:
    late = recorder.record({"a.py": FLAWED}, day=9)
    early = recorder.record({"a.py": FLAWED}, day=1)
    assert list(_lives(recorder, late).values()) == ["existing"]
    assert list(_lives(recorder, early).values()) == ["new"]
    first_seen = "SELECT first_seen_at FROM analytics.issues WHERE analysis_run_id = %s"
    assert value(recorder.app, first_seen, late) == datetime(2026, 1, 2, tzinfo=UTC)


def test_runs_at_one_moment_follow_each_other_as_they_were_started(recorder: Recorder) -> None:
    first, second = (recorder.record({"a.py": FLAWED}, day=1) for _ in range(2))
    assert list(_lives(recorder, first).values()) == ["new"]
    assert list(_lives(recorder, second).values()) == ["existing"]


@pytest.mark.parametrize(
    "columns",
    [{"branch": "next"}, {"branch": None}, {"depth": "syntax"}, {"status": "failed"}],
    ids=str,
)
def test_only_completed_runs_of_the_same_branch_and_depth_are_compared(
    recorder: Recorder, columns: dict[str, object]
) -> None:
    recorder.record({"a.py": FLAWED}, **columns)
    run = recorder.record({"a.py": FLAWED})
    assert list(_lives(recorder, run).values()) == ["new"]


def test_a_previous_run_may_be_named(recorder: Recorder) -> None:
    first = recorder.record({"a.py": CLEAN})
    recorder.record({"a.py": FLAWED})
    last = recorder.record({"a.py": FLAWED})
    ask = "SELECT state FROM analytics.issue_lifecycle(%s, %s)"
    assert value(recorder.app, ask, last, first) == "reopened"
    assert value(recorder.app, ask, last, None) == "existing"


MOVED = File("moved", {"f": "1"}, issues=[("deep_nesting@f", 5)])


def _first_seen(recorder: Recorder, run: UUID) -> list[Any]:
    asked = "SELECT first_seen_at FROM analytics.issues WHERE analysis_run_id = %s"
    return values(recorder.app, asked, run)


def test_runs_of_one_moments_commits_follow_each_other_as_they_were_recorded(
    recorder: Recorder,
) -> None:
    began = datetime(2026, 2, 1, tzinfo=UTC)
    snapshot = recorder.snapshot({"a.py": FLAWED})
    runs = [
        recorder.run(snapshot, day=1, started_at=began + timedelta(minutes=number))
        for number in range(12)
    ]
    seen = "SELECT first_seen_run, last_seen_run FROM analytics.issue_history(%s)"
    assert recorder.app.execute(seen, (runs[-1],)).fetchall() == [(runs[0], runs[-1])]


def test_an_issue_is_followed_to_where_it_was_first_seen(recorder: Recorder) -> None:
    paths = ["a.py", "a.py", "b.py", "b.py", "pkg/c.py", "pkg/c.py"]
    runs = [recorder.record({path: MOVED}) for path in paths]
    for run in runs[1:]:
        assert list(_lives(recorder, run).values()) == ["existing"]
        assert _first_seen(recorder, run) == [datetime(2026, 1, 2, tzinfo=UTC)]
    [(seen, where)] = recorder.app.execute(
        "SELECT first_seen_run, paths FROM analytics.issue_history(%s)", (runs[5],)
    ).fetchall()
    assert (seen, where) == (runs[0], ["pkg/c.py", "b.py", "a.py"])


def test_equal_issues_of_different_files_have_lives_of_their_own(recorder: Recorder) -> None:
    other = File("other", {"f": "2"}, issues=[("deep_nesting@f", 5)])
    recorder.record({"a.py": MOVED})
    run = recorder.record({"a.py": MOVED, "b.py": other})
    ask = "SELECT path, lifecycle FROM analytics.issues WHERE analysis_run_id = %s ORDER BY 1"
    assert recorder.app.execute(ask, (run,)).fetchall() == [("a.py", "existing"), ("b.py", "new")]
    last = recorder.record({"b.py": other})
    asked = "SELECT state FROM analytics.issue_lifecycle(%s) ORDER BY 1"
    assert values(recorder.app, asked, last) == ["existing", "resolved"]
    assert _first_seen(recorder, last) == [datetime(2026, 1, 3, tzinfo=UTC)]


def test_what_a_comment_accepts_is_not_resolved_and_may_be_reopened(recorder: Recorder) -> None:
    accepted = File("accepted", {"f": "1"}, accepted=["deep_nesting@f"])
    runs = [recorder.record({"a.py": file}) for file in (MOVED, accepted, accepted, MOVED)]
    lives = [list(_lives(recorder, run).values()) for run in runs]
    assert lives == [["new"], ["accepted"], [], ["reopened"]]
    answer = value(recorder.app, "SELECT analytics.compare_runs(%s, %s)", *runs[:2])["issues"]
    assert [issue["reason"] for issue in answer.pop("accepted")] == ["on purpose"]
    assert answer == {"new": [], "fixed": [], "remaining": 0}


def test_whoever_reads_views_learns_the_lives_of_their_own_issues_only(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    for organization in (acme, globex):
        with acting(organization) as app:
            recorder = Recorder(app)
            run = recorder.record({"a.py": MOVED})
    ask = "SELECT lifecycle FROM analytics.issues"
    for role in ("app", "reader"):
        with acting(acme, role=f"graph_sitter_{role}") as session:
            assert values(session, ask) == ["new"]
            other = "SELECT count(*) FROM analytics.issue_history(%s)"
            assert value(session, other, run) == 0, "a run of globex"


_histories = st.lists(st.sets(st.sampled_from("abc")), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(_histories, st.randoms(use_true_random=False))
def test_the_life_of_every_issue_follows_from_where_it_was(
    acting: Session, history: list[set[str]], chance: random.Random
) -> None:
    with acting(new_organization(acting)) as app:
        recorder = Recorder(app)
        days = list(enumerate(history))
        chance.shuffle(days)
        runs = {
            day: recorder.record(
                {f"{rule}.py": File(rule, issues=[(rule, 5)]) for rule in rules}, day=day
            )
            for day, rules in days
        }
        for day, rules in enumerate(history):
            before = history[day - 1] if day else set()
            earlier = set().union(*history[:day])
            expected = sorted(
                "resolved" if rule not in rules
                else "existing" if rule in before
                else "reopened" if rule in earlier
                else "new"
                for rule in rules | before
            )  # fmt: skip
            assert sorted(_lives(recorder, runs[day]).values()) == expected
            view = "SELECT lifecycle FROM analytics.issues WHERE analysis_run_id = %s"
            in_view = [state for state in expected if state != "resolved"]
            assert sorted(values(app, view, runs[day])) == in_view


def test_triage_follows_an_issue_through_its_runs(recorder: Recorder) -> None:
    recorder.record({"a.py": FLAWED})
    run = recorder.record({"a.py": FLAWED})
    state = "SELECT triage_state FROM analytics.issues WHERE analysis_run_id = %s"
    assert value(recorder.app, state, run) == "open"
    triage = """
        INSERT INTO analytics.issue_triage (codebase_id, fingerprint, state)
        SELECT codebase_id, fingerprint, %s FROM analytics.issues WHERE analysis_run_id = %s
    """
    with pytest.raises(errors.CheckViolation), recorder.app.transaction():
        recorder.app.execute(triage, ("assigned", run))
    recorder.app.execute(triage, ("wont_fix", run))
    assert value(recorder.app, state, run) == "wont_fix"
    decided = "SELECT count(*) FROM base.audit_log WHERE table_name = 'analytics.issue_triage'"
    assert value(recorder.app, decided) == 1


def test_a_decision_is_about_one_file_and_follows_its_issue(recorder: Recorder) -> None:
    other = File("other", {"f": "2"}, issues=[("deep_nesting@f", 5)])
    run = recorder.record({"a.py": MOVED, "b.py": other})
    recorder.app.execute(
        "INSERT INTO analytics.issue_triage (codebase_id, fingerprint, path, state)"
        " SELECT codebase_id, fingerprint, path, 'wont_fix' FROM analytics.issues"
        " WHERE analysis_run_id = %s AND path = 'a.py'",
        (run,),
    )
    ask = "SELECT path, triage_state FROM analytics.issues WHERE analysis_run_id = %s ORDER BY 1"
    open_there = ("b.py", "open")
    assert recorder.app.execute(ask, (run,)).fetchall() == [("a.py", "wont_fix"), open_there]
    run = recorder.record({"c.py": MOVED, "b.py": other})
    assert recorder.app.execute(ask, (run,)).fetchall() == [open_there, ("c.py", "wont_fix")]


def test_a_decision_without_a_path_is_about_every_equal_issue(recorder: Recorder) -> None:
    other = File("other", {"f": "2"}, issues=[("deep_nesting@f", 5)])
    run = recorder.record({"a.py": MOVED, "b.py": other})
    decide = "INSERT INTO analytics.issue_triage (codebase_id, fingerprint, path, state)"
    issue = "SELECT DISTINCT codebase_id, fingerprint, %s, %s FROM analytics.issues"
    recorder.app.execute(f"{decide} {issue}", ("", "wont_fix"))
    ask = "SELECT triage_state FROM analytics.issues WHERE analysis_run_id = %s ORDER BY path"
    assert values(recorder.app, ask, run) == ["wont_fix", "wont_fix"]
    recorder.app.execute(f"{decide} {issue}", ("b.py", "false_positive"))
    assert values(recorder.app, ask, run) == ["wont_fix", "false_positive"]


def _scored(recorder: Recorder, minutes: list[float], lines: list[int]) -> Decimal | None:
    files = {f"{n}.py": File(f"{n} {line}", lines=line) for n, line in enumerate(lines)}
    issues = [(f"rule-{n}", each) for n, each in enumerate(minutes)]
    files["issues.py"] = File(f"issues {minutes}", issues=issues, lines=0)
    run = recorder.record(files, score_model="debt-density-1")
    score: Decimal | None = value(recorder.app, "SELECT analytics.calculate_quality_score(%s)", run)
    return score


# 84 minutes in 100 lines make 78.125, halfway between two scores.
@pytest.mark.parametrize(
    ("minutes", "lines"),
    [([], [100]), ([84], [100]), ([30, 15], [10, 5]), ([1], [0]), ([], []), ([6000], [10])],
)
def test_the_score_equals_the_library_s(
    recorder: Recorder, minutes: list[float], lines: list[int]
) -> None:
    expected = points(sum(minutes) / written(lines))
    assert _scored(recorder, minutes, lines) == Decimal(str(expected)).quantize(Decimal("0.01"))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.integers(0, 4000).map(lambda quarter: quarter / 4), max_size=6),
    st.lists(st.integers(0, 3000), max_size=4),
)
def test_the_score_equals_the_library_s_and_never_rises_with_an_issue(
    acting: Session, minutes: list[float], lines: list[int]
) -> None:
    with acting(new_organization(acting)) as app:
        recorder = Recorder(app)
        score = _scored(recorder, minutes, lines)
        assert score is not None
        assert float(score) == points(sum(minutes) / written(lines))
        more = _scored(recorder, [*minutes, 15], lines)
        assert more is not None and more <= score


def test_rounding_is_python_s(connection: Connection) -> None:
    chance = random.Random(20260101)
    numbers = [chance.uniform(0, 100) for _ in range(3000)]
    numbers += (
        [n / 8 for n in range(801)] + [n / 1000 for n in range(5, 100_000, 97)] + [0.0, 100.0]
    )
    rounded = values(
        connection, "SELECT analytics.round_half_even(n) FROM unnest(%s::float8[]) AS n", numbers
    )
    assert [float(each) for each in rounded] == [round(n, 2) for n in numbers]


def test_grades_are_the_library_s(connection: Connection) -> None:
    scores = [0.0, 49.99, 50.0, 64.99, 65.0, 79.99, 80.0, 89.99, 90.0, 100.0]
    grades = values(
        connection, "SELECT analytics.grade(n::numeric) FROM unnest(%s::float8[]) AS n", scores
    )
    assert grades == [grade(score) for score in scores]


def test_a_model_that_is_not_known_gives_no_score(recorder: Recorder) -> None:
    run = recorder.record({"a.py": FLAWED}, score_model="of the future")
    assert value(recorder.app, "SELECT analytics.calculate_quality_score(%s)", run) is None


def test_a_trend_of_one_run_is_no_data(recorder: Recorder) -> None:
    for score in (80, 80.4, 90, 70):
        recorder.record({"a.py": CLEAN}, quality_score=score, score_model="m")
    recorder.record({"a.py": CLEAN}, branch="next", quality_score=50, score_model="m")
    expected = [
        ("main", None, "no data"),
        ("main", Decimal("0.40"), "stable"),
        ("main", Decimal("9.60"), "improving"),
        ("main", Decimal("-20.00"), "declining"),
        ("next", None, "no data"),
    ]
    view = recorder.app.execute(
        "SELECT branch, change, direction FROM analytics.quality_trends ORDER BY branch,"
        " committed_at"
    ).fetchall()
    assert view == expected
    asked = recorder.app.execute(
        "SELECT change, direction FROM analytics.quality_trend(%s)", (recorder.codebase,)
    ).fetchall()
    assert asked == [row[1:] for row in expected]


def test_a_trend_shows_what_was_recorded_in_its_days(recorder: Recorder) -> None:
    old = datetime.now(UTC) - timedelta(days=40)
    recorder.record({"a.py": CLEAN}, quality_score=80, score_model="m", started_at=old)
    recorder.record({"a.py": CLEAN}, quality_score=90, score_model="m")
    ask = "SELECT change FROM analytics.quality_trend(%s, %s)"
    assert values(recorder.app, ask, recorder.codebase, 30) == [10]
    assert values(recorder.app, ask, recorder.codebase, 60) == [None, 10]


def _measure(recorder: Recorder, run: UUID, name: str, number: float, version: str = "1") -> None:
    recorder.app.execute(
        "INSERT INTO analytics.metrics (analysis_run_id, scope, metric_name,"
        " definition_version, value_numeric)"
        " VALUES (%s, 'codebase', %s, %s, %s)",
        (run, name, version, number),
    )


def _define(recorder: Recorder, direction: str) -> str:
    """A metric of a name that no other test uses."""
    name = f"metric_{uuid4().hex}"
    recorder.app.execute(
        "INSERT INTO analytics.metric_definitions (metric_name, scope, direction, rollup,"
        " description, source)"
        " VALUES (%s, 'file', %s, 'sum', 'd', 's')",
        (name, direction),
    )
    return name


def test_metric_trends_mark_a_changed_definition(recorder: Recorder) -> None:
    name = _define(recorder, "lower")
    for number, version in ((10, "1"), (15, "1"), (3, "2"), (0, "2"), (5, "2")):
        _measure(recorder, recorder.record({"a.py": CLEAN}), name, number, version)
    rows = recorder.app.execute(
        "SELECT value, previous, change_percent, definition_changed FROM analytics.metric_trends"
        " ORDER BY committed_at"
    ).fetchall()
    assert rows == [
        (10, None, None, False),
        (15, 10, 50, False),
        (3, 15, -80, True),
        (0, 3, -100, False),
        (5, 0, None, False),
    ]


def test_a_run_compared_with_itself_differs_in_nothing(recorder: Recorder) -> None:
    run = recorder.record({"a.py": FLAWED}, quality_score=80, score_model="m", issue_count=1)
    answer = value(recorder.app, "SELECT analytics.compare_runs(%s, %s)", run, run)
    assert answer["score"]["change"] == 0
    assert answer["issues"] == {"new": [], "fixed": [], "accepted": [], "remaining": 1}
    for empty in ("metrics", "improvements", "regressions"):
        assert answer[empty] == []
    for counts in ("files", "symbols", "edges"):
        assert set(answer[counts].values()) == {0}


def test_a_comparison_seen_from_the_other_side_is_its_mirror(recorder: Recorder) -> None:
    lower, higher = _define(recorder, "lower"), _define(recorder, "higher")
    before = {
        "a.py": File("a1", {"f": "1"}, [("f", "b.py", "g")], [("stays", 5), ("goes", 5)]),
        "b.py": File("b", {"g": "1"}),
        "c.py": File("c"),
    }
    after = {
        "a.py": File("a2", {"f": "2", "h": "1"}, [("h", "b.py", "g")], [("stays", 5)]),
        "b.py": File("b", {"g": "1"}, issues=[]),
        "d.py": File("d", issues=[("comes", 5)]),
    }
    a = recorder.record(before, quality_score=80, score_model="m")
    b = recorder.record(after, quality_score=85, score_model="m")
    for name in (lower, higher):
        _measure(recorder, a, name, 1)
        _measure(recorder, b, name, 2)
    forth, back = (
        value(recorder.app, "SELECT analytics.compare_runs(%s, %s)", *pair)
        for pair in ((a, b), (b, a))
    )
    assert forth["files"] == {"added": 1, "removed": 1, "modified": 1}
    assert forth["symbols"] == {"added": 1, "removed": 0, "changed": 1}
    assert forth["edges"] == {"added": 1, "removed": 1}
    assert [issue["rule"] for issue in forth["issues"]["new"]] == ["comes"]
    assert [issue["rule"] for issue in forth["issues"]["fixed"]] == ["goes"]
    assert forth["issues"]["remaining"] == back["issues"]["remaining"] == 1
    assert (forth["improvements"], forth["regressions"]) == ([higher], [lower])
    assert (back["improvements"], back["regressions"]) == ([lower], [higher])
    assert forth["score"]["change"] == -back["score"]["change"] == 5
    for name in ("files", "symbols", "edges"):
        assert (forth[name]["added"], forth[name]["removed"]) == (
            back[name]["removed"],
            back[name]["added"],
        )
    assert forth["issues"]["new"] == back["issues"]["fixed"]


def test_runs_that_cannot_be_compared_are_refused(recorder: Recorder) -> None:
    run = recorder.record({"a.py": CLEAN})
    other = Recorder(recorder.app, "acme/other").record({"a.py": CLEAN})
    compare = "SELECT analytics.compare_runs(%s, %s)"
    with pytest.raises(errors.InvalidParameterValue), recorder.app.transaction():
        recorder.app.execute(compare, (run, other))
    with pytest.raises(errors.NoDataFound), recorder.app.transaction():
        recorder.app.execute(compare, (run, uuid4()))


def test_one_analysis_of_a_commit_is_enough(recorder: Recorder) -> None:
    again = """
        INSERT INTO analytics.analysis_runs (codebase_id, commit_id, depth, configuration_digest,
            status)
        SELECT codebase_id, commit_id, depth, configuration_digest, %s FROM
            analytics.analysis_runs WHERE id = %s
    """
    run = recorder.record({"a.py": CLEAN})
    with pytest.raises(errors.UniqueViolation) as refused, recorder.app.transaction():
        recorder.app.execute(again, ("running", run))
    assert refused.value.diag.constraint_name == "analysis_runs_once_key"
    recorder.app.execute(again, ("failed", run))


def test_a_completed_run_has_a_snapshot_and_a_duration(recorder: Recorder) -> None:
    with pytest.raises(errors.CheckViolation), recorder.app.transaction():
        recorder.run(None)
    run = recorder.record({"a.py": CLEAN})
    recorder.app.execute(
        "UPDATE analytics.analysis_runs SET completed_at = started_at + interval '1.5 s'"
    )
    duration = "SELECT duration_ms FROM analytics.analysis_runs WHERE id = %s"
    assert value(recorder.app, duration, run) == 1500


def test_an_update_that_changes_nothing_does_not_date_a_run(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        Recorder(app).record({"a.py": CLEAN}, completed_at=datetime.now(UTC))
        before = value(app, "SELECT updated_at FROM analytics.analysis_runs")
    with acting(acme) as app:
        app.execute("UPDATE analytics.analysis_runs SET branch = branch")
        assert value(app, "SELECT updated_at FROM analytics.analysis_runs") == before


@pytest.mark.parametrize(
    ("ratio", "rating"),
    [
        *((0, "A"), (0.05, "A"), (0.0500001, "B"), (0.1, "B"), (0.1000001, "C"), (0.2, "C")),
        *((0.2000001, "D"), (0.5, "D"), (0.5000001, "E"), (None, None)),
    ],
)
def test_a_debt_rating_includes_its_upper_bound(
    connection: Connection, ratio: float | None, rating: str | None
) -> None:
    assert value(connection, "SELECT analytics.debt_rating(CAST(%s AS numeric))", ratio) == rating

"""Overviews of files, projects and repositories, and measurements of the system."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest
from psycopg import errors
from tests.integration.sql.conftest import (
    Connection,
    File,
    Recorder,
    Session,
    new_organization,
    value,
)

CLEAN, FLAWED = File("clean"), File("flawed", issues=[("long_function", 30)])


def test_files_are_listed_with_their_counts(recorder: Recorder) -> None:
    run = recorder.record({"a.py": FLAWED, "b.py": CLEAN}, depth="syntax")
    rows = recorder.app.execute(
        "SELECT file_path, lines, issue_count, import_count FROM analytics.file_analysis"
        " WHERE analysis_run_id = %s ORDER BY file_path",
        (run,),
    ).fetchall()
    assert rows == [("a.py", 100, 1, None), ("b.py", 100, 0, None)]


def test_projects_are_compared_by_the_latest_run_of_each_codebase(acting: Session) -> None:
    organization = new_organization(acting)
    with acting(organization) as app:
        for name, scores in (("acme/low", (90, 60)), ("acme/high", (95,))):
            recorder = Recorder(app, name)
            for score in scores:
                recorder.record(
                    {"a.py": CLEAN},
                    quality_score=score,
                    score_model="m",
                    lines_analyzed=2000,
                    issue_count=4,
                )
        app.execute("INSERT INTO projects.projects (name, slug) VALUES ('empty', 'empty')")
        rows = app.execute(
            "SELECT project, codebases, quality_score, grade, issues_per_1000_lines, percentile"
            " FROM analytics.cross_project_comparison ORDER BY project"
        ).fetchall()
    assert rows == [
        ("empty", 0, None, None, None, None),
        ("high", 1, 95, "A", 2, 100),
        ("low", 1, 60, "D", 2, 50),
    ]


def test_the_overview_of_repositories_is_refreshed_for_all_and_shown_to_each(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    for organization, score in ((acme, 80), (globex, 90)):
        with acting(organization) as app:
            recorder = Recorder(app)
            for day, each in ((1, 50), (40, score)):
                recorder.record(
                    {"a.py": FLAWED},
                    day=day,
                    quality_score=each,
                    score_model="m",
                    lines_analyzed=100,
                )
    with acting(role="graph_sitter_maintenance") as maintenance:
        for name in ("repository_quality_overview_mv", "hourly_performance_summary_mv"):
            maintenance.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.{name}")
    for organization, score in ((acme, 80), (globex, 90)):
        with acting(organization, role="graph_sitter_reader") as reader:
            rows = reader.execute(
                "SELECT runs, quality_score, issues_by_severity, change_30_days"
                " FROM analytics.repository_quality_overview"
            ).fetchall()
        assert rows == [(2, score, {"warning": 1}, score - 50)]


def test_measurements_may_be_added_under_both_names(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        app.execute("SELECT analytics.record_system_metric('latency', 12, 'query', 'ms')")
        app.execute(
            "INSERT INTO analytics.system_performance_metrics (metric_name, value) VALUES"
            " ('latency', 13)"
        )
        rows = app.execute(
            "SELECT organization_id, value FROM analytics.system_metrics ORDER BY id"
        ).fetchall()
    assert rows == [(acme, 12), (acme, 13)]


def test_measurements_of_the_system_are_seen_by_all_and_written_by_maintenance(
    acting: Session, acme: UUID
) -> None:
    name = f"metric_{uuid4().hex}"
    add = """
        INSERT INTO analytics.system_metrics (organization_id, metric_name, value)
        VALUES (NULL, %s, 1)
    """
    with acting(acme) as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute(add, (name,))
    with acting(role="graph_sitter_maintenance") as maintenance:
        maintenance.execute(add, (name,))
    with acting(acme) as app:
        count = "SELECT count(*) FROM analytics.system_metrics WHERE metric_name = %s"
        assert value(app, count, name) == 1


def _samples(acting: Session, organization: UUID, values_: list[float], hours_ago: float) -> str:
    name = f"metric_{uuid4().hex}"
    _more(acting, organization, name, values_, hours_ago)
    return name


def _more(
    acting: Session, organization: UUID, name: str, numbers: list[float], hours_ago: float
) -> None:
    with acting(organization) as app:
        app.execute(
            "INSERT INTO analytics.system_metrics (timestamp, metric_name, value)"
            " SELECT now() - %s * interval '1 hour', %s, unnest(%s::float8[])",
            (hours_ago, name, numbers),
        )


def _baselines(acting: Session) -> None:
    with acting(role="graph_sitter_maintenance") as maintenance:
        maintenance.execute("SELECT analytics.recompute_performance_baselines()")


def test_a_baseline_takes_thirty_samples(acting: Session, acme: UUID, globex: UUID) -> None:
    few = _samples(acting, acme, [1.0] * 29, 2)
    enough = _samples(acting, acme, [float(n) for n in range(30)], 2)
    _baselines(acting)
    with acting(acme) as app:
        rows = app.execute(
            "SELECT metric_name, baseline_value, sample_size FROM analytics.performance_baselines"
            " WHERE metric_name IN (%s, %s)",
            (few, enough),
        ).fetchall()
    assert rows == [(enough, 14.5, 30)]
    with acting(globex) as app:
        seen = "SELECT count(*) FROM analytics.performance_baselines WHERE metric_name = %s"
        assert value(app, seen, enough) == 0


@pytest.mark.parametrize(
    ("normal", "now", "severity"),
    [(100, 119, None), (100, 125, "info"), (100, 135, "warning"), (100, 40, "critical"),
     (0, 0.1, None), (0, 0.25, "info"), (0, 7, "critical")],
)  # fmt: skip
def test_a_deviation_is_as_bad_as_it_is_far(
    acting: Session, acme: UUID, normal: float, now: float, severity: str | None
) -> None:
    name = _samples(acting, acme, [float(normal)] * 40, 2)
    _baselines(acting)
    _more(acting, acme, name, [now], 0.1)
    with acting(acme) as app:
        found = app.execute(
            "SELECT severity, deviation_percentage FROM analytics.detect_performance_anomalies()"
            " WHERE metric_name = %s",
            (name,),
        ).fetchone()
    if severity is None:
        assert found is None
    else:
        deviation = None if normal == 0 else pytest.approx(now - 100)
        assert found == (severity, deviation)


def _performance(app: Connection) -> dict[str, dict[str, object]]:
    rows = app.execute(
        "SELECT analysis_type, metrics FROM analytics.analytics_performance_analysis()"
    )
    return dict(rows.fetchall())


def test_without_analyses_there_are_no_figures(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        figures = _performance(app)["all"]
    assert figures.pop("status") == "no data"
    assert set(figures.values()) == {None}


def test_known_durations_give_the_exact_median_of_one_organization(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    for organization, minutes in ((acme, (1, 2, 9)), (globex, (60,))):
        with acting(organization) as app:
            recorder = Recorder(app)
            start = datetime.now(UTC) - timedelta(hours=3)
            for each in minutes:
                recorder.record(
                    {"a.py": CLEAN},
                    started_at=start,
                    completed_at=start + timedelta(minutes=each),
                    tool_name="gsdb",
                )
            recorder.run(None, status="failed", tool_name="gsdb")
    with acting(acme) as app:
        figures = _performance(app)
    assert figures["all"]["median_minutes"] == 2
    assert figures["all"]["avg_minutes"] == 4
    assert figures["all"]["success_rate_percent"] == 75
    assert figures["all"]["runs"] == figures["tool:gsdb"]["runs"] == 4


def test_rows_of_a_function_belong_to_the_organization_it_ran_for(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    with acting(acme) as app:
        Recorder(app).record({"a.py": FLAWED})
    with acting(globex) as app:
        assert value(app, "SELECT count(*) FROM analytics.issues") == 0
        assert _performance(app)["all"]["status"] == "no data"
    digest = sha256(b"configuration").digest()
    with acting(globex) as app:
        found = "SELECT count(*) FROM analytics.analysis_runs WHERE configuration_digest = %s"
        assert value(app, found, digest) == 0

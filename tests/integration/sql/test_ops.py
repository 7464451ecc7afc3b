"""What an operator asks: break the thing, see the status change."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg import errors
from tests.integration.sql.conftest import Connection, value, values

MAINTENANCE = "SET ROLE graph_sitter_maintenance"


@pytest.fixture
def operator(own_connection: Connection) -> Connection:
    """A connection that keeps house in a database of this test's alone."""
    own_connection.execute(MAINTENANCE)
    return own_connection


@pytest.fixture
def owner(operator: Connection) -> Iterator[Connection]:
    """The same database, for breaking things."""
    with psycopg.connect(
        operator.info.dsn, password=operator.info.password, autocommit=True
    ) as opened:
        yield opened


def _health(operator: Connection) -> dict[str, str]:
    return dict(operator.execute("SELECT component, status FROM ops.system_health()").fetchall())


def _failed(operator: Connection) -> dict[str, str]:
    return dict(
        operator.execute(
            "SELECT check_name, details FROM ops.validate_schema_integrity() WHERE status = 'FAIL'"
        ).fetchall()
    )


def _alerts(operator: Connection) -> dict[str, str]:
    return dict(
        operator.execute("SELECT alert_type, severity FROM ops.critical_alerts()").fetchall()
    )


def test_an_empty_but_whole_database_is_healthy(operator: Connection) -> None:
    found = _health(operator)
    modules = set(values(operator, "SELECT DISTINCT module FROM base.schema_migrations"))

    assert {found[module] for module in modules} == {"healthy"}
    assert set(found.values()) <= {"healthy", "no data", "not available"}
    document = value(operator, "SELECT ops.get_system_health()")
    assert document["status"] == "healthy"
    assert document["database_modules"] == dict.fromkeys(modules | {"organizations"}, True)
    assert _failed(operator) == {} and _alerts(operator) == {}


def test_a_dropped_table_makes_its_module_critical_and_is_named(
    operator: Connection, owner: Connection
) -> None:
    owner.execute("DROP TABLE tasks.task_resource_usage CASCADE")

    assert _health(operator)["tasks"] == "critical"
    assert _health(operator)["projects"] == "healthy"
    document = value(operator, "SELECT ops.get_system_health()")
    assert document["status"] == "critical"
    assert document["database_modules"]["tasks"] is False
    assert "table tasks.task_resource_usage" in _failed(operator)["no object is missing"]


@pytest.mark.parametrize(
    ("defect", "check", "named"),
    [
        (
            "ALTER TABLE projects.projects NO FORCE ROW LEVEL SECURITY",
            "row security is forced on tenant tables",
            "projects.projects",
        ),
        (
            "DROP POLICY tenant ON projects.projects",
            "tenant tables have their policy",
            "projects.projects",
        ),
        (
            "ALTER TABLE projects.projects ADD CONSTRAINT later CHECK (name <> 'x') NOT VALID",
            "constraints are validated",
            "projects.projects.later",
        ),
        (
            "UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = 'tasks.idx_tasks_status_priority'::regclass",
            "indexes are valid",
            "tasks.idx_tasks_status_priority",
        ),
        (
            "ALTER FUNCTION base.find_organization(text) RESET ALL",
            "definer functions pin their search path",
            "find_organization",
        ),
        (
            "CREATE TABLE tasks.mine (id int)",
            "no object is added",
            "table tasks.mine",
        ),
        (
            "DELETE FROM base.schema_migrations WHERE module = 'events'",
            "the ledger knows every module",
            "events",
        ),
    ],
)
def test_a_planted_defect_fails_its_check_with_the_objects_name(
    operator: Connection, owner: Connection, defect: str, check: str, named: str
) -> None:
    owner.execute(defect)

    assert named in _failed(operator)[check]


def test_a_changed_function_is_a_warning(operator: Connection, owner: Connection) -> None:
    owner.execute("ALTER FUNCTION tasks.claim_tasks(text, integer, text[]) COST 7")

    assert _health(operator)["tasks"] == "warning"


def test_partitions_that_run_out_and_rows_outside_of_them_are_told(
    operator: Connection, owner: Connection
) -> None:
    for partition in values(
        owner,
        "SELECT partition::text FROM base.partitions('ops.system_health_checks')"
        " WHERE NOT is_default AND upper_end > now()",
    ):
        owner.execute(f"DROP TABLE {partition}")
    assert _alerts(operator) == {"partitions_missing": "critical"}
    assert _health(operator)["partitions"] == "critical"
    assert "ops.system_health_checks" in _failed(operator)["partitions are made ahead"]

    operator.execute("SELECT ops.run_health_checks()")
    owner.execute("ANALYZE ops.system_health_checks_default")
    assert _alerts(operator)["rows_outside_partitions"] == "warning"

    operator.execute("SELECT ops.run_job('retention')")
    owner.execute("ANALYZE ops.system_health_checks_default")
    assert _health(operator)["partitions"] == "healthy"


def test_jobs_that_nobody_does_become_a_warning_until_they_are_done(
    operator: Connection, owner: Connection
) -> None:
    owner.execute("UPDATE ops.maintenance_jobs SET created_at = now() - interval '40 days'")

    assert _health(operator)["jobs"] == "warning"
    for job in values(operator, "SELECT job FROM ops.job_status WHERE is_due AND is_available"):
        value(operator, "SELECT ops.run_job(%s)", job)
    assert _health(operator)["jobs"] == "healthy"
    daily = "SELECT is_due FROM ops.job_status WHERE job IN ('cleanup-events', 'cleanup-old-data')"
    assert values(operator, daily) == [False, False]


def test_each_threshold_that_is_crossed_raises_its_alert_alone(
    operator: Connection, owner: Connection
) -> None:
    owner.execute("INSERT INTO base.organizations (name, slug) VALUES ('One', 'one')")
    owner.execute(
        "INSERT INTO events.events (organization_id, source, type)"
        " SELECT id, 'github', 'push' FROM base.organizations, generate_series(1, 1001)"
    )
    assert _alerts(operator) == {"event_processing_backlog": "warning"}

    owner.execute("DELETE FROM events.events")
    assert _alerts(operator) == {}
    owner.execute("UPDATE ops.alert_thresholds SET critical = 0 WHERE alert_type = 'database_size'")
    assert _alerts(operator) == {"database_size": "critical"}
    owner.execute("UPDATE ops.alert_thresholds SET enabled = false")
    assert _alerts(operator) == {}


def test_an_alert_is_opened_once_refreshed_closed_and_told(
    operator: Connection, owner: Connection
) -> None:
    owner.execute("LISTEN graph_sitter_alerts")
    move = "UPDATE ops.alert_thresholds SET critical = %s WHERE alert_type = 'database_size'"
    owner.execute(move, (0,))

    assert [value(operator, "SELECT ops.raise_alerts()") for _ in range(2)] == [1, 1]
    assert values(operator, "SELECT alert_type FROM ops.open_alerts") == ["database_size"]

    owner.execute(move, (200,))
    assert value(operator, "SELECT ops.raise_alerts()") == 0
    assert values(operator, "SELECT alert_type FROM ops.open_alerts") == []
    assert value(operator, "SELECT count(*) FROM ops.alerts") == 1
    told = [each.payload for each in owner.notifies(timeout=30, stop_after=2)]
    assert ['"insert"' in told[0], '"update"' in told[1]] == [True, True]


def test_a_missing_hour_of_thirty_days_is_missing_from_availability(operator: Connection) -> None:
    assert value(operator, "SELECT availability_percent FROM ops.availability()") is None
    with operator.transaction():  # at one moment
        operator.execute(
            "INSERT INTO ops.system_health_checks (check_name, status, check_timestamp)"
            " SELECT 'overall', 'healthy', now() - n * interval '5 minutes'"
            " FROM generate_series(0, 8639) n WHERE n NOT BETWEEN 100 AND 111"
        )
        found = operator.execute("SELECT * FROM ops.availability('31 days')").fetchone()

    assert found and [float(each) for each in found] == [8640, 8628, 12, 99.86]


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        ("*/15 * * * *", "2025-01-01 00:00", "2025-01-01 00:15"),
        ("*/15 * * * *", "2025-01-01 23:59", "2025-01-02 00:00"),
        ("0 2 * * 0", "2025-01-01 00:00", "2025-01-05 02:00"),
        ("0 0 1 * *", "2025-01-01 00:00", "2025-02-01 00:00"),
        ("30 4 1,15 * 5", "2025-01-02 00:00", "2025-01-03 04:30"),
        ("5 0-4/2 * 2 *", "2025-01-01 00:00", "2025-02-01 00:05"),
        ("0 0 29 2 *", "2025-01-01 00:00", "2028-02-29 00:00"),
    ],
)
def test_a_schedule_falls_due_when_cron_would(
    connection: Connection, schedule: str, after: str, due: str
) -> None:
    at = datetime.fromisoformat(f"{after}+00:00")
    expected = datetime.fromisoformat(f"{due}+00:00")

    assert value(connection, "SELECT ops.next_due(%s, %s)", schedule, at) == expected
    assert value(connection, "SELECT ops.due_times(%s, %s)", schedule, expected) == expected


@pytest.mark.parametrize(
    "schedule", ["60 * * * *", "* * * *", "a * * * *", "0 0 31 2 *", "1- * * * *"]
)
def test_a_schedule_that_cron_would_not_take_is_refused(
    operator: Connection, schedule: str
) -> None:
    with pytest.raises((errors.CheckViolation, errors.InvalidParameterValue)):
        operator.execute("UPDATE ops.maintenance_jobs SET schedule = %s", (schedule,))


def test_two_runners_at_once_do_a_job_once(operator: Connection, owner: Connection) -> None:
    owner.execute(MAINTENANCE)

    with owner.transaction():
        first = _run(owner, "expire-tasks")
        second = _run(operator, "expire-tasks")

    assert (first["status"], second["status"]) == ("completed", "skipped")
    assert value(operator, "SELECT count(*) FROM ops.job_runs") == 1
    assert _run(operator, "expire-tasks")["status"] == "completed"


def test_a_job_that_fails_says_where_and_leaves_nothing_else(operator: Connection) -> None:
    operator.execute(
        "INSERT INTO ops.maintenance_jobs (name, schedule, function_call, description)"
        " VALUES ('bad', '* * * * *', 'run_health_checks(); cleanup_old_data(0)', 'A test')"
    )

    done = _run(operator, "bad")

    assert done["status"] == "failed"
    assert done["error"] == "cleanup_old_data(0): data cannot be kept for 0 days"
    assert value(operator, "SELECT count(*) FROM ops.system_health_checks") == 0
    assert value(operator, "SELECT last_error FROM ops.job_status WHERE job = 'bad'")


def test_a_job_of_a_module_that_is_not_there_is_not_available(operator: Connection) -> None:
    operator.execute(
        "INSERT INTO ops.maintenance_jobs (name, schedule, function_call, description)"
        " VALUES ('absent', '* * * * *', 'no_such_function(1)', 'A test')"
    )

    assert _run(operator, "absent")["status"] == "not available"
    with pytest.raises(errors.UndefinedObject, match="there is no job nonsense"):
        _run(operator, "nonsense")


def test_every_available_job_can_be_done_by_hand(operator: Connection) -> None:
    jobs = values(operator, "SELECT job FROM ops.job_status WHERE is_available")

    assert len(jobs) > 8
    assert [job for job in jobs if _run(operator, job)["status"] != "completed"] == []


def test_rows_are_seen_in_every_view_after_a_refresh(
    operator: Connection, owner: Connection
) -> None:
    owner.execute("INSERT INTO base.organizations (name, slug) VALUES ('One', 'one')")
    owner.execute(
        "INSERT INTO analytics.system_metrics (organization_id, metric_name, metric_type, value)"
        " SELECT id, 'load', 'gauge', 1 FROM base.organizations"
    )
    count = "SELECT count(*) FROM analytics.hourly_performance_summary_mv"
    assert value(owner, count) == 0

    refreshed = value(operator, "SELECT ops.refresh_analytics_views()")

    assert refreshed == value(owner, "SELECT count(*) FROM pg_matviews")
    assert value(owner, count) == 1


def test_old_data_is_cleaned_by_age_and_counted(operator: Connection, owner: Connection) -> None:
    owner.execute(
        "INSERT INTO analytics.system_metrics (metric_name, metric_type, value, timestamp)"
        " SELECT 'load', 'gauge', 1, now() - n * interval '20 days' FROM generate_series(0, 3) n"
    )

    found = value(operator, "SELECT ops.cleanup_old_data(30)")

    assert (found["status"], found["cleaned_records"]["system_metrics"]) == ("ok", 2)
    assert value(owner, "SELECT count(*) FROM analytics.system_metrics") == 2
    with pytest.raises(errors.InvalidParameterValue):
        operator.execute("SELECT ops.cleanup_old_data(0)")


def _run(connection: Connection, job: str) -> dict[str, Any]:
    found: dict[str, Any] = value(connection, "SELECT ops.run_job(%s)", job)
    return found


class TestRollback:
    """Of versions that are applied by hand here, as a migration would."""

    def _apply(self, owner: Connection, number: int, undo: str) -> None:
        owner.execute(f"CREATE TABLE projects.step_{number} (id int)")
        owner.execute(
            "INSERT INTO base.schema_migrations (version, module, checksum, rollback_sql)"
            " VALUES (%s, 'projects', sha256('x'::bytea), %s)",
            (f"2099.01.00{number}", undo),
        )
        owner.execute("UPDATE base.alembic_version SET version_num = %s", (f"000{number + 1}",))
        owner.execute("SELECT base.refresh_schema_objects()")

    def _state(self, owner: Connection) -> tuple[Any, ...]:
        return (
            values(owner, "SELECT relname FROM pg_class WHERE relname LIKE 'step\\__' ORDER BY 1"),
            value(owner, "SELECT version_num FROM base.alembic_version"),
            value(
                owner,
                "SELECT max(version) FROM base.schema_migrations WHERE rolled_back_at IS NULL",
            ),
        )

    def test_a_fresh_installation_has_nothing_to_undo(self, owner: Connection) -> None:
        assert value(owner, "SELECT ops.rollback_schema_version('2024.12.001')") is False

    def test_later_versions_are_undone_newest_first(self, owner: Connection) -> None:
        before = owner.execute("SELECT * FROM base.schema_objects ORDER BY kind, name").fetchall()
        self._apply(owner, 1, "DROP TABLE projects.step_1")
        self._apply(owner, 2, "DROP TABLE projects.step_2; SELECT FROM projects.step_1")

        assert value(owner, "SELECT ops.rollback_schema_version('2099.01.001')") is True
        assert self._state(owner) == (["step_1"], "0002", "2099.01.001")
        assert value(owner, "SELECT ops.rollback_schema_version('2024.12.001')") is True
        assert self._state(owner) == ([], "0001", "2024.12.001")
        after = owner.execute("SELECT * FROM base.schema_objects ORDER BY kind, name").fetchall()
        assert after == before

    def test_one_that_fails_leaves_all_of_them_applied(self, owner: Connection) -> None:
        self._apply(owner, 1, "DROP TABLE projects.no_such_table")
        self._apply(owner, 2, "DROP TABLE projects.step_2")
        before = self._state(owner)

        with pytest.raises(errors.UndefinedTable):
            owner.execute("SELECT ops.rollback_schema_version('2024.12.001')")

        assert self._state(owner) == before

    def test_one_that_nobody_knows_how_to_undo_is_refused(self, owner: Connection) -> None:
        self._apply(owner, 1, " ")

        with pytest.raises(errors.ObjectNotInPrerequisiteState, match=r"2099\.01\.001 cannot be"):
            owner.execute("SELECT ops.rollback_schema_version('2024.12.001')")

    def test_an_unknown_version_is_refused_with_the_known_ones(self, owner: Connection) -> None:
        with pytest.raises(errors.UndefinedObject, match=r"2011\.01\.001 is not applied") as error:
            owner.execute("SELECT ops.rollback_schema_version('2011.01.001')")
        assert "2024.12.001" in str(error.value.diag.message_hint)


def test_the_app_reads_health_and_changes_nothing_of_it(own_connection: Connection) -> None:
    own_connection.execute("SET ROLE graph_sitter_app")

    assert _health(own_connection)["base"] == "healthy"
    assert value(own_connection, "SELECT ops.get_system_health()")["status"] == "healthy"
    for denied in (
        "SELECT ops.run_job('retention')",
        "SELECT ops.cleanup_old_data()",
        "SELECT ops.rollback_schema_version('2024.12.001')",
        "SELECT ops.raise_alerts()",
        "UPDATE ops.alert_thresholds SET enabled = false",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            own_connection.execute(denied)


def test_what_only_looks_works_where_nothing_can_be_written(operator: Connection) -> None:
    """As on a read replica."""
    operator.execute("SET default_transaction_read_only = on")
    for name in (
        "system_health",
        "get_system_health",
        "database_health_summary",
        "critical_alerts",
        "validate_schema_integrity",
        "availability",
    ):
        assert operator.execute(f"SELECT * FROM ops.{name}()").fetchall() or name.endswith("alerts")


def test_without_pg_cron_it_is_said_for_every_job(operator: Connection) -> None:
    found = operator.execute("SELECT job, status FROM ops.install_scheduled_jobs()").fetchall()

    assert len(found) == value(operator, "SELECT count(*) FROM ops.maintenance_jobs")
    if not value(operator, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_cron'"):
        assert {status.split(":")[0] for _, status in found} == {"not available"}

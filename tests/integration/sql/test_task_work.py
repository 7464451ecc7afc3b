"""Tasks at work: who is given which, what becomes of them, and how it goes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from tests.integration.sql.conftest import Connection, Session, new_organization, value, values
from tests.integration.sql.test_tasks import (
    another_session,
    claim,
    depend,
    finish,
    new_definition,
    new_task,
    refused,
    status,
)

_CLAIMERS = 8
_PROPERTY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def app(acting: Session, acme: UUID) -> Any:
    with acting(acme) as session:
        yield session


# what may run


@pytest.mark.parametrize(
    ("kind", "before", "satisfied"),
    [
        ("hard", "running", False),
        ("hard", "failed", False),
        ("hard", "completed", True),
        ("hard", "skipped", True),
        ("data", "skipped", False),
        ("data", "completed", True),
        ("resource", "running", False),
        ("resource", "pending", True),
        ("resource", "failed", True),
        ("soft", "running", True),
        ("soft", "failed", True),
    ],
)
def test_each_kind_of_dependency_holds_back_as_it_says(
    app: Connection, kind: str, before: str, satisfied: bool
) -> None:
    first = new_task(app, title="first", status=before, requires_human=True)
    second = new_task(app, title="second")
    depend(app, second, first, kind)
    assert value(app, "SELECT tasks.are_task_dependencies_satisfied(%s)", second) is satisfied
    assert value(app, "SELECT is_satisfied FROM tasks.task_dependency_graph") is satisfied
    assert ("second" in claim(app)) is satisfied


def test_what_must_not_run_together_is_not_given_to_two_workers(
    acting: Session, acme: UUID, shared_database: str
) -> None:
    with acting(acme) as app:
        first, second = new_task(app, title="first", priority="high"), new_task(app, title="second")
        depend(app, second, first, "resource")
    with (
        another_session(shared_database, acme) as one,
        another_session(shared_database, acme) as two,
    ):
        assert claim(one, 1) == ["first"]
        assert claim(two, 1) == []
        two.rollback()
        one.commit()
        assert claim(two, 1) == []
        finish(one, "first")
        one.commit()
        assert claim(two, 1) == ["second"]


def test_the_most_urgent_comes_first_then_the_oldest(app: Connection) -> None:
    for title, priority, hours in (
        ("young", "normal", 1),
        ("old", "normal", 2),
        ("low", "low", 9),
        ("critical", "critical", 0),
    ):
        due = datetime.now(UTC) - timedelta(hours=hours, minutes=1)
        new_task(app, title=title, priority=priority, scheduled_at=due)
    assert [*claim(app, 1), *claim(app, 2), *claim(app)] == ["critical", "old", "young", "low"]


def test_what_is_not_due_deleted_a_persons_or_of_another_type_is_not_given(
    app: Connection,
) -> None:
    new_task(app, title="later", scheduled_at=datetime.now(UTC) + timedelta(hours=1))
    new_task(app, title="deleted", deleted_at=datetime.now(UTC))
    new_task(app, title="a person's", requires_human=True)
    new_task(app, title="paused", status="paused")
    new_task(app, title="review", task_type="code_review")
    assert claim(app, types=["testing"]) == []
    assert claim(app) == ["review"]


@pytest.mark.slow
def test_of_a_thousand_tasks_eight_workers_get_each_once(
    acting: Session, acme: UUID, shared_database: str
) -> None:
    with acting(acme) as app:
        app.execute(
            "INSERT INTO tasks.tasks (title, task_type)"
            " SELECT n::text, 'testing' FROM generate_series(1, 1000) AS n"
        )
    all_ready = Barrier(_CLAIMERS)

    def work(worker: int) -> list[str]:
        taken: list[str] = []
        with another_session(shared_database, acme) as session:
            all_ready.wait()
            while got := claim(session, 1 + worker % 4 * 5):
                session.commit()
                taken += got
        return taken

    with ThreadPoolExecutor(_CLAIMERS) as pool:
        parts = list(pool.map(work, range(_CLAIMERS)))
    taken = [title for part in parts for title in part]
    assert sorted(map(int, taken)) == list(range(1, 1001))
    with acting(acme) as app:
        assert value(app, "SELECT count(*) FROM tasks.task_executions") == 1000


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["low", "normal", "high"])), max_size=20))
@_PROPERTY
def test_whatever_workers_do_a_task_runs_exactly_while_one_attempt_does(
    acting: Session, deeds: list[tuple[bool, str]]
) -> None:
    with acting(new_organization(acting)) as app:
        for success, priority in deeds:
            new_task(app, title=priority, priority=priority, max_retries=1)
            for task in values(app, "SELECT id FROM tasks.claim_tasks('w')"):
                if len(deeds) % 2:
                    app.execute("SELECT tasks.finish_task(%s, %s)", (task, success))
            app.execute("UPDATE tasks.tasks SET next_retry_at = now() WHERE status = 'retrying'")
        wrong = values(
            app,
            """
            SELECT t.id FROM tasks.tasks t LEFT JOIN tasks.task_executions e ON e.task_id = t.id
            GROUP BY t.id
            HAVING count(*) FILTER (WHERE e.status = 'running') <> (t.status = 'running')::int
                OR count(e.id) FILTER (WHERE e.status = 'failed')
                    <> t.retry_count + (t.status = 'failed')::int
            """,
        )
    assert wrong == []


# what becomes of a task


def test_a_completed_task_keeps_its_result_and_closes_its_attempt(app: Connection) -> None:
    task = new_task(app)
    app.execute("SELECT tasks.claim_tasks('builder-1')")
    done = value(app, """SELECT tasks.finish_task(%s, true, '{"tests": 12}')""", task)
    assert done == "completed"
    kept = app.execute("SELECT result, progress_percentage, error_message FROM tasks.tasks")
    assert kept.fetchone() == ({"tests": 12}, 100, None)
    attempts = app.execute(
        "SELECT attempt, status, worker, result, duration_ms >= 0 FROM tasks.task_executions"
    ).fetchall()
    assert attempts == [(1, "completed", "builder-1", {"tests": 12}, True)]


def test_retries_wait_longer_each_time_and_the_last_failure_is_final(app: Connection) -> None:
    definition = new_definition(app, max_retries=2)
    task = new_task(app, title="flaky", task_definition_id=definition)
    told, waits = [], []
    for _ in range(3):
        assert claim(app) == ["flaky"]
        told.append(finish(app, "flaky", success=False))
        assert claim(app) == []
        wait = "SELECT extract(epoch FROM next_retry_at - now())::int FROM tasks.tasks"
        waits.append(value(app, wait))
        app.execute("UPDATE tasks.tasks SET next_retry_at = now()")
    assert told == ["retrying", "retrying", "failed"]
    assert waits == [60, 120, None]
    assert status(app, task) == "failed"
    assert values(app, "SELECT status FROM tasks.task_executions") == ["failed"] * 3


def test_a_task_that_nobody_runs_cannot_be_finished(app: Connection) -> None:
    task = new_task(app)
    with pytest.raises(errors.ObjectNotInPrerequisiteState, match="pending"), app.transaction():
        app.execute("SELECT tasks.finish_task(%s, true)", (task,))
    with pytest.raises(errors.NoDataFound), app.transaction():
        app.execute("SELECT tasks.finish_task(gen_random_uuid(), true)")


def test_the_task_of_a_worker_that_died_is_given_to_another(app: Connection) -> None:
    task = new_task(app, title="lost", timeout_seconds=60)
    claim(app)
    assert value(app, "SELECT tasks.expire_timed_out_tasks()") == 0
    app.execute("UPDATE tasks.tasks SET started_at = now() - interval '61 seconds'")
    app.execute("UPDATE tasks.task_executions SET started_at = now() - interval '61 seconds'")
    assert value(app, "SELECT tasks.expire_timed_out_tasks()") == 1
    assert status(app, task) == "retrying"
    app.execute("UPDATE tasks.tasks SET next_retry_at = now()")
    assert claim(app) == ["lost"]
    attempts = app.execute(
        "SELECT attempt, status, error_message FROM tasks.task_executions ORDER BY attempt"
    ).fetchall()
    assert attempts == [(1, "timed_out", "timed out after 60 seconds"), (2, "running", None)]


def test_what_maintenance_makes_belongs_to_the_tasks_organization(
    acting: Session, own_acting: Session, own_connection: Connection
) -> None:
    organization = new_organization(own_acting)
    with own_acting(organization) as app:
        new_task(app)
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        maintenance.execute("SELECT tasks.claim_tasks('w')")
    owners = values(own_connection, "SELECT organization_id FROM tasks.task_executions")
    assert owners == [organization]


def test_logs_and_usage_are_only_added_to_and_leave_with_their_task(
    acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        task = new_task(app)
        app.execute(
            "INSERT INTO tasks.task_execution_logs (task_id, message) VALUES (%s, 'hi')", (task,)
        )
        app.execute(
            "INSERT INTO tasks.task_resource_usage (task_id, memory_usage_mb) VALUES (%s, 12)",
            (task,),
        )
    for table in ("task_execution_logs", "task_resource_usage"):
        with acting(acme) as app, pytest.raises(errors.InsufficientPrivilege):
            app.execute(f"UPDATE tasks.{table} SET task_id = task_id")
    with acting(acme) as app:
        with refused(app, "task_resource_usage_memory_check"):
            app.execute(
                "INSERT INTO tasks.task_resource_usage (task_id, memory_usage_mb) VALUES (%s, -1)",
                (task,),
            )
        app.execute("DELETE FROM tasks.tasks")
        assert value(app, "SELECT count(*) FROM tasks.task_execution_logs") == 0
        assert value(app, "SELECT count(*) FROM tasks.task_resource_usage") == 0


# how it goes


def test_without_tasks_the_analysis_has_no_data_instead_of_zeros(app: Connection) -> None:
    for _, metrics, _ in app.execute("SELECT * FROM tasks.tasks_performance_analysis()"):
        assert metrics.pop("status") == "no data"
        assert set(metrics.values()) == {None}


def test_the_analysis_computes_what_can_be_computed_by_hand(app: Connection) -> None:
    now = datetime.now(UTC)
    for kind, state, minutes, retries in (
        ("testing", "completed", 1, 0),
        ("testing", "completed", 2, 1),
        ("deployment", "completed", 9, 0),
        ("research", "failed", 50, 3),
        ("research", "cancelled", 50, 0),
    ):
        new_task(
            app,
            task_type=kind,
            status=state,
            started_at=now - timedelta(minutes=minutes),
            completed_at=now,
            retry_count=retries,
        )
    told = {
        row[0]: row[1] for row in app.execute("SELECT * FROM tasks.tasks_performance_analysis()")
    }
    assert told["execution_time"] == {
        "status": "ok",
        "avg_minutes": 4,
        "median_minutes": 2,
        "p95_minutes": 8.3,
    }
    assert told["throughput"] == {
        "status": "ok",
        "finished_tasks": 4,
        "tasks_per_hour_last_24h": 0.1667,
        "completion_rate_percent": 75,
        "retry_rate_percent": 50,
    }
    assert told["bottleneck_analysis"] == {
        "status": "ok",
        "most_common": "testing",
        "slowest": "deployment",
        "highest_failure_rate": "research",
    }


def test_the_analysis_is_of_the_sessions_organization(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    with acting(acme) as app:
        new_task(app, status="completed")
    counted = (
        "SELECT metrics -> 'finished_tasks' FROM tasks.tasks_performance_analysis()"
        " WHERE analysis_type = 'throughput'"
    )
    with acting(acme) as app:
        assert value(app, counted) == 1
    with acting(globex) as app:
        assert value(app, counted) is None


def test_automation_is_the_share_of_finished_tasks_that_needed_nobody(app: Connection) -> None:
    for state, human in (
        ("completed", False),
        ("completed", False),
        ("completed", True),
        ("failed", False),
        ("cancelled", True),
    ):
        new_task(app, status=state, requires_human=human)
    row = app.execute(
        "SELECT finished, without_human, automation_percent, failed_final_percent"
        " FROM tasks.task_automation_summary"
    ).fetchone()
    assert row == (4, 3, 75, 25)

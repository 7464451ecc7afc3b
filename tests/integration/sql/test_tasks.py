"""Tasks: their states, what waits for what, who is given which, and what becomes of them."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors, sql
from tests.integration.sql.conftest import Connection, Session, new_organization, value, values

_CLAIMERS = 8
_PROPERTY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
type Edge = tuple[int, int]


@pytest.fixture
def app(acting: Session, acme: UUID) -> Any:
    with acting(acme) as session:
        yield session


def new_task(app: Connection, **columns: object) -> UUID:
    return insert(app, "tasks.tasks", **{"title": "T", "task_type": "testing"} | columns)


def new_definition(app: Connection, slug: str = "build", **columns: object) -> UUID:
    given = {"name": slug, "slug": slug, "task_type": "testing"} | columns
    return insert(app, "tasks.task_definitions", **given)


def insert(app: Connection, table: str, **columns: object) -> UUID:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    row = app.execute(statement, list(columns.values())).fetchone()
    assert row
    return UUID(str(row[0]))


def depend(app: Connection, task: UUID, on: UUID, kind: str = "hard") -> None:
    app.execute(
        "INSERT INTO tasks.task_dependencies (task_id, depends_on_task_id, kind)"
        " VALUES (%s, %s, %s)",
        (task, on, kind),
    )


def claim(app: Connection, limit: int = 100, types: Sequence[str] | None = None) -> list[str]:
    """The titles of the tasks that a worker is given."""
    kinds = None if types is None else list(types)
    return values(app, "SELECT title FROM tasks.claim_tasks('w', %s, %s)", limit, kinds)


def finish(app: Connection, title: str, success: bool = True) -> str:
    """Ends the task of this title."""
    return str(
        value(
            app,
            "SELECT tasks.finish_task(id, %s, p_error => 'broken') FROM tasks.tasks"
            " WHERE title = %s",
            success,
            title,
        )
    )


def status(app: Connection, task: UUID) -> str:
    return str(value(app, "SELECT status FROM tasks.tasks WHERE id = %s", task))


@contextmanager
def refused(app: Connection, constraint: str) -> Any:
    with pytest.raises(errors.IntegrityError) as error, app.transaction():
        yield
    assert error.value.diag.constraint_name == constraint


# what a task is


def test_a_new_task_is_as_its_definition_says_unless_told(app: Connection) -> None:
    definition = new_definition(
        app, default_timeout_seconds=60, max_retries=7, command_template="make"
    )
    app.execute("INSERT INTO tasks.tasks (task_definition_id) VALUES (%s)", (definition,))
    app.execute(
        "INSERT INTO tasks.tasks (title, task_definition_id, max_retries) VALUES ('own', %s, 0)",
        (definition,),
    )
    new_task(app, title="bare")
    made = app.execute(
        "SELECT title, task_type, command, timeout_seconds, max_retries FROM tasks.tasks"
        " ORDER BY title"
    ).fetchall()
    assert made == [
        ("bare", "testing", None, 3600, 3),
        ("build", "testing", "make", 60, 7),
        ("own", "testing", "make", 60, 0),
    ]


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"task_type": "tea"}, "task_type_check"),
        ({"retry_count": 4, "max_retries": 3}, "tasks_retry_count_check"),
        ({"timeout_seconds": 0}, "tasks_timeout_check"),
        ({"status": "retrying"}, "tasks_next_retry_check"),
        (
            {"status": "completed", "started_at": "2026-01-02Z", "completed_at": "2026-01-01Z"},
            "tasks_ends_after_start",
        ),
    ],
)
def test_nonsense_is_refused_by_name(
    app: Connection, columns: dict[str, object], constraint: str
) -> None:
    with refused(app, constraint):
        new_task(app, **columns)


def test_a_task_cannot_belong_to_the_project_of_another_organization(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    with acting(acme) as app:
        project = insert(app, "projects.projects", name="A", slug="a")
    with acting(globex) as app, refused(app, "tasks_project_fkey"):
        new_task(app, project_id=project)


_ENDS = ("completed", "partial", "failed", "timed_out", "cancelled", "skipped")


@pytest.mark.parametrize("end", _ENDS)
def test_nothing_follows_an_end(app: Connection, end: str) -> None:
    task = new_task(app, status=end)
    for after in {"pending", "queued", "running", "paused", "retrying", *_ENDS} - {end}:
        with refused(app, "tasks_status_follows"):
            app.execute(
                "UPDATE tasks.tasks SET status = %s, next_retry_at = now() WHERE id = %s",
                (after, task),
            )


def test_a_task_cannot_end_well_before_it_has_begun(app: Connection) -> None:
    task = new_task(app)
    with refused(app, "tasks_status_follows"):
        app.execute("UPDATE tasks.tasks SET status = 'completed' WHERE id = %s", (task,))


def test_beginning_and_end_are_noted(app: Connection) -> None:
    task = new_task(app)
    times = "SELECT started_at IS NOT NULL, completed_at IS NOT NULL FROM tasks.tasks"
    assert app.execute(times).fetchone() == (False, False)
    app.execute("UPDATE tasks.tasks SET status = 'running' WHERE id = %s", (task,))
    assert app.execute(times).fetchone() == (True, False)
    app.execute("UPDATE tasks.tasks SET status = 'cancelled' WHERE id = %s", (task,))
    assert app.execute(times).fetchone() == (True, True)


def test_listeners_hear_of_new_tasks_and_new_states(
    acting: Session, acme: UUID, shared_database: str
) -> None:
    with psycopg.connect(shared_database, autocommit=True) as listener:
        listener.execute("LISTEN graph_sitter_events")
        with acting(acme) as app:
            task = new_task(app)
        with acting(acme) as app:
            claim(app)
            app.execute("UPDATE tasks.tasks SET progress_percentage = 50")
        heard = [json.loads(n.payload) for n in listener.notifies(timeout=2, stop_after=2)]
        assert list(listener.notifies(timeout=0)) == []
    heard = [each for each in heard if each["organization_id"] == str(acme)]
    assert [(each["table"], each["operation"], each["id"]) for each in heard] == [
        ("tasks.tasks", "insert", str(task)),
        ("tasks.tasks", "update", str(task)),
    ]


# circles


@pytest.mark.parametrize("length", [2, 14, 500])
def test_a_circle_of_any_length_is_refused(app: Connection, length: int) -> None:
    ring = _chain(app, length)
    with refused(app, "task_dependencies_no_cycle"):
        depend(app, ring[0], ring[-1], "soft")
    assert value(app, "SELECT tasks.check_circular_dependencies(%s, %s)", ring[0], ring[-1])
    assert not value(app, "SELECT tasks.check_circular_dependencies(%s, %s)", ring[-1], ring[0])


def _chain(app: Connection, length: int) -> list[UUID]:
    """Each task waits for the one before."""
    chain = [new_task(app) for _ in range(length)]
    for before, after in pairwise(chain):
        depend(app, after, before)
    return chain


def test_an_update_cannot_close_a_circle(app: Connection) -> None:
    chain = _chain(app, 3)
    other = new_task(app)
    depend(app, chain[0], other)
    with refused(app, "task_dependencies_no_cycle"):
        app.execute(
            "UPDATE tasks.task_dependencies SET depends_on_task_id = %s WHERE task_id = %s",
            (chain[2], chain[0]),
        )


def test_one_statement_cannot_close_a_circle(app: Connection) -> None:
    a, b = new_task(app), new_task(app)
    with refused(app, "task_dependencies_no_cycle"):
        app.execute(
            "INSERT INTO tasks.task_dependencies (task_id, depends_on_task_id)"
            " VALUES (%s, %s), (%s, %s)",
            (a, b, b, a),
        )


def test_a_task_cannot_wait_for_itself(app: Connection) -> None:
    task = new_task(app)
    with refused(app, "task_dependencies_not_itself"):
        depend(app, task, task)


def test_a_wide_diamond_is_no_circle(app: Connection) -> None:
    top, bottom = new_task(app), new_task(app)
    app.execute(
        """
        WITH middle AS (
            INSERT INTO tasks.tasks (title, task_type)
            SELECT 'middle', 'testing' FROM generate_series(1, 1000) RETURNING id)
        INSERT INTO tasks.task_dependencies (task_id, depends_on_task_id)
        SELECT id, %s::uuid FROM middle UNION ALL SELECT %s::uuid, id FROM middle
        """,
        (top, bottom),
    )
    assert value(app, "SELECT count(*) FROM tasks.task_dependencies") == 2000
    with refused(app, "task_dependencies_no_cycle"):
        depend(app, top, bottom)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=25))
@_PROPERTY
def test_an_edge_is_refused_exactly_when_it_closes_a_circle(
    acting: Session, acme: UUID, edges: list[Edge]
) -> None:
    held: set[Edge] = set()
    with acting(acme) as app:
        nodes = [new_task(app) for _ in range(7)]
        for task, on in edges:
            if (task, on) in held:
                continue
            if task == on or _leads(held, on, task):
                with pytest.raises(errors.CheckViolation), app.transaction():
                    depend(app, nodes[task], nodes[on])
            else:
                depend(app, nodes[task], nodes[on])
                held.add((task, on))


def _leads(edges: set[Edge], start: int, end: int) -> bool:
    seen, ahead = {start}, [start]
    while ahead:
        node = ahead.pop()
        new = {on for task, on in edges if task == node} - seen
        seen |= new
        ahead += new
    return end in seen


def test_two_sessions_cannot_build_a_circle_of_two_halves(
    acting: Session, acme: UUID, shared_database: str
) -> None:
    for _ in range(10):
        with acting(acme) as app:
            pair = new_task(app), new_task(app)
        both = Barrier(2)

        def half(tasks: tuple[UUID, UUID], both: Barrier = both) -> None:
            with another_session(shared_database, acme) as session:
                both.wait()
                with suppress(errors.CheckViolation):
                    depend(session, *tasks)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(half, (pair, pair[::-1])))
        with acting(acme) as app:
            held = "SELECT count(*) FROM tasks.task_dependencies WHERE task_id = ANY (%s)"
            assert value(app, held, list(pair)) == 1


@contextmanager
def another_session(url: str, organization: UUID) -> Any:
    with psycopg.connect(url) as session:
        session.execute("SET ROLE graph_sitter_app")
        session.execute(
            "SELECT base.set_current_organization(%s, p_local => false)", (organization,)
        )
        session.commit()
        yield session


def test_a_snapshot_from_before_the_lock_is_not_trusted(
    acting: Session, acme: UUID, shared_database: str
) -> None:
    with acting(acme) as app:
        a, b = new_task(app), new_task(app)
    with another_session(shared_database, acme) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(errors.InvalidTransactionState, match="repeatable read"):
            depend(session, a, b)


def test_a_task_cannot_be_part_of_what_is_part_of_it(app: Connection) -> None:
    top = new_task(app)
    middle = new_task(app, parent_task_id=top)
    leaf = new_task(app, parent_task_id=middle)
    for task, parent in ((top, leaf), (top, middle), (top, top)):
        with refused(app, "tasks_parent_no_cycle"):
            app.execute("UPDATE tasks.tasks SET parent_task_id = %s WHERE id = %s", (parent, task))
    app.execute("UPDATE tasks.tasks SET parent_task_id = %s WHERE id = %s", (top, leaf))


def test_the_hierarchy_tells_root_level_and_path(app: Connection) -> None:
    top = new_task(app, title="top")
    middle = new_task(app, title="middle", parent_task_id=top)
    leaf = new_task(app, title="leaf", parent_task_id=middle)
    rows = app.execute(
        "SELECT title, root_task_id, level, path FROM tasks.task_hierarchy ORDER BY level"
    ).fetchall()
    assert rows == [
        ("top", top, 0, [top]),
        ("middle", top, 1, [top, middle]),
        ("leaf", top, 2, [top, middle, leaf]),
    ]


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

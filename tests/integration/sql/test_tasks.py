"""Tasks: their states, and what waits for what."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import pairwise
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors, sql
from tests.integration.sql.conftest import Connection, Session, value, values

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
        heard = [json.loads(n.payload) for n in listener.notifies(timeout=60, stop_after=2)]
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

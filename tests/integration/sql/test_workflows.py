"""Workflows: which steps run, in which order, how many at a time, and what a failure does."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from psycopg import errors
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import Connection, Session, value, values
from tests.integration.sql.test_tasks import (
    another_session,
    claim,
    finish,
    insert,
    new_definition,
    refused,
)

type Step = tuple[str, list[str]]
_DIAMOND: list[Step] = [
    ("top", []),
    ("left", ["top"]),
    ("right", ["top"]),
    ("end", ["left", "right"]),
]


@pytest.fixture
def app(acting: Session, acme: UUID) -> Any:
    with acting(acme) as session:
        yield session


def new_workflow(app: Connection, steps: list[Step], name: str = "w", **columns: object) -> UUID:
    workflow = insert(app, "tasks.workflows", **{"name": name, "max_parallel_tasks": 9} | columns)
    for order, (key, depends_on) in enumerate(steps):
        add_step(app, workflow, key, order, depends_on=depends_on)
    return workflow


def add_step(app: Connection, workflow: UUID, key: str, order: int, **columns: object) -> None:
    names = ["workflow_id", "step_key", "step_order", *columns]
    app.execute(
        f"INSERT INTO tasks.workflow_tasks ({', '.join(names)})"
        f" VALUES ({', '.join(['%s'] * len(names))})",
        [workflow, key, order, *columns.values()],
    )


def start(app: Connection, workflow: UUID, given: object = None) -> UUID:
    statement = "SELECT tasks.start_workflow(%s, %s)"
    return UUID(str(value(app, statement, workflow, Jsonb(given or {}))))


def ended(app: Connection, execution: UUID) -> tuple[str, str | None]:
    row = app.execute(
        "SELECT status, error_message FROM tasks.workflow_executions WHERE id = %s", (execution,)
    ).fetchone()
    assert row
    return str(row[0]), row[1]


def fail_for_good(app: Connection, title: str) -> None:
    app.execute("UPDATE tasks.tasks SET max_retries = 0 WHERE title = %s", (title,))
    assert finish(app, title, success=False) == "failed"


def states(app: Connection) -> dict[str, str]:
    return dict(app.execute("SELECT step_key, status FROM tasks.tasks").fetchall())


def test_a_diamond_runs_its_middle_after_the_first_and_the_last_once(app: Connection) -> None:
    execution = start(app, new_workflow(app, _DIAMOND))
    assert claim(app) == ["top"]
    assert claim(app) == []
    finish(app, "top")
    assert sorted(claim(app)) == ["left", "right"]
    finish(app, "left")
    assert claim(app) == []
    finish(app, "right")
    assert claim(app) == ["end"]
    assert ended(app, execution) == ("running", None)
    finish(app, "end")
    assert ended(app, execution) == ("completed", None)
    assert value(app, "SELECT count(*) FROM tasks.task_executions") == 4


def test_no_more_steps_run_at_a_time_than_the_workflow_says(app: Connection) -> None:
    steps: list[Step] = [(name, []) for name in "abcd"]
    start(app, new_workflow(app, steps, max_parallel_tasks=2))
    first = claim(app)
    assert len(first) == 2
    assert claim(app) == []
    finish(app, first[0])
    assert len(claim(app)) == 1


def test_a_full_workflow_does_not_hold_up_another(app: Connection) -> None:
    start(app, new_workflow(app, [("a", []), ("b", [])], max_parallel_tasks=1))
    start(app, new_workflow(app, [("c", []), ("d", [])], name="other", max_parallel_tasks=1))
    assert len(claim(app)) == 2


def test_steps_of_a_sequence_wait_for_all_before_them(app: Connection) -> None:
    steps: list[Step] = [("one", []), ("two", []), ("three", [])]
    start(app, new_workflow(app, steps, workflow_type="sequential"))
    for step in ("one", "two", "three"):
        assert claim(app) == [step]
        finish(app, step)


def test_the_input_becomes_the_arguments(app: Connection) -> None:
    project = insert(app, "projects.projects", name="A", slug="a")
    start(app, new_workflow(app, [("a", [])], project_id=project), {"branch": "main"})
    row = app.execute("SELECT arguments, project_id FROM tasks.tasks").fetchone()
    assert row == ({"branch": "main"}, project)


@pytest.mark.parametrize(
    ("condition", "given", "runs"),
    [
        ('$.branch == "main"', {"branch": "main"}, True),
        ('$.branch == "main"', {"branch": "next"}, False),
        ("$.deploy", {"deploy": True}, True),
        ("$.deploy", {"deploy": False}, False),
        ("$.deploy", {}, False),
        ("$.files[*] ? (@ > 10)", {"files": [1, 20]}, True),
        ("$.files[*] ? (@ > 10)", {"files": [1, 2]}, False),
        ("$.size > 5", {"size": "many"}, False),  # cannot be told
    ],
)
def test_a_step_whose_condition_does_not_hold_is_skipped_and_holds_nobody_back(
    app: Connection, condition: str, given: object, runs: bool
) -> None:
    workflow = new_workflow(app, [])
    add_step(app, workflow, "maybe", 1, condition=condition)
    add_step(app, workflow, "after", 2, depends_on=["maybe"])
    start(app, workflow, given)
    assert claim(app) == (["maybe"] if runs else ["after"])


def test_a_workflow_of_which_nothing_is_to_run_is_completed_at_once(app: Connection) -> None:
    workflow = new_workflow(app, [])
    add_step(app, workflow, "never", 1, condition="$.absent")
    assert ended(app, start(app, workflow)) == ("completed", None)


def test_a_failure_stops_what_has_not_begun(app: Connection) -> None:
    execution = start(app, new_workflow(app, _DIAMOND))
    claim(app)
    finish(app, "top")
    claim(app)
    fail_for_good(app, "left")
    assert ended(app, execution) == ("failed", "the step left is failed: broken")
    assert states(app) == {
        "top": "completed",
        "left": "failed",
        "right": "running",
        "end": "cancelled",
    }
    assert finish(app, "right", success=False) == "failed"
    assert claim(app) == []


def test_a_step_that_may_fail_lets_the_rest_go_on(app: Connection) -> None:
    workflow = new_workflow(app, [])
    add_step(app, workflow, "lint", 1, on_failure="continue")
    add_step(app, workflow, "build", 2, depends_on=["lint"])
    execution = start(app, workflow)
    claim(app)
    fail_for_good(app, "lint")
    assert claim(app) == ["build"]
    finish(app, "build")
    assert ended(app, execution) == ("partial", None)


def test_a_step_to_be_retried_gets_a_retry_where_its_definition_gives_none(app: Connection) -> None:
    workflow = new_workflow(app, [])
    definition = new_definition(app, "build", max_retries=0)
    add_step(app, workflow, "b", 1, on_failure="retry", task_definition_id=definition)
    execution = start(app, workflow)
    claim(app)
    assert finish(app, "build", success=False) == "retrying"
    app.execute("UPDATE tasks.tasks SET next_retry_at = now()")
    claim(app)
    assert finish(app, "build", success=False) == "failed"
    assert ended(app, execution)[0] == "failed"


def test_a_paused_workflow_begins_nothing_and_goes_on_when_resumed(app: Connection) -> None:
    execution = start(app, new_workflow(app, [("a", []), ("b", ["a"])]))
    claim(app)
    app.execute("UPDATE tasks.workflow_executions SET status = 'paused'")
    finish(app, "a")
    assert claim(app) == []
    app.execute("UPDATE tasks.workflow_executions SET status = 'running'")
    assert claim(app) == ["b"]
    finish(app, "b")
    assert ended(app, execution)[0] == "completed"


def test_a_workflow_that_takes_too_long_ends(app: Connection) -> None:
    execution = start(app, new_workflow(app, [("a", []), ("b", ["a"])], timeout_seconds=60))
    app.execute("UPDATE tasks.workflow_executions SET started_at = now() - interval '61 seconds'")
    app.execute("SELECT tasks.expire_timed_out_tasks()")
    assert ended(app, execution) == ("timed_out", "timed out after 60 seconds")
    assert states(app) == {"a": "cancelled", "b": "cancelled"}


def test_an_ended_execution_cannot_be_taken_up_again(app: Connection) -> None:
    start(app, new_workflow(app, [("a", [])]))
    app.execute("UPDATE tasks.workflow_executions SET status = 'cancelled'")
    with refused(app, "workflow_executions_status_follows"):
        app.execute("UPDATE tasks.workflow_executions SET status = 'running'")


def test_steps_form_no_circle_of_any_length(app: Connection) -> None:
    chain: list[Step] = [(str(n), [str(n - 1)] if n else []) for n in range(20)]
    workflow = new_workflow(app, chain)
    for first_waits_for in ("0", "1", "19"):
        with refused(app, "workflow_tasks_no_cycle"):
            app.execute(
                "UPDATE tasks.workflow_tasks SET depends_on = %s WHERE step_key = '0'",
                ([first_waits_for],),
            )
    with refused(app, "workflow_tasks_no_cycle"):
        add_step(app, workflow, "self", 21, depends_on=["self"])


def test_a_sequence_that_contradicts_its_dependencies_does_not_start(app: Connection) -> None:
    workflow = new_workflow(app, [("a", ["b"]), ("b", [])], workflow_type="sequential")
    with refused(app, "task_dependencies_no_cycle"):
        start(app, workflow)


def test_what_cannot_be_started_says_why(app: Connection) -> None:
    with pytest.raises(errors.ForeignKeyViolation, match="has not: absent"), app.transaction():
        start(app, new_workflow(app, [("a", ["absent"])]))
    idle = new_workflow(app, [("a", [])], name="idle", is_active=False)
    with pytest.raises(errors.ObjectNotInPrerequisiteState, match="idle"), app.transaction():
        start(app, idle)
    with pytest.raises(errors.NoDataFound), app.transaction():
        start(app, UUID(int=0))


def test_the_summary_counts_each_step_once(app: Connection) -> None:
    execution = start(app, new_workflow(app, _DIAMOND))
    claim(app)
    finish(app, "top")
    claim(app)
    fail_for_good(app, "left")
    summary = app.execute(
        "SELECT workflow_execution_id, workflow, status, total_tasks, completed_tasks,"
        " failed_tasks, running_tasks, completion_percentage FROM tasks.workflow_execution_summary"
    ).fetchall()
    assert summary == [(execution, "w", "failed", 4, 1, 1, 1, 25)]


def test_a_workflow_of_another_organization_cannot_be_started(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    with acting(acme) as app:
        workflow = new_workflow(app, [("a", [])])
    with acting(globex) as app, pytest.raises(errors.NoDataFound):
        start(app, workflow)
    with acting(acme) as app:
        assert values(app, "SELECT id FROM tasks.workflow_executions") == []


@pytest.mark.slow
def test_eight_workers_take_twenty_workflows_to_their_ends_never_too_many_steps_at_a_time(
    acting: Session, acme: UUID, shared_database: str
) -> None:
    with acting(acme) as app:
        workflow = new_workflow(app, _DIAMOND, max_parallel_tasks=1)
        for _ in range(20):
            start(app, workflow)

    def work(_: int) -> None:
        with another_session(shared_database, acme) as session:
            while value(session, "SELECT count(*) FROM tasks.tasks WHERE completed_at IS NULL"):
                tasks = values(session, "SELECT id FROM tasks.claim_tasks('w', 3)")
                session.commit()
                for task in tasks:
                    session.execute("SELECT tasks.finish_task(%s, true)", (task,))
                    session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with acting(acme) as app:
        assert values(app, "SELECT DISTINCT status FROM tasks.workflow_executions") == ["completed"]
        assert value(app, "SELECT count(*) FROM tasks.task_executions") == 80
        at_once = values(
            app,
            """
            SELECT a.id FROM tasks.task_executions a JOIN tasks.tasks s ON s.id = a.task_id
            JOIN tasks.tasks o ON o.workflow_execution_id = s.workflow_execution_id AND o.id <> s.id
            JOIN tasks.task_executions b ON b.task_id = o.id
            WHERE tstzrange(a.started_at, a.completed_at) && tstzrange(b.started_at, b.completed_at)
            """,
        )
        assert at_once == []

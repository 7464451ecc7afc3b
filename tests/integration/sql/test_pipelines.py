"""Pipelines: an execution follows from its steps, and gates decide on measured values."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg import errors
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import Connection, Session, value, values
from tests.integration.sql.test_tasks import insert, refused


@pytest.fixture
def app(acting: Session, acme: UUID) -> Any:
    with acting(acme) as session:
        yield session


def new_pipeline(app: Connection, name: str = "ci") -> UUID:
    return insert(app, "pipelines.pipelines", name=name, pipeline_type="ci")


def new_step(app: Connection, pipeline: UUID, name: str, order: int = 1, **columns: object) -> UUID:
    given = {"pipeline_id": pipeline, "name": name, "step_order": order, "step_type": "test"}
    return insert(app, "pipelines.pipeline_steps", **given | columns)


def new_gate(app: Connection, pipeline: UUID, rule: str, **columns: object) -> UUID:
    """A gate called after its rule, as in `coverage >= 80`."""
    metric, comparison, threshold = rule.split()
    return insert(
        app,
        "pipelines.quality_gates",
        pipeline_id=pipeline,
        name=rule,
        metric_name=metric,
        comparison=comparison,
        threshold=threshold,
        **columns,
    )


def execute(app: Connection, pipeline: UUID, **columns: object) -> UUID:
    return insert(app, "pipelines.pipeline_executions", pipeline_id=pipeline, **columns)


def attempt(
    app: Connection, execution: UUID, step: UUID, status: str = "running", number: int = 1
) -> UUID:
    return insert(
        app,
        "pipelines.step_executions",
        pipeline_execution_id=execution,
        pipeline_step_id=step,
        status=status,
        attempt=number,
    )


def end(app: Connection, step_execution: UUID, status: str = "completed") -> None:
    app.execute(
        "UPDATE pipelines.step_executions SET status = %s WHERE id = %s", (status, step_execution)
    )


def stands(app: Connection, execution: UUID) -> str:
    asked = "SELECT status FROM pipelines.pipeline_executions WHERE id = %s"
    return str(value(app, asked, execution))


def evaluate(app: Connection, execution: UUID, metrics: dict[str, object]) -> bool:
    asked = "SELECT pipelines.evaluate_quality_gates(%s, %s)"
    return bool(value(app, asked, execution, Jsonb(metrics)))


def test_an_execution_follows_its_steps_from_the_first_to_the_last(app: Connection) -> None:
    pipeline = new_pipeline(app)
    build, test = new_step(app, pipeline, "build"), new_step(app, pipeline, "test", 2)
    execution = execute(app, pipeline)
    assert stands(app, execution) == "pending"
    building = attempt(app, execution, build)
    assert stands(app, execution) == "running"
    end(app, building)
    assert stands(app, execution) == "running"
    end(app, attempt(app, execution, test))
    assert stands(app, execution) == "completed"
    times = "SELECT started_at <= completed_at, duration_ms >= 0 FROM pipelines.pipeline_executions"
    assert app.execute(times).fetchone() == (True, True)


def test_steps_recorded_afterwards_are_rolled_up_too(app: Connection) -> None:
    pipeline = new_pipeline(app)
    execution = execute(app, pipeline)
    attempt(app, execution, new_step(app, pipeline, "build"), "completed")
    assert stands(app, execution) == "completed"


@pytest.mark.parametrize("failure", ["failed", "timed_out", "cancelled"])
def test_a_critical_step_that_fails_fails_the_execution_after_its_last_attempt(
    app: Connection, failure: str
) -> None:
    pipeline = new_pipeline(app)
    test = new_step(app, pipeline, "test", max_retries=1)
    new_step(app, pipeline, "deploy", 2)
    execution = execute(app, pipeline)
    end(app, attempt(app, execution, test), failure)
    assert stands(app, execution) == "running"
    end(app, attempt(app, execution, test, number=2), failure)
    assert stands(app, execution) == "failed"
    why = "SELECT error_message FROM pipelines.pipeline_executions"
    assert value(app, why) == "failed: test"


def test_a_retry_that_succeeds_makes_good(app: Connection) -> None:
    pipeline = new_pipeline(app)
    test = new_step(app, pipeline, "test", max_retries=1)
    execution = execute(app, pipeline)
    end(app, attempt(app, execution, test), "failed")
    end(app, attempt(app, execution, test, number=2))
    assert stands(app, execution) == "completed"


@pytest.mark.parametrize(
    ("lint", "expected"), [("failed", "partial"), ("skipped", "completed"), ("running", "running")]
)
def test_a_step_that_is_not_critical_makes_the_execution_partial_at_most(
    app: Connection, lint: str, expected: str
) -> None:
    pipeline = new_pipeline(app)
    linting = new_step(app, pipeline, "lint", is_critical=False)
    test = new_step(app, pipeline, "test", 2)
    execution = execute(app, pipeline)
    attempt(app, execution, linting, lint)
    assert stands(app, execution) == "running"
    attempt(app, execution, test, "completed")
    assert stands(app, execution) == expected


def test_nothing_follows_an_end(app: Connection) -> None:
    pipeline = new_pipeline(app)
    execution = execute(app, pipeline)
    building = attempt(app, execution, new_step(app, pipeline, "build"), "completed")
    with refused(app, "step_executions_status_follows"):
        end(app, building, "failed")
    with refused(app, "pipeline_executions_status_follows"):
        app.execute("UPDATE pipelines.pipeline_executions SET status = 'running'")


def test_steps_gates_and_artifacts_stay_with_their_pipeline(app: Connection) -> None:
    here, there = new_pipeline(app), new_pipeline(app, "other")
    execution, elsewhere = execute(app, here), execute(app, there)
    with refused(app, "step_executions_one_pipeline"):
        attempt(app, execution, new_step(app, there, "build"))
    with refused(app, "quality_gate_results_one_pipeline"):
        insert(
            app,
            "pipelines.quality_gate_results",
            pipeline_execution_id=execution,
            quality_gate_id=new_gate(app, there, "coverage >= 80"),
            outcome="not_measured",
        )
    building = attempt(app, execution, new_step(app, here, "build"))
    with refused(app, "pipeline_artifacts_step_execution_fkey"):
        new_artifact(app, elsewhere, step_execution_id=building)


def new_artifact(app: Connection, execution: UUID, **columns: object) -> UUID:
    return insert(
        app,
        "pipelines.pipeline_artifacts",
        pipeline_execution_id=execution,
        name="wheel",
        artifact_type="package",
        uri="file:///wheel",
        **columns,
    )


@pytest.mark.parametrize(
    ("metrics", "passes", "outcomes"),
    [
        ({"coverage": 80, "issues": 0}, True, ["passed", "passed"]),
        ({"coverage": 79.9, "issues": 0}, False, ["failed", "passed"]),
        ({"issues": 0}, False, ["not_measured", "passed"]),
        ({"coverage": "80", "issues": None}, False, ["not_measured", "not_measured"]),
        ({}, False, ["not_measured", "not_measured"]),
    ],
)
def test_a_pipeline_passes_when_every_gate_was_measured_and_passed(
    app: Connection, metrics: dict[str, object], passes: bool, outcomes: list[str]
) -> None:
    pipeline = new_pipeline(app)
    new_gate(app, pipeline, "coverage >= 80")
    new_gate(app, pipeline, "issues < 1")
    assert evaluate(app, execute(app, pipeline), metrics) is passes
    kept = (
        "SELECT r.outcome FROM pipelines.quality_gate_results r"
        " JOIN pipelines.quality_gates g ON g.id = r.quality_gate_id ORDER BY g.name"
    )
    assert values(app, kept) == outcomes


@pytest.mark.parametrize(
    ("comparison", "passing"), [("<", {1}), ("<=", {1, 2}), ("=", {2}), (">=", {2, 3}), (">", {3})]
)
def test_each_comparison_means_what_it_says(
    app: Connection, comparison: str, passing: set[int]
) -> None:
    pipeline = new_pipeline(app)
    new_gate(app, pipeline, f"n {comparison} 2")
    execution = execute(app, pipeline)
    assert {n for n in (1, 2, 3) if evaluate(app, execution, {"n": n})} == passing
    assert value(app, "SELECT count(*) FROM pipelines.quality_gate_results") == 1


def test_a_gate_that_does_not_block_is_recorded_and_lets_pass(app: Connection) -> None:
    pipeline = new_pipeline(app)
    new_gate(app, pipeline, "coverage >= 80", is_blocking=False)
    assert evaluate(app, execute(app, pipeline), {"coverage": 1})
    assert values(app, "SELECT outcome FROM pipelines.quality_gate_results") == ["failed"]


def test_an_execution_that_is_not_there_passes_nothing(app: Connection) -> None:
    with pytest.raises(errors.NoDataFound):
        evaluate(app, UUID(int=0), {})


def test_expired_artifacts_are_forgotten_and_no_others(app: Connection) -> None:
    execution = execute(app, new_pipeline(app))
    now = datetime.now(UTC)
    kept = {
        new_artifact(app, execution),
        new_artifact(app, execution, expires_at=now.replace(year=9999)),
    }
    for hours in (1, 2):
        new_artifact(app, execution, expires_at=now - timedelta(hours=hours))
    assert value(app, "SELECT pipelines.cleanup_expired_artifacts()") == 2
    assert set(values(app, "SELECT id FROM pipelines.pipeline_artifacts")) == kept


def test_nonsense_is_refused_by_name(app: Connection) -> None:
    pipeline = new_pipeline(app)
    with refused(app, "pipelines_name_key"):
        new_pipeline(app)
    with refused(app, "quality_gates_comparison_check"):
        new_gate(app, pipeline, "coverage ~ 80")
    new_step(app, pipeline, "one")
    with refused(app, "pipeline_steps_order_key"):
        new_step(app, pipeline, "two")
    with refused(app, "pipeline_artifacts_size_check"):
        new_artifact(app, execute(app, pipeline), size_bytes=-1)


def test_the_performance_counts_each_thing_once(app: Connection) -> None:
    pipeline = new_pipeline(app)
    for rule in ("coverage >= 80", "issues < 1"):
        new_gate(app, pipeline, rule)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    ends = (("completed", 1), ("completed", 2), ("failed", 9), ("cancelled", 9))
    for status, seconds in ends:
        execution = execute(
            app,
            pipeline,
            status=status,
            started_at=began,
            completed_at=began + timedelta(seconds=seconds),
        )
        for _ in range(3):
            new_artifact(app, execution)
        evaluate(app, execution, {"coverage": 100})
    new_pipeline(app, "idle")
    rows = app.execute(
        "SELECT name, runs, success_rate, median_duration_ms, p95_duration_ms, last_run_at,"
        " artifacts, gate_failures FROM pipelines.pipeline_performance ORDER BY name"
    ).fetchall()
    two_thirds = rows[0][2]
    assert rows == [
        ("ci", 4, two_thirds, 5500, 9000, began, 12, 4),
        ("idle", 0, None, None, None, None, 0, 0),
    ]
    assert float(two_thirds) == 66.67


def test_deleting_a_pipeline_takes_everything_below_with_it(app: Connection) -> None:
    pipeline = new_pipeline(app)
    execution = execute(app, pipeline)
    building = attempt(app, execution, new_step(app, pipeline, "build"), "completed")
    new_artifact(app, execution, step_execution_id=building)
    new_gate(app, pipeline, "coverage >= 80")
    evaluate(app, execution, {})
    app.execute("DELETE FROM pipelines.pipelines")
    for table in ("step_executions", "pipeline_artifacts", "quality_gate_results"):
        assert value(app, f"SELECT count(*) FROM pipelines.{table}") == 0


def test_an_execution_cannot_be_of_another_organizations_task(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    with acting(acme) as app:
        task = insert(app, "tasks.tasks", title="T", task_type="deployment")
    with acting(globex) as app:
        pipeline = new_pipeline(app)
        with refused(app, "pipeline_executions_task_fkey"):
            execute(app, pipeline, task_id=task)

"""Evolution, context and errors: figures equal a recount; what helped is tried first."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import (
    Connection,
    Session,
    insert,
    new_organization,
    value,
    values,
)


def experiment(app: Connection, **columns: object) -> UUID:
    given = {"name": "sorting", "problem_definition": {}, "objective_function": {}}
    return UUID(str(insert(app, "openevolve.evolution_experiments", **given | columns)))


def generation(app: Connection, of: UUID, number: int = 0) -> UUID:
    table = "openevolve.evolution_generations"
    return UUID(str(insert(app, table, experiment_id=of, generation_number=number)))


def individual(app: Connection, of: UUID, fitness: float | None, gene: int = 0) -> UUID:
    table = "openevolve.evolution_individuals"
    columns = {"generation_id": of, "genotype": {"gene": gene}, "fitness_score": fitness}
    return UUID(str(insert(app, table, **columns)))


def test_an_individual_finds_its_place_and_experiment(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        of = experiment(app)
        first, second = generation(app, of), generation(app, of, 1)
        for where in (first, first, second):
            individual(app, where, None)
        individual(app, first, 0.5)
        found = app.execute(
            "SELECT experiment_id, generation_id, individual_index, evaluation_status,"
            " evaluated_at IS NOT NULL FROM openevolve.evolution_individuals"
            " ORDER BY generation_id = %s, individual_index",
            (second,),
        ).fetchall()
        assert found == [
            (of, first, 0, "pending", False),
            (of, first, 1, "pending", False),
            (of, first, 2, "completed", True),
            (of, second, 0, "pending", False),
        ]


RECOUNT = """
    SELECT bool_and(g.generation_stats = openevolve.calculate_generation_stats(g.id))
        AND min(e.best_score) IS NOT DISTINCT FROM max((
            SELECT max(i.fitness_score) FROM openevolve.evolution_individuals i
            WHERE i.experiment_id = e.id))
    FROM openevolve.evolution_experiments e
    JOIN openevolve.evolution_generations g ON g.experiment_id = e.id AND g.generation_stats <> '{}'
"""


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "judge", "worsen", "remove"]),
            st.integers(0, 1),
            st.integers(-50, 50),
        ),
        max_size=15,
    )
)
def test_figures_of_generations_equal_a_recount(
    acting: Session, acme: UUID, steps: list[tuple[str, int, int]]
) -> None:
    with acting(acme) as app, app.transaction(force_rollback=True):
        of = experiment(app)
        both = [generation(app, of), generation(app, of, 1)]
        change = {
            "judge": "UPDATE openevolve.evolution_individuals SET fitness_score = %s"
            " WHERE generation_id = %s AND fitness_score IS NULL",
            "worsen": "UPDATE openevolve.evolution_individuals"
            " SET fitness_score = fitness_score - %s WHERE generation_id = %s",
            "remove": "DELETE FROM openevolve.evolution_individuals"
            " WHERE fitness_score > %s AND generation_id = %s",
        }
        for step, which, number in steps:
            if step == "add":
                individual(app, both[which], None if number < 0 else number, number % 3)
            else:
                app.execute(change[step], (number, both[which]))
            assert value(app, RECOUNT) in (True, None)


def test_a_generation_is_told_by_its_judged_individuals(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        of = experiment(app)
        where = generation(app, of, 3)
        for fitness, gene in ((1, 1), (2, 1), (6, 2), (None, 3)):
            individual(app, where, fitness, gene)
        stats = value(app, "SELECT generation_stats FROM openevolve.evolution_generations")
        assert stats == {
            "n": 3,
            "best": 6,
            "worst": 1,
            "mean": 3,
            "median": 2,
            "variance": pytest.approx(4.666667),
            "diversity": pytest.approx(0.6667),
        }
        row = "SELECT current_generation, best_score FROM openevolve.evolution_experiments"
        assert app.execute(row).fetchone() == (3, 6)
        with pytest.raises(errors.CheckViolation), app.transaction():
            generation(app, of, 101)


def test_costs_are_not_multiplied_by_individuals(own_acting: Session) -> None:
    acme, globex = new_organization(own_acting), new_organization(own_acting)
    with own_acting(acme) as app:
        of = experiment(app)
        where = generation(app, of)
        for fitness in (1, 2, 3):
            individual(app, where, fitness)
        for _ in range(2):
            insert(
                app,
                "openevolve.llm_interactions",
                experiment_id=of,
                interaction_type="mutation",
                llm_model="m",
                prompt_text="p",
                cost_usd=1,
            )
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        maintenance.execute("REFRESH MATERIALIZED VIEW openevolve.evolution_experiment_summary_mv")
    summary = "SELECT generations, individuals, avg_fitness, max_fitness, llm_cost_usd"
    summary += " FROM openevolve.evolution_experiment_summary"
    with own_acting(acme) as app:
        assert app.execute(summary).fetchall() == [(1, 3, 2, 3, 2)]
    with own_acting(globex) as app:
        assert app.execute(summary).fetchall() == []


def test_what_an_old_experiment_found_stays_known(own_acting: Session) -> None:
    acme = new_organization(own_acting)
    ago = datetime.now(UTC) - timedelta(days=400)
    with own_acting(acme) as app:
        for name, ended in (("old", ago), ("new", None)):
            of = experiment(app, name=name, status="completed", started_at=ago, completed_at=ended)
            insert(
                app,
                "openevolve.evolution_individuals",
                generation_id=generation(app, of, 2),
                genotype={},
                phenotype="return sorted(x)",
                fitness_score=0.9,
            )
        experiment(app, name="endless", status="running", started_at=ago)
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        removed = (
            "SELECT rows_removed FROM base.apply_retention('openevolve.evolution_experiments')"
        )
        assert maintenance.execute(
            removed.replace("rows_removed", "rows_removed, status")
        ).fetchall() == [(1, "ok")]
    with own_acting(acme) as app:
        left = "SELECT name FROM openevolve.evolution_experiments ORDER BY name"
        assert values(app, left) == ["endless", "new"]
        assert value(app, "SELECT count(*) FROM openevolve.evolution_individuals") == 1
        known = value(app, "SELECT content FROM learning.knowledge_base")
        assert known == (
            "completed after 2 generations, best score 0.900000; best program:\nreturn sorted(x)"
        )


def test_an_experiment_that_does_not_come_on_is_named(acting: Session, acme: UUID) -> None:
    health = "SELECT openevolve.openevolve_health()"
    with acting(acme) as app:
        assert value(app, health)["status"] == "no data"
        ago = datetime.now(UTC) - timedelta(hours=2)
        moving = experiment(app, name="moving", status="running", started_at=ago)
        generation(app, moving)
        assert value(app, health)["status"] == "healthy"
        experiment(app, name="stuck", status="running", started_at=ago)
        told = value(app, health)
        assert (told["status"], told["running_experiments"]) == ("warning", 2)
        assert told["stalled_experiments"] == ["stuck"]
        app.execute("UPDATE openevolve.evolution_experiments SET status = 'failed'")
        told = value(app, health)
        assert (told["failure_rate_percent"], told["stalled_experiments"]) == (100, [])


@pytest.mark.parametrize(("filled", "score"), [(0, 0), (4, 50), (8, 100)])
def test_context_is_as_complete_as_its_parts(
    acting: Session, acme: UUID, filled: int, score: int
) -> None:
    parts = ["code_structure", "dependencies", "patterns", "complexity_metrics"]
    parts += ["semantic_graph", "function_relationships", "data_flow", "control_flow"]
    with acting(acme) as app:
        given = {part: {"a": 1} for part in parts[:filled]}
        context = insert(app, "openevolve.context_analysis", scope="file", **given)
        complete = "SELECT openevolve.calculate_context_completeness(%s)"
        assert value(app, complete, context) == score


TRACEBACK = 'Traceback:\n  File "shop.py", line {}, in pay\n    total(cart)\nKeyError: 7'


def record(app: Connection, message: str, stack: str | None = None, **context: object) -> UUID:
    told = "SELECT openevolve.record_error(%s, %s, %s)"
    return UUID(str(value(app, told, message, stack, Jsonb(context))))


def test_an_error_is_known_again_at_another_line(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        first = record(app, "KeyError: 'a' at 0x7f01", TRACEBACK.format(3), severity="warning")
        again = record(app, "KeyError: 'b' at 0xffe2", TRACEBACK.format(14), severity="critical")
        other = record(app, "KeyError: 'a' at 0x7f01", TRACEBACK.replace("pay", "ship"))
        assert first == again != other
        row = "SELECT occurrences, severity, error_type FROM openevolve.error_reports WHERE id = %s"
        assert app.execute(row, (first,)).fetchone() == (2, "critical", "runtime_error")
        insert(
            app,
            "openevolve.recovery_attempts",
            error_report_id=first,
            strategy="patch",
            outcome="succeeded",
        )
        assert record(app, "KeyError: 'a' at 0x7f01", TRACEBACK.format(3)) != first


NEXT = "SELECT strategy, learning_pattern_id, confidence FROM openevolve.next_recovery_action(%s)"


def attempt(app: Connection, error: UUID, outcome: str, **columns: object) -> None:
    given = {"error_report_id": error, "outcome": outcome, "strategy": "patch"} | columns
    insert(app, "openevolve.recovery_attempts", **given)


def test_without_experience_an_error_is_retried_twice_and_then_given_to_a_person(
    acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        error = record(app, "connection refused")
        steps = []
        for strategy in ("retry", "retry", "escalate"):
            steps.append((app.execute(NEXT, (error,)).fetchone() or [None])[0])
            attempt(app, error, "failed", strategy=strategy)
        assert steps == ["retry", "retry", "escalate"]
        status = "SELECT resolution_status FROM openevolve.error_reports"
        assert values(app, status) == ["unrecoverable"]
        assert app.execute(NEXT, (error,)).fetchall() == [("escalate", None, None)]
        rate = "SELECT errors, unrecoverable, percent FROM openevolve.unrecoverable_error_rate"
        assert app.execute(rate).fetchall() == [(1, 1, 100)]


def test_what_helped_most_is_tried_first(acting: Session, acme: UUID) -> None:
    def pattern(validated: bool = True) -> UUID:
        columns = {"pattern_name": uuid4().hex, "pattern_type": "error_resolution"}
        columns |= {"is_validated": validated}  # type: ignore[dict-item]
        return UUID(str(insert(app, "learning.learning_patterns", **columns)))

    with acting(acme) as app:
        good, fair, unchecked, elsewhere = pattern(), pattern(), pattern(False), pattern()
        past = [
            (good, "connection refused", "succeeded"),
            (good, "connection refused", "succeeded"),
            (good, "connection reset by peer", "failed"),
            (fair, "connection refused", "succeeded"),
            (fair, "connection reset by peer", "failed"),
            (unchecked, "connection refused", "succeeded"),
            (elsewhere, "out of memory", "succeeded"),
        ]
        for used, message, outcome in past:
            attempt(app, record(app, message), outcome, learning_pattern_id=used)
        error = record(app, "could not connect to server")
        steps = []
        for _ in range(2):
            step = app.execute(NEXT, (error,)).fetchone()
            assert step
            steps.append(step)
            attempt(app, error, "failed", learning_pattern_id=step[1])
        two_of_three = Decimal("0.6667")
        assert steps[0] == ("patch", good, two_of_three)
        assert steps[1] == ("patch", fair, Decimal("0.5000"))
        assert app.execute(NEXT, (error,)).fetchone() == ("retry", None, None)
        told = app.execute(
            "SELECT attempts, success_rate FROM openevolve.recovery_effectiveness"
            " WHERE error_type = 'resource_exhaustion'"
        ).fetchall()
        assert told == [(1, 100)]


def test_errors_are_summed_up_by_type(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        for message in ("out of memory", "out of memory", "no space left on device"):
            error = record(app, message)
        attempt(app, error, "succeeded", strategy="restart")
        told = app.execute(
            "SELECT error_type, errors, open, resolved, occurrences FROM openevolve.error_summary"
        ).fetchall()
        assert told == [("resource_exhaustion", 2, 1, 1, 3)]

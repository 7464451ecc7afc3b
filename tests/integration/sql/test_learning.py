"""Models, patterns and experiments: what is said of them follows from what was measured."""

import math
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from tests.integration.sql.conftest import (
    Connection,
    Session,
    insert,
    new_organization,
    value,
    values,
)


def model(app: Connection, **columns: object) -> UUID:
    given = {"name": "classifier", "version": uuid4().hex, "model_type": "classification"}
    return UUID(str(insert(app, "learning.ml_models", **given | columns)))


def predict(app: Connection, of: UUID, accuracy: float | None = None, **columns: object) -> UUID:
    given = {"model_id": of, "prediction_type": "bug_likelihood", "accuracy_score": accuracy}
    return UUID(str(insert(app, "learning.predictions", **given | columns)))


def drift(app: Connection, of: UUID) -> tuple[object, ...] | None:
    told = "SELECT drifted, verdict, samples, relative_drop FROM learning.model_drift(%s)"
    return app.execute(told, (of,)).fetchone()


@pytest.mark.parametrize(
    ("accuracy", "n", "drifted", "verdict"),
    [
        (0.71, 30, True, "drifted"),
        (0.73, 30, False, "stable"),
        (0.71, 29, None, "not enough data"),
    ],
)
def test_a_model_drifts_when_it_is_a_fifth_less_right_than_it_was(
    acting: Session, acme: UUID, accuracy: float, n: int, drifted: bool | None, verdict: str
) -> None:
    with acting(acme) as app:
        tested = model(app)
        insert(
            app,
            "learning.model_evaluations",
            model_id=tested,
            evaluation_type="test",
            metrics={},
            accuracy=0.9,
        )
        old = datetime.now(UTC) - timedelta(days=8)
        predict(app, tested, 0.0, prediction_timestamp=old)  # before the window
        predict(app, tested)  # nobody judged it
        for _ in range(n):
            predict(app, tested, accuracy)
        assert (drift(app, tested) or ())[:3] == (drifted, verdict, n)
        # The baseline of where it is in use goes before the test's.
        insert(
            app,
            "learning.model_deployments",
            model_id=tested,
            environment="production",
            status="active",
            performance_baseline={"accuracy": accuracy},
        )
        assert (drift(app, tested) or ())[0] is (False if n >= 30 else None)


def test_a_model_without_a_baseline_is_not_called_stable(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        unknown = model(app)
        for _ in range(30):
            predict(app, unknown, 0.5)
        assert drift(app, unknown) == (None, "no baseline", 30, None)


def test_a_drifted_model_is_to_be_retrained_once(own_acting: Session) -> None:
    acme, globex = new_organization(own_acting), new_organization(own_acting)
    for organization, accuracy in ((acme, 0.5), (globex, 0.9)):
        with own_acting(organization) as app:
            trained = model(app, status="active", version="1")
            insert(
                app,
                "learning.model_evaluations",
                model_id=trained,
                evaluation_type="test",
                metrics={},
                accuracy=0.9,
            )
            for _ in range(30):
                predict(app, trained, accuracy)
    schedule = "SELECT learning.schedule_retraining()"
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        assert [value(maintenance, schedule) for _ in range(2)] == [1, 0]
        made = "SELECT organization_id, title, task_type FROM tasks.tasks"
        assert maintenance.execute(made).fetchall() == [
            (acme, "Retrain classifier 1", "maintenance")
        ]
        maintenance.execute("UPDATE tasks.tasks SET status = 'cancelled'")
        assert value(maintenance, schedule) == 1


def test_feedback_judges_a_prediction_and_leaves_the_accuracy_off_line(
    acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        judged = model(app, accuracy=0.9)
        first, second = predict(app, judged), predict(app, judged)
        for prediction, score in ((first, 0.95), (second, 0.2), (second, 0.4)):
            insert(
                app, "learning.learning_feedback", prediction_id=prediction, feedback_score=score
            )
        states = "SELECT accuracy_score::float, status FROM learning.predictions ORDER BY 1"
        assert app.execute(states).fetchall() == [(0.3, "invalidated"), (0.95, "validated")]
        assert value(
            app, "SELECT bool_and(processed_at IS NOT NULL) FROM learning.learning_feedback"
        )
        told = app.execute(
            "SELECT offline_accuracy::float, online_accuracy::float, predictions, scored,"
            " feedback_count, drift FROM learning.model_performance"
        ).fetchall()
        assert told == [(0.9, 0.625, 2, 2, 3, "not enough data")]


def test_a_reader_of_views_is_told_how_models_do(acting: Session, acme: UUID, globex: UUID) -> None:
    told = "SELECT scored, drift FROM learning.model_performance"
    with acting(acme) as app:
        predict(app, model(app), 0.5)
    with acting(acme, role="graph_sitter_reader") as reader:
        assert reader.execute(told).fetchall() == [(1, "not enough data")]
    with acting(globex, role="graph_sitter_reader") as reader:
        assert reader.execute(told).fetchall() == []


def test_old_predictions_expire(acting: Session, acme: UUID) -> None:
    now = datetime.now(UTC)
    with acting(acme) as app:
        of = model(app)
        gone = predict(app, of, prediction_expires_at=now - timedelta(seconds=1))
        predict(app, of, prediction_expires_at=now + timedelta(hours=1))
        predict(app, of)
        assert value(app, "SELECT learning.expire_old_predictions()") == 1
        expired = "SELECT id FROM learning.predictions WHERE status = 'expired'"
        assert values(app, expired) == [gone]


@pytest.mark.parametrize(
    ("confidence", "impact", "effort", "priority"),
    [(0.5, 40, 80, 25), (0.9, 80, 50, 100), (0.5, 40, 0, 100), (None, 40, 80, None)],
)
def test_the_priority_of_a_recommendation_follows_from_its_scores(
    acting: Session,
    acme: UUID,
    confidence: float | None,
    impact: int,
    effort: int,
    priority: int | None,
) -> None:
    with acting(acme) as app:
        insert(
            app,
            "learning.recommendations",
            recommendation_type="refactoring",
            title="Split it",
            confidence_score=confidence,
            impact_score=impact,
            effort_score=effort,
            priority_score=1,
        )
        assert value(app, "SELECT priority_score FROM learning.recommendations") == priority


def test_what_works_is_known_by_how_it_went(acting: Session, acme: UUID) -> None:
    told = "SELECT applications, success_rate, effectiveness_score FROM"
    told += " learning.learning_pattern_success"
    with acting(acme) as app:
        pattern = insert(
            app,
            "learning.learning_patterns",
            pattern_name="retry",
            pattern_type="error_resolution",
        )
        assert app.execute(told).fetchone() == (0, None, None)
        steps = [("success", 80, (1, 100, 80)), ("failure", 20, (2, 50, 62))]
        for result, feedback, after in steps:
            app.execute(
                "SELECT learning.update_pattern_effectiveness(%s, %s, %s)",
                (pattern, result, feedback),
            )
            assert app.execute(told).fetchone() == after
        app.execute("SELECT learning.update_pattern_effectiveness(%s, 'pending')", (pattern,))
        assert app.execute(told).fetchone() == (3, 50, 62)


def test_one_version_of_a_model_is_active_in_an_environment(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        first, second, other = model(app), model(app), model(app, name="other")

        def deploy(which: UUID, environment: str = "production", status: str = "active") -> None:
            insert(
                app,
                "learning.model_deployments",
                model_id=which,
                environment=environment,
                status=status,
            )

        deploy(first)
        deploy(other)
        deploy(second, "staging")
        deploy(second, status="deploying")
        with pytest.raises(errors.UniqueViolation), app.transaction():
            app.execute("UPDATE learning.model_deployments SET status = 'active'")
        app.execute(
            "UPDATE learning.model_deployments SET status = 'inactive' WHERE model_id = %s",
            (first,),
        )
        deploy(second)


def test_a_training_keeps_to_its_states_and_epochs(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        dataset = insert(
            app, "learning.training_datasets", name="d", version="1", dataset_type="code"
        )
        session = insert(
            app,
            "learning.model_training_sessions",
            model_id=model(app),
            dataset_id=dataset,
            total_epochs=3,
        )
        change = "UPDATE learning.model_training_sessions SET "
        with pytest.raises(errors.CheckViolation), app.transaction():
            app.execute(change + "current_epoch = 4")
        app.execute(change + "status = 'completed'")
        ended = "SELECT training_end IS NOT NULL FROM learning.model_training_sessions"
        assert values(app, ended) == [True]
        with pytest.raises(errors.CheckViolation), app.transaction():
            app.execute(change + "status = 'running' WHERE id = %s", (session,))


def test_what_is_encrypted_names_its_key_and_is_told_nowhere(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        with pytest.raises(errors.CheckViolation), app.transaction():
            model(app, encrypted_data=b"hidden")
        model(app, encrypted_data=b"hidden", encryption_key_id="k1")
        for table in ("base.audit_log", "learning.learning_events"):
            assert not value(
                app, f"SELECT bool_or(t::text LIKE %s) FROM {table} t", f"%{b'hidden'.hex()}%"
            )


def test_knowledge_is_found_by_its_words_best_first(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        for title, content in (
            ("Retrying", "Waits grow with every failure"),
            ("Failures", "Say what went wrong"),
            ("Tests", "Name the behaviour"),
        ):
            insert(app, "learning.knowledge_base", title=title, content=content)
        found = "SELECT title FROM learning.search_knowledge(%s)"
        assert values(app, found, "failure") == ["Failures", "Retrying"]
        assert values(app, found, "failure -waits") == ["Failures"]
        app.execute("UPDATE learning.knowledge_base SET status = 'obsolete'")
        assert values(app, found, "failure") == []


def test_occurrences_are_counted_though_they_leave(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        pattern = insert(
            app,
            "learning.identified_patterns",
            pattern_type="code_smell",
            pattern_name="long_method",
        )
        for day in (3, 1, 2):
            insert(
                app,
                "learning.pattern_occurrences",
                pattern_id=pattern,
                source_type="code_file",
                source_id="file123",
                detection_timestamp=datetime(2026, 1, day, tzinfo=UTC),
            )
        app.execute("DELETE FROM learning.pattern_occurrences")
        counted = app.execute(
            "SELECT occurrence_frequency, extract(day FROM first_detected AT TIME ZONE 'UTC'),"
            " extract(day FROM last_detected AT TIME ZONE 'UTC') FROM learning.identified_patterns"
        )
        assert counted.fetchall() == [(3, 1, 3)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-40, 40))
def test_student_s_t_is_exact_where_it_can_be_written_down(
    connection: Connection, t: float
) -> None:
    told = "SELECT learning.student_p_value(%s, 1), learning.student_p_value(%s, 2)"
    cauchy, two = connection.execute(told, (t, t)).fetchone() or (0, 0)
    assert cauchy == pytest.approx(1 - 2 / math.pi * math.atan(abs(t)), abs=1e-9)
    assert two == pytest.approx(1 - abs(t) / math.sqrt(2 + t * t), abs=1e-9)


@pytest.mark.parametrize(
    ("t", "degrees", "p"),
    [(2.2281388519649385, 10, 0.05), (2.7500, 30, 0.0099998), (1.959964, 1e7, 0.05)],
)
def test_student_s_t_is_that_of_the_tables(
    connection: Connection, t: float, degrees: float, p: float
) -> None:
    told = value(connection, "SELECT learning.student_p_value(%s, %s)", t, degrees)
    assert told == pytest.approx(p, abs=1e-6)


def experiment(app: Connection, **columns: object) -> UUID:
    given = {
        "experiment_name": uuid4().hex,
        "status": "running",
        "traffic_allocation": {"control": 70, "new": 30},
        "minimum_sample_size": 5,
    }
    return UUID(str(insert(app, "learning.ab_testing_experiments", **given | columns)))


def measure(app: Connection, of: UUID, variant: str, samples: list[float]) -> None:
    for sample in samples:
        subject = insert(
            app,
            "learning.ab_testing_assignments",
            experiment_id=of,
            user_id=uuid4().hex,
            variant=variant,
        )
        for minute, part in enumerate((sample - 1, sample + 1)):
            insert(
                app,
                "learning.ab_testing_metrics",
                experiment_id=of,
                assignment_id=subject,
                metric_name="seconds",
                metric_value=part,
                metric_timestamp=datetime(2026, 1, 1, 0, minute, tzinfo=UTC),
            )


RESULTS = "SELECT variant, n, lift_percent, p_value, significant, verdict"
RESULTS += " FROM learning.ab_test_results(%s, 'seconds')"


def test_variants_are_compared_by_welch_s_test(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        of = experiment(app)
        measure(app, of, "control", [1.0, 2.0, 3.0, 4.0, 5.0])
        measure(app, of, "new", [2.0, 4.0, 6.0, 8.0])
        control, new = app.execute(RESULTS, (of,)).fetchall()
        assert (control[1], control[5], new[5]) == (5, "control", "insufficient data")
        measure(app, of, "new", [10.0])
        new = app.execute(RESULTS, (of,)).fetchall()[1]
        # t = 3 / sqrt(0.5 + 2) = 1.897366596 with 2.5² / (0.5²/4 + 2²/4) = 5.882352941 degrees
        assert new[:2] == ("new", 5)
        assert new[2] == pytest.approx(100)
        assert new[3] == pytest.approx(0.107531194, abs=1e-6)
        assert new[4:] == (False, "no difference")


def test_a_difference_beyond_chance_is_told(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        of = experiment(app)
        measure(app, of, "control", [1.0, 2.0, 3.0, 4.0, 5.0])
        measure(app, of, "new", [11.0, 12.0, 13.0, 14.0, 15.0])
        new = app.execute(RESULTS, (of,)).fetchall()[1]
        assert new[4:] == (True, "higher")


def test_a_subject_keeps_its_variant(acting: Session, acme: UUID) -> None:
    assign = "SELECT learning.assign_ab_variant(%s, 's' || i) FROM generate_series(1, 500) AS i"
    with acting(acme) as app:
        of = experiment(app)
        first = values(app, assign, of)
        assert 100 < first.count("new") < 200
        app.execute(
            """UPDATE learning.ab_testing_experiments SET traffic_allocation = '{"new": 100}'"""
        )
        assert values(app, assign, of) == first
        app.execute("UPDATE learning.ab_testing_experiments SET status = 'completed'")
        assert value(app, "SELECT learning.assign_ab_variant(%s, 'newcomer')", of) is None


@pytest.mark.parametrize(
    "columns",
    [
        {"traffic_allocation": {"control": 70, "new": 20}},
        {"traffic_allocation": {}},
        {"statistical_power": 0.4},
        {"significance_level": 0.2},
        {"start_date": "2026-01-02", "end_date": "2026-01-01"},
    ],
)
def test_an_experiment_that_can_tell_nothing_is_refused(
    acting: Session, acme: UUID, columns: dict[str, object]
) -> None:
    with acting(acme) as app, pytest.raises(errors.CheckViolation):
        experiment(app, **columns)


def test_an_adaptation_is_kept_for_what_it_brought(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        for name, gain in (("a", 10), ("b", -5)):
            insert(
                app,
                "learning.system_adaptations",
                adaptation_name=name,
                adaptation_type="cache",
                target_component="parser",
                expected_improvement=20,
                actual_improvement=gain,
            )
        insert(app, "learning.system_adaptations", adaptation_name="c", adaptation_type="index")
        app.execute(
            "UPDATE learning.system_adaptations SET status = CASE WHEN actual_improvement > 0"
            " THEN 'kept' ELSE 'rolled_back' END WHERE adaptation_type = 'cache'"
        )
        with pytest.raises(errors.CheckViolation), app.transaction():
            app.execute("UPDATE learning.system_adaptations SET status = 'kept'")
        told = app.execute(
            "SELECT adaptation_type, adaptations, kept, expected_improvement, actual_improvement"
            " FROM learning.adaptation_effectiveness ORDER BY 1"
        ).fetchall()
        assert told == [("cache", 2, 1, 20, 2.5), ("index", 1, 0, None, None)]

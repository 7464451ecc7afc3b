"""Learning events: what is told with them, and what stays when they leave."""

from uuid import UUID

import pytest
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


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("git_operation", {"git_operation_id": "g1", "operation_type": "merge", "lines_added": 3}),
        ("user_session", {"session_id": "s1", "user_id": "u1", "platform": "cli"}),
        ("api_request", {"request_id": "r1", "status_code": 503, "response_time_ms": 12.5}),
    ],
)
def test_an_event_is_recorded_with_what_is_told_of_it(
    acting: Session, acme: UUID, kind: str, detail: dict[str, object]
) -> None:
    record = "SELECT learning.record_learning_event(%s, %s, p_detail => %s)"
    with acting(acme) as app:
        event = value(app, record, kind, Jsonb({"a": 1}), Jsonb(detail))
        row = value(app, f"SELECT to_jsonb(d) FROM learning.{kind}_learning_events d")
        assert row["learning_event_id"] == event
        assert {key: row[key] for key in detail} == detail
        size = "SELECT event_size_bytes FROM learning.learning_events WHERE id = %s"
        assert value(app, size, event) == len('{"a": 1}')
        with pytest.raises(errors.InvalidParameterValue), app.transaction():
            app.execute(record, ("error", Jsonb({}), Jsonb(detail)))


ROW = "SELECT to_jsonb(m) - 'encrypted_data' FROM learning.ml_models m"
REPLAY = "SELECT learning.replay_entity('learning.ml_models', %s)"
TOTALS = """
    SELECT event_type, source_system, sum(n)::bigint, sum(bytes)::bigint
    FROM learning.daily_learning_metrics_mv GROUP BY 1, 2 ORDER BY 1, 2
"""
REFRESH = "REFRESH MATERIALIZED VIEW learning.daily_learning_metrics_mv"


def _change(app: Connection) -> str:
    model = insert(
        app, "learning.ml_models", name="m", version="1", model_type="prediction", accuracy=0.5
    )
    app.execute("UPDATE learning.ml_models SET accuracy = 0.7, status = 'active'")
    return str(model)


def test_a_row_is_what_its_changes_tell_though_they_have_left(own_acting: Session) -> None:
    acme = new_organization(own_acting)
    with own_acting(acme) as app:
        model = _change(app)
        assert value(app, REPLAY, model) == value(app, ROW)
        app.execute(
            "SELECT learning.record_learning_event('git_operation', '{}', p_detail =>"
            """ '{"git_operation_id": "g", "operation_type": "tag"}')"""
        )
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        # Old enough for their month to leave, and younger than 90 days for the figures by day.
        maintenance.execute("DELETE FROM learning.git_operation_learning_events")
        maintenance.execute(
            "UPDATE learning.learning_events SET timestamp = timestamp - interval '65 days'"
        )
        maintenance.execute(REFRESH)
        before = maintenance.execute(TOTALS).fetchall()
        told = value(maintenance, "SELECT count(*) FROM learning.learning_events")
        assert before and told == 3
        assert value(maintenance, "SELECT learning.cleanup_old_learning_events()") == told
        assert value(maintenance, "SELECT count(*) FROM learning.learning_events") == 0
        maintenance.execute(REFRESH)
        assert maintenance.execute(TOTALS).fetchall() == before
    with own_acting(acme) as app:
        assert value(app, REPLAY, model) == value(app, ROW)
        app.execute("UPDATE learning.ml_models SET accuracy = 0.8")
        assert value(app, REPLAY, model) == value(app, ROW)
        app.execute("DELETE FROM learning.ml_models")
        assert value(app, REPLAY, model) is None


def test_details_leave_with_their_event(own_acting: Session) -> None:
    acme = new_organization(own_acting)
    with own_acting(acme) as app:
        for age in ("0 days", "65 days"):
            app.execute(
                "SELECT learning.record_learning_event('user_session', '{}',"
                " p_timestamp => now() - %s::interval, p_detail => %s)",
                (age, Jsonb({"session_id": age, "user_id": "u"})),
            )
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        assert value(maintenance, "SELECT learning.cleanup_old_learning_events()") == 1
    with own_acting(acme) as app:
        left = "SELECT session_id FROM learning.user_session_learning_events"
        assert values(app, left) == ["0 days"]


def test_a_row_that_never_was_has_no_history(acting: Session, acme: UUID, globex: UUID) -> None:
    with acting(acme) as app:
        model = _change(app)
        past = "SELECT learning.replay_entity('learning.ml_models', %s, now() - interval '1 day')"
        assert value(app, past, model) is None
    with acting(globex) as app:
        assert value(app, REPLAY, model) is None


def test_patterns_are_summed_up_as_patterns_and_not_as_occurrences(own_acting: Session) -> None:
    acme, globex = new_organization(own_acting), new_organization(own_acting)
    with own_acting(acme) as app:
        for name in ("a", "b"):
            pattern = insert(
                app, "learning.identified_patterns", pattern_type="code_smell", pattern_name=name
            )
            for state in ("open", "resolved"):
                app.execute(
                    "INSERT INTO learning.pattern_occurrences (pattern_id, source_type, source_id,"
                    " resolution_status, detection_timestamp, resolution_timestamp)"
                    " VALUES (%s, 'code_file', 'f', %s, now() - interval '2 hours',"
                    " CASE WHEN %s = 'resolved' THEN now() END)",
                    (pattern, state, state),
                )
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        maintenance.execute("REFRESH MATERIALIZED VIEW learning.pattern_analytics_summary_mv")
    summary = (
        "SELECT severity_level, pattern_count, total_occurrences, resolved, open,"
        " avg_resolution_hours FROM learning.pattern_analytics_summary"
    )
    with own_acting(acme) as app:
        assert app.execute(summary).fetchall() == [("unrated", 2, 4, 2, 2, 2)]
    with own_acting(globex) as app:
        assert app.execute(summary).fetchall() == []

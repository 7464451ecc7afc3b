"""Events: recording, handlers, retries, figures."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from tests.integration.sql.conftest import Connection, Session, new_organization, value, values
from tests.integration.sql.happenings import process, record, subscribe

type Register = Callable[..., None]

# A handler that notes what it was called with, and one that fails after having noted it.
_HANDLERS = """
    CREATE SCHEMA probe;
    GRANT USAGE ON SCHEMA probe TO PUBLIC;
    CREATE TABLE probe.calls (handler text, event_id uuid, organization_id uuid DEFAULT
        base.current_organization_id());
    GRANT ALL ON probe.calls TO PUBLIC;
    CREATE FUNCTION probe.note(uuid, timestamptz) RETURNS void LANGUAGE sql
    BEGIN ATOMIC INSERT INTO probe.calls (handler, event_id) VALUES ('note', $1); END;
    CREATE FUNCTION probe.fail(uuid, timestamptz) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO probe.calls (handler, event_id) VALUES ('fail', $1);
        RAISE 'no such host';
    END $$;
"""
_STATE = "SELECT status, attempts, last_error FROM events.events WHERE id = %s"


@pytest.fixture
def register(own_connection: Connection) -> Register:
    """Registers one of the handlers above."""
    own_connection.execute(_HANDLERS)

    def handler(name: str, **columns: object) -> None:
        names = "".join(f", {column}" for column in columns)
        own_connection.execute(
            f"INSERT INTO events.event_handlers (name, function_name{names})"
            f" VALUES (%s, %s{', %s' * len(columns)})".encode(),
            (name, f"probe.{name}(uuid, timestamptz)", *columns.values()),
        )

    return handler


def test_a_delivery_that_comes_twice_is_one_event(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        first = record(app, deduplication_key="d-1", event_data={"n": 1})
        assert record(app, deduplication_key="d-1", event_data={"n": 2}) == first
        assert record(app, source="slack", deduplication_key="d-1") != first
        data = values(app, "SELECT event_data FROM events.events WHERE id = %s", first)
    assert data == [{"n": 1}]


def test_sessions_that_deliver_at_once_record_one_event(
    shared_database: str, acting: Session, acme: UUID
) -> None:
    def deliver(_: int) -> UUID:
        with psycopg.connect(shared_database) as session:
            session.execute("SET LOCAL ROLE graph_sitter_app")
            session.execute("SELECT base.set_current_organization(%s)", (acme,))
            return record(session, deduplication_key="d-1")

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(deliver, range(40)))
    with acting(acme) as app:
        assert values(app, "SELECT id FROM events.events") == list(ids)


def test_what_refers_to_an_event_is_recorded_with_it(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        project = value(
            app, "INSERT INTO projects.projects (name, slug) VALUES ('x', 'x') RETURNING id"
        )
        app.execute(
            "INSERT INTO events.event_types (name, source, category)"
            " VALUES ('push', 'github', 'code')"
        )
        event = record(app, refs={"project_id": str(project), "title": "Pushed", "actor": "ada"})
        row = app.execute(
            "SELECT project_id, title, actor, category, event_type_id IS NOT NULL"
            " FROM events.events WHERE id = %s",
            (event,),
        ).fetchone()
    assert row == (project, "Pushed", "ada", "code", True)


def test_an_event_cannot_refer_to_another_organization(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    with acting(acme) as app:
        project = value(
            app, "INSERT INTO projects.projects (name, slug) VALUES ('x', 'x') RETURNING id"
        )
    with acting(globex) as app, pytest.raises(errors.ForeignKeyViolation):
        record(app, refs={"project_id": str(project)})


def test_types_that_are_not_to_be_processed_are_stored_as_skipped(
    acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        app.execute(
            "INSERT INTO events.event_types (name, source, auto_process)"
            " VALUES ('ping', 'github', false)"
        )
        event = record(app, type_="ping")
        assert process(app) == 0
        assert value(app, _STATE, event) == "skipped"
        assert value(
            app,
            "SELECT events.requeue_event(id, occurred_at) FROM events.events WHERE id = %s",
            event,
        )
        assert process(app) == 1


def test_urgent_events_come_first_then_old_ones(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        for priority, age in (("low", 9), ("critical", 1), ("critical", 2), ("high", 5)):
            app.execute(
                "SELECT events.record_event('custom', %s, p_priority => %s,"
                " p_occurred_at => now() - %s * interval '1 minute')",
                (f"{priority} {age}", priority, age),
            )
        order: list[str] = []
        for _ in range(4):
            assert process(app, 1) == 1
            done = set(values(app, "SELECT type FROM events.events WHERE status = 'processed'"))
            order += sorted(done - set(order))
    assert order == ["critical 2", "critical 1", "high 5", "low 9"]


def test_a_handler_sees_the_events_it_is_registered_for(
    own_connection: Connection, own_acting: Session, register: Register
) -> None:
    register("note", source="github", type_pattern="pull%")
    acme = new_organization(own_acting)
    with own_acting(acme) as app:
        event = record(app, type_="pull_request")
        record(app, type_="push")
        record(app, source="slack", type_="pull_request")
        assert process(app) == 3
    assert values(own_connection, "SELECT event_id FROM probe.calls") == [event]


def test_a_handler_that_fails_is_tried_again_later_and_later_and_then_given_up(
    own_connection: Connection, own_acting: Session, register: Register
) -> None:
    register("note", position=1)
    register("fail", position=2)
    acme = new_organization(own_acting)
    with own_acting(acme) as app:
        event = record(app)
    waits, states = [], []
    for _ in range(5):
        with own_acting(acme) as app:
            process(app)
            assert process(app) == 0  # not due yet
            states.append(app.execute(_STATE, (event,)).fetchone())
            waits.append(
                value(app, "SELECT extract(epoch FROM next_attempt_at - now()) FROM events.events")
            )
        own_connection.execute(
            "UPDATE events.events SET next_attempt_at = now() WHERE status = 'retrying'"
        )
    error = "fail: no such host"
    assert states == [*(("retrying", n, error) for n in (1, 2, 3, 4)), ("failed", 5, error)]
    assert waits == [60, 120, 240, 480, None]
    # What had succeeded was not done twice, and nothing of what failed is left.
    assert values(own_connection, "SELECT handler FROM probe.calls") == ["note"]
    with own_acting(acme) as app:
        log = app.execute(
            "SELECT handler, attempt, success, error_message FROM events.event_processing_logs"
            " ORDER BY id"
        ).fetchall()
        assert log[0] == ("note", 1, True, None)
        assert log[1:] == [("fail", n, False, "no such host") for n in (1, 2, 3, 4, 5)]
        dead = app.execute("SELECT kind, event_id, attempts, last_error FROM events.dead_letters")
        assert dead.fetchall() == [("event", event, 5, error)]


def test_an_event_that_was_given_up_can_be_given_another_chance(
    own_connection: Connection, own_acting: Session, register: Register
) -> None:
    register("fail")
    acme = new_organization(own_acting)
    with own_acting(acme) as app:
        event = record(app)
        for _ in range(5):
            process(app)
            app.execute(
                "UPDATE events.events SET next_attempt_at = now() WHERE status = 'retrying'"
            )
        again = "SELECT events.requeue_event(id, occurred_at) FROM events.events"
        assert value(app, again) is True
        assert value(app, again) is False
    own_connection.execute("UPDATE events.event_handlers SET is_active = false")
    with own_acting(acme) as app:
        assert process(app) == 1
        assert app.execute(_STATE, (event,)).fetchone() == ("processed", 1, None)
        assert values(app, "SELECT event_id FROM events.dead_letters") == []


def test_a_handler_that_is_not_required_may_fail(own_acting: Session, register: Register) -> None:
    register("fail", is_required=False)
    acme = new_organization(own_acting)
    with own_acting(acme) as app:
        event = record(app)
        assert process(app) == 1
        assert value(app, _STATE, event) == "processed"
        assert values(app, "SELECT success FROM events.event_processing_logs") == [False]


def test_a_handler_is_a_function_that_exists(own_connection: Connection) -> None:
    insert = "INSERT INTO events.event_handlers (name, function_name) VALUES ('x', %s)"
    with pytest.raises(errors.UndefinedFunction, match=r"probe\.absent"):
        own_connection.execute(insert, ("probe.absent(uuid, timestamptz)",))
    # Up to 15 the server says itself that this is no signature.
    with pytest.raises((errors.UndefinedFunction, errors.InvalidTextRepresentation)):
        own_connection.execute(insert, ("pg_sleep(1); --",))


def test_what_maintenance_processes_belongs_to_the_event_s_organization(
    own_connection: Connection, own_acting: Session, register: Register
) -> None:
    register("note")
    own_connection.execute("GRANT ALL ON SCHEMA probe TO graph_sitter_maintenance")
    organizations = {new_organization(own_acting), new_organization(own_acting)}
    for organization in organizations:
        with own_acting(organization) as app:
            record(app)
            subscribe(app)
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        assert process(maintenance) == 2
        assert value(maintenance, "SELECT base.current_organization_id()") is None
    for table in ("probe.calls", "events.event_processing_logs", "events.event_deliveries"):
        rows = values(own_connection, f"SELECT organization_id FROM {table}")
        assert set(rows) == organizations, table


@pytest.mark.parametrize(
    ("before", "after"),
    [("processed", "pending"), ("processed", "failed"), ("failed", "processed")],
)
def test_what_has_ended_does_not_move_on(
    acting: Session, acme: UUID, before: str, after: str
) -> None:
    with acting(acme) as app:
        event = record(app)
        change = (
            "UPDATE events.events SET status = %s,"
            " processed_at = CASE WHEN %s = 'processed' THEN now() END WHERE id = %s"
        )
        app.execute(change, (before, before, event))
        with pytest.raises(errors.CheckViolation) as refused, app.transaction():
            app.execute(change, (after, after, event))
    assert refused.value.diag.constraint_name == "events_status_transition"


def test_a_known_backlog_is_reported_exactly(acting: Session, acme: UUID) -> None:
    ask = "SELECT analysis_type, metrics FROM events.events_performance_analysis()"
    with acting(acme) as app:
        empty = dict(app.execute(ask))
        assert list(empty) == ["all"]
        assert empty["all"].pop("status") == "no data"
        assert set(empty["all"].values()) == {None}
        app.execute(
            """
            INSERT INTO events.events (source, type, received_at, status, processed_at)
            SELECT 'github', 'push', now() - interval '1 hour', 'processed',
                now() - interval '1 hour' + s * interval '1 second' FROM unnest(ARRAY[1, 2, 9]) AS s
            UNION ALL SELECT 'github', 'push', now() - interval '2 days', 'failed', NULL
            UNION ALL SELECT 'slack', 'message', now() - n * interval '1 minute', 'pending', NULL
            FROM generate_series(1, 5) AS n
            """
        )
        found = dict(app.execute(ask))
    assert found["source:github"] == {
        "status": "ok",
        "events": 4,
        "avg_seconds": 4,
        "median_seconds": 2,
        "p95_seconds": 8.3,
        "events_per_hour_last_24h": 0.13,
        "processing_success_rate": 75,
        "backlog_size": 0,
        "oldest_pending_seconds": None,
    }
    slack = found["source:slack"]
    assert (slack["backlog_size"], slack["oldest_pending_seconds"]) == (5, 300)
    assert (slack["processing_success_rate"], slack["avg_seconds"]) == (None, None)
    assert (found["all"]["events"], found["all"]["backlog_size"]) == (9, 5)


def test_views_count_by_day_source_and_repository(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        repository = value(
            app,
            "INSERT INTO projects.repositories (full_name, name) VALUES ('a/b', 'b') RETURNING id",
        )
        for day in ("2026-01-05 23:30Z", "2026-01-06 00:30Z", "2026-01-06 12:00Z"):
            record(app, occurred_at=day, refs={"repository_id": str(repository)})
        for _ in range(3):
            record(app, source="slack", refs={"repository_id": str(repository)})
        assert process(app, 2) == 2
        days = app.execute(
            "SELECT day::text, count, processed, pending FROM events.event_summary"
            " WHERE source = 'github' ORDER BY day"
        ).fetchall()
        assert days == [("2026-01-05", 1, 1, 0), ("2026-01-06", 2, 1, 1)]
        activity = app.execute(
            "SELECT events_by_source, active_days, last_activity_at = now()"
            " FROM events.repository_activity"
        ).fetchone()
    assert activity == ({"github": 3, "slack": 3}, 1, True)

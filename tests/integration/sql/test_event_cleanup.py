"""Events that leave with all that belongs to them, and events that stray."""

import pytest
from psycopg import errors
from tests.integration.sql.conftest import Connection, Session, new_organization, value, values
from tests.integration.sql.happenings import process, record, subscribe

_DETAIL = """
    INSERT INTO events.github_events (event_id, occurred_at, github_type)
    SELECT id, occurred_at, type FROM events.events
"""
_AGES = """
    SELECT type || ' ' || round(extract(epoch FROM now() - occurred_at) / 86400)
    FROM events.events ORDER BY type, occurred_at
"""


def _aged(app: Connection, kind: str, *days: int) -> None:
    for age in days:
        app.execute(
            "SELECT events.record_event('github', %s, p_deduplication_key => %s,"
            " p_occurred_at => now() - %s * interval '1 day')",
            (kind, f"{kind}-{age}", age),
        )


def test_events_stay_as_long_as_their_type_says_and_leave_with_all_that_is_theirs(
    own_connection: Connection, own_acting: Session
) -> None:
    with own_acting(new_organization(own_acting)) as app:
        app.execute(
            "INSERT INTO events.event_types (source, name, retention_days)"
            " VALUES ('github', 'ping', 7), ('github', 'push', 90), ('github', 'release', 365)"
        )
        subscribe(app, type_patterns=["%"])
        _aged(app, "other", 5, 120)
        _aged(app, "ping", 5, 9, 120)
        _aged(app, "push", 9, 80, 120)
        _aged(app, "release", 120, 400)
        assert process(app) == 10
        app.execute(_DETAIL)
    own_connection.execute("SELECT base.ensure_partitions('events.events')")

    own_connection.execute("SET ROLE graph_sitter_maintenance")
    assert value(own_connection, "SELECT events.cleanup_old_events()") == 5
    assert value(own_connection, "SELECT events.cleanup_old_events()") == 0
    own_connection.execute("RESET ROLE")

    left = ["other 5", "ping 5", "push 9", "push 80", "release 120"]
    assert sorted(values(own_connection, _AGES)) == sorted(left)
    for table in ("github_events", "event_keys", "event_deliveries"):
        held = values(own_connection, f"SELECT event_id FROM events.{table}")
        assert len(held) == 5, table
        known = values(own_connection, "SELECT id FROM events.events")
        assert set(held) == set(known), table


def test_the_newest_partitions_go_untouched_and_old_ones_as_a_whole(
    own_connection: Connection, own_acting: Session
) -> None:
    with own_acting(new_organization(own_acting)) as app:
        _aged(app, "push", 1, 50, 200, 300)
    own_connection.execute("SELECT base.ensure_partitions('events.events')")
    before = value(own_connection, _PARTITIONS)
    assert value(own_connection, "SELECT events.cleanup_old_events()") == 2
    assert before - value(own_connection, _PARTITIONS) == 2


_WEEK = "SELECT to_char(base.partition_start(%s, '7 days') AT TIME ZONE 'UTC', 'YYYYMMDD')"
_PARTITIONS = "SELECT count(*) FROM base.partitions('events.events')"


def test_an_event_far_ahead_moves_into_its_partition_with_what_is_its(
    own_connection: Connection, own_acting: Session
) -> None:
    with own_acting(new_organization(own_acting)) as app:
        far = value(app, "SELECT now() + interval '100 days'")
        event = record(app, deduplication_key="far", occurred_at=far)
        app.execute(_DETAIL)
    place = "SELECT tableoid::regclass::text FROM events.events WHERE id = %s"
    assert str(value(own_connection, place, event)).endswith("events_default")
    own_connection.execute(
        "SELECT base.ensure_partitions('events.events', %s + interval '7 days')", (far,)
    )
    week = value(own_connection, _WEEK, far)
    assert str(value(own_connection, place, event)).endswith(f"events_p{week}")
    assert values(own_connection, "SELECT event_id FROM events.github_events") == [event]
    assert values(own_connection, "SELECT event_id FROM events.event_keys") == [event]
    with own_acting(new_organization(own_acting)) as app:
        app.execute("SET LOCAL ROLE graph_sitter_maintenance")
        assert process(app) == 1


def test_who_works_for_an_organization_does_not_clean_up(acting: Session) -> None:
    with acting() as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute("SELECT events.cleanup_old_events()")

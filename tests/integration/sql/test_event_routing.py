"""Who is told of an event, and how telling them goes."""

from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import Connection, Session, value, values
from tests.integration.sql.happenings import process, record, subscribe


@pytest.mark.parametrize(
    ("asked", "matches"),
    [
        ({}, True),
        ({"sources": ["slack", "github"]}, True),
        ({"sources": ["slack"]}, False),
        ({"categories": ["code"]}, True),
        ({"categories": ["chat"]}, False),
        ({"type_patterns": ["push", "pull%"]}, True),
        ({"type_patterns": ["issue%"]}, False),
        ({"min_priority": "high"}, True),
        ({"min_priority": "urgent"}, False),
        ({"filter": '$.action == "opened"'}, True),
        ({"filter": '$.action == "closed"'}, False),
        ({"filter": "$.number > 5"}, True),
        ({"filter": "$.action > 5"}, False),
        ({"filter": '$.labels[*] ? (@ == "bug")'}, True),
        ({"filter": '$.labels[*] ? (@ == "docs")'}, False),
        ({"filter": "strict $.absent == 1"}, False),
        ({"sources": ["github"], "filter": '$.action == "closed"'}, False),
    ],
)
def test_a_subscription_matches_by_everything_it_asks_for(
    acting: Session, acme: UUID, asked: dict[str, object], matches: bool
) -> None:
    data = {"action": "opened", "number": 7, "labels": ["bug", "ui"]}
    with acting(acme) as app:
        event = record(
            app,
            type_="pull_request",
            priority="high",
            event_data=data,
            refs={"category": "code"},
        )
        subscription = subscribe(app, **asked)
        check = "SELECT events.check_subscription_match(id, occurred_at, %s) FROM events.events"
        assert value(app, check, subscription) is matches
        process(app)
        assert values(app, "SELECT event_id FROM events.event_deliveries") == [event] * matches


def test_listeners_hear_of_events_and_of_their_deliveries(
    shared_database: str, acting: Session, acme: UUID
) -> None:
    with psycopg.connect(shared_database, autocommit=True) as listener:
        listener.execute("LISTEN graph_sitter_events")
        with acting(acme) as app:
            subscribe(app, delivery_method="notify")
            event = record(app, event_data={"word": "secret"})
            process(app)
            delivery, status = app.execute(
                "SELECT id, status FROM events.event_deliveries"
            ).fetchone() or (None, None)
        heard = [message.payload for message in listener.notifies(timeout=60, stop_after=2)]
    payload = '{"id": %s, "table": "events.%s", "operation": "insert", "organization_id": "%s"}'
    assert heard == [
        payload % (f'"{event}"', "events", acme),
        payload % (delivery, "event_deliveries", acme),
    ]
    assert status == "delivered"


def _claim(app: Connection) -> list[int]:
    return values(app, "SELECT id FROM events.claim_event_deliveries('webhook')")


def test_a_delivery_that_fails_is_tried_as_often_as_its_subscription_says(
    acting: Session, acme: UUID
) -> None:
    complete = 'SELECT events.complete_event_delivery(%s, false, \'{"error": "503"}\')'
    with acting(acme) as app:
        subscribe(app, max_retries=2, retry_delay_seconds=10)
        record(app)
        process(app)
        waits, states = [], []
        for _ in range(3):
            (delivery,) = _claim(app)
            assert _claim(app) == []
            states.append(value(app, complete, delivery))
            waits.append(
                value(
                    app,
                    "SELECT extract(epoch FROM next_attempt_at - now())"
                    " FROM events.event_deliveries",
                )
            )
            app.execute(
                "UPDATE events.event_deliveries SET next_attempt_at = now()"
                " WHERE status = 'retrying'"
            )
        assert (states, waits) == (["retrying", "retrying", "failed"], [10, 20, None])
        dead = app.execute("SELECT kind, delivery_id, last_error FROM events.dead_letters")
        assert dead.fetchall() == [("delivery", delivery, "503")]
        with pytest.raises(errors.ObjectNotInPrerequisiteState), app.transaction():
            app.execute(complete, (delivery,))


def test_a_delivery_whose_sender_died_goes_to_the_next(acting: Session, acme: UUID) -> None:
    late = "UPDATE events.event_deliveries SET next_attempt_at = now() - interval '1 second'"
    with acting(acme) as app:
        subscribe(app, max_retries=1)
        record(app)
        process(app)
        (delivery,) = _claim(app)
        app.execute(late)
        assert _claim(app) == [delivery]
        assert (
            value(app, "SELECT events.complete_event_delivery(%s, true)", delivery) == "delivered"
        )
        row = app.execute(
            "SELECT deliveries, delivered, open, success_rate_percent"
            " FROM events.subscription_performance"
        ).fetchone()
        assert row == (1, 1, 0, 100)


def test_a_delivery_whose_senders_all_die_is_given_up(acting: Session, acme: UUID) -> None:
    late = "UPDATE events.event_deliveries SET next_attempt_at = now() - interval '1 second'"
    with acting(acme) as app:
        subscribe(app, max_retries=1)
        record(app)
        process(app)
        for _ in range(2):
            assert len(_claim(app)) == 1
            app.execute(late)
        assert _claim(app) == []
        assert values(app, "SELECT status FROM events.event_deliveries") == ["failed"]


@pytest.mark.parametrize(
    ("config", "accepted"),
    [
        ({"url": "https://example.org", "token": "env:HOOK_TOKEN"}, True),
        ({"url": "https://example.org", "token": "abc123"}, False),
        ({"headers": {"Authorization": "Bearer abc"}}, False),
        ({"receivers": [{"webhook_secret": "secret:hook"}]}, True),
        ({"receivers": [{"webhook_secret": "hunter2"}]}, False),
    ],
)
def test_a_subscription_holds_no_secret_in_clear(
    acting: Session, acme: UUID, config: dict[str, object], accepted: bool
) -> None:
    with acting(acme) as app:
        if accepted:
            assert subscribe(app, delivery_config=Jsonb(config))
            return
        with pytest.raises(errors.CheckViolation) as refused, app.transaction():
            subscribe(app, delivery_config=Jsonb(config))
    assert refused.value.diag.constraint_name == "event_subscriptions_secrets_by_reference"

"""Who is told of an event, and how telling them goes."""

from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import Connection, Session, new_organization, value, values
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


def _definition(app: Connection) -> UUID:
    return UUID(
        str(
            value(
                app,
                "INSERT INTO tasks.task_definitions (name, slug, task_type)"
                " VALUES ('Review', 'review', 'code_review') RETURNING id",
            )
        )
    )


def _workflow(app: Connection) -> UUID:
    workflow = value(
        app,
        "INSERT INTO tasks.workflows (name, workflow_type) VALUES ('Merge', 'sequential')"
        " RETURNING id",
    )
    app.execute(
        "INSERT INTO tasks.workflow_tasks"
        " (workflow_id, step_key, step_order, task_definition_id, condition)"
        " VALUES (%(workflow)s, 'review', 1, %(definition)s, NULL),"
        " (%(workflow)s, 'merge', 2, NULL, '$.data.draft == false')",
        {"workflow": workflow, "definition": _definition(app)},
    )
    return UUID(str(workflow))


def test_an_event_becomes_one_task_of_the_subscribed_kind(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        project = value(
            app, "INSERT INTO projects.projects (name, slug) VALUES ('x', 'x') RETURNING id"
        )
        subscribe(
            app,
            delivery_method="task",
            task_definition_id=_definition(app),
            filter='$.action == "opened"',
        )
        for action in ("opened", "closed"):
            record(
                app,
                type_="pull_request",
                event_data={"action": action},
                priority="urgent",
                refs={"project_id": str(project), "title": f"PR {action}"},
            )
        assert process(app) == 2
        assert process(app) == 0
        made = app.execute(
            "SELECT title, task_type::text, priority::text, project_id, arguments -> 'data',"
            " status::text FROM tasks.tasks"
        ).fetchall()
        assert made == [
            ("Review: PR opened", "code_review", "urgent", project, {"action": "opened"}, "pending")
        ]
        told = "SELECT status, response ->> 'task_id' FROM events.event_deliveries"
        task = str(value(app, "SELECT id FROM tasks.tasks"))
        assert app.execute(told).fetchall() == [("delivered", task)]
        assert values(app, "SELECT title FROM tasks.claim_tasks('w')") == ["Review: PR opened"]


@pytest.mark.parametrize(("draft", "merge"), [(False, "pending"), (True, "skipped")])
def test_an_event_starts_the_subscribed_workflow(
    acting: Session, acme: UUID, draft: bool, merge: str
) -> None:
    with acting(acme) as app:
        subscribe(app, delivery_method="workflow", workflow_id=_workflow(app))
        record(app, event_data={"draft": draft})
        assert process(app) == 1
        steps = dict(app.execute("SELECT step_key, status::text FROM tasks.tasks"))
        assert steps == {"review": "pending", "merge": merge}
        source = "SELECT trigger_source FROM tasks.workflow_executions"
        assert values(app, source) == ["event"]


def test_what_cannot_be_started_is_tried_again(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        subscribe(app, delivery_method="workflow", workflow_id=_workflow(app), name="merge")
        app.execute("UPDATE tasks.workflows SET is_active = false")
        event = record(app)
        assert process(app) == 0
        row = app.execute("SELECT status, last_error FROM events.events").fetchone()
        assert row == ("retrying", "subscription merge: the workflow Merge is not active")
        app.execute("UPDATE tasks.workflows SET is_active = true")
        app.execute("UPDATE events.events SET next_attempt_at = now()")
        assert process(app) == 1
        started = "SELECT trigger_data ->> 'event_id' FROM tasks.workflow_executions"
        assert values(app, started) == [str(event)]


@pytest.mark.parametrize("method", ["task", "workflow"])
def test_a_subscription_says_what_is_to_be_made(acting: Session, acme: UUID, method: str) -> None:
    with acting(acme) as app, pytest.raises(errors.CheckViolation) as refused, app.transaction():
        subscribe(app, delivery_method=method)
    assert refused.value.diag.constraint_name == f"event_subscriptions_{method}_check"


def test_a_task_that_maintenance_makes_belongs_to_the_event_s_organization(
    own_acting: Session,
) -> None:
    acme = new_organization(own_acting)
    with own_acting(acme) as app:
        subscribe(app, delivery_method="task", task_definition_id=_definition(app))
        record(app)
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        assert process(maintenance) == 1
        owners = values(maintenance, "SELECT organization_id FROM tasks.tasks")
    assert owners == [acme]

"""What GitHub, Linear and Slack deliver, and what becomes of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from psycopg import errors
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import (
    Connection,
    Session,
    insert,
    new_organization,
    new_user,
    value,
    values,
)

PULL_REQUEST = {
    "action": "closed",
    "pull_request": {
        "number": 7,
        "title": "Mend it",
        "state": "closed",
        "merged": True,
        "base": {"ref": "main"},
        "head": {"ref": "mend", "sha": "abc"},
    },
    "repository": {"full_name": "acme/shop"},
    "sender": {"login": "ada"},
}
PUSH = {
    "ref": "refs/heads/main",
    "after": "def",
    "head_commit": {"message": "Mend it"},
    "repository": {"full_name": "acme/shop"},
    "sender": {"login": "ada"},
}
WORKFLOW_RUN = {
    "action": "completed",
    "workflow_run": {
        "id": 30433642,
        "name": "CI",
        "status": "completed",
        "conclusion": "failure",
        "head_sha": "abc",
    },
}
ISSUE = {
    "action": "update",
    "type": "Issue",
    "createdAt": "2026-01-02T03:04:05.000Z",
    "actor": {"id": "u1", "name": "Ada"},
    "data": {
        "id": "i1",
        "identifier": "ENG-5",
        "number": 5,
        "title": "It breaks",
        "team": {"id": "t1", "key": "ENG"},
        "state": {"name": "Done"},
        "priority": 1,
    },
    "updatedFrom": {"priority": 3},
}
MESSAGE = {
    "type": "event_callback",
    "team_id": "T1",
    "event_id": "Ev1",
    "event_time": 1767323045,
    "event": {"type": "message", "channel": "C1", "user": "U1", "text": "hello", "ts": "17.5"},
}
REACTION = {
    "team_id": "T1",
    "event_id": "Ev2",
    "event": {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "eyes",
        "item": {"channel": "C1", "ts": "17.5"},
    },
}


def connect(app: Connection, platform: str = "github", **columns: object) -> UUID:
    target = {
        "github": {"repository_owner": "acme", "repository_name": "shop"},
        "linear": {"team_id": "t1"},
        "slack": {"workspace_id": "T1"},
    }
    project = value(app, "SELECT id FROM projects.projects") or insert(
        app, "projects.projects", name="Shop", slug="shop"
    )
    table = f"integrations.{platform}_integrations"
    return UUID(str(insert(app, table, **{"project_id": project, **target[platform], **columns})))


def deliver(
    app: Connection,
    integration: UUID,
    type_: str,
    payload: Mapping[str, object],
    *,
    platform: str = "github",
    id_: str | None = "1",
    verified: bool = True,
) -> Any:
    headers = {"X-GitHub-Event": type_, "Authorization": "Bearer abc"}
    row = app.execute(
        "SELECT * FROM integrations.record_webhook(%s, %s, %s, %s, %s, %s, %s)",
        (platform, integration, id_, type_, Jsonb(payload), Jsonb(headers), verified),
    ).fetchone()
    assert row
    return row


@pytest.mark.parametrize(
    ("platform", "type_", "payload", "told"),
    [
        (
            "github",
            "pull_request",
            PULL_REQUEST,
            {
                "github_type": "pull_request",
                "action": "closed",
                "repo_full_name": "acme/shop",
                "base_ref": "main",
                "head_ref": "mend",
                "commit_sha": "abc",
                "pr_number": 7,
                "pr_title": "Mend it",
                "pr_state": "closed",
                "pr_merged": True,
                "actor_login": "ada",
            },
        ),
        (
            "github",
            "push",
            PUSH,
            {"ref": "refs/heads/main", "commit_sha": "def", "commit_message": "Mend it"},
        ),
        (
            "github",
            "workflow_run",
            WORKFLOW_RUN,
            {
                "workflow_name": "CI",
                "run_id": 30433642,
                "run_status": "completed",
                "run_conclusion": "failure",
            },
        ),
        (
            "linear",
            "Issue",
            ISSUE,
            {
                "linear_id": "i1",
                "linear_type": "Issue",
                "action": "update",
                "team_key": "ENG",
                "issue_identifier": "ENG-5",
                "issue_number": 5,
                "state_name": "Done",
                "actor_name": "Ada",
                "changes": {"priority": 1},
                "previous_values": {"priority": 3},
            },
        ),
        (
            "slack",
            "message",
            MESSAGE,
            {
                "slack_event_id": "Ev1",
                "slack_type": "message",
                "workspace_id": "T1",
                "channel_id": "C1",
                "message_ts": "17.5",
                "message_text": "hello",
                "user_id": "U1",
            },
        ),
        (
            "slack",
            "reaction_added",
            REACTION,
            {"reaction_name": "eyes", "channel_id": "C1", "message_ts": "17.5"},
        ),
    ],
    ids=["pull request", "push", "workflow run", "issue", "message", "reaction"],
)
def test_a_delivery_becomes_an_event_with_what_its_platform_tells(
    acting: Session,
    acme: UUID,
    platform: str,
    type_: str,
    payload: Mapping[str, object],
    told: Mapping[str, object],
) -> None:
    with acting(acme) as app:
        repository = insert(
            app, "projects.repositories", full_name="acme/shop", name="shop", provider="github"
        )
        integration = connect(app, platform)
        _, event, is_new = deliver(app, integration, type_, payload, platform=platform)
        assert is_new
        details = value(app, f"SELECT to_jsonb(d) FROM events.{platform}_events d")
        assert details["event_id"] == str(event)
        assert {key: details[key] for key in told} == told
        row = app.execute(
            "SELECT source, type, event_data, repository_id FROM events.events"
            " WHERE project_id IS NOT NULL"
        ).fetchall()
        known = repository if "repository" in payload else None
        assert row == [(platform, type_, payload, known)]
        headers = values(app, "SELECT headers FROM integrations.integration_events")
        assert headers == [{"X-GitHub-Event": type_}]


def test_an_unknown_delivery_becomes_an_event_and_no_loss(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        integration = connect(app, "linear")
        _, event, _ = deliver(app, integration, "Weather", {"rain": True}, platform="linear")
        assert values(app, "SELECT id FROM events.events WHERE type = 'Weather'") == [event]
        assert value(app, "SELECT count(*) FROM events.linear_events") == 0


def test_a_redelivery_is_recognised(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        integration = connect(app)
        first = deliver(app, integration, "push", PUSH)
        assert deliver(app, integration, "push", PUSH) == (*first[:2], False)
        assert deliver(app, integration, "push", PUSH, id_="2")[2]
        assert value(app, "SELECT count(*) FROM events.events") == 2


def test_what_is_not_signed_is_kept_and_never_processed(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        integration = connect(app)
        _, event, is_new = deliver(app, integration, "push", PUSH, verified=False)
        assert (event, is_new) == (None, True)
        assert value(app, "SELECT integrations.process_integration_events()") == 0
        assert value(app, "SELECT count(*) FROM events.events") == 0
        overview = app.execute(
            "SELECT platform, project, target, events_24h, failures_24h, oldest_unprocessed_at"
            " FROM integrations.integration_overview"
        ).fetchall()
        assert overview == [("github", "Shop", "acme/shop", 1, 1, None)]
        # Signed right, the same delivery counts.
        assert deliver(app, integration, "push", PUSH)[1]
        with pytest.raises(errors.CheckViolation), app.transaction():
            app.execute(
                "UPDATE integrations.integration_events SET processed = true, processed_at = now()"
            )


def test_a_delivery_that_failed_is_tried_again_for_its_organization(own_acting: Session) -> None:
    acme = new_organization(own_acting)
    broken = {"pull_request": {"number": "seven"}}
    with own_acting(acme) as app:
        integration = connect(app)
        _, event, _ = deliver(app, integration, "pull_request", broken)
        assert event is None
        why = "SELECT error_message, retry_count FROM integrations.integration_events"
        assert app.execute(why).fetchone() == (
            'invalid input syntax for type integer: "seven"',
            0,
        )
        assert value(app, "SELECT oldest_unprocessed_at FROM integrations.integration_overview")
    with own_acting(role="graph_sitter_maintenance") as maintenance:
        again = "SELECT integrations.process_integration_events()"
        assert value(maintenance, again) == 0
        maintenance.execute(
            "UPDATE integrations.integration_events SET event_data = %s", (Jsonb(PULL_REQUEST),)
        )
        assert value(maintenance, again) == 1
        assert value(maintenance, again) == 0
        assert values(maintenance, "SELECT organization_id FROM events.events") == [acme]
        assert maintenance.execute(why).fetchone() == (None, 2)


@pytest.mark.parametrize("reference", ["abc123", "secret:unknown", "secret:revoked"])
def test_a_connection_names_a_secret_that_is_there(
    acting: Session, acme: UUID, globex: UUID, reference: str
) -> None:
    with acting(globex) as app:
        insert(app, "base.secrets", name="unknown", ciphertext=b"x", key_id="k")
    with acting(acme) as app:
        insert(app, "base.secrets", name="github", ciphertext=b"x", key_id="k")
        insert(app, "base.secrets", name="revoked", ciphertext=b"x", key_id="k")
        app.execute("UPDATE base.secrets SET revoked_at = now() WHERE name = 'revoked'")
        connect(app, access_token_ref="secret:github", webhook_secret="env:HOOK_SECRET")
        refused = (errors.CheckViolation, errors.ForeignKeyViolation)
        with pytest.raises(refused), app.transaction():
            connect(app, repository_name="other", webhook_secret=reference)


def test_connections_are_for_administrators(acting: Session, acme: UUID) -> None:
    member = new_user(acting, acme, "member")
    with acting(acme) as app:
        insert(app, "projects.projects", name="Shop", slug="shop")
    with pytest.raises(errors.InsufficientPrivilege), acting(acme, member) as app:
        connect(app)
    with acting(acme, new_user(acting, acme, "admin")) as app:
        integration = connect(app)
    with acting(acme, member) as app:
        assert deliver(app, integration, "push", PUSH)[1]


def test_a_delivery_is_of_one_connection_of_its_platform(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        github, linear = connect(app), connect(app, "linear")
        for columns in (
            {"integration_type": "github"},
            {"integration_type": "github", "linear_integration_id": linear},
            {
                "integration_type": "github",
                "linear_integration_id": linear,
                "github_integration_id": github,
            },
        ):
            with pytest.raises(errors.CheckViolation), app.transaction():
                insert(
                    app,
                    "integrations.integration_events",
                    event_type="push",
                    signature_verified=True,
                    **columns,
                )


def test_a_thing_elsewhere_is_one_row_here(acting: Session, acme: UUID) -> None:
    mapping = {
        "platform": "linear",
        "external_type": "issue",
        "external_id": "i1",
        "internal_type": "tasks.tasks",
        "internal_id": acme,
    }
    with acting(acme) as app:
        insert(app, "integrations.external_entity_mappings", **mapping)
        with pytest.raises(errors.UniqueViolation), app.transaction():
            insert(app, "integrations.external_entity_mappings", **mapping)

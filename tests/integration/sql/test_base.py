"""Sessions, audit, keys, secrets, notifications, features and the ledger."""

from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import (
    Connection,
    File,
    Recorder,
    Session,
    new_user,
    value,
    values,
)

from graph_sitter_db.db import modules


def _log(app: Connection, record: object) -> list[tuple[Any, ...]]:
    return app.execute(
        "SELECT operation, changed_fields, old_values, new_values FROM base.audit_log"
        " WHERE record_id = %s ORDER BY id",
        (str(record),),
    ).fetchall()


def _project(app: Connection) -> UUID:
    return UUID(
        str(
            value(
                app,
                "INSERT INTO projects.projects (name, slug) VALUES ('Shop', 'shop') RETURNING id",
            )
        )
    )


def test_a_session_without_settings_has_no_organization(connection: Connection) -> None:
    asked = connection.execute("SELECT base.current_organization_id(), base.current_user_id()")
    assert asked.fetchone() == (None, None)


def test_a_pooled_connection_has_no_tenant_after_commit(
    connection: Connection, acting: Session, acme: UUID
) -> None:
    with acting(acme, uuid4()) as app:
        assert value(app, "SELECT base.current_organization_id()") == acme
    asked = connection.execute("SELECT base.current_organization_id(), base.current_user_id()")
    assert asked.fetchone() == (None, None)


def test_a_session_can_keep_its_organization(connection: Connection, acme: UUID) -> None:
    connection.execute("SELECT base.set_current_organization(%s, p_local => false)", (acme,))
    assert value(connection, "SELECT base.current_organization_id()") == acme


def test_renaming_a_project_leaves_one_row_with_the_name_alone(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        project = _project(app)
        app.execute("UPDATE projects.projects SET name = 'Store'")
        assert _log(app, project)[1:] == [("update", ["name"], {"name": "Shop"}, {"name": "Store"})]


def test_an_update_that_changes_nothing_is_not_logged_and_not_dated(
    acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        project = _project(app)
        before = value(app, "SELECT updated_at FROM projects.projects")
    with acting(acme) as app:
        app.execute("UPDATE projects.projects SET name = name")
        assert value(app, "SELECT updated_at FROM projects.projects") == before
        assert len(_log(app, project)) == 1
    with acting(acme) as app:
        app.execute("UPDATE projects.projects SET name = 'Store'")
        assert value(app, "SELECT updated_at FROM projects.projects") > before


def test_a_deletion_is_logged_with_what_was_there(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        project = _project(app)
        app.execute("DELETE FROM projects.projects")
        operation, fields, old, new = _log(app, project)[-1]
    assert (operation, old["slug"], new) == ("delete", "shop", None)
    assert "slug" in fields


def test_the_log_knows_the_actor_the_role_and_the_request(acting: Session, acme: UUID) -> None:
    user = new_user(acting, acme, "member")
    with acting(acme, user) as app:
        app.execute("SET LOCAL graph_sitter.request_id = 'r-1'")
        project = _project(app)
        logged = app.execute(
            "SELECT actor_id, actor_role, request_id, context ->> 'login' FROM base.audit_log"
            " WHERE record_id = %s",
            (str(project),),
        ).fetchone()
        login = value(app, "SELECT session_user::text")
    assert logged == (user, "graph_sitter_app", "r-1", login)


def test_secrets_are_logged_by_name_only(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        secret = value(
            app,
            "INSERT INTO base.secrets (name, ciphertext, key_id) VALUES ('t', 'hush', 'k1')"
            " RETURNING id",
        )
        app.execute("UPDATE base.secrets SET ciphertext = 'hush2'")
        app.execute(
            "UPDATE base.organizations"
            " SET api_token_ref = 'env:HUSH', api_token_hash = sha256('hush'::bytea)"
        )
        for _, fields, old, new in [*_log(app, secret), *_log(app, acme)[1:]]:
            assert {"ciphertext", "api_token_ref", "api_token_hash"} & set(fields)
            assert "hush" not in repr((old, new)).lower()
        assert _log(app, secret)[1] == ("update", ["ciphertext"], {}, {})


def test_the_log_cannot_be_changed_or_forged(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        _project(app)
    for role in ("graph_sitter_app", "graph_sitter_owner"):
        for statement in ("DELETE FROM base.audit_log", "UPDATE base.audit_log SET record_id = ''"):
            with (
                acting(acme, role=role) as session,
                pytest.raises(errors.InsufficientPrivilege),
            ):
                session.execute(statement)
    with acting(acme) as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute(
            "INSERT INTO base.audit_log (table_name, record_id, operation)"
            " VALUES ('projects.projects', 'x', 'delete')"
        )


def test_reads_are_told_by_whoever_reads(acting: Session, acme: UUID) -> None:
    user = new_user(acting, acme, "viewer")
    with acting(acme, user) as app:
        app.execute(
            "SELECT base.audit_access('base.secrets', 'token', 'read', %s)",
            (Jsonb({"why": "deploy"}),),
        )
        logged = app.execute(
            "SELECT operation, actor_id, context ->> 'why' FROM base.audit_log WHERE record_id"
            " = 'token'"
        ).fetchall()
    assert logged == [("read", user, "deploy")]


def test_a_key_is_shown_once_verified_and_refused_when_expired_or_revoked(
    acting: Session, acme: UUID
) -> None:
    user = new_user(acting, acme, "admin")
    with acting(acme, user) as app:
        key_id, key = app.execute("SELECT * FROM base.create_api_key('ci', '{record}')").fetchone()  # type: ignore[misc]
        stored = values(app, "SELECT to_jsonb(k)::text FROM base.api_keys k")
        logged = values(app, "SELECT to_jsonb(a)::text FROM base.audit_log a")
    assert not [row for row in stored + logged if key in row]
    verify = "SELECT * FROM base.verify_api_key(%s)"
    with acting() as app:
        assert app.execute(verify, (key,)).fetchall() == [(key_id, acme, user, ["record"])]
        assert app.execute(verify, (key + "x",)).fetchall() == []
    for change in (
        "UPDATE base.api_keys SET revoked_at = now()",
        "UPDATE base.api_keys SET revoked_at = NULL, expires_at = now()",
        "UPDATE base.organization_memberships SET status = 'suspended'",
    ):
        with acting(acme) as app:
            app.execute(change)
        with acting() as app:
            assert app.execute(verify, (key,)).fetchall() == []


def test_a_key_of_a_closed_organization_is_refused(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        key = value(app, "SELECT api_key FROM base.create_api_key('ci')")
        app.execute("UPDATE base.organizations SET status = 'suspended'")
    with acting() as app:
        assert value(app, "SELECT api_key_id FROM base.verify_api_key(%s)", key) is None


def test_using_a_key_is_noted_but_does_not_fill_the_log(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        key_id, key = app.execute("SELECT * FROM base.create_api_key('ci')").fetchone()  # type: ignore[misc]
    with acting() as app:
        app.execute("SELECT base.verify_api_key(%s)", (key,))
    with acting(acme) as app:
        assert value(app, "SELECT last_used_at FROM base.api_keys") is not None
        assert [row[0] for row in _log(app, key_id)] == ["insert"]


def test_a_revoked_secret_is_gone(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        app.execute("INSERT INTO base.secrets (name, ciphertext, key_id) VALUES ('t', 'x', 'k')")
        app.execute("UPDATE base.secrets SET revoked_at = now()")
        app.execute("UPDATE base.secrets SET ciphertext = 'again'")
        assert values(app, "SELECT ciphertext FROM base.secrets") == [b""]


def test_short_ids_are_eight_clear_characters_and_do_not_repeat(connection: Connection) -> None:
    ids = values(connection, "SELECT base.generate_short_id('r-') FROM generate_series(1, 2000)")
    assert len(set(ids)) == 2000
    assert all(len(each) == 10 and set(each[2:]).isdisjoint("ilou") for each in ids)


def test_variants_follow_their_weights_and_stay_with_their_subject(
    connection: Connection,
) -> None:
    weights = Jsonb({"a": 70, "b": 30, "never": 0})
    assign = "SELECT base.assign_variant('prompt', n::text, %s) FROM generate_series(1, 10000) AS n"
    first = values(connection, assign, weights)
    assert values(connection, assign, weights) == first
    shares = Counter(first)
    assert set(shares) == {"a", "b"}
    assert abs(shares["a"] - 7000) < 200
    assert value(connection, "SELECT base.assign_variant('x', 'y', '{\"a\": 0}')") is None


def test_a_listener_gets_one_message_for_each_finished_run_without_its_contents(
    connection: Connection, acting: Session, acme: UUID, shared_database: str
) -> None:
    with psycopg.connect(shared_database, autocommit=True) as listener:
        listener.execute("LISTEN graph_sitter_events")
        with acting(acme) as app:
            recorder = Recorder(app)
            snapshot = recorder.snapshot({"a.py": File("a")})
            run = recorder.run(None, status="running")
            app.execute(
                "UPDATE analytics.analysis_runs SET status = 'completed', snapshot_id = %s",
                (snapshot,),
            )
            app.execute("UPDATE analytics.analysis_runs SET summary = 'secret words'")
        heard = [message.payload for message in listener.notifies(timeout=60, stop_after=1)]
        heard += [message.payload for message in listener.notifies(timeout=0.2)]
    expected = (
        '{"id": "%s", "table": "analytics.analysis_runs",'
        ' "operation": "update", "organization_id": "%s"}'
    )
    assert heard == [expected % (run, acme)]


def test_a_feature_is_on_or_tells_why_not(connection: Connection) -> None:
    features = connection.execute("SELECT * FROM base.feature_status()").fetchall()
    installed = set(values(connection, "SELECT extname FROM pg_extension"))
    assert {name for name, _, _ in features} == {
        *("pg_trgm", "btree_gin", "pg_stat_statements", "pg_cron", "pgaudit"),
        *("lz4", "replication"),
    }
    for name, status, detail in features:
        assert detail, name
        if name not in ("lz4", "replication"):
            assert (status == "healthy") <= (name in installed), name
            assert status in ("healthy", "not available")


def test_large_columns_use_lz4_where_the_server_has_it(connection: Connection) -> None:
    status = value(
        connection, "SELECT status::text FROM base.feature_status() WHERE feature = 'lz4'"
    )
    used = value(
        connection,
        "SELECT attcompression::text FROM pg_attribute"
        " WHERE attrelid = 'codebase.issue_records'::regclass AND attname = 'data'",
    )
    assert (used == "l") == (status == "healthy")


def test_the_ledger_has_one_row_for_each_module(connection: Connection) -> None:
    rows = connection.execute(
        "SELECT module, version, octet_length(checksum) FROM base.schema_migrations"
        " WHERE version = '2024.12.001' ORDER BY id"
    ).fetchall()
    assert rows == [(module.schema, "2024.12.001", 32) for module in modules.modules()]


def test_the_manifest_names_everything_and_nothing_has_drifted(connection: Connection) -> None:
    drift = connection.execute(
        """
        SELECT coalesce(o.kind, c.kind), coalesce(o.name, c.name)
        FROM base.schema_objects o FULL JOIN base.catalog_objects() c ON c.kind = o.kind AND
            c.name = o.name
        WHERE sha256(convert_to(c.definition, 'UTF8')) IS DISTINCT FROM o.definition_digest
        """
    ).fetchall()
    assert drift == []
    assert value(connection, "SELECT count(*) FROM base.schema_objects") > 400


def test_the_manifest_notices_every_kind_of_change(own_connection: Connection) -> None:
    changes = {
        "ALTER TABLE projects.projects ADD COLUMN x integer": "table projects.projects",
        "DROP INDEX projects.projects_status_idx": "index projects.projects_status_idx",
        "ALTER TABLE projects.projects NO FORCE ROW LEVEL SECURITY": "table projects.projects",
        "DROP POLICY tenant ON projects.projects": "policy projects.projects.tenant",
        "DROP TRIGGER audit ON projects.projects": "trigger projects.projects.audit",
        "ALTER TABLE projects.projects DROP CONSTRAINT projects_status_check":
            "constraint projects.projects.projects_status_check",
        "ALTER TYPE base.user_role ADD VALUE 'robot'": "enum base.user_role",
        "CREATE OR REPLACE FUNCTION base.current_user_id() RETURNS uuid"
        " LANGUAGE sql AS 'SELECT NULL::uuid'": "function base.current_user_id()",
    }  # fmt: skip
    own_connection.execute("SET search_path = pg_catalog")
    for change, expected in changes.items():
        own_connection.execute(change)
        drifted = values(
            own_connection,
            """
            SELECT coalesce(o.kind, c.kind) || ' ' || coalesce(o.name, c.name)
            FROM base.schema_objects o FULL JOIN base.catalog_objects() c ON c.kind = o.kind AND
                c.name = o.name
            WHERE sha256(convert_to(c.definition, 'UTF8')) IS DISTINCT FROM o.definition_digest
            """,
        )
        assert drifted == [expected]
        own_connection.execute("SELECT base.refresh_schema_objects()")


def test_a_deleted_organization_takes_its_members_along(
    connection: Connection, acting: Session, acme: UUID
) -> None:
    new_user(acting, acme, "owner")
    with acting(role="graph_sitter_maintenance") as maintenance:
        maintenance.execute("DELETE FROM base.organizations WHERE id = %s", (acme,))
    assert value(connection, "SELECT count(*) FROM base.organization_memberships"
                 " WHERE organization_id = %s", acme) == 0  # fmt: skip

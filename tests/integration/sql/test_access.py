"""Who sees and changes what."""

from contextlib import nullcontext
from uuid import UUID, uuid4

import pytest
from psycopg import errors
from tests.integration.sql.conftest import Connection, Recorder, Session, new_user, value, values

PROJECT = "INSERT INTO projects.projects (name, slug) VALUES ('Shop', %s) RETURNING id"


def _project(app: Connection) -> UUID:
    return UUID(str(value(app, PROJECT, f"shop-{uuid4().hex}")))


def test_without_an_organization_nothing_is_seen_or_written(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        _project(app)
    with acting() as app:
        assert value(app, "SELECT count(*) FROM projects.projects") == 0
        assert value(app, "SELECT count(*) FROM base.organizations") == 0
    with acting() as app, pytest.raises((errors.InsufficientPrivilege, errors.NotNullViolation)):
        _project(app)


def test_one_organization_never_sees_or_touches_another(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    with acting(acme) as app:
        project = _project(app)
    with acting(globex) as app:
        assert values(app, "SELECT id FROM projects.projects") == []
        assert app.execute("UPDATE projects.projects SET name = 'Mine'").rowcount == 0
        assert app.execute("DELETE FROM projects.projects").rowcount == 0
    with acting(globex) as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute(
            "INSERT INTO projects.projects (organization_id, name, slug) VALUES (%s, 'x', 'x')",
            (acme,),
        )
    with acting(acme) as app:
        assert values(app, "SELECT id FROM projects.projects") == [project]


def test_what_a_metric_means_to_one_organization_does_not_matter_to_another(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    define = (
        "INSERT INTO analytics.metric_definitions (metric_name, scope, direction, rollup,"
        " description, source) VALUES ('nesting', 'file', %s, 'sum', 'd', 's')"
    )
    with acting(globex) as app:
        app.execute(define, ("higher",))
    with acting(acme) as app:
        assert values(app, "SELECT direction FROM analytics.metric_definitions") == []
        app.execute(define, ("lower",))
        assert values(app, "SELECT direction FROM analytics.metric_definitions") == ["lower"]


def test_a_row_cannot_refer_to_another_organization(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    with acting(acme) as app:
        project = _project(app)
    with acting(globex) as app, pytest.raises(errors.ForeignKeyViolation) as refused:
        app.execute(
            "INSERT INTO codebase.codebases (project_id, name, language) VALUES (%s, 'x',"
            " 'python')",
            (project,),
        )
    assert refused.value.diag.constraint_name == "codebases_project_fkey"


@pytest.mark.parametrize("role", ["owner", "reader"])
def test_the_owner_and_the_reader_are_under_row_security_too(
    acting: Session, acme: UUID, globex: UUID, role: str
) -> None:
    with acting(acme) as app:
        _project(app)
    with acting(globex, role=f"graph_sitter_{role}") as session:
        assert value(session, "SELECT count(*) FROM projects.project_summary") == 0
    with acting(acme, role=f"graph_sitter_{role}") as session:
        assert value(session, "SELECT count(*) FROM projects.project_summary") == 1
    with acting(role=f"graph_sitter_{role}") as session:
        assert value(session, "SELECT count(*) FROM projects.project_summary") == 0


def test_maintenance_sees_every_organization(acting: Session, acme: UUID, globex: UUID) -> None:
    for organization in (acme, globex):
        with acting(organization) as app:
            _project(app)
    with acting(role="graph_sitter_maintenance") as maintenance:
        seen = values(maintenance, "SELECT organization_id FROM projects.projects")
    assert {acme, globex} <= set(seen)


def test_the_reader_reads_views_and_no_table(acting: Session, acme: UUID) -> None:
    with acting(acme, role="graph_sitter_reader") as reader:
        for view in values(
            reader,
            "SELECT format('%I.%I', schemaname, viewname) FROM pg_views"
            " WHERE base.module_of(schemaname) IS NOT NULL",
        ):
            reader.execute(f"SELECT * FROM {view}").fetchall()
    with (
        acting(acme, role="graph_sitter_reader") as reader,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        reader.execute("SELECT FROM projects.projects")


@pytest.mark.parametrize("role", ["app", "reader"])
def test_partitions_and_materialized_views_are_closed(
    acting: Session, acme: UUID, role: str
) -> None:
    hidden = (
        "base.audit_log_default",
        "analytics.system_metrics_default",
        "events.events_default",
        "analytics.repository_quality_overview_mv",
        "analytics.hourly_performance_summary_mv",
    )
    for name in hidden:
        with (
            acting(acme, role=f"graph_sitter_{role}") as session,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            session.execute(f"SELECT FROM {name}")


@pytest.mark.parametrize(
    ("role", "may"), [("guest", 0), ("viewer", 0), ("member", 1), ("owner", 1)]
)
def test_members_write_and_viewers_only_read(
    acting: Session, acme: UUID, role: str, may: int
) -> None:
    user = new_user(acting, acme, role)
    with acting(acme) as app:
        _project(app)
    if may:
        with acting(acme, user) as app:
            _project(app)
    else:
        with acting(acme, user) as app, pytest.raises(errors.InsufficientPrivilege):
            _project(app)
    with acting(acme, user) as app:
        assert value(app, "SELECT count(*) FROM projects.projects") == 1 + may
        assert app.execute("UPDATE projects.projects SET name = 'New'").rowcount == 2 * may
        assert app.execute("DELETE FROM projects.projects").rowcount == 2 * may


@pytest.mark.parametrize(("role", "may"), [("member", False), ("admin", True)])
def test_only_administrators_manage_keys_and_members(
    acting: Session, acme: UUID, role: str, may: bool
) -> None:
    user = new_user(acting, acme, role)
    attempts = (
        "SELECT base.create_api_key('ci')",
        "INSERT INTO base.secrets (name, ciphertext, key_id) VALUES ('token', 'x', 'k')",
        "SELECT base.ensure_user('new@example.org', 'New')",
    )
    for attempt in attempts:
        refusal = nullcontext() if may else pytest.raises(errors.InsufficientPrivilege)
        with refusal, acting(acme, user) as app:
            app.execute(attempt)


def test_a_suspended_member_may_do_nothing(acting: Session, acme: UUID) -> None:
    user = new_user(acting, acme, "admin")
    with acting(acme) as app:
        app.execute(
            "UPDATE base.organization_memberships SET status = 'suspended' WHERE user_id = %s",
            (user,),
        )
    with acting(acme, user) as app:
        assert value(app, "SELECT base.can_write() OR base.can_administer()") is False


def test_a_service_without_a_user_may_write_and_administer(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        assert app.execute("SELECT base.can_write(), base.can_administer()").fetchone() == (
            True,
            True,
        )


def test_an_administrator_cannot_make_an_owner(acting: Session, acme: UUID) -> None:
    user = new_user(acting, acme, "admin")
    with acting(acme, user) as app, pytest.raises(errors.InsufficientPrivilege):
        app.execute("SELECT base.ensure_user('chief@example.org', 'Chief', 'owner')")


def test_people_are_seen_through_their_memberships_and_by_themselves(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    user = new_user(acting, acme, "member")
    with acting(acme) as app:
        assert values(app, "SELECT id FROM base.users") == [user]
        assert values(app, "SELECT user_id FROM base.organization_members") == [user]
    with acting(globex) as app:
        assert values(app, "SELECT id FROM base.users") == []
    with acting(globex, user) as app:
        assert values(app, "SELECT id FROM base.users") == [user]


def test_people_change_themselves_and_nobody_else(acting: Session, acme: UUID) -> None:
    user, other = (new_user(acting, acme, "admin") for _ in range(2))
    with acting(acme, user) as app:
        app.execute("UPDATE base.users SET timezone = 'Europe/Berlin'")
        assert values(app, "SELECT id FROM base.users WHERE timezone IS NOT NULL") == [user]
        assert value(app, "SELECT timezone FROM base.users WHERE id = %s", other) is None


def test_the_last_owner_stays(acting: Session, acme: UUID) -> None:
    owner = new_user(acting, acme, "owner")
    for change in (
        "DELETE FROM base.organization_memberships",
        "UPDATE base.organization_memberships SET role = 'admin'",
        "UPDATE base.organization_memberships SET status = 'inactive'",
    ):
        with acting(acme) as app, pytest.raises(errors.CheckViolation) as refused:
            app.execute(change)
        assert refused.value.diag.constraint_name == "organization_memberships_keep_an_owner"
    new_user(acting, acme, "owner")
    with acting(acme) as app:
        app.execute("DELETE FROM base.organization_memberships WHERE user_id = %s", (owner,))


def test_an_organization_is_made_once_and_its_maker_owns_it(acting: Session, acme: UUID) -> None:
    user = new_user(acting, acme, "guest")
    slug = f"made-{uuid4().hex}"
    with acting(user=user) as app:
        first, second = (
            value(app, "SELECT base.create_organization('Made', %s)", slug) for _ in range(2)
        )
    assert first == second
    with acting(first, user) as app:
        assert value(app, "SELECT base.current_user_role()") == "owner"


def test_a_user_is_made_once_whatever_the_case_of_the_address(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    email = f"{uuid4().hex}@example.org"
    ensure = "SELECT base.ensure_user(%s, 'Ann', %s)"
    with acting(acme) as app:
        first = value(app, ensure, email, "viewer")
        assert value(app, ensure, email.upper(), "owner") == first
        assert values(app, "SELECT role FROM base.organization_memberships") == ["viewer"]
    with acting(globex) as app:
        assert value(app, ensure, email, "admin") == first


def test_facts_are_only_added(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        recorder = Recorder(app)
        app.execute("SELECT FROM codebase.files")
    for statement in (
        "UPDATE codebase.files SET path = 'x'",
        "DELETE FROM codebase.files",
        "UPDATE codebase.snapshots SET totals = '{}'",
    ):
        with acting(acme) as app, pytest.raises(errors.InsufficientPrivilege):
            app.execute(statement)
    with acting(acme) as app:
        app.execute("DELETE FROM codebase.codebases WHERE id = %s", (recorder.codebase,))


@pytest.mark.parametrize("secret", ["ghp_0123456789", "env:", "SECRET", "secret:with space", ""])
def test_a_secret_in_clear_fits_in_no_reference(acting: Session, acme: UUID, secret: str) -> None:
    with acting(acme) as app, pytest.raises(errors.CheckViolation):
        app.execute("UPDATE base.organizations SET api_token_ref = %s", (secret,))
    with acting(acme) as app:
        app.execute("UPDATE base.organizations SET api_token_ref = 'env:CODEGEN_TOKEN'")


def test_maintenance_work_is_refused_to_the_app(acting: Session, acme: UUID) -> None:
    for statement in (
        "SELECT base.ensure_partitions()",
        "SELECT base.apply_retention()",
        "SELECT codebase.prune_unreferenced_content()",
        "SELECT base.refresh_schema_objects()",
    ):
        with acting(acme) as app, pytest.raises(errors.InsufficientPrivilege):
            app.execute(statement)

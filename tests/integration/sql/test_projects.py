"""Projects, repositories and branches."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from psycopg import errors
from tests.integration.sql.conftest import Connection, Session, value


@pytest.fixture
def crossed(acting: Session, acme: UUID) -> UUID:
    """Two projects that both use both of two repositories, with three branches each."""
    with acting(acme) as app:
        app.execute(
            """
            INSERT INTO projects.projects (name, slug) VALUES ('One', 'one'), ('Two', 'two');
            INSERT INTO projects.repositories (full_name, name, language, last_commit_at)
            VALUES ('a/x', 'x', 'python', '2026-01-01Z'), ('a/y', 'y', 'typescript', '2026-02-01Z');
            INSERT INTO projects.project_repositories (project_id, repository_id)
            SELECT p.id, r.id FROM projects.projects p CROSS JOIN projects.repositories r;
            INSERT INTO projects.project_repositories (project_id, repository_id, path_prefix)
            SELECT p.id, r.id, 'packages/core' FROM projects.projects p CROSS JOIN
                projects.repositories r;
            INSERT INTO projects.repository_branches (repository_id, name, is_default,
                is_protected, last_commit_at)
            SELECT r.id, b.name, b.name = 'main', b.name <> 'feature', '2026-03-01Z'
            FROM projects.repositories r CROSS JOIN (VALUES ('main'), ('next'), ('feature')) AS b
                (name);
            """
        )
    return acme


def test_summaries_count_each_thing_once(acting: Session, crossed: UUID) -> None:
    with acting(crossed) as app:
        projects = app.execute(
            "SELECT slug, repository_count, active_repository_count, branch_count, languages,"
            " latest_commit_at"
            " FROM projects.project_summary ORDER BY slug"
        ).fetchall()
        repositories = app.execute(
            "SELECT full_name, project_count, branch_count, protected_branch_count"
            " FROM projects.repository_summary ORDER BY full_name"
        ).fetchall()
    newest = datetime(2026, 3, 1, tzinfo=UTC)
    assert projects == [
        (slug, 2, 2, 6, ["python", "typescript"], newest) for slug in ("one", "two")
    ]
    assert repositories == [("a/x", 2, 3, 2), ("a/y", 2, 3, 2)]


def test_what_is_deleted_or_inactive_does_not_count(acting: Session, crossed: UUID) -> None:
    with acting(crossed) as app:
        app.execute("UPDATE projects.projects SET deleted_at = now() WHERE slug = 'two'")
        app.execute("UPDATE projects.repositories SET status = 'archived' WHERE name = 'x'")
        app.execute("UPDATE projects.repositories SET deleted_at = now() WHERE name = 'y'")
        projects = app.execute(
            "SELECT slug, repository_count, active_repository_count, branch_count"
            " FROM projects.project_summary"
        ).fetchall()
        assert projects == [("one", 1, 0, 3)]
        assert value(app, "SELECT project_count FROM projects.repository_summary") == 1


def test_an_empty_project_counts_zero(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        app.execute("INSERT INTO projects.projects (name, slug) VALUES ('Empty', 'empty')")
        counts = app.execute(
            "SELECT repository_count, branch_count, latest_commit_at FROM projects.project_summary"
        ).fetchone()
    assert counts == (0, 0, None)


def test_a_name_is_free_again_when_its_holder_is_deleted(acting: Session, acme: UUID) -> None:
    add = "INSERT INTO projects.repositories (full_name, name) VALUES ('a/x', 'x')"
    with acting(acme) as app:
        app.execute(add)
    with acting(acme) as app, pytest.raises(errors.UniqueViolation) as refused:
        app.execute(add)
    assert refused.value.diag.constraint_name == "repositories_full_name_key"
    with acting(acme) as app:
        app.execute("UPDATE projects.repositories SET deleted_at = now()")
        app.execute(add)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            "INSERT INTO projects.projects (name, slug, start_date, target_end_date)"
            " VALUES ('x', 'x', '2026-02-01', '2026-01-01')",
            "projects_target_end_check",
        ),
        ("INSERT INTO projects.projects (name, slug) VALUES ('x', 'No Slug')", "slug_shape"),
        (
            "INSERT INTO projects.repositories (full_name, name, provider) VALUES ('x', 'x',"
            " 'svn')",
            "repositories_provider_check",
        ),
    ],
)
def test_nonsense_is_refused_by_name(
    acting: Session, acme: UUID, statement: str, constraint: str
) -> None:
    with acting(acme) as app, pytest.raises(errors.CheckViolation) as refused:
        app.execute(statement)
    assert refused.value.diag.constraint_name == constraint


def test_a_repository_has_one_default_branch(acting: Session, crossed: UUID) -> None:
    with acting(crossed) as app, pytest.raises(errors.UniqueViolation) as refused:
        app.execute("UPDATE projects.repository_branches SET is_default = true")
    assert refused.value.diag.constraint_name == "repository_branches_default_key"


def test_two_organizations_may_use_one_name(
    acting: Session, acme: UUID, globex: UUID, connection: Connection
) -> None:
    for organization in (acme, globex):
        with acting(organization) as app:
            app.execute("INSERT INTO projects.projects (name, slug) VALUES ('Shop', 'shop')")
    count = "SELECT count(*) FROM projects.projects WHERE organization_id IN (%s, %s)"
    assert value(connection, count, acme, globex) == 2

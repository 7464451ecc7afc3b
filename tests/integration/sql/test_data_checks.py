"""Defects planted in the rows are found and counted, and what is slow is told with its remedy."""

from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from psycopg import errors
from tests.integration.sql.conftest import Connection, value, values


@pytest.fixture
def operator(own_connection: Connection) -> Iterator[Connection]:
    """Keeps house in a database of this test's alone, with two organizations."""
    with psycopg.connect(
        own_connection.info.dsn, password=own_connection.info.password, autocommit=True
    ) as opened:
        own_connection.execute(
            "INSERT INTO base.organizations (name, slug) VALUES ('One', 'one'), ('Two', 'two')"
        )
        opened.execute("SET ROLE graph_sitter_maintenance")
        yield opened


@pytest.fixture
def planting(own_connection: Connection, operator: Connection) -> Connection:
    """Writes rows past every trigger and reference."""
    own_connection.execute("SET session_replication_role = replica")
    return own_connection


def _found(operator: Connection) -> dict[str, int]:
    rows = operator.execute(
        "SELECT check_name, issue_count FROM ops.data_integrity_checks() WHERE status = 'FAIL'"
    )
    return dict(rows.fetchall())


_TASKS = """
    INSERT INTO tasks.tasks
        (organization_id, short_id, title, task_type, timeout_seconds, max_retries, project_id)
    SELECT o.id, 'S' || n, 'Do it', 'testing', 60, 0, {project} FROM base.organizations o,
        generate_series(1, {count}) n WHERE o.slug = 'one'
"""


def test_sound_rows_pass_every_check_and_organizations_may_share_a_slug(
    own_connection: Connection, operator: Connection
) -> None:
    own_connection.execute(
        "INSERT INTO projects.projects (organization_id, name, slug)"
        " SELECT id, 'Shop', 'shop' FROM base.organizations"
    )
    own_connection.execute(_TASKS.format(project="NULL", count=3))

    assert _found(operator) == {}
    assert value(operator, "SELECT count(*) FROM ops.data_integrity_checks()") == 11


def test_rows_that_refer_to_nothing_are_counted(planting: Connection, operator: Connection) -> None:
    planting.execute(_TASKS.format(project="gen_random_uuid()", count=3))
    planting.execute(
        "INSERT INTO projects.repository_branches (organization_id, repository_id, name)"
        " SELECT id, gen_random_uuid(), 'main' FROM base.organizations"
    )

    assert _found(operator) == {"orphaned_tasks": 3, "orphaned_rows": 2}


def test_rows_that_refer_to_another_organization_are_counted(
    planting: Connection, operator: Connection
) -> None:
    planting.execute(
        "INSERT INTO projects.projects (organization_id, name, slug)"
        " SELECT id, 'Shop', 'shop' FROM base.organizations WHERE slug = 'two'"
    )
    planting.execute(_TASKS.format(project="(SELECT id FROM projects.projects)", count=2))

    assert _found(operator) == {"cross_tenant_references": 2}


def test_tasks_that_wait_for_themselves_are_counted_whatever_the_way(
    planting: Connection, operator: Connection
) -> None:
    planting.execute(_TASKS.format(project="NULL", count=20))
    planting.execute(
        "INSERT INTO tasks.task_dependencies (organization_id, task_id, depends_on_task_id)"
        " SELECT a.organization_id, a.id, b.id FROM tasks.tasks a JOIN tasks.tasks b"
        " ON substr(b.short_id, 2)::int = substr(a.short_id, 2)::int % 14 + 1"
        " WHERE substr(a.short_id, 2)::int <= 15"  # 14 in a ring, and one that waits for it
    )

    assert _found(operator) == {"invalid_task_dependencies": 14}


def test_a_slug_twice_in_one_organization_is_counted(
    planting: Connection, operator: Connection
) -> None:
    for index in values(
        planting,
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND NOT indisprimary"
        " AND indrelid = 'projects.projects'::regclass AND indpred IS NOT NULL",
    ):
        planting.execute(f"DROP INDEX {index}")
    planting.execute(
        "INSERT INTO projects.projects (organization_id, name, slug)"
        " SELECT id, 'Shop', 'shop' FROM base.organizations, generate_series(1, 2)"
    )

    assert _found(operator) == {"duplicate_slugs": 2}


def test_a_secret_that_is_not_there_is_counted(planting: Connection, operator: Connection) -> None:
    planting.execute(
        "UPDATE base.organizations SET api_token_ref = 'secret:token' WHERE slug = 'one'"
    )
    assert _found(operator) == {"dangling_secret_refs": 1}

    planting.execute(
        "INSERT INTO base.secrets (organization_id, name, ciphertext, key_id)"
        " SELECT id, 'token', 'x', 'k' FROM base.organizations WHERE slug = 'one'"
    )
    assert _found(operator) == {}


def test_rows_are_counted_and_those_that_refer_to_nothing_lower_the_quality(
    planting: Connection, operator: Connection
) -> None:
    planting.execute(_TASKS.format(project="NULL", count=3))
    planting.execute(_TASKS.format(project="gen_random_uuid()", count=4).replace("'S'", "'T'"))
    planting.execute("UPDATE tasks.tasks SET deleted_at = now() WHERE short_id = 'S1'")
    planting.execute("UPDATE tasks.tasks SET created_at = '2025-01-01' WHERE short_id = 'S2'")
    ask = (
        "SELECT total_records, active_records, records_last_24h, is_estimate, quality_score::float"
        " FROM ops.data_quality_metrics() WHERE table_name = 'tasks.tasks'"
    )
    assert operator.execute(ask).fetchone() == (7, 6, 6, False, 42.86)

    planting.execute("UPDATE pg_class SET reltuples = 2000000 WHERE oid = 'tasks.tasks'::regclass")
    assert operator.execute(ask).fetchone() == (2000000, None, None, True, 100.0)


def test_an_unindexed_reference_is_told_and_its_remedy_helps(
    own_connection: Connection, operator: Connection
) -> None:
    ask = (
        "SELECT sql_command FROM ops.performance_optimization_recommendations()"
        " WHERE category = 'index'"
    )
    assert values(operator, ask) == []
    own_connection.execute("DROP INDEX base.organization_memberships_invited_by_idx")

    (command,) = values(operator, ask)
    own_connection.execute(command)

    assert values(operator, ask) == []


def test_every_recommended_statement_is_one_that_the_server_understands(
    own_connection: Connection, operator: Connection
) -> None:
    own_connection.execute("SET work_mem = '64kB'")
    operator.execute("SET work_mem = '64kB'")
    own_connection.execute("DROP INDEX tasks.task_dependencies_depends_on_task_idx")

    commands = values(
        operator, "SELECT sql_command FROM ops.performance_optimization_recommendations()"
    )

    assert any("work_mem" in command for command in commands)
    for command in commands:
        # VACUUM and ALTER SYSTEM stand alone, which says that they are understood.
        with suppress(errors.ActiveSqlTransaction), own_connection.transaction(force_rollback=True):
            own_connection.execute(command)

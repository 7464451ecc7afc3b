"""What holds of every object of the installation, whoever adds one."""

import re
from pathlib import Path

import pytest
from tests.integration.sql.conftest import Connection, Session

SQL = Path(__file__).parents[3] / "sql"
MODULES = sorted(path for path in SQL.iterdir() if re.fullmatch(r"\d\d_\w+\.sql", path.name))

_RELATIONS = """
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner, c.relrowsecurity,
        c.relforcerowsecurity, c.relispartition, c.oid::regclass::text AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE base.module_of(n.nspname) IS NOT NULL
"""
_MAINTENANCE_ONLY = {
    "ensure_partitions",
    "apply_retention",
    "create_partition",
    "remove_referring_rows",
    "retire_partition",
    "delete_older",
    "prune_unreferenced_content",
    "rollup_system_metrics",
    "cleanup_old_events",
    "rollup_learning_events",
    "summarize_experiments",
    "cleanup_old_learning_events",
    "schedule_retraining",
    "refresh_schema_objects",
    "record_module",
    "describe",
    "secure_table",
    "track_updates",
    "finish_schema",
    "run_job",
    "install_scheduled_jobs",
    "run_health_checks",
    "raise_alerts",
    "cleanup_old_data",
    "rollback_schema_version",
}
_GOVERNED = {
    "base.organizations",
    "base.users",
    "base.organization_memberships",
    "base.api_keys",
    "base.secrets",
    "base.data_retention_policies",
    "projects.projects",
    "projects.repositories",
    "projects.project_repositories",
    "tasks.task_definitions",
    "tasks.tasks",
    "tasks.task_dependencies",
    "tasks.workflows",
    "pipelines.pipelines",
    "pipelines.pipeline_steps",
    "pipelines.quality_gates",
    "codebase.codebases",
    "analytics.issue_triage",
    "prompts.prompt_templates",
    "prompts.prompt_variations",
    "events.event_subscriptions",
    "integrations.github_integrations",
    "integrations.linear_integrations",
    "integrations.slack_integrations",
    "agents.codegen_agents",
    "learning.ml_models",
    "learning.model_deployments",
    "learning.recommendations",
    "learning.ab_testing_experiments",
    "learning.system_adaptations",
    "ops.maintenance_jobs",
    "ops.alert_thresholds",
}


@pytest.fixture(autouse=True)
def _full_names(connection: Connection) -> None:
    connection.execute("SET search_path = pg_catalog")


def _names(connection: Connection, statement: str) -> list[str]:
    return sorted(str(row[0]) for row in connection.execute(statement))


def test_a_module_refers_only_to_modules_before_it(connection: Connection) -> None:
    upwards = _names(
        connection,
        """
        SELECT format('%s: %s -> %s', k.conname, f.nspname, t.nspname)
        FROM pg_constraint k
        JOIN pg_class a ON a.oid = k.conrelid JOIN pg_namespace f ON f.oid = a.relnamespace
        JOIN pg_class b ON b.oid = k.confrelid JOIN pg_namespace t ON t.oid = b.relnamespace
        WHERE k.contype = 'f' AND base.module_of(f.nspname) < base.module_of(t.nspname)
        UNION ALL
        SELECT format('%s.%s -> %s.%s', f.nspname, v.relname, t.nspname, r.relname)
        FROM pg_rewrite w JOIN pg_class v ON v.oid = w.ev_class JOIN pg_namespace f ON f.oid =
            v.relnamespace
        JOIN pg_depend d ON d.objid = w.oid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_class r ON r.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        JOIN pg_namespace t ON t.oid = r.relnamespace
        WHERE base.module_of(f.nspname) < base.module_of(t.nspname)
        UNION ALL
        SELECT format('%s -> %s', p.oid::regprocedure, r.oid::regclass)
        FROM pg_proc p JOIN pg_namespace f ON f.oid = p.pronamespace
        JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
        JOIN pg_class r ON r.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        JOIN pg_namespace t ON t.oid = r.relnamespace
        WHERE base.module_of(f.nspname) < base.module_of(t.nspname)
        """,
    )
    assert upwards == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_the_text_of_a_module_names_no_later_module(module: Path) -> None:
    later = [path.stem[3:] for path in MODULES if path.name > module.name]
    used = [name for name in later if re.search(rf"\b{name}\.[a-z_]+", module.read_text())]
    assert used == []


def test_no_name_means_two_things(connection: Connection) -> None:
    relations = _names(
        connection,
        f"SELECT relname FROM ({_RELATIONS}) r WHERE relkind IN ('r', 'p', 'v', 'm')"
        " AND NOT relispartition GROUP BY relname HAVING count(*) > 1",
    )
    functions = _names(
        connection,
        """
        SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE base.module_of(n.nspname) IS NOT NULL GROUP BY 1 HAVING count(*) > 1
        """,
    )
    assert relations + functions == []


def test_a_definer_function_pins_its_search_path_and_belongs_to_maintenance_or_sees_no_more(
    connection: Connection,
) -> None:
    definers = connection.execute(
        """
        SELECT p.proname, pg_get_userbyid(p.proowner), p.proconfig
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prosecdef AND base.module_of(n.nspname) IS NOT NULL
        """
    ).fetchall()
    assert {name for name, _, _ in definers} == {
        "create_organization",
        "find_organization",
        "ensure_user",
        "verify_api_key",
        "create_audit_log_entry",
        "issue_history",
        "effectiveness_for_readers",
        "drift_for_readers",
        "ensure_partitions",
        "apply_retention",
        "prune_unreferenced_content",
        "cleanup_old_events",
        "cleanup_old_learning_events",
        "schedule_retraining",
        "track_change",
        "refresh_analytics_views",
    }
    for name, owner, settings in definers:
        # What belongs to the owner is under row security, as its views are.
        under_row_security = name == "issue_history" or name.endswith("_for_readers")
        assert owner == f"graph_sitter_{'owner' if under_row_security else 'maintenance'}", name
        assert "search_path=pg_catalog, pg_temp" in settings, name


def test_maintenance_functions_are_closed_to_everybody_else(connection: Connection) -> None:
    open_to_app = _names(
        connection,
        """
        SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE base.module_of(n.nspname) IS NOT NULL AND (
            has_function_privilege('graph_sitter_app', p.oid, 'EXECUTE')
            OR has_function_privilege('graph_sitter_reader', p.oid, 'EXECUTE'))
        """,
    )
    assert _MAINTENANCE_ONLY.isdisjoint(open_to_app)
    assert "snapshot_diff" in open_to_app


def test_every_tenant_table_fills_in_its_organization_and_keeps_it_inside(
    connection: Connection,
) -> None:
    tables = connection.execute(
        f"""
        SELECT r.name, r.relrowsecurity, r.relforcerowsecurity, a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid),
            (SELECT array_agg(p.polname::text ORDER BY p.polname) FROM pg_policy p WHERE
                p.polrelid = r.oid)
        FROM ({_RELATIONS}) r
        JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = 'organization_id'
        LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
        WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition
        """
    ).fetchall()
    assert len(tables) > 20
    written_by_maintenance = {"base.audit_log", "analytics.system_metrics_hourly"}
    system_wide = written_by_maintenance | {"analytics.system_metrics"}
    for name, enabled, forced, required, default, policies in tables:
        assert enabled and forced, name
        assert required or name in system_wide, name
        if name != "analytics.system_metrics_hourly":
            assert default == "base.current_organization_id()", name
        assert {"tenant", "maintenance"} <= set(policies), name
        if name != "base.audit_log":
            assert {"writers_insert", "writers_update", "writers_delete"} <= set(policies), name


def test_references_between_tenant_tables_carry_the_organization(connection: Connection) -> None:
    bare = _names(
        connection,
        """
        SELECT format('%s.%s', k.conrelid::regclass, k.conname)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid AND NOT c.relispartition
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND base.module_of(n.nspname) IS NOT NULL
          AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.confrelid AND a.attname =
              'organization_id')
          AND NOT EXISTS (
              SELECT FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
                AND a.attname = 'organization_id')
        """,
    )
    nulling = _names(
        connection,
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND confdeltype IN ('n', 'd')",
    )
    assert bare + nulling == []


def test_every_reference_is_indexed(connection: Connection) -> None:
    unindexed = _names(
        connection,
        """
        SELECT format('%s.%s', k.conrelid::regclass, k.conname)
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid AND NOT c.relispartition
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND base.module_of(n.nspname) IS NOT NULL
          AND NOT EXISTS (
              SELECT FROM pg_index i
              -- The organization narrows nothing: the column after it decides.
              CROSS JOIN LATERAL (SELECT array_remove(k.conkey, (
                  SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attname
                      = 'organization_id'
                    AND cardinality(k.conkey) > 1)) AS columns) own
              WHERE i.indrelid = k.conrelid
                AND (own.columns && (string_to_array(i.indkey::text, ' ')::int2[])[1:2]))
        """,
    )
    assert unindexed == []


def test_everything_is_owned_by_owner_or_maintenance(connection: Connection) -> None:
    owners = connection.execute(
        f"""
        SELECT DISTINCT pg_get_userbyid(relowner), relkind = 'm' OR (relkind = 'i' AND EXISTS (
            SELECT FROM pg_index i JOIN pg_class m ON m.oid = i.indrelid
            WHERE i.indexrelid = r.oid AND m.relkind = 'm')) FROM ({_RELATIONS}) r
        """
    ).fetchall()
    assert set(owners) == {("graph_sitter_owner", False), ("graph_sitter_maintenance", True)}
    roles = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'graph\\_sitter\\_%'"
        " AND (rolsuper OR rolcanlogin OR rolbypassrls OR rolcreaterole OR rolcreatedb)"
    ).fetchall()
    assert roles == []


def test_reader_sees_views_only(connection: Connection) -> None:
    readable = _names(
        connection,
        f"SELECT relkind FROM ({_RELATIONS}) r WHERE relkind <> 'i'"
        " AND has_table_privilege('graph_sitter_reader', oid, 'SELECT')",
    )
    assert set(readable) == {"v"}
    unreadable = _names(
        connection,
        f"SELECT name FROM ({_RELATIONS}) r WHERE relkind = 'v'"
        " AND NOT has_table_privilege('graph_sitter_reader', oid, 'SELECT')",
    )
    assert unreadable == []


def test_partitions_and_materialized_views_are_granted_to_nobody(connection: Connection) -> None:
    granted = _names(
        connection,
        f"""
        SELECT r.name || ' to ' || u.rolname FROM ({_RELATIONS}) r
        JOIN pg_roles u ON u.rolname IN ('graph_sitter_app', 'graph_sitter_reader')
        WHERE (r.relispartition AND r.relkind IN ('r', 'p') OR r.relkind = 'm')
          AND has_table_privilege(u.oid, r.oid, 'SELECT, INSERT, UPDATE, DELETE')
        """,
    )
    assert granted == []


def test_facts_about_code_cannot_be_changed_through_the_app(connection: Connection) -> None:
    changeable = _names(
        connection,
        f"""
        SELECT name FROM ({_RELATIONS}) r WHERE nspname = 'codebase' AND relkind IN ('r', 'p')
          AND has_table_privilege('graph_sitter_app', oid, 'UPDATE, DELETE')
        """,
    )
    assert changeable == ["codebase.codebases"]


def test_governed_tables_are_audited_and_no_other(connection: Connection) -> None:
    audited = connection.execute(
        """
        SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t
        WHERE t.tgfoid = 'base.create_audit_log_entry'::regproc AND NOT t.tgisinternal
          -- insert, update and delete, after the row
          AND t.tgtype & 28 = 28 AND t.tgtype & 1 = 1 AND t.tgtype & 2 = 0
        """
    ).fetchall()
    assert {name for (name,) in audited} == _GOVERNED


def test_every_table_with_updated_at_keeps_it(connection: Connection) -> None:
    forgotten = _names(
        connection,
        f"""
        SELECT r.name FROM ({_RELATIONS}) r
        JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = 'updated_at'
        WHERE r.relkind IN ('r', 'p') AND NOT EXISTS (
            SELECT FROM pg_trigger t WHERE t.tgrelid = r.oid
              AND t.tgfoid = 'base.update_updated_at_column'::regproc)
        """,
    )
    assert forgotten == []


def test_generated_columns_are_named_to_the_updated_at_trigger(connection: Connection) -> None:
    unnamed = _names(
        connection,
        """
        SELECT format('%s.%s', a.attrelid::regclass, a.attname)
        FROM pg_attribute a JOIN pg_trigger t ON t.tgrelid = a.attrelid
        WHERE a.attgenerated <> '' AND t.tgfoid = 'base.update_updated_at_column'::regproc
          AND position(a.attname::text IN encode(t.tgargs, 'escape')) = 0
        """,
    )
    assert unnamed == []


def test_everything_has_a_comment(connection: Connection) -> None:
    silent = _names(
        connection,
        f"""
        SELECT r.name || coalesce('.' || a.attname, '') FROM ({_RELATIONS}) r
        LEFT JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE r.relkind IN ('r', 'p', 'v', 'm') AND NOT r.relispartition
          AND (obj_description(r.oid, 'pg_class') IS NULL OR col_description(r.oid, a.attnum) IS
              NULL)
        UNION ALL
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid =
            p.pronamespace
        WHERE base.module_of(n.nspname) IS NOT NULL AND obj_description(p.oid, 'pg_proc') IS NULL
        UNION ALL
        SELECT t.oid::regtype::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE base.module_of(n.nspname) IS NOT NULL AND t.typtype IN ('d', 'e')
          AND obj_description(t.oid, 'pg_type') IS NULL
        UNION ALL
        SELECT n.nspname FROM pg_namespace n
        WHERE base.module_of(n.nspname) IS NOT NULL AND obj_description(n.oid, 'pg_namespace') IS
            NULL
        """,
    )
    assert silent == []


def test_constraints_have_given_names() -> None:
    for module in MODULES:
        text = re.sub(r"--.*", "", module.read_text())
        for table in re.findall(r"CREATE TABLE \w+\.\w+ \((.*?)\n\)", text, re.DOTALL):
            bare = [
                line.strip()
                for line in table.splitlines()
                if re.search(r"\b(PRIMARY KEY|UNIQUE|CHECK|REFERENCES|FOREIGN KEY)\b", line)
            ]
            joined = re.sub(r"\s+", " ", table)
            named = joined.count("CONSTRAINT ")
            demanded = len(re.findall(r"PRIMARY KEY|\bUNIQUE\b|\bCHECK\b|REFERENCES", joined))
            assert named == demanded, bare


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_uses_nothing_newer_than_version_14(module: Path) -> None:
    newer = r"\bMERGE\b|NULLS NOT DISTINCT|security_invoker|SET NULL \(|ANY_VALUE|JSON_TABLE|uuidv7"
    assert re.findall(newer, module.read_text()) == []


def test_no_extension_is_needed(connection: Connection) -> None:
    dependent = _names(
        connection,
        """
        SELECT pg_describe_object(d.classid, d.objid, d.objsubid)
        FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid =
            'pg_extension'::regclass
        JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE base.module_of(n.nspname) IS NOT NULL
        """,
    )
    assert dependent == []


def test_unqualified_names_resolve_under_the_search_path(
    connection: Connection, acting: Session
) -> None:
    path = connection.execute("SELECT base.search_path()").fetchone()
    assert path == (", ".join([*(module.stem[3:] for module in MODULES), "public"]),)
    with acting() as app:
        app.execute(f"SET LOCAL search_path = {path[0]}")
        for name in _names(app, f"SELECT relname FROM ({_RELATIONS}) r WHERE relkind = 'v'"):
            app.execute(f"SELECT FROM {name} LIMIT 0")

-- 2024.12.001 base: take the whole schema out, with every row in it

DROP SCHEMA IF EXISTS ops, openevolve, learning, agents, integrations, events, prompts, analytics, codebase, pipelines, tasks, projects, base CASCADE;

DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I RESET search_path', current_database());
    EXECUTE format('ALTER DATABASE %I RESET jit', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;  -- then the installation could not set it either
END
$$;

-- Roles belong to the server: those that another database uses stay.
DO $$
DECLARE
    v_role text;
BEGIN
    FOR v_role IN SELECT rolname FROM pg_roles
                  WHERE rolname IN ('graph_sitter_owner', 'graph_sitter_app', 'graph_sitter_reader', 'graph_sitter_maintenance') LOOP
        BEGIN
            EXECUTE format('DROP OWNED BY %I', v_role);
            EXECUTE format('DROP ROLE %I', v_role);
        EXCEPTION
            WHEN dependent_objects_still_exist OR insufficient_privilege OR object_in_use THEN NULL;
        END;
    END LOOP;
END
$$;

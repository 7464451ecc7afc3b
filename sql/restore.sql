-- The end of a restoration, after the rows were checked: what a dump leaves to the database it comes into.

-- Fuzzy symbol search, where the server offers trigrams and the restoring role may take them.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm' AND installed_version IS NULL) THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
    END IF;
EXCEPTION WHEN insufficient_privilege OR unique_violation OR duplicate_object THEN
    NULL;
END
$$;
SET ROLE graph_sitter_owner;
DO $$
DECLARE
    v_schema name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm');
BEGIN
    IF v_schema IS NOT NULL AND has_schema_privilege(v_schema, 'USAGE') THEN
        EXECUTE format('CREATE INDEX symbols_name_trgm_idx ON codebase.symbols USING gin (name %I.gin_trgm_ops)', v_schema);
    END IF;
END
$$;
-- The server words a definition that it reads back differently, and other indexes may be there.
SELECT base.refresh_schema_objects();
RESET ROLE;

DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
    EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

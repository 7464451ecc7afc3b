-- 2024.12.001 base: the first release, with every module it has

-- 00_base: who may see what, what was changed, how long data stays, which version of the schema this is.
-- Everything else stands on it. Load with: psql -1 -v ON_ERROR_STOP=1 -f sql/00_base.sql

-- roles

-- Roles belong to the server, not to the database: other databases may have made them already, or make them now.
DO $$
DECLARE
    v_roles CONSTANT text[] := ARRAY['graph_sitter_owner', 'graph_sitter_app', 'graph_sitter_reader', 'graph_sitter_maintenance'];
    v_modern CONSTANT boolean := current_setting('server_version_num')::integer >= 160000;
    v_role text;
    v_grant record;
BEGIN
    IF current_setting('server_version_num')::integer < 140000 THEN
        RAISE EXCEPTION 'PostgreSQL 14 or newer is needed, this server is %', current_setting('server_version')
            USING ERRCODE = 'feature_not_supported';
    END IF;
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the database % is encoded in %, but source code needs UTF8', current_database(), current_setting('server_encoding')
            USING ERRCODE = 'feature_not_supported', HINT = 'CREATE DATABASE ... ENCODING ''UTF8'' TEMPLATE template0';
    END IF;
    FOREACH v_role IN ARRAY v_roles LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this server was faster
            END;
        END IF;
    END LOOP;
    FOR v_grant IN
        SELECT 'graph_sitter_owner' AS granted, 'graph_sitter_maintenance' AS member
        UNION ALL
        SELECT r.name, current_user::text FROM unnest(v_roles) AS r(name)
        WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    LOOP
        FOR v_attempt IN 1..5 LOOP
            -- From 16 on membership alone does not allow SET ROLE.
            EXIT WHEN pg_has_role(v_grant.member, v_grant.granted, CASE WHEN v_modern THEN 'SET' ELSE 'MEMBER' END);
            BEGIN
                EXECUTE format('GRANT %I TO %I', v_grant.granted, v_grant.member);
            EXCEPTION
                WHEN unique_violation OR internal_error THEN
                    IF v_attempt = 5 THEN RAISE; END IF;  -- the same grant at the same moment from another database
                    PERFORM pg_sleep(0.05 * v_attempt);
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the role % exists on this server, but % may not use it', v_grant.granted, current_user
                        USING ERRCODE = 'insufficient_privilege',
                              HINT = format('As an administrator: GRANT graph_sitter_owner, graph_sitter_app, graph_sitter_reader, '
                                            'graph_sitter_maintenance TO %I', current_user);
            END;
        END LOOP;
    END LOOP;
END
$$;

CREATE SCHEMA base AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA base IS 'Tenants, users, roles, keys, secrets, audit, retention and partitions, migrations, shared types';
GRANT USAGE ON SCHEMA base TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- types

CREATE DOMAIN base.score AS numeric(5,2) CONSTRAINT score_range CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN base.probability AS numeric(5,4) CONSTRAINT probability_range CHECK (VALUE BETWEEN 0 AND 1);
CREATE DOMAIN base.sha256 AS bytea CONSTRAINT sha256_length CHECK (octet_length(VALUE) = 32);
CREATE DOMAIN base.slug AS text CONSTRAINT slug_shape CHECK (VALUE ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(VALUE) <= 100);
CREATE DOMAIN base.secret_ref AS text CONSTRAINT secret_ref_shape CHECK (VALUE ~ '^(env|secret):[A-Za-z_][A-Za-z0-9_.-]*$');
COMMENT ON DOMAIN base.score IS 'A score from 0 (worst) to 100 (best)';
COMMENT ON DOMAIN base.probability IS 'A probability or confidence from 0 to 1';
COMMENT ON DOMAIN base.sha256 IS 'A SHA-256 digest, 32 bytes';
COMMENT ON DOMAIN base.slug IS 'A name for addresses: lower-case letters and digits in groups joined by single hyphens';
COMMENT ON DOMAIN base.secret_ref IS 'Where a secret is found, never the secret: env:NAME or secret:NAME';

CREATE TYPE base.user_role AS ENUM ('guest', 'viewer', 'member', 'admin', 'owner');
CREATE TYPE base.status_type AS ENUM ('active', 'inactive', 'pending', 'suspended', 'archived', 'deleted');
CREATE TYPE base.priority_level AS ENUM ('low', 'normal', 'high', 'urgent', 'critical');
CREATE TYPE base.severity_level AS ENUM ('info', 'warning', 'error', 'critical');
CREATE TYPE base.run_status AS ENUM (
    'pending', 'queued', 'running', 'paused', 'retrying', 'completed', 'partial', 'failed', 'timed_out', 'cancelled', 'skipped');
CREATE TYPE base.health_status AS ENUM ('healthy', 'warning', 'critical', 'unknown', 'not available');
CREATE TYPE base.analysis_type AS ENUM (
    'complexity', 'dependencies', 'dead_code', 'security', 'performance', 'quality', 'coverage', 'documentation',
    'maintainability', 'technical_debt', 'architecture', 'patterns');
COMMENT ON TYPE base.user_role IS 'What a user may do in an organization, weakest first';
COMMENT ON TYPE base.status_type IS 'The life of an entity';
COMMENT ON TYPE base.priority_level IS 'Urgency, least first';
COMMENT ON TYPE base.severity_level IS 'How bad a finding is, mildest first';
COMMENT ON TYPE base.run_status IS 'The life of anything that runs';
COMMENT ON TYPE base.health_status IS 'What a check found; unknown and not available are never healthy';
COMMENT ON TYPE base.analysis_type IS 'What an analysis looks at';

-- session: the organization and the user a transaction acts for

CREATE FUNCTION base.current_organization_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(pg_catalog.current_setting('graph_sitter.organization_id', true), '')::uuid;
COMMENT ON FUNCTION base.current_organization_id() IS 'The organization of this session; null when none is set';

CREATE FUNCTION base.current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(pg_catalog.current_setting('graph_sitter.user_id', true), '')::uuid;
COMMENT ON FUNCTION base.current_user_id() IS 'The user of this session; null when a service acts';

CREATE FUNCTION base.set_current_organization(p_organization uuid, p_user uuid DEFAULT NULL, p_local boolean DEFAULT true)
RETURNS void LANGUAGE sql
BEGIN ATOMIC
    SELECT pg_catalog.set_config('graph_sitter.organization_id', coalesce(p_organization::text, ''), p_local),
           pg_catalog.set_config('graph_sitter.user_id', coalesce(p_user::text, ''), p_local);
END;
COMMENT ON FUNCTION base.set_current_organization(uuid, uuid, boolean) IS
    'Act for an organization (and a user) until the transaction ends, or with p_local = false until the session does';

-- building blocks of every module file

CREATE PROCEDURE base.describe(p_relation regclass, p_comment text, p_columns text DEFAULT '') LANGUAGE plpgsql AS $$
DECLARE
    v_kind text;
    v_column record;
BEGIN
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END
    INTO STRICT v_kind FROM pg_catalog.pg_class WHERE oid = p_relation;
    EXECUTE format('COMMENT ON %s %s IS %L', v_kind, p_relation, p_comment);
    FOR v_column IN
        WITH given AS (
            SELECT m[1] AS name, m[2] AS comment
            FROM pg_catalog.regexp_split_to_table(p_columns, '\n') AS line, pg_catalog.regexp_match(line, '^\s*(\w+):\s+(.*\S)') AS m
            WHERE m IS NOT NULL
        ), usual (name, comment) AS (VALUES
            ('id', 'Identifier'),
            ('organization_id', 'The organization this row belongs to'),
            ('created_at', 'When the row was made'),
            ('updated_at', 'When a value last changed'),
            ('deleted_at', 'When it was deleted; null while it lives'),
            ('metadata', 'Whatever else is known, free in form')
        )
        SELECT name, comment FROM given
        UNION ALL
        SELECT u.name, u.comment FROM usual u
        JOIN pg_catalog.pg_attribute a ON a.attrelid = p_relation AND a.attname = u.name
        WHERE u.name NOT IN (SELECT name FROM given)
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', p_relation, v_column.name, v_column.comment);
    END LOOP;
END
$$;
COMMENT ON PROCEDURE base.describe(regclass, text, text) IS
    'Comment a relation and its columns: one "column: what it holds" a line; columns every table has need no line';

CREATE PROCEDURE base.secure_table(
    p_table regclass, p_demand text DEFAULT 'can_write', p_app text DEFAULT 'SELECT, INSERT, UPDATE, DELETE', p_key name DEFAULT 'organization_id')
LANGUAGE plpgsql AS $$
DECLARE
    v_policies CONSTANT text[] := ARRAY[
        'CREATE POLICY tenant ON %1$s USING (%3$I = (SELECT base.current_organization_id()))',
        'CREATE POLICY maintenance ON %1$s TO graph_sitter_maintenance USING (true)',
        'CREATE POLICY writers_insert ON %1$s AS RESTRICTIVE FOR INSERT WITH CHECK ((SELECT base.%2$I()))',
        'CREATE POLICY writers_update ON %1$s AS RESTRICTIVE FOR UPDATE USING ((SELECT base.%2$I()))',
        'CREATE POLICY writers_delete ON %1$s AS RESTRICTIVE FOR DELETE USING ((SELECT base.%2$I()))'];
    v_policy text;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
    FOREACH v_policy IN ARRAY v_policies LOOP
        EXECUTE format(v_policy, p_table, p_demand, p_key);
    END LOOP;
    EXECUTE format('GRANT %s ON %s TO graph_sitter_app', p_app, p_table);
END
$$;
COMMENT ON PROCEDURE base.secure_table(regclass, text, text, name) IS
    'Row security of a tenant table: its organization only, writing only when p_demand (can_write or can_administer) allows';

CREATE PROCEDURE base.track_updates(p_schema name) LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT a.attrelid::regclass AS name, (
                 SELECT coalesce(string_agg(quote_literal(g.attname), ', ' ORDER BY g.attnum), '') FROM pg_catalog.pg_attribute g
                 WHERE g.attrelid = a.attrelid AND g.attgenerated <> '') AS generated
             FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
             WHERE c.relnamespace = p_schema::regnamespace AND c.relkind = 'r' AND a.attname = 'updated_at' LOOP
        EXECUTE format('CREATE TRIGGER updated_at BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column(%s)',
            v.name, v.generated);
    END LOOP;
END
$$;
COMMENT ON PROCEDURE base.track_updates(name) IS 'Keep updated_at of every table of a module that has it';

CREATE PROCEDURE base.finish_schema(p_schema name) LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    FOR v IN SELECT c.oid::regclass AS name FROM pg_catalog.pg_class c
             WHERE c.relnamespace = p_schema::regnamespace AND c.relkind = 'v' LOOP
        EXECUTE format('GRANT SELECT ON %s TO graph_sitter_app, graph_sitter_reader', v.name);
    END LOOP;
    -- lz4 packs as well as the default at a fraction of its time, where the server was built with it.
    FOR v IN SELECT a.attrelid::regclass AS name, a.attname AS column_name
             FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
             WHERE c.relnamespace = p_schema::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
               AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype) AND a.attcompression = ''
               AND EXISTS (SELECT FROM pg_catalog.pg_settings s
                           WHERE s.name = 'default_toast_compression' AND 'lz4' = ANY (s.enumvals)) LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', v.name, v.column_name);
    END LOOP;
END
$$;
COMMENT ON PROCEDURE base.finish_schema(name) IS 'Grant the views of a module to app and reader and compress its large columns';

-- tables

CREATE TABLE base.organizations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT organizations_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    name text NOT NULL CONSTRAINT organizations_name_not_blank CHECK (name ~ '\S'),
    slug base.slug NOT NULL CONSTRAINT organizations_slug_key UNIQUE,
    description text,
    status base.status_type NOT NULL DEFAULT 'active',
    settings jsonb NOT NULL DEFAULT '{}',
    subscription_tier text NOT NULL DEFAULT 'free',
    usage_limits jsonb NOT NULL DEFAULT '{}',
    default_timezone text NOT NULL DEFAULT 'UTC',
    contact_email text,
    codegen_org_id text CONSTRAINT organizations_codegen_org_id_key UNIQUE
        CONSTRAINT organizations_codegen_org_id_digits CHECK (codegen_org_id ~ '^[0-9]+$'),
    api_token_ref base.secret_ref,
    api_token_hash base.sha256
);
CALL base.describe('base.organizations', 'The tenants: every other row that belongs to somebody belongs to one of these', $$
    name: What people call it
    slug: Its name in addresses and on the command line, unique on this server
    description: A sentence or two
    status: Whether it may be used
    settings: Preferences of the organization
    subscription_tier: The plan it is on
    usage_limits: Agreed limits by name
    default_timezone: For showing times; everything is stored in UTC
    contact_email: Whom to write to
    codegen_org_id: Its number at Codegen
    api_token_ref: Where its Codegen token is found
    api_token_hash: SHA-256 of the current token, to recognise it
$$);

CREATE TABLE base.users (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT users_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    email text NOT NULL CONSTRAINT users_email_shape CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    name text NOT NULL,
    avatar_url text,
    status base.status_type NOT NULL DEFAULT 'active',
    auth_provider text,
    external_id text,
    timezone text,
    preferences jsonb NOT NULL DEFAULT '{}',
    settings jsonb NOT NULL DEFAULT '{}',
    github_username text,
    linear_user_id text,
    slack_user_id text,
    last_active_at timestamptz
);
CREATE UNIQUE INDEX users_email_key ON base.users (lower(email));
CREATE INDEX users_external_id_idx ON base.users (external_id);
CALL base.describe('base.users', 'People, known once however many organizations they belong to', $$
    email: Unique whatever the case of its letters
    name: What to call them
    avatar_url: Their picture
    status: Whether they may act
    auth_provider: Who vouches for their identity
    external_id: Their id at that provider
    timezone: For showing times
    preferences: How they like things shown
    settings: Other settings
    github_username: Their name on GitHub
    linear_user_id: Their id at Linear
    slack_user_id: Their id at Slack
    last_active_at: When they last did anything
$$);

CREATE TABLE base.organization_memberships (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT organization_memberships_organization_fkey REFERENCES base.organizations ON DELETE CASCADE,
    user_id uuid NOT NULL CONSTRAINT organization_memberships_user_fkey REFERENCES base.users,
    role base.user_role NOT NULL DEFAULT 'member',
    permissions jsonb NOT NULL DEFAULT '{}',
    status base.status_type NOT NULL DEFAULT 'active',
    invited_by uuid CONSTRAINT organization_memberships_invited_by_fkey REFERENCES base.users,
    joined_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT organization_memberships_pkey PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX organization_memberships_user_idx ON base.organization_memberships (user_id);
CREATE INDEX organization_memberships_invited_by_idx ON base.organization_memberships (invited_by);
CALL base.describe('base.organization_memberships', 'Who belongs to an organization, and as what', $$
    user_id: The member
    role: What the member may do
    permissions: Exceptions to the role
    status: Only active memberships count
    invited_by: Who brought them in
    joined_at: Since when
$$);

CREATE TABLE base.api_keys (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT api_keys_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT api_keys_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid DEFAULT base.current_user_id() CONSTRAINT api_keys_user_fkey REFERENCES base.users,
    name text NOT NULL,
    key_prefix text NOT NULL,
    key_hash base.sha256 NOT NULL CONSTRAINT api_keys_key_hash_key UNIQUE,
    scopes text[] NOT NULL DEFAULT '{}',
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_keys_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT api_keys_name_key UNIQUE (organization_id, name)
);
CREATE INDEX api_keys_user_idx ON base.api_keys (user_id);
CALL base.describe('base.api_keys', 'Keys for programs; the key itself is shown once and never stored', $$
    user_id: On whose behalf it acts; null for a service
    name: What it is for
    key_prefix: Its first characters, to recognise it in a list
    key_hash: SHA-256 of the key
    scopes: What it may be used for
    last_used_at: Last successful check, to the minute
    expires_at: Refused from then on
    revoked_at: Refused since then
$$);

CREATE TABLE base.secrets (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT secrets_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT secrets_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    ciphertext bytea NOT NULL,
    key_id text NOT NULL,
    rotated_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT secrets_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT secrets_name_key UNIQUE (organization_id, name)
);
CALL base.describe('base.secrets', 'Secrets, encrypted by the application before they come here; the key never does', $$
    name: What secret:NAME refers to
    ciphertext: The encrypted value; emptied when it is revoked
    key_id: Which key it was encrypted with
    rotated_at: When the value was last replaced
    revoked_at: Unusable since then
$$);

CREATE TABLE base.audit_log (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid DEFAULT base.current_organization_id(),
    occurred_at timestamptz NOT NULL DEFAULT now(),
    table_name text NOT NULL,
    record_id text NOT NULL,
    operation text NOT NULL
        CONSTRAINT audit_log_operation_check CHECK (operation IN ('insert', 'update', 'delete', 'read', 'export', 'login')),
    old_values jsonb,
    new_values jsonb,
    changed_fields text[],
    actor_id uuid DEFAULT base.current_user_id(),
    actor_role text,
    request_id text,
    ip_address inet,
    context jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT audit_log_pkey PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX audit_log_record_idx ON base.audit_log (table_name, record_id, occurred_at);
CREATE INDEX audit_log_organization_idx ON base.audit_log (organization_id, occurred_at);
CALL base.describe('base.audit_log', 'Who changed or read what, when; only ever added to', $$
    organization_id: The organization concerned; null for rows that belong to nobody
    occurred_at: When
    table_name: The table, with its schema
    record_id: The row's key; parts of a composite key are joined by a colon
    operation: What was done
    old_values: The changed columns before, secrets left out
    new_values: The changed columns after, secrets left out
    changed_fields: Names of the changed columns, secrets included
    actor_id: The user who did it; null for a service
    actor_role: The database role it was done with
    request_id: The request it was part of
    ip_address: Where the connection came from
    context: Login, application, and whatever the caller added
$$);

CREATE TABLE base.data_retention_policies (
    table_name text CONSTRAINT data_retention_policies_pkey PRIMARY KEY
        CONSTRAINT data_retention_policies_table_name_shape CHECK (table_name ~ '^[a-z_0-9]+\.[a-z_0-9]+$'),
    time_column text NOT NULL,
    retention interval NOT NULL,
    strategy text NOT NULL
        CONSTRAINT data_retention_policies_strategy_check CHECK (strategy IN ('drop', 'delete', 'summarize', 'archive')),
    partition_interval interval
        CONSTRAINT data_retention_policies_partition_interval_positive CHECK (partition_interval > interval '0'),
    horizon interval NOT NULL DEFAULT '62 days',
    rollup_function text,
    enabled boolean NOT NULL DEFAULT true,
    last_run_at timestamptz,
    last_status text,
    rows_removed bigint,
    bytes_freed bigint,
    CONSTRAINT data_retention_policies_rollup_check CHECK ((strategy = 'summarize') = (rollup_function IS NOT NULL)),
    CONSTRAINT data_retention_policies_retention_check CHECK (retention >= partition_interval)
);
CALL base.describe('base.data_retention_policies', 'How long each growing table keeps its rows, and how it is partitioned', $$
    table_name: The table, with its schema
    time_column: The column that tells a row's age, and the partition key if there is one
    retention: Rows older than this leave
    strategy: drop whole partitions; delete rows; summarize, then drop; archive: detach for the maintain command to write out
    partition_interval: Width of a partition; null for a table without
    horizon: How far ahead partitions are made
    rollup_function: Called as f(relation regclass, before timestamptz) just before rows leave
    enabled: Whether apply_retention looks at it
    last_run_at: When retention last ran
    last_status: How that ended
    rows_removed: Rows that left then
    bytes_freed: Bytes that were freed then
$$);

CREATE TABLE base.schema_migrations (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT schema_migrations_pkey PRIMARY KEY,
    version text NOT NULL CONSTRAINT schema_migrations_version_shape CHECK (version ~ '^\d{4}\.\d{2}\.\d{3}$'),
    module text NOT NULL,
    description text,
    checksum base.sha256 NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    applied_by text NOT NULL DEFAULT session_user,
    execution_ms integer,
    rollback_sql text,
    rolled_back_at timestamptz
);
CREATE UNIQUE INDEX schema_migrations_version_key ON base.schema_migrations (version, module) WHERE rolled_back_at IS NULL;
CALL base.describe('base.schema_migrations', 'Which versions of which module were applied; rows stay, also when rolled back', $$
    version: Release and number; 2024.12.001 is the baseline, the module as its file installs it
    module: The module's schema
    description: What it brought
    checksum: SHA-256 of the migration file; for a baseline, of the module's part of schema_objects when it was installed
    applied_at: When
    applied_by: The login that did it
    execution_ms: How long it took
    rollback_sql: What undoes it
    rolled_back_at: When it was undone
$$);

CREATE TABLE base.schema_objects (
    module text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    definition_digest base.sha256 NOT NULL,
    CONSTRAINT schema_objects_pkey PRIMARY KEY (kind, name)
);
CALL base.describe('base.schema_objects', 'Manifest of what this installation must contain; see refresh_schema_objects()', $$
    module: The module's schema
    kind: What it is
    name: Its full name
    definition_digest: SHA-256 of its definition as the server tells it
$$);

CREATE TABLE base.alembic_version (
    version_num varchar(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CALL base.describe('base.alembic_version', 'The migration tool''s own pointer', $$
    version_num: The newest revision applied
$$);

GRANT SELECT ON base.data_retention_policies, base.schema_migrations, base.schema_objects, base.alembic_version TO graph_sitter_app;

-- functions: access

CREATE FUNCTION base.current_user_role() RETURNS base.user_role LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT m.role FROM base.organization_memberships m
            WHERE m.organization_id = base.current_organization_id() AND m.user_id = base.current_user_id() AND m.status = 'active');
END
$$;
COMMENT ON FUNCTION base.current_user_role() IS 'The role of the session''s user in the session''s organization; null for none';

CREATE FUNCTION base.can_write() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN base.current_user_id() IS NULL OR current_user = 'graph_sitter_maintenance'
        OR coalesce(base.current_user_role() >= 'member', false);
END
$$;
COMMENT ON FUNCTION base.can_write() IS 'Whether the session may change rows: a service, or a user who is at least a member';

CREATE FUNCTION base.can_administer() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN base.current_user_id() IS NULL OR current_user = 'graph_sitter_maintenance'
        OR coalesce(base.current_user_role() >= 'admin', false);
END
$$;
COMMENT ON FUNCTION base.can_administer() IS 'Whether the session may change members, keys and secrets: a service, or at least an admin';

CALL base.secure_table('base.organizations', 'can_administer', 'SELECT, UPDATE', p_key => 'id');
CALL base.secure_table('base.organization_memberships', 'can_administer');
CALL base.secure_table('base.api_keys', 'can_administer');
CALL base.secure_table('base.secrets', 'can_administer');

ALTER TABLE base.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE base.users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON base.users FOR SELECT USING (
    id = (SELECT base.current_user_id())
    OR EXISTS (SELECT FROM base.organization_memberships m
               WHERE m.user_id = users.id AND m.organization_id = (SELECT base.current_organization_id())));
-- An administrator names people through ensure_user(); what they say of themselves is their own.
CREATE POLICY self ON base.users FOR UPDATE USING (id = (SELECT base.current_user_id()));
CREATE POLICY maintenance ON base.users TO graph_sitter_maintenance USING (true);
GRANT SELECT, UPDATE ON base.users TO graph_sitter_app;

ALTER TABLE base.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE base.audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON base.audit_log FOR SELECT USING (organization_id = (SELECT base.current_organization_id()));
-- A session tells what it read; what it changed is told by the triggers alone.
CREATE POLICY tell ON base.audit_log FOR INSERT WITH CHECK (
    organization_id = (SELECT base.current_organization_id())
    AND actor_id IS NOT DISTINCT FROM (SELECT base.current_user_id())
    AND operation IN ('read', 'export', 'login'));
CREATE POLICY maintenance ON base.audit_log TO graph_sitter_maintenance USING (true);
REVOKE UPDATE, DELETE, TRUNCATE ON base.audit_log FROM graph_sitter_owner;
GRANT SELECT, INSERT ON base.audit_log TO graph_sitter_app;
GRANT DELETE ON base.audit_log TO graph_sitter_maintenance;

-- functions: triggers

CREATE FUNCTION base.update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Generated columns are not computed yet here; a table that has some names them.
    IF (to_jsonb(NEW) - coalesce(TG_ARGV::text[], '{}')) IS DISTINCT FROM (to_jsonb(OLD) - coalesce(TG_ARGV::text[], '{}')) THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION base.update_updated_at_column() IS
    'Trigger: set updated_at when a value really changes; arguments name generated columns';

CREATE FUNCTION base.notify_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_row jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
BEGIN
    PERFORM pg_notify(coalesce(TG_ARGV[0], 'graph_sitter_events'), jsonb_build_object(
        'table', coalesce(TG_ARGV[1], format('%s.%s', TG_TABLE_SCHEMA, TG_TABLE_NAME)), 'operation', lower(TG_OP),
        'id', v_row -> 'id', 'organization_id', v_row -> 'organization_id')::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION base.notify_change() IS
    'Trigger: tell listeners of graph_sitter_events (or the channel given) which row of which table (or the one given) changed, never what is in it';

CREATE FUNCTION base.run_status_follows(p_from base.run_status, p_to base.run_status) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE p_from
    WHEN 'pending' THEN p_to IN ('queued', 'running', 'paused', 'cancelled', 'skipped')
    WHEN 'queued' THEN p_to IN ('pending', 'running', 'paused', 'cancelled', 'skipped')
    -- What is paused begins nothing new, but what had begun may still end.
    WHEN 'running' THEN p_to NOT IN ('running', 'skipped')
    WHEN 'paused' THEN p_to NOT IN ('paused', 'skipped')
    WHEN 'retrying' THEN p_to IN ('queued', 'running', 'paused', 'failed', 'cancelled')
    ELSE false END;
COMMENT ON FUNCTION base.run_status_follows(base.run_status, base.run_status) IS
    'Whether something that runs may go from one status to the other; nothing follows an end';

CREATE FUNCTION base.run_has_ended(p_status base.run_status) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p_status IN ('completed', 'partial', 'failed', 'timed_out', 'cancelled', 'skipped');
COMMENT ON FUNCTION base.run_has_ended(base.run_status) IS 'Whether the status is one that nothing follows';

CREATE FUNCTION base.keep_run_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status AND NOT base.run_status_follows(OLD.status, NEW.status) THEN
        RAISE EXCEPTION 'a row of %.% that is % cannot become %', TG_TABLE_SCHEMA, TG_TABLE_NAME, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_status_follows',
                  HINT = coalesce('It can become ' || (SELECT string_agg(s::text, ', ') FROM unnest(enum_range(NULL::base.run_status)) AS s
                                                       WHERE base.run_status_follows(OLD.status, s)) || '.', 'It has ended: begin a new one.');
    END IF;
    IF NEW.status = 'running' THEN
        NEW.started_at := coalesce(NEW.started_at, clock_timestamp());
    END IF;
    NEW.completed_at := CASE WHEN base.run_has_ended(NEW.status)
                             THEN coalesce(NEW.completed_at, greatest(clock_timestamp(), NEW.started_at)) END;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION base.keep_run_status() IS
    'Trigger: refuse a status that cannot follow the one before; note when the row began to run and when it ended';

CREATE FUNCTION base.keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.organization_id = OLD.organization_id AND NEW.role = 'owner' AND NEW.status = 'active' THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.owners:' || OLD.organization_id, 0));
    IF EXISTS (SELECT FROM base.organizations o WHERE o.id = OLD.organization_id)
       AND NOT EXISTS (SELECT FROM base.organization_memberships m
                       WHERE m.organization_id = OLD.organization_id AND m.role = 'owner' AND m.status = 'active') THEN
        RAISE EXCEPTION 'an organization keeps at least one owner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'organization_memberships_keep_an_owner',
                  HINT = 'Make somebody else an owner first.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION base.keep_an_owner() IS 'Trigger: refuse to take an organization''s last owner away';

CREATE FUNCTION base.forget_revoked_secret() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ciphertext := '';
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION base.forget_revoked_secret() IS 'Trigger: a revoked secret is emptied, so that nothing can return it';

-- functions: small tools

CREATE FUNCTION base.generate_short_id(p_prefix text DEFAULT '') RETURNS text LANGUAGE sql VOLATILE PARALLEL SAFE
BEGIN ATOMIC
    SELECT p_prefix || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', get_byte(r.bytes, i) % 32 + 1, 1), '')
    FROM (SELECT sha256(uuid_send(gen_random_uuid())) AS bytes) r, generate_series(0, 7) AS i;
END;
COMMENT ON FUNCTION base.generate_short_id(text) IS
    'Eight random characters that cannot be misread for each other; unique only where a constraint says so';

CREATE FUNCTION base.assign_variant(p_key text, p_subject text, p_weights jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH weights AS (
        SELECT key AS variant, value::double precision AS weight,
            sum(value::double precision) OVER (ORDER BY key COLLATE "C") AS upper_end,
            sum(value::double precision) OVER () AS total
        FROM jsonb_each_text(p_weights)
        WHERE value::double precision > 0
    ), point AS (
        SELECT ('x' || encode(substr(sha256(convert_to(p_key || chr(31) || p_subject, 'UTF8')), 1, 6), 'hex'))::bit(48)::bigint
            / 281474976710656.0::double precision AS share
    )
    SELECT w.variant FROM weights w, point p WHERE p.share * w.total < w.upper_end ORDER BY w.upper_end LIMIT 1;
END;
COMMENT ON FUNCTION base.assign_variant(text, text, jsonb) IS
    'Choose one of the weighted variants, the same for the same key and subject; null when no weight is above 0';

CREATE FUNCTION base.filter_holds(p_filter jsonpath, p_data jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p_filter IS NULL OR coalesce(jsonb_path_query_first(p_data, p_filter, silent => true) NOT IN ('false', 'null'), false);
COMMENT ON FUNCTION base.filter_holds(jsonpath, jsonb) IS
    'Whether a filter holds: its first result is neither false nor unknown; no filter always does';

CREATE FUNCTION base.two_sided_p_value(p_z double precision) RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v_x CONSTANT double precision := abs(p_z) / sqrt(2.0);
    v_term double precision := v_x;
    v_sum double precision := v_x;
    v_fraction double precision := 0;
BEGIN
    -- The complementary error function, which the server has only from 16 on: as a series, far out as a continued fraction.
    IF v_x < 3 THEN
        FOR n IN 1..100 LOOP
            v_term := v_term * 2 * v_x * v_x / (2 * n + 1);
            v_sum := v_sum + v_term;
            EXIT WHEN v_term <= v_sum * 1e-17;
        END LOOP;
        RETURN 1 - 2 / sqrt(pi()) * exp(-v_x * v_x) * v_sum;
    ELSIF v_x > 26 THEN
        RETURN 0;
    END IF;
    FOR n IN REVERSE 60..1 LOOP
        v_fraction := n / 2.0 / (v_x + v_fraction);
    END LOOP;
    RETURN exp(-v_x * v_x) / sqrt(pi()) / (v_x + v_fraction);
END
$$;
COMMENT ON FUNCTION base.two_sided_p_value(double precision) IS
    'How likely a standard normal value is at least this far from zero';

CREATE FUNCTION base.two_proportion_p_value(p_successes bigint, p_n bigint, p_other_successes bigint, p_other_n bigint)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH pooled AS (
        SELECT (p_successes + p_other_successes)::double precision / nullif(p_n + p_other_n, 0) AS share,
            1.0::double precision / nullif(p_n, 0) + 1.0::double precision / nullif(p_other_n, 0) AS parts
    )
    SELECT CASE WHEN p.parts IS NOT NULL AND p.share IN (0, 1) THEN 1
        ELSE base.two_sided_p_value((p_successes::double precision / nullif(p_n, 0) - p_other_successes::double precision / nullif(p_other_n, 0))
            / sqrt(p.share * (1 - p.share) * p.parts)) END
    FROM pooled p;
END;
COMMENT ON FUNCTION base.two_proportion_p_value(bigint, bigint, bigint, bigint) IS
    'Two-sided p of the pooled two-proportion z-test: how likely shares at least this far apart are when there is no difference; null without data';

CREATE FUNCTION base.create_api_key(p_name text, p_scopes text[] DEFAULT '{}', p_expires_at timestamptz DEFAULT NULL)
RETURNS TABLE (id uuid, api_key text) LANGUAGE plpgsql AS $$
DECLARE
    -- Two random uuids carry 244 random bits; the core has no other strong source.
    v_key text := 'gsdb_' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
BEGIN
    RETURN QUERY
    INSERT INTO base.api_keys AS k (name, key_prefix, key_hash, scopes, expires_at)
    VALUES (p_name, left(v_key, 13), sha256(convert_to(v_key, 'UTF8')), p_scopes, p_expires_at)
    RETURNING k.id, v_key;
END
$$;
COMMENT ON FUNCTION base.create_api_key(text, text[], timestamptz) IS 'Make a key and show it, this once';

CREATE FUNCTION base.audit_access(p_table text, p_record text, p_operation text, p_context jsonb DEFAULT '{}')
RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO base.audit_log (table_name, record_id, operation, actor_role, request_id, ip_address, context)
    VALUES (p_table, p_record, p_operation,
        coalesce(nullif(current_setting('role', true), 'none'), session_user::text),
        nullif(current_setting('graph_sitter.request_id', true), ''), inet_client_addr(),
        jsonb_build_object('login', session_user, 'application', current_setting('application_name', true)) || p_context);
END;
COMMENT ON FUNCTION base.audit_access(text, text, text, jsonb) IS 'Note in the audit log that something was read, exported, or that somebody logged in';

CREATE FUNCTION base.feature_status() RETURNS TABLE (feature text, status base.health_status, detail text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT w.name,
        (CASE WHEN e.extversion IS NULL OR NOT preloaded.ok THEN 'not available' ELSE 'healthy' END)::base.health_status,
        CASE WHEN e.extversion IS NOT NULL AND preloaded.ok THEN 'version ' || e.extversion
             WHEN e.extversion IS NOT NULL THEN 'installed, but not in shared_preload_libraries'
             WHEN a.name IS NOT NULL THEN format('offered by the server, not installed: CREATE EXTENSION %I', w.name)
             ELSE 'this server does not offer the extension' END
        || CASE WHEN e.extversion IS NOT NULL THEN '' ELSE '; ' || w.without END
    FROM (VALUES
        ('pg_trgm', false, 'symbols are searched by exact name, beginning and part'),
        ('btree_gin', false, 'mixed GIN indexes are left out'),
        ('pg_stat_statements', true, 'query figures come from the library''s own log'),
        ('pg_cron', true, 'jobs are run by graph-sitter-db maintain'),
        ('pgaudit', true, 'reads made outside the library are not logged')
    ) AS w (name, preload, without)
    LEFT JOIN pg_catalog.pg_extension e ON e.extname = w.name
    LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = w.name
    CROSS JOIN LATERAL (SELECT NOT w.preload OR w.name = ANY (
        string_to_array(replace(coalesce(current_setting('shared_preload_libraries', true), ''), ' ', ''), ',')) AS ok) preloaded
    UNION ALL
    SELECT 'lz4', (CASE WHEN x.offered THEN 'healthy' ELSE 'not available' END)::base.health_status,
        CASE WHEN x.offered THEN 'large columns are compressed with lz4'
             ELSE 'the server was built without lz4; large columns use pglz' END
    FROM (SELECT EXISTS (SELECT FROM pg_catalog.pg_settings s
                         WHERE s.name = 'default_toast_compression' AND 'lz4' = ANY (s.enumvals)) AS offered) x
    UNION ALL
    SELECT 'replication', (CASE WHEN r.standby OR r.senders > 0 THEN 'healthy' ELSE 'not available' END)::base.health_status,
        CASE WHEN r.standby THEN 'this server is a read replica'
             WHEN r.senders > 0 THEN format('%s replicas connected', r.senders)
             ELSE 'no replica is connected' END
    FROM (SELECT pg_is_in_recovery() AS standby, (SELECT count(*) FROM pg_catalog.pg_stat_get_wal_senders()) AS senders) r;
END;
COMMENT ON FUNCTION base.feature_status() IS 'Which optional features are on, and why the others are not';

-- functions: the manifest and the ledger

CREATE FUNCTION base.module_of(p_schema name) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_position(ARRAY['base', 'projects', 'tasks', 'pipelines', 'codebase', 'analytics', 'prompts', 'events', 'integrations',
    'agents', 'learning', 'openevolve', 'ops']::name[], p_schema) - 1;
COMMENT ON FUNCTION base.module_of(name) IS 'The number of the module that a schema belongs to; null for foreign schemas';

CREATE FUNCTION base.search_path() RETURNS text LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH here AS (
        SELECT regexp_replace(s.setting, '^search_path=', '') AS path
        FROM pg_catalog.pg_database d
        JOIN pg_catalog.pg_db_role_setting r ON r.setdatabase = d.oid AND r.setrole = 0
        CROSS JOIN unnest(r.setconfig) AS s (setting)
        WHERE d.datname = current_database() AND s.setting LIKE 'search\_path=%'
    ), others AS (
        SELECT string_agg(p.name, ', ' ORDER BY p.position) AS names
        FROM here, regexp_split_to_table(here.path, '\s*,\s*') WITH ORDINALITY AS p (name, position)
        WHERE base.module_of(p.name::name) IS NULL
    )
    SELECT concat_ws(', ', string_agg(quote_ident(n.nspname), ', ' ORDER BY base.module_of(n.nspname)), coalesce((SELECT o.names FROM others o), 'public'))
    FROM pg_catalog.pg_namespace n WHERE base.module_of(n.nspname) IS NOT NULL;
END;
COMMENT ON FUNCTION base.search_path() IS
    'The search path under which unqualified names work: the installed modules in order, then what the database searched before';

CREATE FUNCTION base.catalog_objects() RETURNS TABLE (module text, kind text, name text, definition text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH schemas AS (
        SELECT n.oid, n.nspname::text AS module FROM pg_namespace n WHERE base.module_of(n.nspname) IS NOT NULL
    ), relations AS (
        SELECT c.oid, s.module, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity
        FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace
        WHERE NOT c.relispartition AND c.relkind IN ('r', 'p', 'v', 'm')
    )
    SELECT r.module, CASE r.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END,
        r.oid::regclass::text,
        CASE WHEN r.relkind IN ('v', 'm') THEN pg_get_viewdef(r.oid)
        ELSE concat_ws(E'\n', format('row security %s, forced %s', r.relrowsecurity, r.relforcerowsecurity),
            CASE WHEN r.relkind = 'p' THEN pg_get_partkeydef(r.oid) END,
            (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                    nullif(a.attidentity::text, ''), nullif(a.attgenerated::text, ''), pg_get_expr(d.adbin, d.adrelid)), E'\n' ORDER BY a.attnum)
             FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)) END
    FROM relations r
    UNION ALL
    SELECT r.module, 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN relations r ON r.oid = i.indrelid
    UNION ALL
    -- Not-null constraints are objects from 18 on; the columns tell them on every server.
    SELECT r.module, 'constraint', format('%s.%I', r.oid::regclass, k.conname), pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN relations r ON r.oid = k.conrelid WHERE k.contype <> 'n'
    UNION ALL
    SELECT r.module, 'trigger', format('%s.%I', r.oid::regclass, t.tgname), pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT r.module, 'policy', format('%s.%I', r.oid::regclass, p.polname), concat_ws(' ', p.polcmd, p.polpermissive,
        (SELECT string_agg(pg_get_userbyid(x), ',' ORDER BY pg_get_userbyid(x)) FROM unnest(p.polroles) AS x WHERE x <> 0),
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
    UNION ALL
    SELECT s.module, 'function', p.oid::regprocedure::text, concat_ws(' ', pg_get_userbyid(p.proowner), pg_get_functiondef(p.oid))
    FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace WHERE p.prokind IN ('f', 'p')
    UNION ALL
    SELECT s.module, CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'enum' END, t.oid::regtype::text,
        CASE t.typtype
            WHEN 'd' THEN concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
                (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid))
            ELSE (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) END
    FROM pg_type t JOIN schemas s ON s.oid = t.typnamespace WHERE t.typtype IN ('d', 'e');
END;
COMMENT ON FUNCTION base.catalog_objects() IS 'Every object of the module schemas with its definition; partitions, which come and go, are left out';

CREATE FUNCTION base.refresh_schema_objects(p_module text DEFAULT NULL) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    DELETE FROM base.schema_objects o WHERE p_module IS NULL OR o.module = p_module;
    INSERT INTO base.schema_objects (module, kind, name, definition_digest)
    SELECT c.module, c.kind, c.name, sha256(convert_to(c.definition, 'UTF8'))
    FROM base.catalog_objects() c WHERE p_module IS NULL OR c.module = p_module;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION base.refresh_schema_objects(text) IS
    'Write the manifest of one module, or of all, from the catalogs; the last step of every installation and migration';
REVOKE EXECUTE ON FUNCTION base.refresh_schema_objects(text) FROM PUBLIC;

CREATE PROCEDURE base.record_module(p_module text, p_description text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM base.refresh_schema_objects(p_module);
    INSERT INTO base.schema_migrations (version, module, description, checksum)
    SELECT '2024.12.001', p_module, p_description, sha256(convert_to(coalesce(string_agg(
        concat_ws(' ', o.kind, o.name, encode(o.definition_digest, 'hex')), E'\n' ORDER BY o.kind, o.name COLLATE "C"), ''), 'UTF8'))
    FROM base.schema_objects o WHERE o.module = p_module;
END
$$;
COMMENT ON PROCEDURE base.record_module(text, text) IS 'End of a module file: write its manifest and its baseline row in the ledger';
REVOKE EXECUTE ON PROCEDURE base.record_module(text, text), base.describe(regclass, text, text),
    base.secure_table(regclass, text, text, name), base.track_updates(name), base.finish_schema(name) FROM PUBLIC;

-- functions: partitions and retention

CREATE FUNCTION base.partition_start(p_at timestamptz, p_width interval) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_at timestamp := p_at AT TIME ZONE 'UTC';
    v_months integer := extract(year FROM p_width) * 12 + extract(month FROM p_width);
    v_month integer := extract(year FROM v_at) * 12 + extract(month FROM v_at) - 1;
BEGIN
    IF v_months = 0 THEN
        RETURN date_bin(p_width, v_at, timestamp '2000-01-03') AT TIME ZONE 'UTC';  -- a Monday, so weeks start on one
    END IF;
    v_month := v_month - v_month % v_months;
    RETURN make_timestamp(v_month / 12, v_month % 12 + 1, 1, 0, 0, 0) AT TIME ZONE 'UTC';
END
$$;
COMMENT ON FUNCTION base.partition_start(timestamptz, interval) IS 'Where the partition of this width that holds a moment begins, in UTC';

CREATE FUNCTION base.partition_end(p_start timestamptz, p_width interval) RETURNS timestamptz LANGUAGE sql IMMUTABLE
RETURN (p_start AT TIME ZONE 'UTC' + p_width) AT TIME ZONE 'UTC';
COMMENT ON FUNCTION base.partition_end(timestamptz, interval) IS 'Where a partition of this width ends, whatever the session''s time zone';

CREATE FUNCTION base.partitions(p_table regclass) RETURNS TABLE (partition regclass, lower_end timestamptz, upper_end timestamptz, is_default boolean)
LANGUAGE sql STABLE SET timezone = 'UTC' SET datestyle = 'ISO'
BEGIN ATOMIC
    -- Bounds can only be had as text, which the session's settings would make ambiguous.
    SELECT c.oid::regclass, (b.ends)[1]::timestamptz, (b.ends)[2]::timestamptz, b.text = 'DEFAULT'
    FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (SELECT x.text, regexp_match(x.text, 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') AS ends
                        FROM (SELECT pg_get_expr(c.relpartbound, c.oid) AS text) x) b
    WHERE i.inhparent = p_table;
END;
COMMENT ON FUNCTION base.partitions(regclass) IS 'The attached partitions of a table with their bounds';

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION base.create_partition(p_table regclass, p_column name, p_lower timestamptz, p_upper timestamptz, p_name name)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    v_default regclass := (SELECT p.partition FROM base.partitions(p_table) p WHERE p.is_default);
    v_new text := (SELECT format('%I.%I', n.nspname, p_name) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = p_table);
    v_strays boolean := false;
    v_columns text;
    v_keys record;
    v_restore text[] := '{}';
    v_statement text;
BEGIN
    IF v_default IS NOT NULL THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I >= $1 AND %I < $2)', v_default, p_column, p_column)
            INTO v_strays USING p_lower, p_upper;
    END IF;
    IF NOT v_strays THEN
        EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', v_new, p_table, p_lower, p_upper);
    ELSE
        -- Rows cannot change partition while other rows refer to them: the references step aside and are checked again afterwards.
        FOR v_keys IN SELECT conrelid::regclass AS name, conname, pg_get_constraintdef(oid) AS definition
                      FROM pg_constraint WHERE contype = 'f' AND confrelid = p_table AND conparentid = 0 LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', v_keys.name, v_keys.conname);
            v_restore := v_restore || format('ALTER TABLE %s ADD CONSTRAINT %I %s', v_keys.name, v_keys.conname, v_keys.definition);
        END LOOP;
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO v_columns
        FROM pg_attribute WHERE attrelid = p_table AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING COMPRESSION)',
            v_new, p_table);
        -- A move is no deletion: counters and logs must not see one.
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', v_default);
        EXECUTE format('WITH moved AS (DELETE FROM %s WHERE %I >= $1 AND %I < $2 RETURNING *) INSERT INTO %s (%s) SELECT %s FROM moved',
            v_default, p_column, p_column, v_new, v_columns, v_columns) USING p_lower, p_upper;
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', v_default);
        EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', p_table, v_new, p_lower, p_upper);
        FOREACH v_statement IN ARRAY v_restore LOOP
            EXECUTE v_statement;
        END LOOP;
    END IF;
    EXECUTE format('ALTER TABLE %s OWNER TO %I', v_new, (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = p_table));
END
$$;
COMMENT ON FUNCTION base.create_partition(regclass, name, timestamptz, timestamptz, name) IS
    'Make one partition and move the rows that belong there out of the default partition';

CREATE FUNCTION base.ensure_partitions(p_table text DEFAULT NULL, p_until timestamptz DEFAULT NULL)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_policy record;
    v_default regclass;
    v_strays timestamptz[];
    v_slot timestamptz;
    v_end timestamptz;
    v_until timestamptz;
    v_created integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.partitions', 0));
    IF p_table IS NOT NULL AND NOT EXISTS (
        SELECT FROM base.data_retention_policies p WHERE p_table IN (p.table_name, split_part(p.table_name, '.', 2)) AND p.partition_interval IS NOT NULL) THEN
        RAISE EXCEPTION 'no policy with a partition interval names the table %', p_table
            USING ERRCODE = 'undefined_object', HINT = 'See base.data_retention_policies.';
    END IF;
    FOR v_policy IN
        SELECT c.oid::regclass AS name, c.relname, p.time_column, p.partition_interval AS width, p.horizon
        FROM base.data_retention_policies p JOIN pg_class c ON c.oid = to_regclass(p.table_name) AND c.relkind = 'p'
        WHERE p.partition_interval IS NOT NULL AND (p_table IS NULL OR p_table IN (p.table_name, split_part(p.table_name, '.', 2)))
        ORDER BY p.table_name
    LOOP
        v_until := coalesce(p_until, now() + v_policy.horizon);
        v_default := (SELECT p.partition FROM base.partitions(v_policy.name) p WHERE p.is_default);
        v_strays := '{}';
        IF v_default IS NOT NULL THEN
            EXECUTE format('SELECT array_agg(DISTINCT base.partition_start(%I, $1)) FROM ONLY %s WHERE %I < $2',
                v_policy.time_column, v_default, v_policy.time_column) INTO v_strays USING v_policy.width, v_until;
        END IF;
        FOR v_slot IN
            WITH RECURSIVE ahead AS (
                SELECT base.partition_start(now(), v_policy.width) AS slot WHERE now() <= v_until
                UNION ALL
                SELECT base.partition_end(slot, v_policy.width) FROM ahead WHERE base.partition_end(slot, v_policy.width) <= v_until
            )
            SELECT slot FROM ahead UNION SELECT unnest(v_strays) ORDER BY 1
        LOOP
            v_end := base.partition_end(v_slot, v_policy.width);
            CONTINUE WHEN EXISTS (SELECT FROM base.partitions(v_policy.name) p WHERE p.lower_end < v_end AND p.upper_end > v_slot);
            PERFORM base.create_partition(v_policy.name, v_policy.time_column, v_slot, v_end,
                v_policy.relname || to_char(v_slot AT TIME ZONE 'UTC',
                    CASE WHEN v_policy.width < interval '1 day' THEN '"_p"YYYYMMDD"t"HH24MI' ELSE '"_p"YYYYMMDD' END));
            v_created := v_created + 1;
        END LOOP;
    END LOOP;
    RETURN v_created;
END
$$;
COMMENT ON FUNCTION base.ensure_partitions(text, timestamptz) IS
    'Make every missing partition from today to p_until (default: the policy''s horizon) and wherever rows stray in the default partition; how many were made';

CREATE FUNCTION base.remove_referring_rows(p_table regclass, p_partition regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_key record;
BEGIN
    FOR v_key IN
        SELECT k.conrelid::regclass AS name, (
            SELECT string_agg(format('r.%I = p.%I', f.attname, t.attname), ' AND ')
            FROM unnest(k.conkey, k.confkey) AS pair (here, there)
            JOIN pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = pair.here
            JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = pair.there) AS condition
        FROM pg_constraint k
        WHERE k.contype = 'f' AND k.confrelid = p_table AND k.conparentid = 0 AND k.confdeltype = 'c'
    LOOP
        EXECUTE format('DELETE FROM %s r USING %s p WHERE %s', v_key.name, p_partition, v_key.condition);
    END LOOP;
END
$$;
COMMENT ON FUNCTION base.remove_referring_rows(regclass, regclass) IS 'Delete what would be deleted with the rows of a partition';

CREATE FUNCTION base.retire_partition(p_table regclass, p_partition regclass, p_keep boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM base.remove_referring_rows(p_table, p_partition);
    EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', p_table, p_partition);
    IF NOT p_keep THEN
        EXECUTE format('DROP TABLE %s', p_partition);
    END IF;
END
$$;
COMMENT ON FUNCTION base.retire_partition(regclass, regclass, boolean) IS 'Detach a partition and, unless it is kept for the archive, drop it';

CREATE FUNCTION base.delete_older(p_table regclass, p_column name, p_before timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_batch bigint;
    v_rows bigint := 0;
BEGIN
    LOOP
        EXECUTE format('DELETE FROM ONLY %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM ONLY %s WHERE %I < $1 LIMIT 10000))', p_table, p_table, p_column)
            USING p_before;
        GET DIAGNOSTICS v_batch = ROW_COUNT;
        EXIT WHEN v_batch = 0;
        v_rows := v_rows + v_batch;
    END LOOP;
    RETURN v_rows;
END
$$;
COMMENT ON FUNCTION base.delete_older(regclass, name, timestamptz) IS 'Delete a table''s rows from before a moment, in batches; how many';

CREATE FUNCTION base.apply_retention(p_table text DEFAULT NULL, p_retention interval DEFAULT NULL, p_dry_run boolean DEFAULT false)
RETURNS TABLE (table_name text, strategy text, partitions_dropped integer, rows_removed bigint, bytes_freed bigint, status text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_policy base.data_retention_policies;
    v_cutoff timestamptz;
    v_part record;
    v_rows bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.partitions', 0));
    FOR v_policy IN
        SELECT * FROM base.data_retention_policies p
        WHERE CASE WHEN p_table IS NULL THEN p.enabled ELSE p_table IN (p.table_name, split_part(p.table_name, '.', 2)) END
        ORDER BY p.table_name
    LOOP
        table_name := v_policy.table_name;
        strategy := v_policy.strategy;
        partitions_dropped := 0;
        rows_removed := 0;
        bytes_freed := 0;
        status := CASE WHEN p_dry_run THEN 'dry run' ELSE 'ok' END;
        v_cutoff := now() - coalesce(p_retention, v_policy.retention);
        IF to_regclass(v_policy.table_name) IS NULL THEN
            status := 'not available: the table is not installed';
            RETURN NEXT;
            CONTINUE;
        END IF;
        BEGIN
            FOR v_part IN
                SELECT p.partition, p.upper_end, false AS whole_table, p.is_default FROM base.partitions(v_policy.table_name::regclass) p
                WHERE p.is_default OR p.upper_end <= v_cutoff
                UNION ALL
                SELECT c.oid::regclass, NULL, true, false FROM pg_class c WHERE c.oid = v_policy.table_name::regclass AND c.relkind = 'r'
                ORDER BY 2 NULLS LAST
            LOOP
                -- What is archived leaves as a partition; strays get theirs from ensure_partitions() first.
                CONTINUE WHEN v_policy.strategy = 'archive' AND (v_part.is_default OR v_part.whole_table);
                EXECUTE format('SELECT count(*) FROM ONLY %s WHERE %I < $1', v_part.partition, v_policy.time_column) INTO v_rows USING v_cutoff;
                IF NOT v_part.is_default AND NOT v_part.whole_table THEN
                    partitions_dropped := partitions_dropped + 1;
                    bytes_freed := bytes_freed + CASE WHEN v_policy.strategy = 'archive' THEN 0 ELSE pg_total_relation_size(v_part.partition) END;
                END IF;
                rows_removed := rows_removed + v_rows;
                CONTINUE WHEN p_dry_run;
                IF v_policy.strategy = 'summarize' AND v_rows > 0 THEN
                    EXECUTE format('SELECT %s($1, $2)', v_policy.rollup_function) USING v_part.partition, v_cutoff;
                END IF;
                IF v_part.is_default OR v_part.whole_table THEN
                    PERFORM base.delete_older(v_part.partition, v_policy.time_column, v_cutoff);
                ELSE
                    PERFORM base.retire_partition(v_policy.table_name::regclass, v_part.partition, v_policy.strategy = 'archive');
                END IF;
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            partitions_dropped := 0;
            rows_removed := 0;
            bytes_freed := 0;
            status := 'failed: ' || SQLERRM;
        END;
        IF NOT p_dry_run THEN
            UPDATE base.data_retention_policies p
            SET last_run_at = now(), last_status = apply_retention.status,
                rows_removed = apply_retention.rows_removed, bytes_freed = apply_retention.bytes_freed
            WHERE p.table_name = v_policy.table_name;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION base.apply_retention(text, interval, boolean) IS
    'Let old rows leave as each policy says; a policy that fails leaves its data and says why. A dry run tells what would leave';

REVOKE EXECUTE ON FUNCTION base.create_partition(regclass, name, timestamptz, timestamptz, name), base.ensure_partitions(text, timestamptz),
    base.remove_referring_rows(regclass, regclass), base.retire_partition(regclass, regclass, boolean),
    base.delete_older(regclass, name, timestamptz), base.apply_retention(text, interval, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION base.ensure_partitions(text, timestamptz), base.apply_retention(text, interval, boolean) TO graph_sitter_owner;

-- functions: the ways past row security

CREATE FUNCTION base.create_organization(p_name text, p_slug text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_organization base.organizations;
BEGIN
    INSERT INTO base.organizations (name, slug) VALUES (p_name, p_slug) ON CONFLICT (slug) DO NOTHING RETURNING * INTO v_organization;
    IF v_organization.id IS NOT NULL AND base.current_user_id() IS NOT NULL THEN
        INSERT INTO base.organization_memberships (organization_id, user_id, role)
        VALUES (v_organization.id, base.current_user_id(), 'owner');
    ELSIF v_organization.id IS NULL THEN
        SELECT * INTO STRICT v_organization FROM base.organizations o WHERE o.slug = p_slug;
        IF v_organization.deleted_at IS NOT NULL THEN
            RAISE EXCEPTION 'the organization % was deleted', p_slug USING ERRCODE = 'unique_violation', HINT = 'Choose another slug.';
        END IF;
    END IF;
    RETURN v_organization.id;
END
$$;
COMMENT ON FUNCTION base.create_organization(text, text) IS
    'Make an organization, or find the one of this slug; the session''s user becomes owner of a new one';

CREATE FUNCTION base.find_organization(p_slug text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN (SELECT o.id FROM base.organizations o WHERE o.slug = p_slug AND o.deleted_at IS NULL);
COMMENT ON FUNCTION base.find_organization(text) IS 'The organization of this slug, for whoever knows it; null when there is none';

CREATE FUNCTION base.ensure_user(p_email text, p_name text, p_role base.user_role DEFAULT 'member') RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_organization uuid := base.current_organization_id();
    v_user uuid;
BEGIN
    IF base.current_user_id() IS NOT NULL
       AND NOT coalesce(base.current_user_role() >= greatest('admin', p_role), false) THEN
        RAISE EXCEPTION 'only an administrator brings people in, and nobody above their own role'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO base.users (email, name) VALUES (p_email, p_name) ON CONFLICT (lower(email)) DO NOTHING RETURNING id INTO v_user;
    IF v_user IS NULL THEN
        SELECT u.id INTO STRICT v_user FROM base.users u WHERE lower(u.email) = lower(p_email);
    END IF;
    IF v_organization IS NOT NULL THEN
        INSERT INTO base.organization_memberships (organization_id, user_id, role, invited_by)
        VALUES (v_organization, v_user, p_role, base.current_user_id())
        ON CONFLICT (organization_id, user_id) DO NOTHING;
    END IF;
    RETURN v_user;
END
$$;
COMMENT ON FUNCTION base.ensure_user(text, text, base.user_role) IS
    'Make a user, or find the one of this address, and see that they belong to the session''s organization; an existing role stays';

CREATE FUNCTION base.verify_api_key(p_key text) RETURNS TABLE (api_key_id uuid, organization_id uuid, user_id uuid, scopes text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_key base.api_keys;
BEGIN
    SELECT k.* INTO v_key FROM base.api_keys k
    JOIN base.organizations o ON o.id = k.organization_id AND o.status = 'active' AND o.deleted_at IS NULL
    WHERE k.key_hash = sha256(convert_to(p_key, 'UTF8')) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
      AND (k.user_id IS NULL OR EXISTS (
          SELECT FROM base.organization_memberships m
          JOIN base.users u ON u.id = m.user_id AND u.status = 'active' AND u.deleted_at IS NULL
          WHERE m.organization_id = k.organization_id AND m.user_id = k.user_id AND m.status = 'active'));
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'
       AND (v_key.last_used_at IS NULL OR v_key.last_used_at < now() - interval '1 minute') THEN
        UPDATE base.api_keys k SET last_used_at = now() WHERE k.id = v_key.id;
    END IF;
    RETURN QUERY SELECT v_key.id, v_key.organization_id, v_key.user_id, v_key.scopes;
END
$$;
COMMENT ON FUNCTION base.verify_api_key(text) IS 'Whose key this is; no row when it is unknown, expired, revoked, or its holder may not act';

CREATE FUNCTION base.create_audit_log_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE jsonb_strip_nulls(to_jsonb(OLD)) END;
    v_new jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE jsonb_strip_nulls(to_jsonb(NEW)) END;
    v_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN v_old ELSE v_new END;
    v_given text[] := coalesce(TG_ARGV::text[], '{}');
    v_key text[] := coalesce((SELECT array_agg(g ORDER BY n) FROM unnest(v_given) WITH ORDINALITY AS u (g, n) WHERE g NOT LIKE '-%'), ARRAY['id']);
    v_changed text[];
    v_shown text[];
BEGIN
    SELECT array_agg(f.name::text ORDER BY f.number),
        array_agg(f.name::text) FILTER (WHERE NOT (f.name = 'ciphertext' OR f.name LIKE '%\_hash' OR f.type = 'base.secret_ref'::regtype))
    INTO v_changed, v_shown
    FROM (SELECT a.attname AS name, a.attnum AS number, a.atttypid AS type FROM pg_attribute a
          WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attname <> 'updated_at' AND '-' || a.attname <> ALL (v_given) AND v_old -> a.attname IS DISTINCT FROM v_new -> a.attname) f;
    IF TG_OP = 'UPDATE' AND v_changed IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO base.audit_log (organization_id, table_name, record_id, operation, old_values, new_values, changed_fields,
        actor_id, actor_role, request_id, ip_address, context)
    SELECT CASE WHEN TG_RELID = 'base.organizations'::regclass THEN (v_row ->> 'id')::uuid
                WHEN v_row ? 'organization_id' THEN (v_row ->> 'organization_id')::uuid
                ELSE base.current_organization_id() END,
        format('%s.%s', TG_TABLE_SCHEMA, TG_TABLE_NAME),
        (SELECT string_agg(v_row ->> k.name, ':' ORDER BY k.position) FROM unnest(v_key) WITH ORDINALITY AS k (name, position)),
        lower(TG_OP),
        CASE WHEN TG_OP <> 'INSERT' THEN (SELECT coalesce(jsonb_object_agg(s, v_old -> s), '{}') FROM unnest(v_shown) AS s) END,
        CASE WHEN TG_OP <> 'DELETE' THEN (SELECT coalesce(jsonb_object_agg(s, v_new -> s), '{}') FROM unnest(v_shown) AS s) END,
        v_changed, base.current_user_id(),
        coalesce(nullif(current_setting('role', true), 'none'), session_user::text),
        nullif(current_setting('graph_sitter.request_id', true), ''), inet_client_addr(),
        jsonb_build_object('login', session_user, 'application', current_setting('application_name', true));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION base.create_audit_log_entry() IS
    'Trigger: note what changed, secrets by name only; arguments name the key columns where they are not id, and with a leading - columns to pass over';

RESET ROLE;
SET ROLE graph_sitter_owner;

-- triggers

CREATE TRIGGER updated_at BEFORE UPDATE ON base.organizations
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON base.users
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON base.api_keys
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON base.secrets
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER forget_revoked BEFORE UPDATE ON base.secrets
    FOR EACH ROW WHEN (NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION base.forget_revoked_secret();
CREATE TRIGGER keep_an_owner AFTER UPDATE OR DELETE ON base.organization_memberships
    FOR EACH ROW WHEN (OLD.role = 'owner' AND OLD.status = 'active') EXECUTE FUNCTION base.keep_an_owner();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON base.organizations
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON base.users
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON base.organization_memberships
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('organization_id', 'user_id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON base.api_keys
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('-last_used_at');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON base.secrets
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON base.data_retention_policies
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry(
        'table_name', '-last_run_at', '-last_status', '-rows_removed', '-bytes_freed');

-- views

CREATE VIEW base.organization_members AS
SELECT m.organization_id, o.slug AS organization, m.user_id, u.name, u.email, m.role, m.status, m.joined_at, u.last_active_at
FROM base.organization_memberships m
JOIN base.organizations o ON o.id = m.organization_id
JOIN base.users u ON u.id = m.user_id
WHERE u.deleted_at IS NULL;
CALL base.describe('base.organization_members', 'Who belongs to the organization', $$
    organization: Its slug
    user_id: The member
    name: Their name
    email: Their address
    role: What they may do
    status: Whether the membership counts
    joined_at: Since when
    last_active_at: When they last did anything
$$);

CREATE VIEW base.active_users AS
SELECT u.id, u.email, u.name, u.avatar_url, u.timezone, u.last_active_at
FROM base.users u WHERE u.status = 'active' AND u.deleted_at IS NULL;
CALL base.describe('base.active_users', 'Users who may act, as far as the session sees them', $$
    email: Their address
    name: Their name
    avatar_url: Their picture
    timezone: For showing times
    last_active_at: When they last did anything
$$);

CREATE VIEW base.active_organizations AS
SELECT o.id, o.name, o.slug, o.description, o.subscription_tier, o.default_timezone, o.created_at
FROM base.organizations o WHERE o.status = 'active' AND o.deleted_at IS NULL;
CALL base.describe('base.active_organizations', 'The session''s organization, if it may be used', $$
    name: What people call it
    slug: Its name in addresses
    description: A sentence or two
    subscription_tier: The plan it is on
    default_timezone: For showing times
$$);

-- data and partitions

CREATE TABLE base.audit_log_default PARTITION OF base.audit_log DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval)
VALUES ('base.audit_log', 'occurred_at', '730 days', 'archive', '1 month');

CALL base.finish_schema('base');
DO $$ BEGIN PERFORM base.ensure_partitions('base.audit_log'); END $$;
CALL base.record_module('base', 'Tenants, users, roles, audit, retention, migrations');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
-- Compiling a plan costs seconds where it is offered, more than any question asked here saves by it.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
    EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 01_projects: projects with goals and dates, the repositories they use, and the branches of those.

CREATE SCHEMA projects AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA projects IS 'Projects with goals and timelines, repositories, branches';
GRANT USAGE ON SCHEMA projects TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables

CREATE TABLE projects.projects (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT projects_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT projects_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    slug base.slug NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'planning' CONSTRAINT projects_status_check
        CHECK (status IN ('planning', 'active', 'on_hold', 'completed', 'cancelled', 'archived')),
    priority base.priority_level NOT NULL DEFAULT 'normal',
    goals text[] NOT NULL DEFAULT '{}',
    start_date date,
    target_end_date date,
    actual_end_date date,
    owner_id uuid CONSTRAINT projects_owner_fkey REFERENCES base.users,
    settings jsonb NOT NULL DEFAULT '{}',
    linear_project_id text,
    slack_channel_id text,
    CONSTRAINT projects_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT projects_target_end_check CHECK (target_end_date >= start_date),
    CONSTRAINT projects_actual_end_check CHECK (actual_end_date >= start_date)
);
CREATE UNIQUE INDEX projects_slug_key ON projects.projects (organization_id, slug) WHERE deleted_at IS NULL;
CREATE INDEX projects_status_idx ON projects.projects (organization_id, status);
CREATE INDEX projects_owner_idx ON projects.projects (owner_id);
CALL base.describe('projects.projects', 'Bodies of work with goals and dates', $$
    name: What people call it
    slug: Its name in addresses, unique among the organization's live projects
    description: What it is about
    status: Where it stands
    priority: How urgent it is
    goals: What it is to reach
    start_date: First day
    target_end_date: Intended last day
    actual_end_date: Real last day
    owner_id: Who answers for it
    settings: Preferences of the project
    linear_project_id: Its id at Linear
    slack_channel_id: Where it is talked about
$$);

CREATE TABLE projects.repositories (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT repositories_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT repositories_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    provider text NOT NULL DEFAULT 'github' CONSTRAINT repositories_provider_check
        CHECK (provider IN ('github', 'gitlab', 'bitbucket', 'local', 'other')),
    full_name text NOT NULL,
    name text NOT NULL,
    external_id text,
    url text,
    clone_url text,
    default_branch text NOT NULL DEFAULT 'main',
    visibility text NOT NULL DEFAULT 'private' CONSTRAINT repositories_visibility_check
        CHECK (visibility IN ('public', 'private', 'internal')),
    status text NOT NULL DEFAULT 'active' CONSTRAINT repositories_status_check
        CHECK (status IN ('active', 'inactive', 'archived', 'error')),
    language text,
    languages jsonb NOT NULL DEFAULT '{}',
    size_kb bigint,
    analysis_enabled boolean NOT NULL DEFAULT true,
    last_analyzed_at timestamptz,
    last_commit_at timestamptz,
    CONSTRAINT repositories_organization_id_id_key UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX repositories_full_name_key ON projects.repositories (organization_id, provider, full_name) WHERE deleted_at IS NULL;
CREATE INDEX repositories_language_idx ON projects.repositories (language);
CALL base.describe('projects.repositories', 'Git repositories, or folders that are analysed like one', $$
    provider: Where it is hosted
    full_name: owner/name at the provider; the folder's name for a local one
    name: The last part of its full name
    external_id: Its id at the provider
    url: Where it is looked at, without credentials
    clone_url: Where it is cloned from, without credentials
    default_branch: The branch that counts when none is named
    visibility: Who may see it at the provider
    status: Whether it is in use
    language: Its main language
    languages: Its languages by share
    size_kb: Its size at the provider
    analysis_enabled: Whether it is to be analysed
    last_analyzed_at: When it last was
    last_commit_at: When its newest known commit was made
$$);

CREATE TABLE projects.repository_branches (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT repository_branches_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    repository_id uuid NOT NULL,
    name text NOT NULL,
    head_commit_sha text,
    is_default boolean NOT NULL DEFAULT false,
    is_protected boolean NOT NULL DEFAULT false,
    ahead_by integer,
    behind_by integer,
    last_commit_at timestamptz,
    CONSTRAINT repository_branches_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT repository_branches_name_key UNIQUE (repository_id, name),
    CONSTRAINT repository_branches_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX repository_branches_default_key ON projects.repository_branches (repository_id) WHERE is_default;
CREATE INDEX repository_branches_repository_idx ON projects.repository_branches (organization_id, repository_id);
CALL base.describe('projects.repository_branches', 'Branches of a repository, as far as they were seen', $$
    repository_id: The repository
    name: The branch
    head_commit_sha: Its newest known commit
    is_default: Whether it is the default branch
    is_protected: Whether the provider protects it
    ahead_by: Commits it has that the default branch has not
    behind_by: Commits the default branch has that it has not
    last_commit_at: When its newest known commit was made
$$);

CREATE TABLE projects.project_repositories (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    project_id uuid NOT NULL,
    repository_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'primary',
    importance base.priority_level NOT NULL DEFAULT 'normal',
    path_prefix text NOT NULL DEFAULT '',
    CONSTRAINT project_repositories_pkey PRIMARY KEY (organization_id, project_id, repository_id, path_prefix),
    CONSTRAINT project_repositories_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT project_repositories_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX project_repositories_repository_idx ON projects.project_repositories (organization_id, repository_id);
CALL base.describe('projects.project_repositories', 'Which repositories, or folders of them, a project uses', $$
    project_id: The project
    repository_id: The repository
    role: What it is to the project
    importance: How much it matters to the project
    path_prefix: The folder that belongs to the project; empty for the whole repository
$$);

CALL base.secure_table('projects.projects');
CALL base.secure_table('projects.repositories');
CALL base.secure_table('projects.repository_branches');
CALL base.secure_table('projects.project_repositories');

-- triggers

CREATE TRIGGER updated_at BEFORE UPDATE ON projects.projects
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON projects.repositories
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON projects.repository_branches
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON projects.projects
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON projects.repositories
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON projects.project_repositories
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('project_id', 'repository_id', 'path_prefix');

-- views

CREATE VIEW projects.project_summary AS
SELECT p.id AS project_id, p.organization_id, p.name, p.slug, p.status, p.priority,
    coalesce(r.repository_count, 0) AS repository_count,
    coalesce(r.active_repository_count, 0) AS active_repository_count,
    coalesce(b.branch_count, 0) AS branch_count,
    greatest(r.latest_commit_at, b.latest_commit_at) AS latest_commit_at,
    coalesce(r.languages, '{}') AS languages
FROM projects.projects p
LEFT JOIN LATERAL (
    SELECT count(*) AS repository_count,
        count(*) FILTER (WHERE r.status = 'active') AS active_repository_count,
        max(r.last_commit_at) AS latest_commit_at,
        array_agg(DISTINCT r.language ORDER BY r.language) FILTER (WHERE r.language IS NOT NULL) AS languages
    FROM projects.repositories r
    WHERE r.organization_id = p.organization_id AND r.deleted_at IS NULL
      AND r.id IN (SELECT pr.repository_id FROM projects.project_repositories pr
                   WHERE pr.organization_id = p.organization_id AND pr.project_id = p.id)
) r ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS branch_count, max(b.last_commit_at) AS latest_commit_at
    FROM projects.repository_branches b
    JOIN projects.repositories r ON r.organization_id = b.organization_id AND r.id = b.repository_id AND r.deleted_at IS NULL
    WHERE b.organization_id = p.organization_id
      AND b.repository_id IN (SELECT pr.repository_id FROM projects.project_repositories pr
                              WHERE pr.organization_id = p.organization_id AND pr.project_id = p.id)
) b ON true
WHERE p.deleted_at IS NULL;
CALL base.describe('projects.project_summary', 'Each live project with counts of what it holds', $$
    project_id: The project
    name: What people call it
    slug: Its name in addresses
    status: Where it stands
    priority: How urgent it is
    repository_count: Live repositories it uses, each counted once
    active_repository_count: Those of them in use
    branch_count: Known branches of its repositories
    latest_commit_at: Newest known commit in any of them
    languages: Main languages of its repositories
$$);

CREATE VIEW projects.repository_summary AS
SELECT r.id AS repository_id, r.organization_id, r.provider, r.full_name, r.status, r.language,
    (SELECT count(DISTINCT pr.project_id) FROM projects.project_repositories pr
     JOIN projects.projects p ON p.organization_id = pr.organization_id AND p.id = pr.project_id AND p.deleted_at IS NULL
     WHERE pr.organization_id = r.organization_id AND pr.repository_id = r.id) AS project_count,
    b.branch_count, b.protected_branch_count
FROM projects.repositories r
LEFT JOIN LATERAL (
    SELECT count(*) AS branch_count, count(*) FILTER (WHERE b.is_protected) AS protected_branch_count
    FROM projects.repository_branches b
    WHERE b.organization_id = r.organization_id AND b.repository_id = r.id
) b ON true
WHERE r.deleted_at IS NULL;
CALL base.describe('projects.repository_summary', 'Each live repository with its number of projects and branches', $$
    repository_id: The repository
    provider: Where it is hosted
    full_name: owner/name at the provider
    status: Whether it is in use
    language: Its main language
    project_count: Live projects that use it
    branch_count: Its known branches
    protected_branch_count: Those of them that are protected
$$);

CALL base.finish_schema('projects');
CALL base.record_module('projects', 'Projects, repositories, branches');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 02_tasks: task templates, tasks with hierarchy, priorities, dependencies and retries, and workflows made of them.
-- The scheduler is claim_tasks() and finish_task(); workers live outside.

CREATE SCHEMA tasks AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA tasks IS 'Tasks, hierarchy, dependencies, workflows, execution and resource tracking';
GRANT USAGE ON SCHEMA tasks TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- types

CREATE DOMAIN tasks.task_type AS text CONSTRAINT task_type_check CHECK (VALUE IN (
    'code_analysis', 'code_generation', 'code_review', 'refactoring', 'testing', 'deployment', 'documentation', 'research', 'bug_fix',
    'feature_development', 'optimization', 'maintenance', 'monitoring', 'notification', 'custom'));
COMMENT ON DOMAIN tasks.task_type IS 'What kind of work a task is';

-- tables

CREATE TABLE tasks.task_definitions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT task_definitions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT task_definitions_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    slug base.slug NOT NULL,
    version text NOT NULL DEFAULT '1.0.0',
    task_type tasks.task_type NOT NULL,
    description text,
    command_template text,
    input_schema jsonb NOT NULL DEFAULT '{}',
    output_schema jsonb NOT NULL DEFAULT '{}',
    default_timeout_seconds integer NOT NULL DEFAULT 3600
        CONSTRAINT task_definitions_default_timeout_check CHECK (default_timeout_seconds > 0),
    max_retries integer NOT NULL DEFAULT 3 CONSTRAINT task_definitions_max_retries_check CHECK (max_retries >= 0),
    retry_delay_seconds integer NOT NULL DEFAULT 60 CONSTRAINT task_definitions_retry_delay_check CHECK (retry_delay_seconds >= 0),
    retry_backoff numeric(4,2) NOT NULL DEFAULT 2 CONSTRAINT task_definitions_retry_backoff_check CHECK (retry_backoff >= 1),
    cpu_limit numeric CONSTRAINT task_definitions_cpu_limit_check CHECK (cpu_limit > 0),
    memory_limit_mb integer CONSTRAINT task_definitions_memory_limit_check CHECK (memory_limit_mb > 0),
    environment text CONSTRAINT task_definitions_environment_check
        CHECK (environment IN ('local', 'docker', 'kubernetes', 'cloud', 'sandbox')),
    CONSTRAINT task_definitions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT task_definitions_version_key UNIQUE (organization_id, slug, version)
);
CALL base.describe('tasks.task_definitions', 'Templates of tasks: what every task made of one begins with', $$
    name: What people call it
    slug: Its name in addresses
    version: Which edition of it; tasks stay with the one they were made of
    task_type: What kind of work it is
    description: What it does
    command_template: What a worker runs, with places for the arguments that it fills itself
    input_schema: JSON schema of the arguments
    output_schema: JSON schema of the result
    default_timeout_seconds: How long one attempt may run
    max_retries: How often it is tried again after the first failure
    retry_delay_seconds: Wait before the first retry
    retry_backoff: Factor by which the wait grows with every retry
    cpu_limit: Processors a worker should give it
    memory_limit_mb: Memory a worker should give it
    environment: Where it is to run
$$);

CREATE TABLE tasks.workflows (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT workflows_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT workflows_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    description text,
    project_id uuid,
    workflow_type text NOT NULL DEFAULT 'dag' CONSTRAINT workflows_workflow_type_check
        CHECK (workflow_type IN ('sequential', 'parallel', 'conditional', 'dag')),
    trigger_config jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    max_parallel_tasks integer NOT NULL DEFAULT 1 CONSTRAINT workflows_max_parallel_tasks_check CHECK (max_parallel_tasks > 0),
    timeout_seconds integer CONSTRAINT workflows_timeout_check CHECK (timeout_seconds > 0),
    CONSTRAINT workflows_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT workflows_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id)
);
CREATE UNIQUE INDEX workflows_name_key ON tasks.workflows (organization_id, name) WHERE deleted_at IS NULL;
CREATE INDEX workflows_project_idx ON tasks.workflows (organization_id, project_id);
CALL base.describe('tasks.workflows', 'Work of several steps', $$
    name: What people call it, unique among the organization's live workflows
    description: What it does
    project_id: The project its tasks belong to
    workflow_type: sequential: each step waits for all of lower order, too; the others: steps wait for what they depend on
    trigger_config: What starts it
    is_active: Whether it may be started
    max_parallel_tasks: How many tasks of one execution may run at a time
    timeout_seconds: How long an execution may take in all; null for ever
$$);

CREATE TABLE tasks.workflow_tasks (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT workflow_tasks_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    workflow_id uuid NOT NULL,
    step_key text NOT NULL,
    step_order integer NOT NULL,
    task_definition_id uuid,
    depends_on text[] NOT NULL DEFAULT '{}',
    condition jsonpath,
    on_failure text NOT NULL DEFAULT 'stop' CONSTRAINT workflow_tasks_on_failure_check CHECK (on_failure IN ('stop', 'continue', 'retry')),
    CONSTRAINT workflow_tasks_step_key_key UNIQUE (workflow_id, step_key),
    CONSTRAINT workflow_tasks_workflow_fkey FOREIGN KEY (organization_id, workflow_id)
        REFERENCES tasks.workflows (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT workflow_tasks_task_definition_fkey FOREIGN KEY (organization_id, task_definition_id)
        REFERENCES tasks.task_definitions (organization_id, id)
);
CREATE INDEX workflow_tasks_workflow_idx ON tasks.workflow_tasks (organization_id, workflow_id);
CREATE INDEX workflow_tasks_task_definition_idx ON tasks.workflow_tasks (organization_id, task_definition_id);
CALL base.describe('tasks.workflow_tasks', 'The steps of a workflow', $$
    workflow_id: The workflow
    step_key: The step's name in it
    step_order: Its place
    task_definition_id: What its task is made of; null for a task of type custom
    depends_on: Steps that must be done before
    condition: Asked of the input when the workflow starts; the step is skipped unless it is true, or finds something
    on_failure: When its task has failed for good. stop: what has not begun is cancelled; continue: the rest goes on; retry: it gets at least one retry, then stop
$$);

CREATE TABLE tasks.workflow_executions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT workflow_executions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    workflow_id uuid NOT NULL,
    status base.run_status NOT NULL DEFAULT 'pending',
    trigger_source text,
    trigger_data jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    error_message text,
    CONSTRAINT workflow_executions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT workflow_executions_ends_after_start CHECK (completed_at >= started_at),
    CONSTRAINT workflow_executions_workflow_fkey FOREIGN KEY (organization_id, workflow_id)
        REFERENCES tasks.workflows (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX workflow_executions_workflow_idx ON tasks.workflow_executions (organization_id, workflow_id);
CREATE INDEX workflow_executions_started_at_idx ON tasks.workflow_executions (workflow_id, started_at);
CALL base.describe('tasks.workflow_executions', 'Workflows that were started', $$
    workflow_id: The workflow
    status: Where it stands; partial when it ran to its end although a step failed
    trigger_source: What started it
    trigger_data: The input it was started with
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    error_message: Why it failed
$$);

CREATE TABLE tasks.tasks (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT tasks_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT tasks_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    short_id text NOT NULL DEFAULT base.generate_short_id(),
    title text NOT NULL,
    description text,
    task_type tasks.task_type NOT NULL,
    status base.run_status NOT NULL DEFAULT 'pending',
    priority base.priority_level NOT NULL DEFAULT 'normal',
    project_id uuid,
    repository_id uuid,
    task_definition_id uuid,
    parent_task_id uuid,
    workflow_execution_id uuid,
    step_key text,
    arguments jsonb NOT NULL DEFAULT '{}',
    command text,
    assigned_to uuid CONSTRAINT tasks_assigned_to_fkey REFERENCES base.users,
    created_by uuid DEFAULT base.current_user_id() CONSTRAINT tasks_created_by_fkey REFERENCES base.users,
    worker text,
    requires_human boolean NOT NULL DEFAULT false,
    scheduled_at timestamptz NOT NULL DEFAULT now(),
    due_date timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    timeout_seconds integer NOT NULL CONSTRAINT tasks_timeout_check CHECK (timeout_seconds > 0),
    max_retries integer NOT NULL CONSTRAINT tasks_max_retries_check CHECK (max_retries >= 0),
    retry_count integer NOT NULL DEFAULT 0 CONSTRAINT tasks_retry_count_check CHECK (retry_count BETWEEN 0 AND max_retries),
    next_retry_at timestamptz,
    progress_percentage base.score NOT NULL DEFAULT 0,
    estimated_hours numeric CONSTRAINT tasks_estimated_hours_check CHECK (estimated_hours >= 0),
    actual_hours numeric CONSTRAINT tasks_actual_hours_check CHECK (actual_hours >= 0),
    result jsonb NOT NULL DEFAULT '{}',
    exit_code integer,
    error_message text,
    codegen_task_id text,
    tags text[] NOT NULL DEFAULT '{}',
    CONSTRAINT tasks_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT tasks_short_id_key UNIQUE (organization_id, short_id),
    CONSTRAINT tasks_ends_after_start CHECK (completed_at >= started_at),
    CONSTRAINT tasks_next_retry_check CHECK (status <> 'retrying' OR next_retry_at IS NOT NULL),
    CONSTRAINT tasks_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id),
    CONSTRAINT tasks_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id),
    CONSTRAINT tasks_task_definition_fkey FOREIGN KEY (organization_id, task_definition_id)
        REFERENCES tasks.task_definitions (organization_id, id),
    CONSTRAINT tasks_parent_task_fkey FOREIGN KEY (organization_id, parent_task_id)
        REFERENCES tasks.tasks (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT tasks_workflow_execution_fkey FOREIGN KEY (organization_id, workflow_execution_id)
        REFERENCES tasks.workflow_executions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_tasks_org_status_priority ON tasks.tasks (organization_id, status, priority);
CREATE INDEX idx_tasks_status_priority ON tasks.tasks (status, priority);
CREATE INDEX idx_tasks_metadata_gin ON tasks.tasks USING gin (metadata);
CREATE INDEX tasks_claimable_idx ON tasks.tasks (organization_id, priority DESC, scheduled_at)
    WHERE status IN ('pending', 'queued', 'retrying') AND deleted_at IS NULL AND NOT requires_human;
CREATE INDEX tasks_project_idx ON tasks.tasks (organization_id, project_id);
CREATE INDEX tasks_repository_idx ON tasks.tasks (organization_id, repository_id);
CREATE INDEX tasks_task_definition_idx ON tasks.tasks (organization_id, task_definition_id);
CREATE INDEX tasks_parent_task_idx ON tasks.tasks (organization_id, parent_task_id);
CREATE INDEX tasks_workflow_execution_idx ON tasks.tasks (organization_id, workflow_execution_id);
CREATE INDEX tasks_assigned_to_idx ON tasks.tasks (assigned_to);
CREATE INDEX tasks_created_by_idx ON tasks.tasks (created_by);
CREATE INDEX tasks_completed_at_idx ON tasks.tasks (organization_id, completed_at);
CALL base.describe('tasks.tasks', 'Work to be done, being done and done', $$
    short_id: Eight characters to call it by
    title: What is to be done, in a line
    description: What is to be done
    task_type: What kind of work it is; that of its definition unless given
    status: Where it stands
    priority: How urgent it is
    project_id: The project it belongs to
    repository_id: The repository it is about
    task_definition_id: What it was made of
    parent_task_id: The task it is a part of
    workflow_execution_id: The workflow execution it is a step of
    step_key: Which step
    arguments: What it is to be done with
    command: What a worker runs; that of its definition unless given
    assigned_to: Who answers for it
    created_by: Who made it; null for a service
    worker: Who runs it, or ran it last
    requires_human: Whether a person does it; no worker is given it
    scheduled_at: Not before then
    due_date: When it should be done
    started_at: When the latest attempt began
    completed_at: When it ended, one way or another
    timeout_seconds: How long one attempt may run; that of its definition unless given, else an hour
    max_retries: How often it is tried again; that of its definition unless given, else 3
    retry_count: How often it was
    next_retry_at: Not before then, once it has failed
    progress_percentage: How far it is
    estimated_hours: Expected work
    actual_hours: Real work
    result: What came out
    exit_code: The command's
    error_message: Why the latest attempt failed
    codegen_task_id: Its id at Codegen
    tags: Labels to filter by
$$);

CREATE TABLE tasks.task_dependencies (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    task_id uuid NOT NULL,
    depends_on_task_id uuid NOT NULL,
    kind text NOT NULL DEFAULT 'hard' CONSTRAINT task_dependencies_kind_check CHECK (kind IN ('hard', 'soft', 'data', 'resource')),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT task_dependencies_pkey PRIMARY KEY (organization_id, task_id, depends_on_task_id),
    CONSTRAINT task_dependencies_not_itself CHECK (task_id <> depends_on_task_id),
    CONSTRAINT task_dependencies_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT task_dependencies_depends_on_task_fkey FOREIGN KEY (organization_id, depends_on_task_id)
        REFERENCES tasks.tasks (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX task_dependencies_depends_on_task_idx ON tasks.task_dependencies (organization_id, depends_on_task_id);
CALL base.describe('tasks.task_dependencies', 'Which task waits for which; never in a circle', $$
    task_id: The task that waits
    depends_on_task_id: What it waits for
    kind: hard: until it is completed or skipped; data: until it is completed; resource: while it runs; soft: not at all, only told
$$);

CREATE TABLE tasks.task_executions (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT task_executions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    task_id uuid NOT NULL,
    attempt integer NOT NULL CONSTRAINT task_executions_attempt_positive CHECK (attempt > 0),
    status base.run_status NOT NULL DEFAULT 'running',
    worker text,
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    exit_code integer,
    error_message text,
    output text,
    result jsonb NOT NULL DEFAULT '{}',
    codegen_execution_id text,
    CONSTRAINT task_executions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT task_executions_attempt_key UNIQUE (task_id, attempt),
    CONSTRAINT task_executions_ends_after_start CHECK (completed_at >= started_at),
    CONSTRAINT task_executions_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX task_executions_task_idx ON tasks.task_executions (organization_id, task_id);
CREATE UNIQUE INDEX task_executions_running_key ON tasks.task_executions (task_id) WHERE status = 'running';
CALL base.describe('tasks.task_executions', 'Attempts at tasks; one opens when a task begins to run and closes when it stops', $$
    task_id: The task
    attempt: 1 for the first
    status: How it went
    worker: Who ran it
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    exit_code: The command's
    error_message: Why it failed
    output: What it wrote
    result: What came out
    codegen_execution_id: Its id at Codegen
$$);

CREATE TABLE tasks.task_execution_logs (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    logged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    task_execution_id bigint,
    task_id uuid NOT NULL,
    level base.severity_level NOT NULL DEFAULT 'info',
    message text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT task_execution_logs_pkey PRIMARY KEY (id, logged_at),
    CONSTRAINT task_execution_logs_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT task_execution_logs_task_execution_fkey FOREIGN KEY (organization_id, task_execution_id)
        REFERENCES tasks.task_executions (organization_id, id) ON DELETE CASCADE
) PARTITION BY RANGE (logged_at);
CREATE INDEX task_execution_logs_task_idx ON tasks.task_execution_logs (task_id, logged_at);
CREATE INDEX task_execution_logs_task_execution_idx ON tasks.task_execution_logs (task_execution_id);
CALL base.describe('tasks.task_execution_logs', 'What workers say while they work; only ever added to', $$
    logged_at: When
    task_execution_id: The attempt
    task_id: The task
    level: How bad it is
    message: What is said
    details: More of it
$$);

CREATE TABLE tasks.task_resource_usage (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    measured_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    task_id uuid NOT NULL,
    task_execution_id bigint,
    cpu_usage_percent numeric CONSTRAINT task_resource_usage_cpu_check CHECK (cpu_usage_percent >= 0),
    memory_usage_mb numeric CONSTRAINT task_resource_usage_memory_check CHECK (memory_usage_mb >= 0),
    disk_usage_mb numeric CONSTRAINT task_resource_usage_disk_check CHECK (disk_usage_mb >= 0),
    network_in_mb numeric CONSTRAINT task_resource_usage_network_in_check CHECK (network_in_mb >= 0),
    network_out_mb numeric CONSTRAINT task_resource_usage_network_out_check CHECK (network_out_mb >= 0),
    CONSTRAINT task_resource_usage_pkey PRIMARY KEY (id, measured_at),
    CONSTRAINT task_resource_usage_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT task_resource_usage_task_execution_fkey FOREIGN KEY (organization_id, task_execution_id)
        REFERENCES tasks.task_executions (organization_id, id) ON DELETE CASCADE
) PARTITION BY RANGE (measured_at);
CREATE INDEX task_resource_usage_task_idx ON tasks.task_resource_usage (task_id, measured_at);
CREATE INDEX task_resource_usage_task_execution_idx ON tasks.task_resource_usage (task_execution_id);
CALL base.describe('tasks.task_resource_usage', 'What tasks use while they run; only ever added to', $$
    measured_at: When
    task_id: The task
    task_execution_id: The attempt
    cpu_usage_percent: Of one processor; more than 100 for several
    memory_usage_mb: Memory in use
    disk_usage_mb: Disk in use
    network_in_mb: Received since it began
    network_out_mb: Sent since it began
$$);

CALL base.secure_table('tasks.task_definitions');
CALL base.secure_table('tasks.workflows');
CALL base.secure_table('tasks.workflow_tasks');
CALL base.secure_table('tasks.workflow_executions');
CALL base.secure_table('tasks.tasks');
CALL base.secure_table('tasks.task_dependencies');
CALL base.secure_table('tasks.task_executions');
CALL base.secure_table('tasks.task_execution_logs', p_app => 'SELECT, INSERT');
CALL base.secure_table('tasks.task_resource_usage', p_app => 'SELECT, INSERT');

-- functions: circles

CREATE FUNCTION tasks.lock_graph(p_organization uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A snapshot from before the lock was free would hide what its last holder added.
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        RAISE EXCEPTION 'the order of tasks cannot be changed in a repeatable read transaction'
            USING ERRCODE = 'invalid_transaction_state', HINT = 'Use read committed or serializable.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.tasks:' || p_organization, 0));
END
$$;
COMMENT ON FUNCTION tasks.lock_graph(uuid) IS
    'Until the transaction ends nobody else changes what waits for what, or is part of what, in this organization';

CREATE FUNCTION tasks.check_circular_dependencies(p_task_id uuid, p_depends_on_task_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_organization uuid := (SELECT t.organization_id FROM tasks.tasks t WHERE t.id = p_task_id);
BEGIN
    IF p_task_id = p_depends_on_task_id THEN
        RETURN true;
    END IF;
    IF NOT EXISTS (SELECT FROM tasks.task_dependencies d WHERE d.organization_id = v_organization AND d.depends_on_task_id = p_task_id) THEN
        RETURN false;  -- nothing waits for the task, so no way can lead back to it
    END IF;
    RETURN EXISTS (
        WITH RECURSIVE before (id) AS (
            SELECT p_depends_on_task_id
            UNION
            -- An offset keeps the planner from reading the whole table for each step of the way.
            SELECT n.depends_on_task_id FROM before b
            CROSS JOIN LATERAL (SELECT d.depends_on_task_id FROM tasks.task_dependencies d
                                WHERE d.organization_id = v_organization AND d.task_id = b.id OFFSET 0) n
        )
        SELECT FROM before b WHERE b.id = p_task_id);
END
$$;
COMMENT ON FUNCTION tasks.check_circular_dependencies(uuid, uuid) IS
    'Whether the first task cannot wait for the second because that, directly or not, waits for the first';

CREATE FUNCTION tasks.validate_task_dependency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks.lock_graph(NEW.organization_id);
    IF tasks.check_circular_dependencies(NEW.task_id, NEW.depends_on_task_id) THEN
        RAISE EXCEPTION 'task % cannot depend on %, which already depends on it', NEW.task_id, NEW.depends_on_task_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'task_dependencies_no_cycle',
                  HINT = 'tasks.task_dependency_graph shows what waits for what.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tasks.validate_task_dependency() IS 'Trigger: refuse a dependency that closes a circle of any length';

CREATE FUNCTION tasks.validate_task_parent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A new task nobody else can know yet, so only its own transaction could make it its ancestor.
    IF TG_OP = 'UPDATE' THEN
        PERFORM tasks.lock_graph(NEW.organization_id);
    END IF;
    IF EXISTS (
        WITH RECURSIVE above (id) AS (
            SELECT NEW.parent_task_id
            UNION
            SELECT t.parent_task_id FROM above a
            JOIN tasks.tasks t ON t.organization_id = NEW.organization_id AND t.id = a.id AND t.parent_task_id IS NOT NULL
        )
        SELECT FROM above a WHERE a.id = NEW.id) THEN
        RAISE EXCEPTION 'task % cannot be part of %, which is part of it', NEW.id, NEW.parent_task_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'tasks_parent_no_cycle';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tasks.validate_task_parent() IS 'Trigger: refuse a parent that is the task itself or part of it, at any depth';

CREATE FUNCTION tasks.validate_workflow_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks.lock_graph(NEW.organization_id);
    IF EXISTS (
        WITH RECURSIVE before (step_key) AS (
            SELECT unnest(NEW.depends_on)
            UNION
            SELECT unnest(w.depends_on) FROM before b
            JOIN tasks.workflow_tasks w ON w.workflow_id = NEW.workflow_id AND w.step_key = b.step_key
        )
        SELECT FROM before b WHERE b.step_key = NEW.step_key) THEN
        RAISE EXCEPTION 'the step % cannot wait for itself, directly or by others', NEW.step_key
            USING ERRCODE = 'check_violation', CONSTRAINT = 'workflow_tasks_no_cycle';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tasks.validate_workflow_task() IS 'Trigger: refuse a step that closes a circle of any length';

-- functions: what may run

CREATE FUNCTION tasks.dependency_is_satisfied(p_kind text, p_status base.run_status) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE p_kind
    WHEN 'hard' THEN p_status IN ('completed', 'skipped')
    WHEN 'data' THEN p_status = 'completed'
    WHEN 'resource' THEN p_status <> 'running'
    ELSE true END;
COMMENT ON FUNCTION tasks.dependency_is_satisfied(text, base.run_status) IS
    'Whether a dependency of this kind lets its task run while what it waits for has this status';

-- Its price is told so that claim_tasks() asks only until it has found a task.
CREATE FUNCTION tasks.are_task_dependencies_satisfied(p_task_id uuid) RETURNS boolean LANGUAGE plpgsql STABLE COST 1000 AS $$
DECLARE
    v_organization uuid := (SELECT t.organization_id FROM tasks.tasks t WHERE t.id = p_task_id);
BEGIN
    RETURN NOT EXISTS (
        SELECT FROM tasks.task_dependencies d
        WHERE d.organization_id = v_organization AND d.task_id = p_task_id AND EXISTS (
            SELECT FROM tasks.tasks b
            WHERE b.organization_id = v_organization AND b.id = d.depends_on_task_id AND b.deleted_at IS NULL
              AND NOT tasks.dependency_is_satisfied(d.kind, b.status) OFFSET 0));
END
$$;
COMMENT ON FUNCTION tasks.are_task_dependencies_satisfied(uuid) IS
    'Whether nothing that the task waits for holds it back; deleted tasks hold back nobody';

CREATE FUNCTION tasks.has_turn(p_task_id uuid, p_workflow_execution_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_limit integer;
    v_resources integer;
    v_locked integer;
BEGIN
    IF p_workflow_execution_id IS NOT NULL THEN
        SELECT w.max_parallel_tasks INTO v_limit
        FROM tasks.workflow_executions e JOIN tasks.workflows w ON w.organization_id = e.organization_id AND w.id = e.workflow_id
        WHERE e.id = p_workflow_execution_id AND e.status = 'running'
        FOR UPDATE OF e SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        IF (SELECT count(*) FROM tasks.workflow_executions e
            JOIN tasks.tasks t ON t.organization_id = e.organization_id AND t.workflow_execution_id = e.id AND t.status = 'running'
            WHERE e.id = p_workflow_execution_id) >= v_limit THEN
            RETURN false;
        END IF;
    END IF;
    -- What the task must not run beside could be starting in another session at this moment.
    SELECT count(*) INTO v_resources FROM tasks.task_dependencies d WHERE d.task_id = p_task_id AND d.kind = 'resource';
    IF v_resources = 0 THEN
        RETURN true;
    END IF;
    SELECT count(*) INTO v_locked FROM (
        SELECT FROM tasks.task_dependencies d JOIN tasks.tasks b ON b.organization_id = d.organization_id AND b.id = d.depends_on_task_id
        WHERE d.task_id = p_task_id AND d.kind = 'resource'
        FOR SHARE OF b SKIP LOCKED) l;
    RETURN v_locked = v_resources AND tasks.are_task_dependencies_satisfied(p_task_id);
END
$$;
COMMENT ON FUNCTION tasks.has_turn(uuid, uuid) IS
    'Whether its workflow and what it must not run beside leave the task room now; locks both, and answers no rather than wait for them';

CREATE FUNCTION tasks.claim_tasks(p_worker text, p_limit integer DEFAULT 1, p_types text[] DEFAULT NULL) RETURNS SETOF tasks.tasks LANGUAGE plpgsql AS $$
DECLARE
    v_task tasks.tasks;
    v_waiting uuid[] := '{}';
    v_full uuid[] := '{}';
    v_claimed integer := 0;
BEGIN
    WHILE v_claimed < p_limit LOOP
        -- One at a time: a row that is looked at stays locked, and would be kept from other workers.
        SELECT t.* INTO v_task FROM tasks.tasks t
        WHERE t.status IN ('pending', 'queued', 'retrying') AND t.deleted_at IS NULL AND NOT t.requires_human
          AND t.scheduled_at <= now() AND (t.next_retry_at IS NULL OR t.next_retry_at <= now())
          AND (p_types IS NULL OR t.task_type = ANY (p_types))
          AND t.id <> ALL (v_waiting) AND (t.workflow_execution_id IS NULL OR t.workflow_execution_id <> ALL (v_full))
          AND tasks.are_task_dependencies_satisfied(t.id)
        ORDER BY t.priority DESC, t.scheduled_at
        LIMIT 1
        FOR UPDATE OF t SKIP LOCKED;
        EXIT WHEN NOT FOUND;
        IF NOT tasks.has_turn(v_task.id, v_task.workflow_execution_id) THEN
            v_waiting := v_waiting || v_task.id;
            v_full := v_full || array_remove(ARRAY[v_task.workflow_execution_id], NULL);
            CONTINUE;
        END IF;
        RETURN QUERY
        UPDATE tasks.tasks t SET status = 'running', worker = p_worker, started_at = clock_timestamp(), next_retry_at = NULL
        WHERE t.id = v_task.id RETURNING t.*;
        v_claimed := v_claimed + 1;
    END LOOP;
END
$$;
COMMENT ON FUNCTION tasks.claim_tasks(text, integer, text[]) IS
    'Give a worker the next tasks that are due and wait for nothing, most urgent first, then oldest; no two workers get the same';

-- functions: what becomes of a task

CREATE FUNCTION tasks.fill_in_task() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_definition tasks.task_definitions;
BEGIN
    IF NEW.task_definition_id IS NOT NULL THEN
        SELECT * INTO v_definition FROM tasks.task_definitions d
        WHERE d.organization_id = NEW.organization_id AND d.id = NEW.task_definition_id;
    END IF;
    NEW.title := coalesce(NEW.title, v_definition.name);
    NEW.task_type := coalesce(NEW.task_type, v_definition.task_type);
    NEW.command := coalesce(NEW.command, v_definition.command_template);
    NEW.timeout_seconds := coalesce(NEW.timeout_seconds, v_definition.default_timeout_seconds, 3600);
    NEW.max_retries := coalesce(NEW.max_retries, v_definition.max_retries, 3);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tasks.fill_in_task() IS 'Trigger: what is not said of a new task is as its definition says';

CREATE FUNCTION tasks.track_execution() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'running' THEN
        INSERT INTO tasks.task_executions (organization_id, task_id, attempt, status, worker, started_at)
        SELECT NEW.organization_id, NEW.id, coalesce(max(e.attempt), 0) + 1, 'running', NEW.worker, NEW.started_at
        FROM tasks.task_executions e WHERE e.task_id = NEW.id;
    ELSIF TG_OP = 'UPDATE' AND OLD.status = 'running' THEN
        UPDATE tasks.task_executions e
        SET status = CASE WHEN NEW.status = 'retrying' THEN 'failed' WHEN base.run_has_ended(NEW.status) THEN NEW.status ELSE 'cancelled' END,
            exit_code = NEW.exit_code, error_message = NEW.error_message, result = NEW.result
        WHERE e.task_id = NEW.id AND e.status = 'running';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tasks.track_execution() IS
    'Trigger: open an execution when a task begins to run and close it when it stops; given back or paused it counts as cancelled';

CREATE FUNCTION tasks.lock_task(p_task_id uuid) RETURNS tasks.tasks LANGUAGE plpgsql AS $$
DECLARE
    v_task tasks.tasks;
BEGIN
    -- The workflow first: whoever stops it holds it while changing its tasks.
    PERFORM FROM tasks.workflow_executions e
    WHERE e.id = (SELECT t.workflow_execution_id FROM tasks.tasks t WHERE t.id = p_task_id) FOR UPDATE;
    SELECT * INTO v_task FROM tasks.tasks t WHERE t.id = p_task_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no task %', p_task_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN v_task;
END
$$;
COMMENT ON FUNCTION tasks.lock_task(uuid) IS 'The task, its own for this transaction, with its workflow execution';

CREATE FUNCTION tasks.retry_delay(p_task tasks.tasks) RETURNS interval LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_delay integer := 60;
    v_backoff numeric := 2;
BEGIN
    IF p_task.task_definition_id IS NOT NULL THEN
        SELECT d.retry_delay_seconds, d.retry_backoff INTO v_delay, v_backoff
        FROM tasks.task_definitions d WHERE d.id = p_task.task_definition_id;
    END IF;
    -- After thirty doublings a wait would outlast the database.
    RETURN make_interval(secs => least(v_delay * v_backoff ^ least(p_task.retry_count, 30), 604800)::double precision);
END
$$;
COMMENT ON FUNCTION tasks.retry_delay(tasks.tasks) IS
    'How long a task waits for its next retry: delay × backoff ^ retries so far, a week at most; 60 s and 2 without a definition';

CREATE FUNCTION tasks.finish_task(p_task_id uuid, p_success boolean, p_result jsonb DEFAULT '{}', p_error text DEFAULT NULL)
RETURNS base.run_status LANGUAGE plpgsql AS $$
DECLARE
    v_task tasks.tasks := tasks.lock_task(p_task_id);
    v_goes_on boolean := v_task.workflow_execution_id IS NULL OR EXISTS (
        SELECT FROM tasks.workflow_executions e WHERE e.id = v_task.workflow_execution_id AND NOT base.run_has_ended(e.status));
    v_status base.run_status := CASE WHEN p_success THEN 'completed' WHEN v_goes_on AND v_task.retry_count < v_task.max_retries THEN 'retrying' ELSE 'failed' END;
BEGIN
    IF v_task.status <> 'running' THEN
        RAISE EXCEPTION 'task % is %, not running', p_task_id, v_task.status
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only what claim_tasks() gave, and nobody else ended, can be finished.';
    END IF;
    UPDATE tasks.tasks t
    SET status = v_status, result = coalesce(p_result, '{}'), error_message = CASE WHEN NOT p_success THEN coalesce(p_error, 'failed') END,
        progress_percentage = CASE WHEN p_success THEN 100 ELSE t.progress_percentage END,
        retry_count = t.retry_count + CASE WHEN v_status = 'retrying' THEN 1 ELSE 0 END,
        next_retry_at = CASE WHEN v_status = 'retrying' THEN now() + tasks.retry_delay(v_task) END
    WHERE t.id = p_task_id;
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION tasks.finish_task(uuid, boolean, jsonb, text) IS
    'End the running attempt: completed, retrying after a growing wait, or failed after the last retry; its workflow goes on or stops';

CREATE FUNCTION tasks.expire_timed_out_tasks() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
    v_task tasks.tasks;
    v_expired integer := 0;
BEGIN
    FOR v_id IN SELECT t.id FROM tasks.tasks t
                WHERE t.status = 'running' AND t.started_at + make_interval(secs => t.timeout_seconds) < clock_timestamp() ORDER BY t.started_at LOOP
        v_task := tasks.lock_task(v_id);
        CONTINUE WHEN v_task.status <> 'running' OR v_task.started_at + make_interval(secs => v_task.timeout_seconds) >= clock_timestamp();
        UPDATE tasks.task_executions e
        SET status = 'timed_out', error_message = format('timed out after %s seconds', v_task.timeout_seconds)
        WHERE e.task_id = v_id AND e.status = 'running';
        PERFORM tasks.finish_task(v_id, false, v_task.result, format('timed out after %s seconds', v_task.timeout_seconds));
        v_expired := v_expired + 1;
    END LOOP;
    UPDATE tasks.workflow_executions e SET status = 'timed_out', error_message = format('timed out after %s seconds', w.timeout_seconds)
    FROM tasks.workflows w
    WHERE w.organization_id = e.organization_id AND w.id = e.workflow_id AND e.status = 'running'
      AND e.started_at + make_interval(secs => w.timeout_seconds) < clock_timestamp();
    RETURN v_expired;
END
$$;
COMMENT ON FUNCTION tasks.expire_timed_out_tasks() IS
    'Fail every attempt that runs longer than it may, so that it is retried, and end workflows that do; how many attempts';

-- functions: workflows

CREATE FUNCTION tasks.advance_workflow(p_workflow_execution_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_execution tasks.workflow_executions;
    v_task record;
    v_left bigint;
    v_failed bigint;
BEGIN
    SELECT * INTO v_execution FROM tasks.workflow_executions e WHERE e.id = p_workflow_execution_id FOR UPDATE;
    IF base.run_has_ended(v_execution.status) THEN
        RETURN;
    END IF;
    FOR v_task IN
        SELECT t.id, t.step_key, t.status, t.error_message, coalesce(w.on_failure, 'stop') AS on_failure FROM tasks.tasks t
        LEFT JOIN tasks.workflow_tasks w ON w.workflow_id = v_execution.workflow_id AND w.step_key = t.step_key
        WHERE t.organization_id = v_execution.organization_id AND t.workflow_execution_id = v_execution.id
          AND t.status IN ('failed', 'timed_out', 'cancelled')
    LOOP
        IF v_task.on_failure <> 'continue' THEN
            UPDATE tasks.workflow_executions e
            SET status = 'failed', error_message = format('the step %s is %s%s', v_task.step_key, v_task.status, ': ' || v_task.error_message)
            WHERE e.id = v_execution.id;
            RETURN;
        END IF;
        UPDATE tasks.task_dependencies d SET kind = 'soft'
        WHERE d.organization_id = v_execution.organization_id AND d.depends_on_task_id = v_task.id AND d.kind <> 'soft';
    END LOOP;
    SELECT count(*) FILTER (WHERE NOT base.run_has_ended(t.status)), count(*) FILTER (WHERE t.status IN ('failed', 'timed_out', 'cancelled', 'partial'))
    INTO v_left, v_failed
    FROM tasks.tasks t
    WHERE t.organization_id = v_execution.organization_id AND t.workflow_execution_id = v_execution.id AND t.deleted_at IS NULL;
    IF v_left = 0 THEN
        UPDATE tasks.workflow_executions e SET status = CASE WHEN v_failed = 0 THEN 'completed' ELSE 'partial' END::base.run_status
        WHERE e.id = v_execution.id;
    END IF;
END
$$;
COMMENT ON FUNCTION tasks.advance_workflow(uuid) IS
    'Stop an execution whose step failed, unless the step says continue; end one whose steps have all ended';

CREATE FUNCTION tasks.follow_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks.advance_workflow(NEW.workflow_execution_id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tasks.follow_task() IS 'Trigger: when a step has ended, its workflow goes on, stops or ends';

CREATE FUNCTION tasks.cancel_remaining_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tasks.tasks t SET status = 'cancelled'
    WHERE t.organization_id = NEW.organization_id AND t.workflow_execution_id = NEW.id AND t.status IN ('pending', 'queued', 'paused', 'retrying');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tasks.cancel_remaining_tasks() IS
    'Trigger: when a workflow execution has ended, what has not begun is cancelled; what runs may end, but is not tried again';

CREATE FUNCTION tasks.condition_holds(p_condition jsonpath, p_input jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN base.filter_holds(p_condition, p_input);
COMMENT ON FUNCTION tasks.condition_holds(jsonpath, jsonb) IS
    'Whether a step''s condition holds of the input, as base.filter_holds() tells; what cannot be told does not hold';

CREATE FUNCTION tasks.start_workflow(p_workflow_id uuid, p_input jsonb DEFAULT '{}', p_trigger text DEFAULT 'manual') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_workflow tasks.workflows;
    v_execution uuid;
    v_unknown text;
BEGIN
    SELECT * INTO v_workflow FROM tasks.workflows w WHERE w.id = p_workflow_id AND w.deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no workflow %', p_workflow_id USING ERRCODE = 'no_data_found';
    END IF;
    IF NOT v_workflow.is_active THEN
        RAISE EXCEPTION 'the workflow % is not active', v_workflow.name USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Set is_active first.';
    END IF;
    SELECT string_agg(DISTINCT k.step_key, ', ') INTO v_unknown
    FROM tasks.workflow_tasks w CROSS JOIN LATERAL unnest(w.depends_on) AS k (step_key)
    WHERE w.workflow_id = p_workflow_id AND NOT EXISTS (SELECT FROM tasks.workflow_tasks o WHERE o.workflow_id = p_workflow_id AND o.step_key = k.step_key);
    IF v_unknown IS NOT NULL THEN
        RAISE EXCEPTION 'steps of the workflow % depend on steps it has not: %', v_workflow.name, v_unknown USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO tasks.workflow_executions (organization_id, workflow_id, status, trigger_source, trigger_data)
    VALUES (v_workflow.organization_id, p_workflow_id, 'running', p_trigger, p_input) RETURNING id INTO v_execution;
    INSERT INTO tasks.tasks (organization_id, title, task_type, status, project_id, task_definition_id, workflow_execution_id, step_key, arguments, max_retries)
    SELECT w.organization_id, coalesce(d.name, w.step_key), coalesce(d.task_type, 'custom'),
        CASE WHEN tasks.condition_holds(w.condition, p_input) THEN 'pending' ELSE 'skipped' END::base.run_status,
        v_workflow.project_id, w.task_definition_id, v_execution, w.step_key, p_input,
        CASE WHEN w.on_failure = 'retry' THEN greatest(d.max_retries, 1) END
    FROM tasks.workflow_tasks w
    LEFT JOIN tasks.task_definitions d ON d.organization_id = w.organization_id AND d.id = w.task_definition_id
    WHERE w.workflow_id = p_workflow_id
    ORDER BY w.step_order;
    INSERT INTO tasks.task_dependencies (organization_id, task_id, depends_on_task_id)
    SELECT s.organization_id, s.id, b.id
    FROM tasks.workflow_tasks w
    JOIN tasks.workflow_tasks o ON o.workflow_id = w.workflow_id
     AND (o.step_key = ANY (w.depends_on) OR v_workflow.workflow_type = 'sequential' AND o.step_order < w.step_order)
    JOIN tasks.tasks s ON s.organization_id = w.organization_id AND s.workflow_execution_id = v_execution AND s.step_key = w.step_key
    JOIN tasks.tasks b ON b.organization_id = o.organization_id AND b.workflow_execution_id = v_execution AND b.step_key = o.step_key
    WHERE w.workflow_id = p_workflow_id;
    PERFORM tasks.advance_workflow(v_execution);
    RETURN v_execution;
END
$$;
COMMENT ON FUNCTION tasks.start_workflow(uuid, jsonb, text) IS
    'Make the tasks of a workflow with the input as their arguments, those whose condition does not hold being skipped; the execution';

-- functions: analysis

CREATE FUNCTION tasks.tasks_performance_analysis() RETURNS TABLE (analysis_type text, metrics jsonb, analyzed_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH finished AS (
        SELECT t.task_type, t.status = 'completed' AS succeeded, t.retry_count, t.completed_at,
            extract(epoch FROM t.completed_at - t.started_at) / 60 AS minutes
        FROM tasks.tasks t
        WHERE t.completed_at >= now() - interval '30 days' AND t.deleted_at IS NULL
          AND t.status IN ('completed', 'partial', 'failed', 'timed_out')
    ), types AS (
        SELECT f.task_type, count(*) AS n, avg(f.minutes) FILTER (WHERE f.succeeded) AS minutes,
            count(*) FILTER (WHERE NOT f.succeeded)::numeric / count(*) AS failing
        FROM finished f GROUP BY f.task_type
    ), status AS (
        SELECT CASE WHEN count(*) = 0 THEN 'no data' ELSE 'ok' END AS status, nullif(count(*), 0) AS n FROM finished
    )
    SELECT 'execution_time', jsonb_build_object('status', s.status,
            'avg_minutes', round(avg(f.minutes), 4),
            'median_minutes', round((percentile_cont(0.5) WITHIN GROUP (ORDER BY f.minutes))::numeric, 4),
            'p95_minutes', round((percentile_cont(0.95) WITHIN GROUP (ORDER BY f.minutes))::numeric, 4)), now()
    FROM status s LEFT JOIN finished f ON f.succeeded GROUP BY s.status
    UNION ALL
    SELECT 'throughput', jsonb_build_object('status', s.status, 'finished_tasks', s.n,
            'tasks_per_hour_last_24h', round(count(f.completed_at) FILTER (WHERE f.completed_at >= now() - interval '24 hours')
                / CASE WHEN s.n > 0 THEN 24.0 END, 4),
            'completion_rate_percent', round(100.0 * count(*) FILTER (WHERE f.succeeded) / s.n, 2),
            'retry_rate_percent', round(100.0 * count(*) FILTER (WHERE f.retry_count > 0) / s.n, 2)), now()
    FROM status s LEFT JOIN finished f ON true GROUP BY s.status, s.n
    UNION ALL
    SELECT 'bottleneck_analysis', jsonb_build_object('status', s.status,
            'most_common', (SELECT y.task_type FROM types y ORDER BY y.n DESC, y.task_type LIMIT 1),
            'slowest', (SELECT y.task_type FROM types y WHERE y.minutes IS NOT NULL ORDER BY y.minutes DESC, y.task_type LIMIT 1),
            'highest_failure_rate', (SELECT y.task_type FROM types y WHERE y.failing > 0 ORDER BY y.failing DESC, y.task_type LIMIT 1)), now()
    FROM status s;
END;
COMMENT ON FUNCTION tasks.tasks_performance_analysis() IS
    'How the tasks that ended in the last 30 days went; times are of the attempt that succeeded, rates of finished tasks; without any: nulls and "no data"';

-- triggers

CREATE TRIGGER updated_at BEFORE UPDATE ON tasks.task_definitions
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON tasks.workflows
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON tasks.workflow_executions
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('duration_ms');
CREATE TRIGGER updated_at BEFORE UPDATE ON tasks.tasks
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON tasks.task_definitions
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON tasks.workflows
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON tasks.tasks
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('-progress_percentage');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON tasks.task_dependencies
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('task_id', 'depends_on_task_id');

CREATE TRIGGER fill_in BEFORE INSERT ON tasks.tasks
    FOR EACH ROW EXECUTE FUNCTION tasks.fill_in_task();
CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON tasks.tasks
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON tasks.task_executions
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON tasks.workflow_executions
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();

CREATE TRIGGER no_cycle AFTER INSERT OR UPDATE OF organization_id, task_id, depends_on_task_id ON tasks.task_dependencies
    FOR EACH ROW EXECUTE FUNCTION tasks.validate_task_dependency();
CREATE TRIGGER no_cycle_insert AFTER INSERT ON tasks.tasks
    FOR EACH ROW WHEN (NEW.parent_task_id IS NOT NULL) EXECUTE FUNCTION tasks.validate_task_parent();
CREATE TRIGGER no_cycle_update AFTER UPDATE OF id, organization_id, parent_task_id ON tasks.tasks
    FOR EACH ROW WHEN (NEW.parent_task_id IS NOT NULL) EXECUTE FUNCTION tasks.validate_task_parent();
CREATE TRIGGER no_cycle AFTER INSERT OR UPDATE ON tasks.workflow_tasks
    FOR EACH ROW WHEN (NEW.depends_on <> '{}') EXECUTE FUNCTION tasks.validate_workflow_task();

-- The order of names is the order of events: an attempt is closed before its workflow is told.
CREATE TRIGGER execution_insert AFTER INSERT ON tasks.tasks
    FOR EACH ROW WHEN (NEW.status = 'running') EXECUTE FUNCTION tasks.track_execution();
CREATE TRIGGER execution_update AFTER UPDATE OF status ON tasks.tasks
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tasks.track_execution();
CREATE TRIGGER follow AFTER UPDATE OF status ON tasks.tasks
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.workflow_execution_id IS NOT NULL AND base.run_has_ended(NEW.status))
    EXECUTE FUNCTION tasks.follow_task();
CREATE TRIGGER cancel_remaining AFTER UPDATE OF status ON tasks.workflow_executions
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND base.run_has_ended(NEW.status)) EXECUTE FUNCTION tasks.cancel_remaining_tasks();

CREATE TRIGGER notify_new AFTER INSERT ON tasks.tasks
    FOR EACH ROW EXECUTE FUNCTION base.notify_change();
CREATE TRIGGER notify_status AFTER UPDATE OF status ON tasks.tasks
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION base.notify_change();
CREATE TRIGGER notify_status AFTER UPDATE OF status ON tasks.workflow_executions
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION base.notify_change();

-- views

CREATE VIEW tasks.task_hierarchy AS
WITH RECURSIVE tree AS (
    SELECT t.id AS task_id, t.organization_id, t.title, t.status, t.deleted_at, t.parent_task_id, t.id AS root_task_id, 0 AS level, ARRAY[t.id] AS path
    FROM tasks.tasks t WHERE t.parent_task_id IS NULL
    UNION ALL
    SELECT t.id, t.organization_id, t.title, t.status, t.deleted_at, t.parent_task_id, p.root_task_id, p.level + 1, p.path || t.id
    FROM tree p JOIN tasks.tasks t ON t.organization_id = p.organization_id AND t.parent_task_id = p.task_id
)
SELECT r.task_id, r.organization_id, r.title, r.status, r.parent_task_id, r.root_task_id, r.level, r.path
FROM tree r WHERE r.deleted_at IS NULL;
CALL base.describe('tasks.task_hierarchy', 'Each live task with its place among those it is part of', $$
    task_id: The task
    title: What is to be done
    status: Where it stands
    parent_task_id: The task it is a part of
    root_task_id: The task at the top
    level: 0 at the top
    path: Ids from the top down to the task itself
$$);

CREATE VIEW tasks.task_dependency_graph AS
SELECT d.organization_id, d.task_id, t.title AS task_title, t.status AS task_status,
    d.depends_on_task_id, b.title AS depends_on_title, b.status AS depends_on_status, d.kind,
    b.deleted_at IS NOT NULL OR tasks.dependency_is_satisfied(d.kind, b.status) AS is_satisfied
FROM tasks.task_dependencies d
JOIN tasks.tasks t ON t.organization_id = d.organization_id AND t.id = d.task_id
JOIN tasks.tasks b ON b.organization_id = d.organization_id AND b.id = d.depends_on_task_id
WHERE t.deleted_at IS NULL;
CALL base.describe('tasks.task_dependency_graph', 'What waits for what, and whether it still does', $$
    task_id: The task that waits
    task_title: Its title
    task_status: Where it stands
    depends_on_task_id: What it waits for
    depends_on_title: Its title
    depends_on_status: Where that stands
    kind: What the waiting is for
    is_satisfied: Whether this dependency lets the task run
$$);

CREATE VIEW tasks.workflow_execution_summary AS
SELECT e.id AS workflow_execution_id, e.organization_id, e.workflow_id, w.name AS workflow, e.status, e.started_at, e.completed_at, e.duration_ms,
    c.total_tasks, c.completed_tasks, c.skipped_tasks, c.failed_tasks, c.running_tasks,
    round(100.0 * (c.completed_tasks + c.skipped_tasks) / nullif(c.total_tasks, 0), 2) AS completion_percentage
FROM tasks.workflow_executions e
JOIN tasks.workflows w ON w.organization_id = e.organization_id AND w.id = e.workflow_id
CROSS JOIN LATERAL (
    SELECT count(*) AS total_tasks, count(*) FILTER (WHERE t.status = 'completed') AS completed_tasks,
        count(*) FILTER (WHERE t.status = 'skipped') AS skipped_tasks,
        count(*) FILTER (WHERE t.status IN ('failed', 'timed_out')) AS failed_tasks,
        count(*) FILTER (WHERE t.status = 'running') AS running_tasks
    FROM tasks.tasks t
    WHERE t.organization_id = e.organization_id AND t.workflow_execution_id = e.id AND t.deleted_at IS NULL
) c;
CALL base.describe('tasks.workflow_execution_summary', 'Each workflow execution with how far it is', $$
    workflow_execution_id: The execution
    workflow_id: The workflow
    workflow: Its name
    status: Where the execution stands
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    total_tasks: Its tasks
    completed_tasks: Those that are completed
    skipped_tasks: Those whose condition did not hold
    failed_tasks: Those that failed for good
    running_tasks: Those that run now
    completion_percentage: Per cent of its tasks that are completed or skipped; null when it has none
$$);

CREATE VIEW tasks.task_automation_summary AS
SELECT t.organization_id, (t.completed_at AT TIME ZONE 'UTC')::date AS day, count(*) AS finished,
    count(*) FILTER (WHERE NOT t.requires_human) AS without_human,
    round(100.0 * count(*) FILTER (WHERE NOT t.requires_human) / count(*), 2) AS automation_percent,
    round(100.0 * count(*) FILTER (WHERE t.status IN ('failed', 'timed_out')) / count(*), 2) AS failed_final_percent
FROM tasks.tasks t
WHERE t.status IN ('completed', 'partial', 'failed', 'timed_out') AND t.deleted_at IS NULL
GROUP BY t.organization_id, 2;
CALL base.describe('tasks.task_automation_summary', 'How many tasks a day ended without a person', $$
    day: The day, in UTC
    finished: Tasks that ended, well or not; cancelled and skipped ones do not count
    without_human: Those of them that no person had to do
    automation_percent: Per cent of them
    failed_final_percent: Per cent of finished tasks that failed after their last retry
$$);

-- data and partitions

CREATE TABLE tasks.task_execution_logs_default PARTITION OF tasks.task_execution_logs DEFAULT;
CREATE TABLE tasks.task_resource_usage_default PARTITION OF tasks.task_resource_usage DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval)
VALUES ('tasks.task_execution_logs', 'logged_at', '90 days', 'drop', '7 days'),
       ('tasks.task_resource_usage', 'measured_at', '90 days', 'drop', '7 days');

CALL base.finish_schema('tasks');
DO $$ BEGIN PERFORM base.ensure_partitions('tasks.task_execution_logs'), base.ensure_partitions('tasks.task_resource_usage'); END $$;
CALL base.record_module('tasks', 'Tasks, dependencies, workflows');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 03_pipelines: CI/CD pipelines end to end: definitions, ordered steps, executions, artifacts, and quality gates
-- that decide on measured values.

CREATE SCHEMA pipelines AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA pipelines IS 'CI/CD pipelines, steps, artifacts, quality gates';
GRANT USAGE ON SCHEMA pipelines TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables

-- Some references wait for the end of the transaction: a pipeline that is deleted takes steps and executions along, one after the other.

CREATE TABLE pipelines.pipelines (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pipelines_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT pipelines_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    project_id uuid,
    repository_id uuid,
    name text NOT NULL,
    description text,
    pipeline_type text NOT NULL,
    trigger_events text[] NOT NULL DEFAULT '{}',
    configuration jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    CONSTRAINT pipelines_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT pipelines_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id),
    CONSTRAINT pipelines_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id)
);
-- Pipelines of no project are told apart by name as well, though one null never equals another.
CREATE UNIQUE INDEX pipelines_name_key ON pipelines.pipelines (
    organization_id, coalesce(project_id, '00000000-0000-0000-0000-000000000000'), name) WHERE deleted_at IS NULL;
CREATE INDEX pipelines_project_idx ON pipelines.pipelines (organization_id, project_id);
CREATE INDEX pipelines_repository_idx ON pipelines.pipelines (organization_id, repository_id);
CALL base.describe('pipelines.pipelines', 'What is built, checked and deployed, in which steps', $$
    project_id: The project it belongs to
    repository_id: The repository it works on
    name: What people call it, unique among the live pipelines of its project
    description: What it does
    pipeline_type: What it is for: ci, cd, release …
    trigger_events: Names of the events that start it
    configuration: Settings of its own
    is_active: Whether it may be started
$$);

CREATE TABLE pipelines.pipeline_steps (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pipeline_steps_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    pipeline_id uuid NOT NULL,
    name text NOT NULL,
    step_order integer NOT NULL,
    step_type text NOT NULL,
    configuration jsonb NOT NULL DEFAULT '{}',
    timeout_seconds integer NOT NULL DEFAULT 3600 CONSTRAINT pipeline_steps_timeout_check CHECK (timeout_seconds > 0),
    max_retries integer NOT NULL DEFAULT 0 CONSTRAINT pipeline_steps_max_retries_check CHECK (max_retries >= 0),
    is_critical boolean NOT NULL DEFAULT true,
    CONSTRAINT pipeline_steps_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT pipeline_steps_order_key UNIQUE (pipeline_id, step_order),
    CONSTRAINT pipeline_steps_pipeline_fkey FOREIGN KEY (organization_id, pipeline_id)
        REFERENCES pipelines.pipelines (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX pipeline_steps_pipeline_idx ON pipelines.pipeline_steps (organization_id, pipeline_id);
CALL base.describe('pipelines.pipeline_steps', 'The steps of a pipeline', $$
    pipeline_id: The pipeline
    name: What people call it
    step_order: Its place
    step_type: What it does: build, test, deploy …
    configuration: Settings of its own
    timeout_seconds: How long one attempt may run
    max_retries: How often it is tried again after the first failure
    is_critical: Whether the pipeline fails with it
$$);

CREATE TABLE pipelines.pipeline_executions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pipeline_executions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    pipeline_id uuid NOT NULL,
    task_id uuid,
    trigger_event text,
    trigger_data jsonb NOT NULL DEFAULT '{}',
    branch text,
    commit_sha text,
    status base.run_status NOT NULL DEFAULT 'pending',
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    error_message text,
    CONSTRAINT pipeline_executions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT pipeline_executions_ends_after_start CHECK (completed_at >= started_at),
    CONSTRAINT pipeline_executions_pipeline_fkey FOREIGN KEY (organization_id, pipeline_id)
        REFERENCES pipelines.pipelines (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT pipeline_executions_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id)
);
CREATE INDEX idx_pipeline_executions_status_time ON pipelines.pipeline_executions (status, started_at);
CREATE INDEX pipeline_executions_pipeline_idx ON pipelines.pipeline_executions (organization_id, pipeline_id);
CREATE INDEX pipeline_executions_task_idx ON pipelines.pipeline_executions (organization_id, task_id);
CALL base.describe('pipelines.pipeline_executions', 'Pipelines that were started; their state follows from their steps', $$
    pipeline_id: The pipeline
    task_id: The task that it was started for
    trigger_event: What started it
    trigger_data: What that told
    branch: The branch it works on
    commit_sha: The commit it works on
    status: Where it stands; partial when only steps that are not critical failed
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    error_message: Why it failed
$$);

CREATE TABLE pipelines.step_executions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT step_executions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    pipeline_execution_id uuid NOT NULL,
    pipeline_step_id uuid NOT NULL,
    attempt integer NOT NULL DEFAULT 1 CONSTRAINT step_executions_attempt_positive CHECK (attempt > 0),
    status base.run_status NOT NULL DEFAULT 'pending',
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    exit_code integer,
    stdout text,
    stderr text,
    CONSTRAINT step_executions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT step_executions_pipeline_execution_id_id_key UNIQUE (organization_id, pipeline_execution_id, id),
    CONSTRAINT step_executions_attempt_key UNIQUE (pipeline_execution_id, pipeline_step_id, attempt),
    CONSTRAINT step_executions_ends_after_start CHECK (completed_at >= started_at),
    CONSTRAINT step_executions_pipeline_execution_fkey FOREIGN KEY (organization_id, pipeline_execution_id)
        REFERENCES pipelines.pipeline_executions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT step_executions_pipeline_step_fkey FOREIGN KEY (organization_id, pipeline_step_id)
        REFERENCES pipelines.pipeline_steps (organization_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX step_executions_pipeline_step_idx ON pipelines.step_executions (organization_id, pipeline_step_id);
CALL base.describe('pipelines.step_executions', 'Attempts at the steps of an execution', $$
    pipeline_execution_id: The execution
    pipeline_step_id: The step
    attempt: 1 for the first; the latest one counts
    status: How it went
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    exit_code: The command's
    stdout: What it wrote
    stderr: What it complained of
$$);

CREATE TABLE pipelines.pipeline_artifacts (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pipeline_artifacts_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    pipeline_execution_id uuid NOT NULL,
    step_execution_id uuid,
    name text NOT NULL,
    artifact_type text NOT NULL,
    uri text NOT NULL,
    size_bytes bigint CONSTRAINT pipeline_artifacts_size_check CHECK (size_bytes >= 0),
    content_sha256 base.sha256,
    expires_at timestamptz,
    CONSTRAINT pipeline_artifacts_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT pipeline_artifacts_pipeline_execution_fkey FOREIGN KEY (organization_id, pipeline_execution_id)
        REFERENCES pipelines.pipeline_executions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT pipeline_artifacts_step_execution_fkey FOREIGN KEY (organization_id, pipeline_execution_id, step_execution_id)
        REFERENCES pipelines.step_executions (organization_id, pipeline_execution_id, id) ON DELETE CASCADE
);
CREATE INDEX pipeline_artifacts_pipeline_execution_idx ON pipelines.pipeline_artifacts (organization_id, pipeline_execution_id);
CREATE INDEX pipeline_artifacts_step_execution_idx ON pipelines.pipeline_artifacts (step_execution_id);
CREATE INDEX pipeline_artifacts_expires_at_idx ON pipelines.pipeline_artifacts (expires_at);
CALL base.describe('pipelines.pipeline_artifacts', 'What executions made, and where it is kept', $$
    pipeline_execution_id: The execution
    step_execution_id: The attempt that made it, of the same execution
    name: What it is called
    artifact_type: What it is: package, report, log …
    uri: Where it is kept
    size_bytes: Its size
    content_sha256: SHA-256 of its bytes
    expires_at: Not kept longer; null for ever
$$);

CREATE TABLE pipelines.quality_gates (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT quality_gates_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    pipeline_id uuid NOT NULL,
    name text NOT NULL,
    metric_name text NOT NULL,
    comparison text NOT NULL CONSTRAINT quality_gates_comparison_check CHECK (comparison IN ('<', '<=', '=', '>=', '>')),
    threshold numeric NOT NULL,
    is_blocking boolean NOT NULL DEFAULT true,
    CONSTRAINT quality_gates_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT quality_gates_name_key UNIQUE (pipeline_id, name),
    CONSTRAINT quality_gates_pipeline_fkey FOREIGN KEY (organization_id, pipeline_id)
        REFERENCES pipelines.pipelines (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX quality_gates_pipeline_idx ON pipelines.quality_gates (organization_id, pipeline_id);
CALL base.describe('pipelines.quality_gates', 'What measured values must be like for a pipeline to pass', $$
    pipeline_id: The pipeline
    name: What people call it
    metric_name: The value it looks at
    comparison: How the value must compare to the threshold
    threshold: What it is compared to
    is_blocking: Whether the pipeline does not pass without it
$$);

CREATE TABLE pipelines.quality_gate_results (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT quality_gate_results_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    pipeline_execution_id uuid NOT NULL,
    quality_gate_id uuid NOT NULL,
    measured_value numeric,
    outcome text NOT NULL CONSTRAINT quality_gate_results_outcome_check CHECK (outcome IN ('passed', 'failed', 'not_measured')),
    CONSTRAINT quality_gate_results_once_key UNIQUE (pipeline_execution_id, quality_gate_id),
    CONSTRAINT quality_gate_results_measured_check CHECK ((outcome = 'not_measured') = (measured_value IS NULL)),
    CONSTRAINT quality_gate_results_pipeline_execution_fkey FOREIGN KEY (organization_id, pipeline_execution_id)
        REFERENCES pipelines.pipeline_executions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT quality_gate_results_quality_gate_fkey FOREIGN KEY (organization_id, quality_gate_id)
        REFERENCES pipelines.quality_gates (organization_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX quality_gate_results_quality_gate_idx ON pipelines.quality_gate_results (organization_id, quality_gate_id);
CALL base.describe('pipelines.quality_gate_results', 'What the gates said of an execution', $$
    pipeline_execution_id: The execution
    quality_gate_id: The gate
    measured_value: The value it looked at; null when there was none
    outcome: What it said; without a value it does not pass
$$);

CALL base.secure_table('pipelines.pipelines');
CALL base.secure_table('pipelines.pipeline_steps');
CALL base.secure_table('pipelines.pipeline_executions');
CALL base.secure_table('pipelines.step_executions');
CALL base.secure_table('pipelines.pipeline_artifacts');
CALL base.secure_table('pipelines.quality_gates');
CALL base.secure_table('pipelines.quality_gate_results');

-- functions

CREATE FUNCTION pipelines.keep_to_pipeline() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_row jsonb := to_jsonb(NEW);
    v_pipeline uuid := (SELECT e.pipeline_id FROM pipelines.pipeline_executions e WHERE e.id = NEW.pipeline_execution_id);
BEGIN
    IF NOT EXISTS (SELECT FROM pipelines.pipeline_steps s WHERE s.id = (v_row ->> 'pipeline_step_id')::uuid AND s.pipeline_id = v_pipeline
                   UNION ALL
                   SELECT FROM pipelines.quality_gates g WHERE g.id = (v_row ->> 'quality_gate_id')::uuid AND g.pipeline_id = v_pipeline) THEN
        RAISE EXCEPTION 'the execution % and the % named are not of one pipeline', NEW.pipeline_execution_id,
            CASE WHEN v_row ? 'pipeline_step_id' THEN 'step' ELSE 'gate' END
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_TABLE_NAME || '_one_pipeline';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION pipelines.keep_to_pipeline() IS 'Trigger: refuse a step or gate of another pipeline than the execution''s';

CREATE FUNCTION pipelines.steps_so_far(p_execution_id uuid)
RETURNS TABLE (step text, is_critical boolean, status base.run_status, has_ended boolean, has_failed boolean) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT s.name, s.is_critical, l.status,
        coalesce(base.run_has_ended(l.status) AND NOT (f.failed AND l.attempt <= s.max_retries), false),
        coalesce(f.failed AND l.attempt > s.max_retries, false)
    FROM pipelines.pipeline_executions e
    JOIN pipelines.pipeline_steps s ON s.organization_id = e.organization_id AND s.pipeline_id = e.pipeline_id
    LEFT JOIN LATERAL (
        SELECT x.status, x.attempt FROM pipelines.step_executions x
        WHERE x.pipeline_execution_id = e.id AND x.pipeline_step_id = s.id ORDER BY x.attempt DESC LIMIT 1
    ) l ON true
    CROSS JOIN LATERAL (SELECT l.status IN ('failed', 'timed_out', 'cancelled') AS failed) f
    WHERE e.id = p_execution_id
    ORDER BY s.step_order;
END;
COMMENT ON FUNCTION pipelines.steps_so_far(uuid) IS
    'Each step of an execution by its latest attempt; a failed one has ended only when no retry is left';

CREATE FUNCTION pipelines.pipeline_rollup() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_status base.run_status;
    v_failed text[];
    v_critical boolean;
    v_all_ended boolean;
    v_any_failed boolean;
BEGIN
    SELECT e.status INTO v_status FROM pipelines.pipeline_executions e WHERE e.id = NEW.pipeline_execution_id FOR UPDATE;
    IF NOT FOUND OR base.run_has_ended(v_status) OR NEW.status = 'pending' THEN
        RETURN NULL;
    END IF;
    IF v_status IN ('pending', 'queued', 'retrying') THEN
        UPDATE pipelines.pipeline_executions e SET status = 'running' WHERE e.id = NEW.pipeline_execution_id;
    END IF;
    SELECT array_agg(s.step) FILTER (WHERE s.has_failed AND s.is_critical), bool_or(s.has_failed AND s.is_critical), bool_and(s.has_ended), bool_or(s.has_failed)
    INTO v_failed, v_critical, v_all_ended, v_any_failed
    FROM pipelines.steps_so_far(NEW.pipeline_execution_id) s;
    IF v_critical THEN
        UPDATE pipelines.pipeline_executions e
        SET status = 'failed', error_message = coalesce(e.error_message, 'failed: ' || array_to_string(v_failed, ', '))
        WHERE e.id = NEW.pipeline_execution_id;
    ELSIF v_all_ended THEN
        UPDATE pipelines.pipeline_executions e SET status = CASE WHEN v_any_failed THEN 'partial' ELSE 'completed' END::base.run_status
        WHERE e.id = NEW.pipeline_execution_id;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION pipelines.pipeline_rollup() IS
    'Trigger: an execution runs from its first step on, fails with a critical step''s last attempt, and ends when every step has: partial if one failed';

CREATE FUNCTION pipelines.gate_passes(p_value numeric, p_comparison text, p_threshold numeric) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE p_comparison
    WHEN '<' THEN p_value < p_threshold
    WHEN '<=' THEN p_value <= p_threshold
    WHEN '=' THEN p_value = p_threshold
    WHEN '>=' THEN p_value >= p_threshold
    WHEN '>' THEN p_value > p_threshold END;
COMMENT ON FUNCTION pipelines.gate_passes(numeric, text, numeric) IS 'Whether a value compares to the threshold as it must; null without a value';

CREATE FUNCTION pipelines.evaluate_quality_gates(p_execution_id uuid, p_metrics jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pipelines.pipeline_executions e WHERE e.id = p_execution_id) THEN
        RAISE EXCEPTION 'there is no pipeline execution %', p_execution_id USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO pipelines.quality_gate_results AS r (organization_id, pipeline_execution_id, quality_gate_id, measured_value, outcome)
    SELECT g.organization_id, e.id, g.id, m.value,
        CASE WHEN m.value IS NULL THEN 'not_measured' WHEN pipelines.gate_passes(m.value, g.comparison, g.threshold) THEN 'passed' ELSE 'failed' END
    FROM pipelines.pipeline_executions e
    JOIN pipelines.quality_gates g ON g.organization_id = e.organization_id AND g.pipeline_id = e.pipeline_id
    -- Only numbers are measurements: a text that looks like one may mean anything.
    CROSS JOIN LATERAL (SELECT CASE WHEN jsonb_typeof(p_metrics -> g.metric_name) = 'number' THEN (p_metrics ->> g.metric_name)::numeric END AS value) m
    WHERE e.id = p_execution_id
    ON CONFLICT (pipeline_execution_id, quality_gate_id) DO UPDATE SET measured_value = excluded.measured_value, outcome = excluded.outcome;
    RETURN NOT EXISTS (
        SELECT FROM pipelines.quality_gate_results r
        JOIN pipelines.quality_gates g ON g.organization_id = r.organization_id AND g.id = r.quality_gate_id AND g.is_blocking
        WHERE r.pipeline_execution_id = p_execution_id AND r.outcome <> 'passed');
END
$$;
COMMENT ON FUNCTION pipelines.evaluate_quality_gates(uuid, jsonb) IS
    'Record what every gate of the pipeline says of these values, and whether all blocking ones passed; a missing value passes none';

CREATE FUNCTION pipelines.cleanup_expired_artifacts() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    DELETE FROM pipelines.pipeline_artifacts a WHERE a.expires_at <= now();
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION pipelines.cleanup_expired_artifacts() IS
    'Forget the artifacts that have expired, how many; what their addresses point at is removed before, outside the database';

-- triggers

CREATE TRIGGER updated_at BEFORE UPDATE ON pipelines.pipelines
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON pipelines.pipeline_steps
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON pipelines.pipeline_executions
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('duration_ms');
CREATE TRIGGER updated_at BEFORE UPDATE ON pipelines.step_executions
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('duration_ms');
CREATE TRIGGER updated_at BEFORE UPDATE ON pipelines.pipeline_artifacts
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON pipelines.quality_gates
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON pipelines.pipelines
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON pipelines.pipeline_steps
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON pipelines.quality_gates
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();

CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON pipelines.pipeline_executions
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON pipelines.step_executions
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER one_pipeline AFTER INSERT OR UPDATE OF pipeline_execution_id, pipeline_step_id ON pipelines.step_executions
    FOR EACH ROW EXECUTE FUNCTION pipelines.keep_to_pipeline();
CREATE TRIGGER one_pipeline AFTER INSERT OR UPDATE OF pipeline_execution_id, quality_gate_id ON pipelines.quality_gate_results
    FOR EACH ROW EXECUTE FUNCTION pipelines.keep_to_pipeline();
CREATE TRIGGER rollup AFTER INSERT OR UPDATE OF status ON pipelines.step_executions
    FOR EACH ROW EXECUTE FUNCTION pipelines.pipeline_rollup();

CREATE TRIGGER notify_status AFTER UPDATE OF status ON pipelines.pipeline_executions
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION base.notify_change();

-- views

CREATE VIEW pipelines.pipeline_performance AS
SELECT p.id AS pipeline_id, p.organization_id, p.name, p.project_id, r.runs, r.success_rate, r.median_duration_ms, r.p95_duration_ms, r.last_run_at,
    (SELECT count(*) FROM pipelines.pipeline_executions e
     JOIN pipelines.pipeline_artifacts a ON a.organization_id = e.organization_id AND a.pipeline_execution_id = e.id
     WHERE e.organization_id = p.organization_id AND e.pipeline_id = p.id) AS artifacts,
    (SELECT count(*) FROM pipelines.pipeline_executions e
     JOIN pipelines.quality_gate_results q ON q.pipeline_execution_id = e.id AND q.outcome <> 'passed'
     WHERE e.organization_id = p.organization_id AND e.pipeline_id = p.id) AS gate_failures
FROM pipelines.pipelines p
CROSS JOIN LATERAL (
    SELECT count(*) AS runs,
        round(100.0 * count(*) FILTER (WHERE e.status = 'completed')
            / nullif(count(*) FILTER (WHERE e.status IN ('completed', 'partial', 'failed', 'timed_out')), 0), 2) AS success_rate,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY e.duration_ms) AS median_duration_ms,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY e.duration_ms) AS p95_duration_ms,
        max(e.started_at) AS last_run_at
    FROM pipelines.pipeline_executions e WHERE e.organization_id = p.organization_id AND e.pipeline_id = p.id
) r
WHERE p.deleted_at IS NULL;
CALL base.describe('pipelines.pipeline_performance', 'Each live pipeline with how its executions went', $$
    pipeline_id: The pipeline
    name: What people call it
    project_id: The project it belongs to
    runs: Its executions
    success_rate: Per cent that completed, of those that ended without being cancelled; null while none has
    median_duration_ms: Half of those that ended took no longer
    p95_duration_ms: 95 of 100 that ended took no longer
    last_run_at: When the latest began
    artifacts: What they made and is still kept
    gate_failures: Gates that did not pass, those without a value included
$$);

CALL base.finish_schema('pipelines');
CALL base.record_module('pipelines', 'Pipelines, steps, artifacts, quality gates');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 04_codebase: what the source says, stored once per content: files, versions, symbols, relations, issues.
-- Pure functions of bytes (file version) and of the resolved tree (linkage); no opinion about time, branch or triage.

CREATE SCHEMA codebase AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA codebase IS 'Content-addressed facts about source code';
GRANT USAGE ON SCHEMA codebase TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables

CREATE TABLE codebase.codebases (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT codebases_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT codebases_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    repository_id uuid,
    project_id uuid,
    name text NOT NULL,
    language text NOT NULL,
    root_path text NOT NULL DEFAULT '',
    settings jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT codebases_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT codebases_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id),
    CONSTRAINT codebases_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id)
);
CREATE UNIQUE INDEX codebases_name_key ON codebase.codebases (organization_id, name, language, root_path) WHERE deleted_at IS NULL;
CREATE INDEX codebases_repository_idx ON codebase.codebases (organization_id, repository_id);
CREATE INDEX codebases_project_idx ON codebase.codebases (organization_id, project_id);
CALL base.describe('codebase.codebases', 'What is analysed as one: the files of one language family under one folder of a repository', $$
    repository_id: Where the sources come from
    project_id: The project it belongs to
    name: Its name, the same for every language of a repository
    language: The family: languages that resolve each other's imports
    root_path: The folder inside the repository; empty for all of it
    settings: What is included and excluded, and thresholds
$$);

CREATE TABLE codebase.extractors (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT extractors_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT extractors_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    fingerprint base.sha256 NOT NULL,
    library_version text NOT NULL,
    definitions jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT extractors_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT extractors_fingerprint_key UNIQUE (organization_id, fingerprint)
);
CALL base.describe('codebase.extractors', 'The sets of definitions that file versions were computed with', $$
    fingerprint: SHA-256 of the definitions
    library_version: The release that first used them
    definitions: Every metric and rule with its version
$$);

CREATE TABLE codebase.commits (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT commits_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    codebase_id uuid NOT NULL,
    sha text NOT NULL CONSTRAINT commits_sha_shape CHECK (sha ~ '^[0-9a-f]{40}([0-9a-f]{24})?$'),
    parent_shas text[] NOT NULL DEFAULT '{}',
    author_name text,
    author_email text,
    authored_at timestamptz,
    committed_at timestamptz,
    message text,
    CONSTRAINT commits_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT commits_sha_key UNIQUE (codebase_id, sha),
    CONSTRAINT commits_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX commits_codebase_idx ON codebase.commits (organization_id, codebase_id);
CREATE INDEX commits_committed_at_idx ON codebase.commits (codebase_id, committed_at);
CALL base.describe('codebase.commits', 'Commits that were analysed', $$
    codebase_id: The codebase
    sha: Its full hash
    parent_shas: The hashes of its parents, first parent first
    author_name: Who wrote it
    author_email: Their address
    authored_at: When it was written
    committed_at: When it was committed; orders a codebase's history
    message: The whole message
$$);

CREATE TABLE codebase.files (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT files_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    codebase_id uuid NOT NULL,
    path text NOT NULL,
    CONSTRAINT files_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT files_path_key UNIQUE (codebase_id, path),
    CONSTRAINT files_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX files_codebase_idx ON codebase.files (organization_id, codebase_id);
CALL base.describe('codebase.files', 'Paths that ever held a source file of a codebase', $$
    codebase_id: The codebase
    path: Relative to the codebase's folder, parts joined by /; bytes that are no UTF-8 stand as \xNN
$$);

CREATE TABLE codebase.file_versions (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT file_versions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    file_id bigint NOT NULL,
    blob_sha256 base.sha256 NOT NULL,
    extractor_id bigint NOT NULL,
    language text NOT NULL,
    parse_status text NOT NULL CONSTRAINT file_versions_parse_status_check
        CHECK (parse_status IN ('ok', 'partial', 'failed', 'skipped')),
    parse_error text,
    size_bytes bigint,
    lines_physical integer,
    lines_source integer,
    lines_logical integer,
    lines_comment integer,
    lines_blank integer,
    cyclomatic_complexity integer,
    cognitive_complexity integer,
    maintainability_index base.score,
    function_count integer,
    class_count integer,
    is_test boolean NOT NULL DEFAULT false,
    is_generated boolean NOT NULL DEFAULT false,
    metrics jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT file_versions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT file_versions_content_key UNIQUE (file_id, blob_sha256, extractor_id),
    CONSTRAINT file_versions_of_file_key UNIQUE (organization_id, file_id, id),
    CONSTRAINT file_versions_file_fkey FOREIGN KEY (organization_id, file_id)
        REFERENCES codebase.files (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT file_versions_extractor_fkey FOREIGN KEY (organization_id, extractor_id)
        REFERENCES codebase.extractors (organization_id, id)
);
CREATE INDEX file_versions_extractor_idx ON codebase.file_versions (organization_id, extractor_id);
CREATE INDEX file_versions_blob_idx ON codebase.file_versions (blob_sha256);
CALL base.describe('codebase.file_versions', 'Everything that follows from a file''s bytes alone; computed once, never changed', $$
    file_id: The path
    blob_sha256: SHA-256 of the bytes
    extractor_id: The definitions it was computed with
    language: What it is written in
    parse_status: ok; partial: parsed around syntax errors; failed: no facts; skipped: left out on purpose
    parse_error: Why it is not ok
    size_bytes: Number of bytes
    lines_physical: All lines
    lines_source: Lines that hold code
    lines_logical: Lines as they would be with one statement or clause in each
    lines_comment: Lines of comments and docstrings
    lines_blank: Empty lines
    cyclomatic_complexity: Of all its code
    cognitive_complexity: Of all its code
    maintainability_index: 0 to 100; null when not measured
    function_count: Functions, methods and accessors
    class_count: Classes, interfaces and enums
    is_test: Whether it is a test
    is_generated: Whether a program wrote it
    metrics: Other values by metric name
$$);

CREATE TABLE codebase.symbols (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    file_version_id bigint NOT NULL,
    ordinal integer NOT NULL,
    parent_ordinal integer,
    kind text NOT NULL CONSTRAINT symbols_kind_check CHECK (kind IN (
        'function', 'method', 'class', 'interface', 'type_alias', 'enum', 'namespace', 'variable', 'property')),
    name text NOT NULL,
    qualified_name text NOT NULL,
    duplicate_ordinal integer NOT NULL DEFAULT 0,
    signature text,
    start_line integer,
    end_line integer,
    start_byte integer,
    end_byte integer,
    is_async boolean NOT NULL DEFAULT false,
    is_static boolean NOT NULL DEFAULT false,
    is_abstract boolean NOT NULL DEFAULT false,
    is_exported boolean NOT NULL DEFAULT false,
    has_docstring boolean NOT NULL DEFAULT false,
    decorators text[] NOT NULL DEFAULT '{}',
    parameter_count integer,
    return_type text,
    lines integer,
    cyclomatic_complexity integer,
    cognitive_complexity integer,
    nesting_depth integer,
    maintainability_index base.score,
    metrics jsonb NOT NULL DEFAULT '{}',
    structure_sha256 base.sha256,
    docstring text,
    parameters jsonb NOT NULL DEFAULT '[]',
    bases text[] NOT NULL DEFAULT '{}',
    lines_source integer,
    statements integer,
    CONSTRAINT symbols_pkey PRIMARY KEY (file_version_id, ordinal),
    CONSTRAINT symbols_key UNIQUE (file_version_id, qualified_name, kind, duplicate_ordinal),
    CONSTRAINT symbols_file_version_fkey FOREIGN KEY (organization_id, file_version_id)
        REFERENCES codebase.file_versions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX symbols_name_idx ON codebase.symbols (organization_id, lower(name) text_pattern_ops);

-- Fuzzy symbol search, where the server offers trigrams and the installing role may take them.
RESET ROLE;
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
CALL base.describe('codebase.symbols', 'Definitions in a file version', $$
    file_version_id: The file version
    ordinal: Position among the file's symbols, by start
    parent_ordinal: The symbol around it; null at the top level
    kind: What it is
    name: Its own name
    qualified_name: Outer names and its own, joined by dots
    duplicate_ordinal: 0 for the first of this qualified name in the file, 1 for the second …; with the path and the qualified name it makes the stable key
    signature: Its head, as written
    start_line: First line of the definition, from 1; decorators stand before it
    end_line: Last line
    start_byte: Where it starts in the file
    end_byte: Where it ends
    is_async: Asynchronous
    is_static: Belongs to the class, not to an instance
    is_abstract: To be implemented elsewhere
    is_exported: Visible outside its module
    has_docstring: Whether it is documented
    decorators: Source text, without the @
    parameter_count: Of a callable, without its own object (self, cls, this); else null
    return_type: As annotated
    lines: Lines from first to last
    cyclomatic_complexity: Of its own code, nested symbols' excluded
    cognitive_complexity: Of its own code, nested symbols' excluded
    nesting_depth: Deepest nesting of control structures
    maintainability_index: 0 to 100; null when not measured
    metrics: Other values by metric name
    structure_sha256: SHA-256 of its tokens without comments and white space
    docstring: Its documentation
    parameters: List of {name, annotation, default, kind}
    bases: Source text of parent classes or interfaces
    lines_source: Lines of it that hold code
    statements: Own statements
$$);

CREATE TABLE codebase.linkages (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT linkages_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    file_version_id bigint NOT NULL,
    digest base.sha256 NOT NULL,
    edge_count integer NOT NULL DEFAULT 0,
    external_count integer NOT NULL DEFAULT 0,
    unresolved_count integer NOT NULL DEFAULT 0,
    metrics jsonb NOT NULL DEFAULT '{}',
    resolved_count integer NOT NULL DEFAULT 0,
    CONSTRAINT linkages_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT linkages_digest_key UNIQUE (file_version_id, digest),
    CONSTRAINT linkages_of_version_key UNIQUE (organization_id, file_version_id, id),
    CONSTRAINT linkages_file_version_fkey FOREIGN KEY (organization_id, file_version_id)
        REFERENCES codebase.file_versions (organization_id, id) ON DELETE CASCADE
);
CALL base.describe('codebase.linkages', 'What a file''s relation to the rest of the tree is: its outgoing edges and the issues that follow from them', $$
    file_version_id: The file version
    digest: SHA-256 of its edges, counts and issues
    edge_count: Number of its edges
    external_count: Edges that leave the codebase
    unresolved_count: Calls, imports and base classes whose target could not be told
    metrics: Other values by metric name
    resolved_count: Calls, imports and base classes whose target is known
$$);

CREATE TABLE codebase.linkage_edges (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    linkage_id bigint NOT NULL,
    ordinal integer NOT NULL,
    kind text NOT NULL CONSTRAINT linkage_edges_kind_check CHECK (kind IN (
        'import', 'call', 'reference', 'inherit', 'implement', 'export', 'override', 'decorate', 'type_use')),
    source_symbol text,
    target_file_id bigint,
    target_symbol text,
    external_name text,
    occurrences integer NOT NULL DEFAULT 1,
    first_line integer,
    CONSTRAINT linkage_edges_pkey PRIMARY KEY (linkage_id, ordinal),
    CONSTRAINT linkage_edges_one_target CHECK (num_nonnulls(target_file_id, external_name) = 1),
    CONSTRAINT linkage_edges_target_symbol_check CHECK ((target_symbol IS NULL) = (target_file_id IS NULL)),
    CONSTRAINT linkage_edges_linkage_fkey FOREIGN KEY (organization_id, linkage_id)
        REFERENCES codebase.linkages (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT linkage_edges_target_file_fkey FOREIGN KEY (organization_id, target_file_id)
        REFERENCES codebase.files (organization_id, id) DEFERRABLE
);
CREATE INDEX linkage_edges_target_idx ON codebase.linkage_edges (organization_id, target_file_id, target_symbol)
    WHERE target_file_id IS NOT NULL;
CREATE INDEX linkage_edges_external_idx ON codebase.linkage_edges (external_name) WHERE external_name IS NOT NULL;
CALL base.describe('codebase.linkage_edges', 'All relations of one kind from one symbol to one target, counted', $$
    linkage_id: The linkage
    ordinal: Position in the linkage
    kind: What the source does with the target
    source_symbol: Key of the symbol (qualified name, #n when it is a duplicate); null for the file itself
    target_file_id: The file of the target; null outside the codebase
    target_symbol: Key of the target symbol; empty for the file itself
    external_name: Module and name outside the codebase
    occurrences: How often
    first_line: Where first, in the source file
$$);

CREATE TABLE codebase.issue_records (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT issue_records_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    file_version_id bigint,
    linkage_id bigint,
    rule_id text NOT NULL,
    category text,
    severity base.severity_level NOT NULL,
    fingerprint base.sha256 NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    symbol text,
    start_line integer,
    end_line integer,
    start_column integer,
    end_column integer,
    measured_value numeric,
    threshold numeric,
    effort_minutes numeric NOT NULL DEFAULT 0 CONSTRAINT issue_records_effort_check CHECK (effort_minutes >= 0),
    confidence base.probability,
    data jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT issue_records_one_source CHECK (num_nonnulls(file_version_id, linkage_id) = 1),
    CONSTRAINT issue_records_file_version_fkey FOREIGN KEY (organization_id, file_version_id)
        REFERENCES codebase.file_versions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT issue_records_linkage_fkey FOREIGN KEY (organization_id, linkage_id)
        REFERENCES codebase.linkages (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX issue_records_file_version_idx ON codebase.issue_records (file_version_id) WHERE file_version_id IS NOT NULL;
CREATE INDEX issue_records_linkage_idx ON codebase.issue_records (linkage_id) WHERE linkage_id IS NOT NULL;
CREATE INDEX issue_records_fingerprint_idx ON codebase.issue_records (fingerprint);
CREATE INDEX issue_records_rule_idx ON codebase.issue_records (rule_id);
CALL base.describe('codebase.issue_records', 'Findings of rules in a file version, or in its relations', $$
    file_version_id: The file version, when its bytes alone decide
    linkage_id: The linkage, when its relations decide
    rule_id: The rule
    category: What kind of defect it looks for
    severity: How bad it is
    fingerprint: Of rule, symbol and what the rule points at; equal ones of different files are told apart by these
    title: The rule's title
    message: What was found
    symbol: Key of the symbol; null for the file itself
    start_line: First line
    end_line: Last line
    start_column: First column, from 1
    end_column: Last column
    measured_value: What was measured
    threshold: The limit it passed
    effort_minutes: Estimated minutes to mend it
    confidence: How sure the rule is; null when it does not say
    data: What else the rule tells
$$);

CREATE TABLE codebase.accepted_issues (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT accepted_issues_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    file_version_id bigint,
    linkage_id bigint,
    rule_id text NOT NULL,
    category text,
    severity base.severity_level NOT NULL,
    fingerprint base.sha256 NOT NULL,
    title text NOT NULL,
    message text NOT NULL,
    symbol text,
    start_line integer,
    end_line integer,
    start_column integer,
    end_column integer,
    measured_value numeric,
    threshold numeric,
    effort_minutes numeric NOT NULL DEFAULT 0 CONSTRAINT accepted_issues_effort_check CHECK (effort_minutes >= 0),
    confidence base.probability,
    data jsonb NOT NULL DEFAULT '{}',
    reason text NOT NULL,
    CONSTRAINT accepted_issues_one_source CHECK (num_nonnulls(file_version_id, linkage_id) = 1),
    CONSTRAINT accepted_issues_file_version_fkey FOREIGN KEY (organization_id, file_version_id)
        REFERENCES codebase.file_versions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT accepted_issues_linkage_fkey FOREIGN KEY (organization_id, linkage_id)
        REFERENCES codebase.linkages (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX accepted_issues_file_version_idx ON codebase.accepted_issues (file_version_id) WHERE file_version_id IS NOT NULL;
CREATE INDEX accepted_issues_linkage_idx ON codebase.accepted_issues (linkage_id) WHERE linkage_id IS NOT NULL;
CREATE INDEX accepted_issues_fingerprint_idx ON codebase.accepted_issues (fingerprint);
CREATE INDEX accepted_issues_rule_idx ON codebase.accepted_issues (rule_id);
CALL base.describe('codebase.accepted_issues', 'Findings that a comment in the code accepts: no issues, they count nowhere', $$
    file_version_id: The file version, when its bytes alone decide
    linkage_id: The linkage, when its relations decide
    rule_id: The rule
    category: What kind of defect it looks for
    severity: How bad it would be
    fingerprint: That of the issue it would be
    title: The rule's title
    message: What was found
    symbol: Key of the symbol; null for the file itself
    start_line: First line
    end_line: Last line
    start_column: First column, from 1
    end_column: Last column
    measured_value: What was measured
    threshold: The limit it passed
    effort_minutes: Estimated minutes to mend it
    confidence: How sure the rule is; null when it does not say
    data: What else the rule tells
    reason: Why, as the comment says; empty when it does not
$$);

CREATE TABLE codebase.snapshots (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT snapshots_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    codebase_id uuid NOT NULL,
    digest base.sha256 NOT NULL,
    depth text NOT NULL CONSTRAINT snapshots_depth_check CHECK (depth IN ('syntax', 'graph')),
    file_count integer NOT NULL,
    totals jsonb NOT NULL DEFAULT '{}',
    structure jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT snapshots_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT snapshots_digest_key UNIQUE (codebase_id, digest),
    CONSTRAINT snapshots_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX snapshots_codebase_idx ON codebase.snapshots (organization_id, codebase_id);
CALL base.describe('codebase.snapshots', 'States of a codebase: sets of file versions with their linkages', $$
    codebase_id: The codebase
    digest: SHA-256 over its sorted files; see snapshot_digest()
    depth: syntax: file versions only; graph: with linkages
    file_count: Number of its files
    totals: Values of the whole codebase by metric name
    structure: Values that follow from the relations of all files, by metric name under files by path, folders by path and symbols by path and key; see structure_values
$$);

CREATE TABLE codebase.snapshot_files (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    snapshot_id bigint NOT NULL,
    file_id bigint NOT NULL,
    file_version_id bigint NOT NULL,
    linkage_id bigint,
    CONSTRAINT snapshot_files_pkey PRIMARY KEY (snapshot_id, file_id),
    CONSTRAINT snapshot_files_snapshot_fkey FOREIGN KEY (organization_id, snapshot_id)
        REFERENCES codebase.snapshots (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT snapshot_files_file_version_fkey FOREIGN KEY (organization_id, file_id, file_version_id)
        REFERENCES codebase.file_versions (organization_id, file_id, id) DEFERRABLE,
    CONSTRAINT snapshot_files_linkage_fkey FOREIGN KEY (organization_id, file_version_id, linkage_id)
        REFERENCES codebase.linkages (organization_id, file_version_id, id) DEFERRABLE
);
CREATE INDEX snapshot_files_file_version_idx ON codebase.snapshot_files (file_version_id, snapshot_id);
CREATE INDEX snapshot_files_linkage_idx ON codebase.snapshot_files (linkage_id, snapshot_id) WHERE linkage_id IS NOT NULL;
CALL base.describe('codebase.snapshot_files', 'Which version of which file a snapshot holds, and how it is linked', $$
    snapshot_id: The snapshot
    file_id: The path
    file_version_id: Its content
    linkage_id: Its relations; null at syntax depth
$$);

-- Facts are written once: nobody but the codebase's own entry may be changed through the app.
CALL base.secure_table('codebase.codebases');
CALL base.secure_table('codebase.extractors', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.commits', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.files', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.file_versions', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.symbols', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.linkages', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.linkage_edges', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.issue_records', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.accepted_issues', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.snapshots', p_app => 'SELECT, INSERT');
CALL base.secure_table('codebase.snapshot_files', p_app => 'SELECT, INSERT');

-- triggers

CREATE FUNCTION codebase.defer_references() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION codebase.defer_references() IS
    'Trigger: what a codebase holds refers to each other, and goes with it as a whole; so look at the references when all is gone';

CREATE TRIGGER defer_references BEFORE DELETE ON codebase.codebases
    FOR EACH STATEMENT EXECUTE FUNCTION codebase.defer_references();
CREATE TRIGGER updated_at BEFORE UPDATE ON codebase.codebases
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON codebase.codebases
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();

-- functions

CREATE FUNCTION codebase.symbol_key(p_qualified_name text, p_duplicate_ordinal integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p_qualified_name || CASE WHEN p_duplicate_ordinal > 0 THEN '#' || p_duplicate_ordinal::text ELSE '' END;
COMMENT ON FUNCTION codebase.symbol_key(text, integer) IS 'A symbol''s name inside its file, as edges and issues give it';

CREATE FUNCTION codebase.snapshot_digest(p_snapshot_id bigint) RETURNS base.sha256 LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT sha256(convert_to(coalesce(string_agg(
        f.path || E'\t' || encode(v.blob_sha256, 'hex') || E'\t' || encode(x.fingerprint, 'hex')
            || E'\t' || coalesce(encode(l.digest, 'hex'), '-') || E'\n',
        '' ORDER BY f.path COLLATE "C"), ''), 'UTF8'))::base.sha256
    FROM codebase.snapshots s
    LEFT JOIN codebase.snapshot_files sf ON sf.snapshot_id = s.id
    LEFT JOIN codebase.files f ON f.id = sf.file_id
    LEFT JOIN codebase.file_versions v ON v.id = sf.file_version_id
    LEFT JOIN codebase.extractors x ON x.id = v.extractor_id
    LEFT JOIN codebase.linkages l ON l.id = sf.linkage_id
    WHERE s.id = p_snapshot_id
    GROUP BY s.id;
END;
COMMENT ON FUNCTION codebase.snapshot_digest(bigint) IS
    'The digest computed again from rows: SHA-256 over "path TAB blob TAB extractor TAB linkage or - LF" of each file, by path bytewise; null for no snapshot';

CREATE FUNCTION codebase.symbol_shape(p_symbol codebase.symbols) RETURNS text LANGUAGE sql STABLE
RETURN format('%s %s %s %s %s %s %s %s', encode((p_symbol).structure_sha256, 'hex'), (p_symbol).kind,
    (p_symbol).is_async, (p_symbol).is_static, (p_symbol).is_abstract, (p_symbol).is_exported,
    translate((p_symbol).signature, E' \t\r\n\f', ''), translate(array_to_string((p_symbol).decorators, '@'), E' \t\r\n\f', ''));
COMMENT ON FUNCTION codebase.symbol_shape(codebase.symbols) IS
    'What makes a symbol count as changed when it differs: tokens, kind, modifiers, signature and decorators; not comments, docstring, place or white space';

CREATE FUNCTION codebase.file_values(p_file codebase.file_versions) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_strip_nulls(jsonb_build_object(
    'lines_physical', (p_file).lines_physical,
    'lines_source', (p_file).lines_source,
    'lines_logical', (p_file).lines_logical,
    'lines_comment', (p_file).lines_comment,
    'lines_blank', (p_file).lines_blank,
    'cyclomatic_complexity', (p_file).cyclomatic_complexity,
    'cognitive_complexity', (p_file).cognitive_complexity,
    'maintainability_index', (p_file).maintainability_index,
    'function_count', (p_file).function_count,
    'class_count', (p_file).class_count)) || (p_file).metrics;
COMMENT ON FUNCTION codebase.file_values(codebase.file_versions) IS
    'All values of a file version by metric name, those with a column of their own too';

CREATE FUNCTION codebase.symbol_values(p_symbol codebase.symbols) RETURNS jsonb LANGUAGE sql STABLE
RETURN jsonb_strip_nulls(jsonb_build_object(
    'lines', (p_symbol).lines,
    'statements', CASE WHEN (p_symbol).kind <> 'variable' THEN (p_symbol).statements END,
    'cyclomatic_complexity', (p_symbol).cyclomatic_complexity,
    'cognitive_complexity', (p_symbol).cognitive_complexity,
    'nesting_depth', (p_symbol).nesting_depth,
    'parameter_count', (p_symbol).parameter_count,
    'maintainability_index', (p_symbol).maintainability_index)) || (p_symbol).metrics;
COMMENT ON FUNCTION codebase.symbol_values(codebase.symbols) IS
    'All values of a symbol by metric name, those with a column of their own too';

CREATE FUNCTION codebase.snapshot_diff(p_a bigint, p_b bigint)
RETURNS TABLE (path text, change text, symbols_added bigint, symbols_removed bigint, symbols_changed bigint, edges_added bigint, edges_removed bigint)
LANGUAGE sql STABLE SET jit = off
BEGIN ATOMIC
    WITH a AS (
        SELECT sf.file_id, sf.file_version_id, sf.linkage_id, v.blob_sha256
        FROM codebase.snapshot_files sf JOIN codebase.file_versions v ON v.id = sf.file_version_id WHERE sf.snapshot_id = p_a
    ), b AS (
        SELECT sf.file_id, sf.file_version_id, sf.linkage_id, v.blob_sha256
        FROM codebase.snapshot_files sf JOIN codebase.file_versions v ON v.id = sf.file_version_id WHERE sf.snapshot_id = p_b
    ), graphs AS (
        SELECT count(*) = 2 AS both_there FROM (VALUES (p_a), (p_b)) AS given (id)
        JOIN codebase.snapshots s ON s.id = given.id AND s.depth = 'graph'
    ), touched AS MATERIALIZED (
        SELECT coalesce(a.file_id, b.file_id) AS file_id, a.file_version_id AS version_a, b.file_version_id AS version_b,
            a.linkage_id AS linkage_a, b.linkage_id AS linkage_b,
            CASE WHEN a.file_id IS NULL THEN 'added' WHEN b.file_id IS NULL THEN 'removed' ELSE 'modified' END AS change
        FROM a FULL JOIN b ON b.file_id = a.file_id
        WHERE a.blob_sha256 IS DISTINCT FROM b.blob_sha256
    )
    SELECT f.path, t.change, coalesce(s.added, 0), coalesce(s.removed, 0), coalesce(s.changed, 0),
        CASE WHEN g.both_there THEN coalesce(e.added, 0) END, CASE WHEN g.both_there THEN coalesce(e.removed, 0) END
    FROM touched t
    JOIN codebase.files f ON f.id = t.file_id
    CROSS JOIN graphs g
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE p.n_a = 0) AS added, count(*) FILTER (WHERE p.n_b = 0) AS removed,
            count(*) FILTER (WHERE p.n_a > 0 AND p.n_b > 0 AND p.states > 1) AS changed
        FROM (
            SELECT count(*) FILTER (WHERE y.file_version_id = t.version_a) AS n_a,
                count(*) FILTER (WHERE y.file_version_id = t.version_b) AS n_b,
                count(DISTINCT codebase.symbol_shape(y)) AS states
            FROM codebase.symbols y WHERE y.file_version_id IN (t.version_a, t.version_b)
            GROUP BY y.qualified_name, y.duplicate_ordinal
        ) p
    ) s
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE p.n_a = 0) AS added, count(*) FILTER (WHERE p.n_b = 0) AS removed
        FROM (
            SELECT count(*) FILTER (WHERE x.linkage_id = t.linkage_a) AS n_a, count(*) FILTER (WHERE x.linkage_id = t.linkage_b) AS n_b
            FROM codebase.linkage_edges x WHERE x.linkage_id IN (t.linkage_a, t.linkage_b)
            GROUP BY x.kind, x.source_symbol, x.target_file_id, x.target_symbol, x.external_name
        ) p
    ) e
    ORDER BY f.path COLLATE "C";
END;
COMMENT ON FUNCTION codebase.snapshot_diff(bigint, bigint) IS
    'Files whose bytes differ, with what changed inside; edges are null unless both snapshots have a graph, and count once however often they occur';

CREATE FUNCTION codebase.issue_matches(p_before bigint, p_after bigint)
RETURNS TABLE (before_id bigint, after_id bigint, accepted_id bigint)
LANGUAGE sql STABLE SET jit = off
BEGIN ATOMIC
    WITH files AS MATERIALIZED (
        SELECT coalesce(b.file_id, a.file_id) AS file_id, b.file_version_id AS version_before, a.file_version_id AS version_after,
            CASE WHEN g.both_there THEN b.linkage_id END AS linkage_before, CASE WHEN g.both_there THEN a.linkage_id END AS linkage_after
        FROM (SELECT sf.* FROM codebase.snapshot_files sf WHERE sf.snapshot_id = p_before) b
        FULL JOIN (SELECT sf.* FROM codebase.snapshot_files sf WHERE sf.snapshot_id = p_after) a ON a.file_id = b.file_id
        CROSS JOIN (SELECT count(*) = 2 AS both_there FROM (VALUES (p_before), (p_after)) AS given (id)
                    JOIN codebase.snapshots s ON s.id = given.id AND (s.depth = 'graph' OR s.file_count = 0)) g
    ), sides AS MATERIALIZED (
        -- What is not the same row on both sides.
        SELECT f.file_id, s.*
        FROM files f
        CROSS JOIN LATERAL (SELECT f.version_before IS DISTINCT FROM f.version_after AS version, f.linkage_before IS DISTINCT FROM f.linkage_after AS linkage) differs
        CROSS JOIN LATERAL (VALUES
            (false, f.version_before, f.version_after, CASE WHEN differs.version THEN f.version_before END, CASE WHEN differs.linkage THEN f.linkage_before END),
            (true, f.version_after, f.version_before, CASE WHEN differs.version THEN f.version_after END, CASE WHEN differs.linkage THEN f.linkage_after END)
        ) AS s (is_after, own_version, other_version, version, linkage)
        WHERE differs.version OR differs.linkage
    ), held AS MATERIALIZED (
        SELECT h.*, count(*) OVER (PARTITION BY h.file_id, h.fingerprint, h.number) = 2 AS is_on_both_sides
        FROM (
            SELECT s.*, i.issue_id, i.accepted_id, i.fingerprint, nullif(i.symbol, '') AS symbol,
                row_number() OVER (PARTITION BY s.is_after, s.file_id, i.fingerprint ORDER BY i.issue_id, i.accepted_id) AS number
            FROM sides s
            CROSS JOIN LATERAL (
                SELECT i.id AS issue_id, NULL::bigint AS accepted_id, i.fingerprint, i.symbol FROM codebase.issue_records i WHERE i.file_version_id = s.version
                UNION ALL SELECT i.id, NULL, i.fingerprint, i.symbol FROM codebase.issue_records i WHERE i.linkage_id = s.linkage
                UNION ALL SELECT NULL, i.id, i.fingerprint, i.symbol FROM codebase.accepted_issues i WHERE i.file_version_id = s.version
                UNION ALL SELECT NULL, i.id, i.fingerprint, i.symbol FROM codebase.accepted_issues i WHERE i.linkage_id = s.linkage
            ) i
        ) h
    ), lone AS (
        SELECT h.*, f.path,
            CASE WHEN h.symbol IS NULL THEN h.other_version IS NULL ELSE NOT EXISTS (
                SELECT FROM codebase.symbols y
                WHERE y.file_version_id = h.other_version AND y.qualified_name = regexp_replace(h.symbol, '#[0-9]+$', '')) END AS has_moved,
            coalesce((
                SELECT y.structure_sha256::bytea FROM codebase.symbols y
                WHERE y.file_version_id = h.own_version AND codebase.symbol_key(y.qualified_name, y.duplicate_ordinal) = h.symbol
                ORDER BY 1 LIMIT 1
            ), v.blob_sha256) AS content
        FROM held h
        JOIN codebase.files f ON f.id = h.file_id
        JOIN codebase.file_versions v ON v.id = h.own_version
        WHERE NOT h.is_on_both_sides
    ), twins AS (
        SELECT l.*, row_number() OVER (PARTITION BY l.fingerprint, l.content, l.is_after ORDER BY l.has_moved DESC, l.path COLLATE "C", l.number)
            <= least(count(*) FILTER (WHERE l.is_after) OVER alike, count(*) FILTER (WHERE NOT l.is_after) OVER alike) AS has_twin
        FROM lone l WINDOW alike AS (PARTITION BY l.fingerprint, l.content)
    ), placed AS (
        SELECT t.*, CASE WHEN t.has_twin THEN t.content END AS shared,
            row_number() OVER (PARTITION BY t.fingerprint, t.is_after, CASE WHEN t.has_twin THEN t.content END
                ORDER BY t.has_moved DESC, t.path COLLATE "C", t.number) AS place
        FROM twins t
    ), moved AS (
        SELECT p.*, bool_or(p.has_moved) OVER (PARTITION BY p.fingerprint, p.shared, p.place) AS is_evident FROM placed p
    )
    SELECT i.id, i.id, NULL::bigint FROM files f JOIN codebase.issue_records i ON i.file_version_id = f.version_after WHERE f.version_before = f.version_after
    UNION ALL
    SELECT i.id, i.id, NULL FROM files f JOIN codebase.issue_records i ON i.linkage_id = f.linkage_after WHERE f.linkage_before = f.linkage_after
    UNION ALL
    SELECT max(h.issue_id) FILTER (WHERE NOT h.is_after), max(h.issue_id) FILTER (WHERE h.is_after), max(h.accepted_id) FILTER (WHERE h.is_after)
    FROM held h WHERE h.is_on_both_sides
    GROUP BY h.file_id, h.fingerprint, h.number HAVING count(h.issue_id) > 0
    UNION ALL
    SELECT max(m.issue_id) FILTER (WHERE NOT m.is_after), max(m.issue_id) FILTER (WHERE m.is_after), max(m.accepted_id) FILTER (WHERE m.is_after)
    FROM moved m
    GROUP BY m.fingerprint, m.shared, m.place, CASE WHEN NOT m.is_evident THEN m.is_after END HAVING count(m.issue_id) > 0;
END;
COMMENT ON FUNCTION codebase.issue_matches(bigint, bigint) IS
    'Issues of two snapshots side by side: null beside one that the other has not; accepted_id: what the first''s became when a comment accepts it now. Equal fingerprints are one issue when their path is the same, else when the symbol (without one, the file) left the one path or is new at the other; one to one, those of the same code first. Issues of relations only where both have a graph';

CREATE FUNCTION codebase.search_symbols(p_query text, p_codebase_id uuid DEFAULT NULL, p_limit integer DEFAULT 50)
RETURNS TABLE (path text, qualified_name text, kind text, start_line integer, rank real)
LANGUAGE plpgsql STABLE SET jit = off AS $$
DECLARE
    v_trigrams name := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                        WHERE e.extname = 'pg_trgm' AND has_schema_privilege(n.oid, 'USAGE'));
    v_similarity text := CASE WHEN v_trigrams IS NULL THEN '0' ELSE format('%I.similarity(y.name, $1)', v_trigrams) END;
BEGIN
    IF p_query !~ '\S' THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format($query$
        WITH newest AS (
            SELECT DISTINCT ON (s.codebase_id) s.id FROM codebase.snapshots s
            JOIN codebase.codebases c ON c.id = s.codebase_id AND c.deleted_at IS NULL
            WHERE $2 IS NULL OR s.codebase_id = $2
            ORDER BY s.codebase_id, s.id DESC
        ), ranked AS (
            SELECT f.path, y.qualified_name, y.kind, y.start_line, length(y.name) AS length,
                CASE WHEN y.name = $1 OR y.qualified_name = $1 THEN 1.0
                     WHEN lower(y.name) = lower($1) OR lower(y.qualified_name) = lower($1) THEN 0.95
                     WHEN starts_with(lower(y.name), lower($1)) THEN 0.8
                     WHEN strpos(lower(y.qualified_name), lower($1)) > 0 THEN 0.6
                     WHEN %1$s >= 0.3 THEN %1$s / 2 END::real AS rank
            FROM newest n
            JOIN codebase.snapshot_files sf ON sf.snapshot_id = n.id
            JOIN codebase.symbols y ON y.file_version_id = sf.file_version_id
            JOIN codebase.files f ON f.id = sf.file_id
        )
        SELECT r.path, r.qualified_name, r.kind, r.start_line, r.rank FROM ranked r WHERE r.rank IS NOT NULL
        ORDER BY r.rank DESC, r.length, r.path COLLATE "C", r.start_line
        LIMIT $3
    $query$, v_similarity) USING p_query, p_codebase_id, p_limit;
END
$$;
COMMENT ON FUNCTION codebase.search_symbols(text, uuid, integer) IS
    'Symbols of the newest snapshots by name: exact before beginning before part, and similar ones where trigrams are available; best first';

CREATE FUNCTION codebase.file_dependencies(p_snapshot_id bigint, p_path text, p_direction text DEFAULT 'uses', p_depth integer DEFAULT 1)
RETURNS TABLE (path text, depth integer, kind text, occurrences bigint)
LANGUAGE plpgsql STABLE SET jit = off AS $$
DECLARE
    v_from bigint[] := ARRAY(
        SELECT sf.file_id FROM codebase.snapshot_files sf JOIN codebase.files f ON f.id = sf.file_id
        WHERE sf.snapshot_id = p_snapshot_id AND f.path = p_path);
    v_seen bigint[] := v_from;
    v_next bigint[];
    v_depth integer := 0;
BEGIN
    IF p_direction NOT IN ('uses', 'used_by') THEN
        RAISE EXCEPTION 'the direction is uses or used_by, not %', p_direction USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WHILE cardinality(v_from) > 0 AND (p_depth IS NULL OR v_depth < p_depth) LOOP
        v_depth := v_depth + 1;
        v_next := '{}';
        FOR path, kind, occurrences, v_next IN
            WITH reached AS (
                SELECT e.target_file_id AS file_id, e.kind, sum(e.occurrences)::bigint AS occurrences
                FROM codebase.snapshot_files sf JOIN codebase.linkage_edges e ON e.linkage_id = sf.linkage_id
                WHERE p_direction = 'uses' AND sf.snapshot_id = p_snapshot_id AND sf.file_id = ANY (v_from) AND e.target_file_id <> ALL (v_seen)
                GROUP BY e.target_file_id, e.kind
                UNION ALL
                SELECT sf.file_id, e.kind, sum(e.occurrences)::bigint
                FROM codebase.linkage_edges e JOIN codebase.snapshot_files sf ON sf.linkage_id = e.linkage_id AND sf.snapshot_id = p_snapshot_id
                WHERE p_direction = 'used_by' AND e.target_file_id = ANY (v_from) AND sf.file_id <> ALL (v_seen)
                GROUP BY sf.file_id, e.kind
            )
            SELECT f.path, r.kind, r.occurrences, array_agg(r.file_id) OVER () FROM reached r JOIN codebase.files f ON f.id = r.file_id
            ORDER BY f.path COLLATE "C", r.kind
        LOOP
            depth := v_depth;
            RETURN NEXT;
        END LOOP;
        v_from := ARRAY(SELECT DISTINCT unnest(v_next));
        v_seen := v_seen || v_from;
    END LOOP;
END
$$;
COMMENT ON FUNCTION codebase.file_dependencies(bigint, text, text, integer) IS
    'Files that a file uses, or that use it, each at its least distance and once a kind of relation; p_depth null: as far as it goes';

CREATE FUNCTION codebase.dependency_cycles(p_snapshot_id bigint) RETURNS TABLE (cycle_id integer, paths text[])
LANGUAGE plpgsql STABLE SET jit = off AS $$
-- Tarjan's algorithm with its recursion unrolled: deep chains of files would exhaust the stack.
DECLARE
    v_files bigint[];
    v_starts integer[];
    v_targets integer[];
    v_count integer;
    v_number integer[];
    v_low integer[];
    v_next integer[];
    v_component integer[];
    v_open integer[] := '{}';
    v_calls integer[] := '{}';
    v_opened integer := 0;
    v_called integer := 0;
    v_counter integer := 0;
    v_components integer := 0;
    v integer;
    w integer;
BEGIN
    WITH edges AS (
        SELECT DISTINCT sf.file_id AS source, e.target_file_id AS target
        FROM codebase.snapshot_files sf JOIN codebase.linkage_edges e ON e.linkage_id = sf.linkage_id
        WHERE sf.snapshot_id = p_snapshot_id AND e.target_file_id <> sf.file_id
    ), nodes AS (
        SELECT file_id, row_number() OVER (ORDER BY file_id)::integer AS node
        FROM (SELECT source AS file_id FROM edges UNION SELECT target FROM edges) n
    ), adjacent AS (
        SELECT s.node AS source, t.node AS target, row_number() OVER (ORDER BY s.node, t.node)::integer AS position
        FROM edges e JOIN nodes s ON s.file_id = e.source JOIN nodes t ON t.file_id = e.target
    )
    SELECT (SELECT array_agg(n.file_id ORDER BY n.node) FROM nodes n),
        (SELECT array_agg(coalesce(a.first, 0) ORDER BY n.node) FROM nodes n
         LEFT JOIN (SELECT source, min(position) AS first FROM adjacent GROUP BY source) a ON a.source = n.node),
        (SELECT array_agg(a.target ORDER BY a.position) FROM adjacent a),
        (SELECT array_agg(coalesce(a.last, -1) ORDER BY n.node) FROM nodes n
         LEFT JOIN (SELECT source, max(position) AS last FROM adjacent GROUP BY source) a ON a.source = n.node)
    INTO v_files, v_starts, v_targets, v_low;
    v_count := coalesce(cardinality(v_files), 0);
    IF v_count = 0 THEN
        RETURN;
    END IF;
    v_number := array_fill(0, ARRAY[v_count]);
    v_component := array_fill(0, ARRAY[v_count]);
    v_next := v_starts;
    v_starts := v_low;  -- from here on: where a node's targets end
    v_low := array_fill(0, ARRAY[v_count]);
    FOR v_root IN 1..v_count LOOP
        CONTINUE WHEN v_number[v_root] > 0;
        w := v_root;
        LOOP
            IF w > 0 THEN  -- enter w
                v_counter := v_counter + 1;
                v_number[w] := v_counter;
                v_low[w] := v_counter;
                v_opened := v_opened + 1;
                v_open[v_opened] := w;
                v_called := v_called + 1;
                v_calls[v_called] := w;
            END IF;
            v := v_calls[v_called];
            w := 0;
            WHILE v_next[v] > 0 AND v_next[v] <= v_starts[v] AND w = 0 LOOP
                w := v_targets[v_next[v]];
                v_next[v] := v_next[v] + 1;
                IF v_number[w] > 0 THEN
                    IF v_component[w] = 0 THEN
                        v_low[v] := least(v_low[v], v_number[w]);
                    END IF;
                    w := 0;
                END IF;
            END LOOP;
            CONTINUE WHEN w > 0;
            IF v_low[v] = v_number[v] THEN  -- v is the first of its component: everything opened since belongs to it
                v_components := v_components + 1;
                LOOP
                    w := v_open[v_opened];
                    v_opened := v_opened - 1;
                    v_component[w] := v_components;
                    EXIT WHEN w = v;
                END LOOP;
                w := 0;
            END IF;
            v_called := v_called - 1;
            EXIT WHEN v_called = 0;
            v_low[v_calls[v_called]] := least(v_low[v_calls[v_called]], v_low[v]);
        END LOOP;
    END LOOP;
    RETURN QUERY
    SELECT (row_number() OVER (ORDER BY cardinality(c.paths) DESC, c.paths COLLATE "C"))::integer, c.paths
    FROM (SELECT array_agg(f.path ORDER BY f.path COLLATE "C") AS paths
          FROM unnest(v_files, v_component) AS n (file_id, component) JOIN codebase.files f ON f.id = n.file_id
          GROUP BY n.component HAVING count(*) > 1) c
    ORDER BY 1;
END
$$;
COMMENT ON FUNCTION codebase.dependency_cycles(bigint) IS
    'Groups of files that all depend on each other, through relations of any kind; the largest first';

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION codebase.prune_unreferenced_content(p_dry_run boolean DEFAULT true) RETURNS TABLE (kind text, rows bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_held text;
    v_live bigint[];
BEGIN
    IF NOT p_dry_run THEN
        -- The lock a recording takes: what it is about to refer to must not vanish under it.
        PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter_db.codebase:' || c.id, 0)) FROM (SELECT id FROM codebase.codebases ORDER BY id) c;
    END IF;
    -- Whoever refers to snapshots holds them; modules that come later need not be known here.
    SELECT string_agg(format('EXISTS (SELECT FROM %s r WHERE r.%I = s.id)', k.conrelid::regclass, a.attname), ' OR ') INTO v_held
    FROM pg_constraint k
    CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (here, there)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.here
    JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = pair.there AND t.attname = 'id'
    WHERE k.contype = 'f' AND k.confrelid = 'codebase.snapshots'::regclass AND k.conrelid <> 'codebase.snapshot_files'::regclass
      AND k.conparentid = 0;
    EXECUTE format('SELECT coalesce(array_agg(s.id), ''{}'') FROM codebase.snapshots s WHERE %s', coalesce(v_held, 'true')) INTO v_live;
    IF p_dry_run THEN
        RETURN QUERY
        WITH dead_versions AS MATERIALIZED (
            SELECT v.id, v.file_id FROM codebase.file_versions v
            WHERE NOT EXISTS (SELECT FROM codebase.snapshot_files sf WHERE sf.file_version_id = v.id AND sf.snapshot_id = ANY (v_live))
        ), dead_linkages AS MATERIALIZED (
            SELECT l.id FROM codebase.linkages l
            WHERE NOT EXISTS (SELECT FROM codebase.snapshot_files sf WHERE sf.linkage_id = l.id AND sf.snapshot_id = ANY (v_live))
        )
        SELECT 'snapshots', count(*) FROM codebase.snapshots s WHERE s.id <> ALL (v_live)
        UNION ALL SELECT 'linkages', count(*) FROM dead_linkages
        UNION ALL SELECT 'file_versions', count(*) FROM dead_versions
        UNION ALL SELECT 'files', count(*) FROM codebase.files f
            WHERE NOT EXISTS (SELECT FROM codebase.file_versions v WHERE v.file_id = f.id AND v.id NOT IN (SELECT d.id FROM dead_versions d))
              AND NOT EXISTS (SELECT FROM codebase.linkage_edges e WHERE e.organization_id = f.organization_id AND e.target_file_id = f.id
                              AND e.linkage_id NOT IN (SELECT d.id FROM dead_linkages d));
        RETURN;
    END IF;
    kind := 'snapshots';
    DELETE FROM codebase.snapshots s WHERE s.id <> ALL (v_live);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN NEXT;
    kind := 'linkages';
    DELETE FROM codebase.linkages l WHERE NOT EXISTS (SELECT FROM codebase.snapshot_files sf WHERE sf.linkage_id = l.id);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN NEXT;
    kind := 'file_versions';
    DELETE FROM codebase.file_versions v WHERE NOT EXISTS (SELECT FROM codebase.snapshot_files sf WHERE sf.file_version_id = v.id);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN NEXT;
    kind := 'files';
    DELETE FROM codebase.files f
    WHERE NOT EXISTS (SELECT FROM codebase.file_versions v WHERE v.file_id = f.id)
      AND NOT EXISTS (SELECT FROM codebase.linkage_edges e WHERE e.organization_id = f.organization_id AND e.target_file_id = f.id);
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION codebase.prune_unreferenced_content(boolean) IS
    'Delete snapshots that nothing refers to, then linkages, file versions and files that no snapshot holds; a dry run counts them';
REVOKE EXECUTE ON FUNCTION codebase.prune_unreferenced_content(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION codebase.prune_unreferenced_content(boolean) TO graph_sitter_owner;

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

-- The counts stand in the select list: whoever does not ask for them, or asks for one file, does not pay for all.
CREATE VIEW codebase.code_elements AS
SELECT s.id AS snapshot_id, s.codebase_id, f.path AS file_path, y.kind, y.name, y.qualified_name, p.qualified_name AS parent, y.lines,
    y.cyclomatic_complexity, y.cognitive_complexity, y.nesting_depth, y.parameter_count,
    CASE WHEN sf.linkage_id IS NOT NULL THEN (
        SELECT count(DISTINCT (e.linkage_id, e.source_symbol)) FROM codebase.linkage_edges e
        WHERE e.organization_id = s.organization_id AND e.target_file_id = sf.file_id
          AND e.target_symbol = codebase.symbol_key(y.qualified_name, y.duplicate_ordinal)
          AND e.kind IN ('call', 'reference', 'inherit') AND (e.linkage_id, coalesce(e.source_symbol, '')) <> (sf.linkage_id, e.target_symbol)
          AND EXISTS (SELECT FROM codebase.snapshot_files x WHERE x.linkage_id = e.linkage_id AND x.snapshot_id = s.id)
    ) END AS fan_in,
    CASE WHEN sf.linkage_id IS NOT NULL THEN (
        SELECT count(DISTINCT (e.target_file_id, e.target_symbol)) FROM codebase.linkage_edges e
        WHERE e.linkage_id = sf.linkage_id AND e.target_file_id IS NOT NULL
          AND e.source_symbol = codebase.symbol_key(y.qualified_name, y.duplicate_ordinal)
          AND e.kind IN ('call', 'reference', 'inherit') AND (e.target_file_id, e.target_symbol) <> (sf.file_id, e.source_symbol)
    ) END AS fan_out,
    y.maintainability_index, y.docstring,
    codebase.symbol_key(y.qualified_name, y.duplicate_ordinal) AS symbol_key, y.signature, y.start_line, y.end_line, y.is_exported, s.organization_id
FROM codebase.snapshots s
JOIN codebase.snapshot_files sf ON sf.snapshot_id = s.id
JOIN codebase.files f ON f.id = sf.file_id
JOIN codebase.symbols y ON y.file_version_id = sf.file_version_id
LEFT JOIN codebase.symbols p ON p.file_version_id = y.file_version_id AND p.ordinal = y.parent_ordinal;
CALL base.describe('codebase.code_elements', 'Symbols of a snapshot with how much uses them and how much they use', $$
    snapshot_id: The snapshot
    codebase_id: The codebase
    file_path: The file
    kind: What it is
    name: Its own name
    qualified_name: Outer names and its own, joined by dots
    parent: The symbol around it
    lines: Lines from first to last
    cyclomatic_complexity: Of its own code
    cognitive_complexity: Of its own code
    nesting_depth: Deepest nesting of control structures
    parameter_count: Of a callable
    fan_in: Other symbols and files that call it, refer to it or inherit from it; null at syntax depth
    fan_out: Other symbols and files of the codebase that it so uses; null at syntax depth
    maintainability_index: 0 to 100; null when not measured
    docstring: Its documentation
    symbol_key: Its name in edges and issues
    signature: Its head, as written
    start_line: First line
    end_line: Last line
    is_exported: Visible outside its module
$$);

CREATE VIEW codebase.code_relationships AS
SELECT sf.snapshot_id, f.path AS source_path, coalesce(e.source_symbol, '') AS source_symbol, t.path AS target_path, e.target_symbol,
    e.external_name, e.kind, e.occurrences, e.first_line, sf.organization_id
FROM codebase.snapshot_files sf
JOIN codebase.files f ON f.id = sf.file_id
JOIN codebase.linkage_edges e ON e.linkage_id = sf.linkage_id
LEFT JOIN codebase.files t ON t.id = e.target_file_id;
CALL base.describe('codebase.code_relationships', 'Relations of a snapshot, from symbol to symbol', $$
    snapshot_id: The snapshot
    source_path: The file of the source
    source_symbol: Key of the source; empty for the file itself
    target_path: The file of the target; null outside the codebase
    target_symbol: Key of the target; empty for the file itself
    external_name: Module and name outside the codebase
    kind: What the source does with the target
    occurrences: How often
    first_line: Where first
$$);

CREATE VIEW codebase.external_dependencies AS
SELECT sf.snapshot_id, p.package, count(DISTINCT sf.file_id) AS files, sum(e.occurrences) AS occurrences, sf.organization_id
FROM codebase.snapshot_files sf
JOIN codebase.linkage_edges e ON e.linkage_id = sf.linkage_id
-- The module comes first: "os.path.join", "react.useState", "@scope/package/file.name", "lodash.fp/map".
CROSS JOIN LATERAL (SELECT coalesce(substring(e.external_name FROM '^(?:@[^/]+/[^/.]+|[^/]+(?=/)|[^/.]+)'), e.external_name) AS package) p
WHERE e.external_name IS NOT NULL
GROUP BY sf.organization_id, sf.snapshot_id, p.package;
CALL base.describe('codebase.external_dependencies', 'What a snapshot uses from outside', $$
    snapshot_id: The snapshot
    package: First part of the module's name
    files: Files that use it
    occurrences: How often in all
$$);

CREATE VIEW codebase.structure_values AS
SELECT s.id AS snapshot_id, p.scope, p.path, p.symbol_key, m.key AS metric_name, m.value::double precision AS value, s.organization_id
FROM codebase.snapshots s
CROSS JOIN LATERAL (
    SELECT 'file' AS scope, f.key AS path, NULL AS symbol_key, f.value AS metrics FROM jsonb_each(s.structure -> 'files') f
    UNION ALL
    SELECT 'folder', f.key, NULL, f.value FROM jsonb_each(s.structure -> 'folders') f
    UNION ALL
    SELECT 'symbol', f.key, y.key, y.value FROM jsonb_each(s.structure -> 'symbols') f CROSS JOIN LATERAL jsonb_each(f.value) y
) p
CROSS JOIN LATERAL jsonb_each(p.metrics) m;
CALL base.describe('codebase.structure_values', 'Metrics of a snapshot that follow from the relations of all its files', $$
    snapshot_id: The snapshot
    scope: file, folder or symbol
    path: The file or the folder
    symbol_key: The symbol in the file; null for files and folders
    metric_name: The metric
    value: Its value; what is not defined has no row
$$);

CREATE VIEW codebase.codebase_overview AS
SELECT c.id AS codebase_id, c.organization_id, c.name, c.language, c.root_path, c.repository_id, c.project_id,
    (SELECT count(*) FROM codebase.snapshots s WHERE s.organization_id = c.organization_id AND s.codebase_id = c.id) AS snapshots,
    n.id AS newest_snapshot_id, coalesce(n.file_count, 0) AS files,
    coalesce(t.symbols, 0) AS symbols, coalesce(t.lines, 0) AS lines, coalesce(t.lines_by_language, '{}') AS lines_by_language
FROM codebase.codebases c
LEFT JOIN LATERAL (
    SELECT s.id, s.file_count FROM codebase.snapshots s
    WHERE s.organization_id = c.organization_id AND s.codebase_id = c.id ORDER BY s.id DESC LIMIT 1
) n ON true
LEFT JOIN LATERAL (
    SELECT sum(l.symbols)::bigint AS symbols, sum(l.lines)::bigint AS lines, jsonb_object_agg(l.language, l.lines) AS lines_by_language
    FROM (
        SELECT v.language, sum(coalesce(v.lines_physical, 0)) AS lines,
            sum((SELECT count(*) FROM codebase.symbols y WHERE y.file_version_id = v.id)) AS symbols
        FROM codebase.snapshot_files sf JOIN codebase.file_versions v ON v.id = sf.file_version_id
        WHERE sf.snapshot_id = n.id GROUP BY v.language
    ) l
) t ON true
WHERE c.deleted_at IS NULL;
CALL base.describe('codebase.codebase_overview', 'Each live codebase with what its newest snapshot holds', $$
    codebase_id: The codebase
    name: Its name
    language: Its language family
    root_path: The folder inside the repository
    repository_id: Its repository
    project_id: Its project
    snapshots: How many snapshots there are
    newest_snapshot_id: The one stored last
    files: Files in that
    symbols: Symbols in that
    lines: Physical lines in that
    lines_by_language: The same by language
$$);

CALL base.finish_schema('codebase');
CALL base.record_module('codebase', 'Content-addressed facts about source code');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 05_analytics: one row per analysis of one commit, the issue and quality views over the stored content,
-- and numeric time series of the system itself.

CREATE SCHEMA analytics AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA analytics IS 'Analysis runs, issues, scores, trends, system metrics';
GRANT USAGE ON SCHEMA analytics TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables

CREATE TABLE analytics.analysis_runs (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT analysis_runs_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    short_id text NOT NULL DEFAULT base.generate_short_id(),
    codebase_id uuid NOT NULL,
    commit_id bigint,
    snapshot_id bigint,
    branch text,
    is_working_tree boolean NOT NULL DEFAULT false,
    superseded_by uuid,
    depth text NOT NULL CONSTRAINT analysis_runs_depth_check CHECK (depth IN ('syntax', 'graph')),
    analysis_types base.analysis_type[] NOT NULL DEFAULT '{}',
    configuration jsonb NOT NULL DEFAULT '{}',
    configuration_digest base.sha256 NOT NULL,
    status base.run_status NOT NULL DEFAULT 'running',
    tool_name text,
    tool_version text,
    trigger_source text,
    triggered_by uuid DEFAULT base.current_user_id()
        CONSTRAINT analysis_runs_triggered_by_fkey REFERENCES base.users,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    files_analyzed integer,
    files_reused integer,
    files_failed integer,
    lines_analyzed bigint,
    symbol_count integer,
    edge_count integer,
    unresolved_count integer,
    issue_count integer,
    critical_issue_count integer,
    quality_score base.score,
    grade text CONSTRAINT analysis_runs_grade_check CHECK (grade IN ('A', 'B', 'C', 'D', 'E')),
    score_model text,
    maintainability_index base.score,
    technical_debt_minutes bigint,
    technical_debt_ratio numeric,
    test_coverage base.score,
    metrics jsonb NOT NULL DEFAULT '{}',
    summary text,
    error_message text,
    resolved_count integer,
    node_count integer,
    failures jsonb NOT NULL DEFAULT '[]',
    notes text[] NOT NULL DEFAULT '{}',
    graph_summary text,
    seconds jsonb NOT NULL DEFAULT '{}',
    accepted_issue_count integer,
    sources_digest base.sha256,
    CONSTRAINT analysis_runs_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT analysis_runs_short_id_key UNIQUE (organization_id, short_id),
    CONSTRAINT analysis_runs_completed_check CHECK (status NOT IN ('completed', 'partial') OR snapshot_id IS NOT NULL),
    CONSTRAINT analysis_runs_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT analysis_runs_commit_fkey FOREIGN KEY (organization_id, commit_id)
        REFERENCES codebase.commits (organization_id, id) DEFERRABLE,
    CONSTRAINT analysis_runs_snapshot_fkey FOREIGN KEY (organization_id, snapshot_id)
        REFERENCES codebase.snapshots (organization_id, id) DEFERRABLE,
    CONSTRAINT analysis_runs_superseded_by_fkey FOREIGN KEY (organization_id, superseded_by)
        REFERENCES analytics.analysis_runs (organization_id, id) DEFERRABLE
);
CREATE UNIQUE INDEX analysis_runs_once_key ON analytics.analysis_runs (codebase_id, commit_id, configuration_digest, depth)
    WHERE NOT is_working_tree AND status IN ('running', 'completed', 'partial');
CREATE INDEX analysis_runs_sources_idx ON analytics.analysis_runs (codebase_id, sources_digest);
CREATE INDEX analysis_runs_codebase_idx ON analytics.analysis_runs (organization_id, codebase_id);
CREATE INDEX analysis_runs_branch_idx ON analytics.analysis_runs (codebase_id, branch, started_at DESC);
CREATE INDEX analysis_runs_started_at_idx ON analytics.analysis_runs (organization_id, started_at);
CREATE INDEX analysis_runs_commit_idx ON analytics.analysis_runs (organization_id, commit_id);
CREATE INDEX analysis_runs_snapshot_idx ON analytics.analysis_runs (organization_id, snapshot_id);
CREATE INDEX analysis_runs_superseded_by_idx ON analytics.analysis_runs (organization_id, superseded_by);
CREATE INDEX analysis_runs_triggered_by_idx ON analytics.analysis_runs (triggered_by);
CALL base.describe('analytics.analysis_runs', 'One analysis of one commit (or working tree) with one configuration', $$
    short_id: Eight characters to call it by
    codebase_id: What was analysed
    commit_id: The commit; for a working tree, the one it stands on; null without git
    snapshot_id: What was found; set when the run completes
    branch: The branch it was on; null when on none
    is_working_tree: Whether files differed from the commit
    superseded_by: The newer analysis of the same working tree
    depth: syntax: file by file; graph: with the relations between files
    analysis_types: What was looked at
    configuration: Settings that decide the result
    configuration_digest: SHA-256 of the definitions and settings
    status: Where it stands; completed and partial ones hold a snapshot
    tool_name: The program that did it
    tool_version: Its version
    trigger_source: What started it
    triggered_by: Who started it; null for a service
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    files_analyzed: Files in the snapshot
    files_reused: Those of them that were stored before
    files_failed: Files that could not be analysed in full
    lines_analyzed: Physical lines
    symbol_count: Symbols
    edge_count: Relations, counted once per source, target and kind
    unresolved_count: Calls, imports and base classes whose target could not be told
    issue_count: Issues
    critical_issue_count: Those of them that are critical
    quality_score: 0 to 100
    grade: A to E
    score_model: Name and version of how the score was computed
    maintainability_index: 0 to 100; null when not measured
    technical_debt_minutes: Estimated minutes to mend all issues
    technical_debt_ratio: Those minutes over the estimated minutes to write the code
    test_coverage: Per cent; null when not measured
    metrics: Values of the whole codebase by metric name
    summary: A text for people
    error_message: Why it failed
    resolved_count: Calls, imports and base classes whose target is known
    node_count: Nodes of the graph it was read from
    failures: List of {path, stage, name, message, line}: what could not be analysed
    notes: What a reader should know: dirty tree, shallow clone, no git …
    graph_summary: graph-sitter's own summary
    seconds: Time by stage
    accepted_issue_count: Findings that comments in the code accept; they are no issues and count nowhere else
    sources_digest: SHA-256 of all the bytes that decide what is found; null when not all could be read, or when they lay in memory
$$);

CREATE TABLE analytics.analysis_steps (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT analysis_steps_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    analysis_run_id uuid NOT NULL,
    step_name text NOT NULL,
    step_order integer NOT NULL,
    status base.run_status NOT NULL DEFAULT 'pending',
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    output jsonb NOT NULL DEFAULT '{}',
    error_message text,
    CONSTRAINT analysis_steps_order_key UNIQUE (analysis_run_id, step_order),
    CONSTRAINT analysis_steps_run_fkey FOREIGN KEY (organization_id, analysis_run_id)
        REFERENCES analytics.analysis_runs (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX analysis_steps_run_idx ON analytics.analysis_steps (organization_id, analysis_run_id);
CALL base.describe('analytics.analysis_steps', 'The stages of a run', $$
    analysis_run_id: The run
    step_name: The stage
    step_order: Its place
    status: How it went
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    output: What it tells
    error_message: Why it failed
$$);

CREATE TABLE analytics.metric_definitions (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT metric_definitions_organization_fkey REFERENCES base.organizations ON DELETE CASCADE,
    metric_name text NOT NULL,
    definition_version text NOT NULL DEFAULT '1',
    scope text NOT NULL CONSTRAINT metric_definitions_scope_check CHECK (scope IN ('symbol', 'file', 'folder', 'codebase')),
    unit text,
    direction text NOT NULL CONSTRAINT metric_definitions_direction_check CHECK (direction IN ('lower', 'higher', 'neutral')),
    rollup text NOT NULL CONSTRAINT metric_definitions_rollup_check CHECK (rollup IN ('sum', 'mean', 'max', 'share')),
    description text NOT NULL,
    source text NOT NULL,
    title text,
    category text,
    weight text,
    kinds text[] NOT NULL DEFAULT '{}',
    CONSTRAINT metric_definitions_pkey PRIMARY KEY (organization_id, metric_name, definition_version)
);
CALL base.describe('analytics.metric_definitions', 'What each metric means to an organization, in every version of its meaning', $$
    metric_name: The metric
    definition_version: Changes when its values stop being comparable
    scope: The smallest thing it is measured of
    unit: What it counts
    direction: Which way it improves
    rollup: How parts become a whole
    description: The definition
    source: Where the definition is from
    title: What it is called
    category: What it is shown under
    weight: The metric whose values weigh a mean or share; null: none of its own
    kinds: The symbols that it is measured of
$$);

CREATE TABLE analytics.metrics (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT metrics_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    analysis_run_id uuid NOT NULL,
    scope text NOT NULL CONSTRAINT metrics_scope_check CHECK (scope IN ('codebase', 'folder', 'file', 'symbol', 'score')),
    scope_identifier text NOT NULL DEFAULT '',
    metric_name text NOT NULL,
    definition_version text NOT NULL DEFAULT '1',
    value_numeric numeric,
    value_text text,
    value_json jsonb,
    unit text,
    CONSTRAINT metrics_name_key UNIQUE (analysis_run_id, scope, scope_identifier, metric_name),
    CONSTRAINT metrics_one_value CHECK (num_nonnulls(value_numeric, value_text, value_json) = 1),
    CONSTRAINT metrics_run_fkey FOREIGN KEY (organization_id, analysis_run_id)
        REFERENCES analytics.analysis_runs (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX metrics_run_idx ON analytics.metrics (organization_id, analysis_run_id);
CREATE INDEX metrics_metric_name_idx ON analytics.metrics (metric_name, analysis_run_id);
CALL base.describe('analytics.metrics', 'Roll-ups and score components of a run; of files and symbols only what its coverage reports say, all else stays with those', $$
    analysis_run_id: The run
    scope: What the value is of
    scope_identifier: Which folder, file, symbol or component; empty for the whole codebase
    metric_name: The metric
    definition_version: The version of its meaning
    value_numeric: The value, when it is a number
    value_text: The value, when it is a text
    value_json: The value, when it has parts
    unit: What it counts
$$);

CREATE TABLE analytics.issue_triage (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    codebase_id uuid NOT NULL,
    fingerprint base.sha256 NOT NULL,
    state text NOT NULL DEFAULT 'open' CONSTRAINT issue_triage_state_check
        CHECK (state IN ('open', 'assigned', 'accepted', 'false_positive', 'wont_fix')),
    assigned_to uuid CONSTRAINT issue_triage_assigned_to_fkey REFERENCES base.users,
    comment text,
    decided_by uuid DEFAULT base.current_user_id() CONSTRAINT issue_triage_decided_by_fkey REFERENCES base.users,
    decided_at timestamptz NOT NULL DEFAULT now(),
    path text NOT NULL DEFAULT '',
    CONSTRAINT issue_triage_pkey PRIMARY KEY (codebase_id, fingerprint, path),
    CONSTRAINT issue_triage_assigned_check CHECK ((state = 'assigned') = (assigned_to IS NOT NULL)),
    CONSTRAINT issue_triage_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX issue_triage_codebase_idx ON analytics.issue_triage (organization_id, codebase_id);
CREATE INDEX issue_triage_assigned_to_idx ON analytics.issue_triage (assigned_to);
CREATE INDEX issue_triage_decided_by_idx ON analytics.issue_triage (decided_by);
CALL base.describe('analytics.issue_triage', 'What people decided about an issue, by its fingerprint and path', $$
    codebase_id: The codebase
    fingerprint: The issue
    state: The decision
    assigned_to: Who is to mend it
    comment: Why
    decided_by: Who decided
    decided_at: When
    path: The file it was decided for, to be found again where the issue moves; empty: for every file that has the fingerprint
$$);

CREATE TABLE analytics.system_metrics (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid DEFAULT base.current_organization_id(),
    timestamp timestamptz NOT NULL DEFAULT now(),
    metric_name text NOT NULL,
    metric_type text NOT NULL DEFAULT 'gauge' CONSTRAINT system_metrics_metric_type_check
        CHECK (metric_type IN ('counter', 'gauge', 'histogram', 'timer')),
    metric_category text,
    value double precision NOT NULL,
    unit text,
    context jsonb NOT NULL DEFAULT '{}',
    tags jsonb NOT NULL DEFAULT '{}',
    source_component text,
    aggregation_level text NOT NULL DEFAULT 'raw' CONSTRAINT system_metrics_aggregation_level_check
        CHECK (aggregation_level IN ('raw', 'minute', 'hour', 'day', 'week')),
    host_name text,
    environment text CONSTRAINT system_metrics_environment_check
        CHECK (environment IN ('development', 'staging', 'production', 'test')),
    CONSTRAINT system_metrics_pkey PRIMARY KEY (id, timestamp)
) PARTITION BY RANGE (timestamp);
CREATE INDEX idx_metrics_name_time ON analytics.system_metrics (metric_name, timestamp);
CREATE INDEX system_metrics_organization_idx ON analytics.system_metrics (organization_id, timestamp);
CALL base.describe('analytics.system_metrics', 'Measured values of the system itself over time', $$
    organization_id: Whose it is; null for the whole system, readable by all
    timestamp: When it was measured
    metric_name: What was measured
    metric_type: How it behaves
    metric_category: The group it belongs to
    value: The value
    unit: What it counts
    context: What else is known
    tags: Labels to filter by
    source_component: What measured it
    aggregation_level: What one row stands for
    host_name: Where it was measured
    environment: What kind of installation it was measured in
$$);

CREATE TABLE analytics.system_metrics_hourly (
    organization_id uuid,
    metric_name text NOT NULL,
    hour timestamptz NOT NULL,
    n bigint NOT NULL,
    sum double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    p95 double precision NOT NULL
);
CREATE UNIQUE INDEX system_metrics_hourly_key ON analytics.system_metrics_hourly (
    metric_name, hour, coalesce(organization_id, '00000000-0000-0000-0000-000000000000'));
CALL base.describe('analytics.system_metrics_hourly', 'What remains of system_metrics when its rows have left', $$
    organization_id: Whose it is; null for the whole system
    metric_name: What was measured
    hour: The hour, by its beginning
    n: Number of values
    sum: Their sum
    min: The least
    max: The greatest
    p95: Their 95th percentile; when an hour was summarized in parts, the parts' weighted mean
$$);

CREATE TABLE analytics.performance_baselines (
    metric_name text NOT NULL,
    scope text NOT NULL DEFAULT '',
    baseline_value double precision NOT NULL,
    p95 double precision,
    standard_deviation double precision,
    sample_size bigint NOT NULL CONSTRAINT performance_baselines_sample_size_check CHECK (sample_size > 0),
    measurement_window interval,
    computed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT performance_baselines_key PRIMARY KEY (metric_name, scope)
);
CALL base.describe('analytics.performance_baselines', 'What is normal for a metric', $$
    metric_name: The metric
    scope: Where it holds: an organization's id, or empty for the system
    baseline_value: The mean
    p95: The 95th percentile
    standard_deviation: The standard deviation
    sample_size: Number of values it is computed from
    measurement_window: The time it looks back
    computed_at: When it was computed
$$);

CALL base.secure_table('analytics.analysis_runs');
CALL base.secure_table('analytics.analysis_steps');
CALL base.secure_table('analytics.metrics');
CALL base.secure_table('analytics.issue_triage');
CALL base.secure_table('analytics.system_metrics', p_app => 'SELECT, INSERT');
CALL base.secure_table('analytics.system_metrics_hourly', p_app => 'SELECT');
CREATE POLICY system_wide ON analytics.system_metrics FOR SELECT USING (organization_id IS NULL);
CREATE POLICY system_wide ON analytics.system_metrics_hourly FOR SELECT USING (organization_id IS NULL);
CALL base.secure_table('analytics.metric_definitions', p_app => 'SELECT, INSERT');
-- Baselines belong to the system; one whose scope is an organization is for its eyes only.
ALTER TABLE analytics.performance_baselines ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.performance_baselines FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON analytics.performance_baselines FOR SELECT USING (
    scope !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' OR scope = (SELECT base.current_organization_id())::text);
CREATE POLICY maintenance ON analytics.performance_baselines TO graph_sitter_maintenance USING (true);
GRANT SELECT ON analytics.performance_baselines TO graph_sitter_app;

-- triggers

CREATE TRIGGER updated_at BEFORE UPDATE ON analytics.analysis_runs
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('duration_ms');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON analytics.issue_triage
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('codebase_id', 'fingerprint', 'path');
CREATE TRIGGER notify_finished AFTER UPDATE OF status ON analytics.analysis_runs
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('completed', 'partial', 'failed', 'timed_out', 'cancelled'))
    EXECUTE FUNCTION base.notify_change();

-- functions: runs and what came before them

-- The point of history a run stands for: its commit's time, or for a changed working tree the time of the run.
CREATE FUNCTION analytics.earlier_runs(p_run_id uuid)
RETURNS TABLE (run_id uuid, snapshot_id bigint, at timestamptz, is_previous boolean)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT q.id, q.snapshot_id, q.at, row_number() OVER (ORDER BY q.is_clean DESC, q.at DESC, q.same DESC, q.started_at DESC, q.id) = 1
    FROM (
        SELECT e.id, e.snapshot_id, e.started_at, e.commit_id IS NOT NULL AND NOT e.is_working_tree AS is_clean,
            e.configuration_digest = r.configuration_digest AS same,
            coalesce(CASE WHEN NOT e.is_working_tree THEN ek.committed_at END, e.started_at) AS at,
            r.started_at AS until, coalesce(CASE WHEN NOT r.is_working_tree THEN rk.committed_at END, r.started_at) AS until_at
        FROM analytics.analysis_runs r
        LEFT JOIN codebase.commits rk ON rk.id = r.commit_id
        JOIN analytics.analysis_runs e ON e.codebase_id = r.codebase_id AND e.branch IS NOT DISTINCT FROM r.branch AND e.depth = r.depth
        LEFT JOIN codebase.commits ek ON ek.id = e.commit_id
        WHERE r.id = p_run_id AND e.id <> r.id AND e.status IN ('completed', 'partial')
          AND CASE WHEN r.commit_id IS NULL THEN e.commit_id IS NULL
                   WHEN r.is_working_tree THEN e.superseded_by IS NULL
                   ELSE NOT e.is_working_tree AND e.commit_id <> r.commit_id END
    ) q
    WHERE (q.at, q.started_at) < (q.until_at, q.until);
END;
COMMENT ON FUNCTION analytics.earlier_runs(uuid) IS
    'Completed runs of the same codebase, branch and depth at earlier points of history, and which of them is the previous one';

-- With the rights of its owner, as a view: whoever reads analytics.issues may not read the tables under it.
CREATE FUNCTION analytics.issue_history(p_run_id uuid, p_previous_run_id uuid DEFAULT NULL)
RETURNS TABLE (issue_id bigint, state text, first_seen_run uuid, last_seen_run uuid, paths text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
BEGIN ATOMIC
    WITH RECURSIVE earlier AS MATERIALIZED (
        SELECT e.run_id, e.snapshot_id, e.at, CASE WHEN p_previous_run_id IS NULL THEN e.is_previous ELSE e.run_id = p_previous_run_id END AS is_previous
        FROM analytics.earlier_runs(p_run_id) e
        UNION ALL
        SELECT r.id, r.snapshot_id, r.started_at, true FROM analytics.analysis_runs r
        WHERE r.id = p_previous_run_id AND r.id NOT IN (SELECT e.run_id FROM analytics.earlier_runs(p_run_id) e)
    ), points AS MATERIALIZED (
        SELECT e.run_id, e.snapshot_id, e.is_previous, false AS is_this, row_number() OVER (ORDER BY e.at, r.started_at, e.run_id) AS position
        FROM earlier e JOIN analytics.analysis_runs r ON r.id = e.run_id
        UNION ALL
        SELECT r.id, r.snapshot_id, false, true, (SELECT count(*) FROM earlier) + 1 FROM analytics.analysis_runs r WHERE r.id = p_run_id
    ), contents AS MATERIALIZED (
        -- Each version is looked at once, however many snapshots hold it.
        SELECT sf.file_id, sf.file_version_id, NULL::bigint AS linkage_id, min(p.position) AS first, max(p.position) AS last, bool_or(p.is_this) AS is_there
        FROM points p JOIN codebase.snapshot_files sf ON sf.snapshot_id = p.snapshot_id GROUP BY sf.file_id, sf.file_version_id
        UNION ALL
        SELECT sf.file_id, NULL, sf.linkage_id, min(p.position), max(p.position), bool_or(p.is_this)
        FROM points p JOIN codebase.snapshot_files sf ON sf.snapshot_id = p.snapshot_id WHERE sf.linkage_id IS NOT NULL GROUP BY sf.file_id, sf.linkage_id
    ), held AS MATERIALIZED (
        SELECT c.file_id, c.first, c.last, c.is_there, i.id, i.fingerprint FROM contents c JOIN codebase.issue_records i ON i.file_version_id = c.file_version_id
        UNION ALL
        SELECT c.file_id, c.first, c.last, c.is_there, i.id, i.fingerprint FROM contents c JOIN codebase.issue_records i ON i.linkage_id = c.linkage_id
    ), stays AS MATERIALIZED (
        -- While its path is the same, an issue is known by its fingerprint.
        SELECT h.file_id, h.fingerprint, min(h.first) AS first, max(h.last) AS last FROM held h GROUP BY h.file_id, h.fingerprint
    ), matches AS MATERIALIZED (
        SELECT m.* FROM codebase.issue_matches(
            (SELECT p.snapshot_id FROM points p WHERE p.is_previous), (SELECT p.snapshot_id FROM points p WHERE p.is_this)) m
        WHERE m.before_id IS NOT NULL
    ), arrivals AS MATERIALIZED (
        -- Points at which it may have come from another path: an equal one was somewhere else just before.
        SELECT DISTINCT s.first AS position FROM stays s JOIN stays o ON o.fingerprint = s.fingerprint AND o.file_id <> s.file_id
            AND o.first < s.first AND o.last >= s.first - 1
    ), moves AS MATERIALIZED (
        SELECT b.file_id AS file_before, a.file_id AS file_after, a.fingerprint, m.position
        FROM (
            SELECT n.position, m.before_id, m.after_id
            FROM arrivals n JOIN points a ON a.position = n.position AND NOT a.is_this JOIN points b ON b.position = n.position - 1
            CROSS JOIN LATERAL codebase.issue_matches(b.snapshot_id, a.snapshot_id) m
            UNION ALL
            SELECT (SELECT p.position FROM points p WHERE p.is_this), m.before_id, m.after_id FROM matches m
        ) m
        JOIN held b ON b.id = m.before_id
        JOIN held a ON a.id = m.after_id
        WHERE a.file_id <> b.file_id
    ), lives AS (
        SELECT h.id, h.file_id, h.fingerprint, CASE WHEN m.before_id IS NOT NULL THEN 'existing' END AS state
        FROM held h LEFT JOIN matches m ON m.after_id = h.id WHERE h.is_there
        UNION ALL
        SELECT h.id, h.file_id, h.fingerprint, CASE WHEN m.accepted_id IS NOT NULL THEN 'accepted' ELSE 'resolved' END
        FROM matches m JOIN held h ON h.id = m.before_id WHERE m.after_id IS NULL
    ), ways AS (
        SELECT l.id, coalesce(l.state, CASE WHEN s.first < s.last THEN 'reopened' ELSE 'new' END) AS state, s.last, l.file_id, l.fingerprint, s.first, 1 AS step
        FROM lives l JOIN stays s ON s.file_id = l.file_id AND s.fingerprint = l.fingerprint
        UNION ALL
        SELECT w.id, w.state, w.last, s.file_id, w.fingerprint, s.first, w.step + 1
        FROM ways w
        JOIN moves m ON m.file_after = w.file_id AND m.fingerprint = w.fingerprint AND m.position = w.first
        JOIN stays s ON s.file_id = m.file_before AND s.fingerprint = m.fingerprint AND s.first < w.first
    ), pasts AS (
        SELECT w.id, w.state, w.last, min(w.first) AS first, array_agg(f.path ORDER BY w.step) AS paths
        FROM ways w JOIN codebase.files f ON f.id = w.file_id GROUP BY w.id, w.state, w.last
    )
    SELECT p.id, p.state, first.run_id, last.run_id, p.paths
    FROM pasts p
    JOIN points first ON first.position = p.first
    JOIN points last ON last.position = p.last;
END;
COMMENT ON FUNCTION analytics.issue_history(uuid, uuid) IS
    'The issues of a run and of the one before it: new, existing, resolved since, accepted by a comment since, or reopened after an absence; where they moved they are followed, newest path first';

CREATE FUNCTION analytics.issue_lifecycle(p_run_id uuid, p_previous_run_id uuid DEFAULT NULL)
RETURNS TABLE (fingerprint base.sha256, state text, first_seen_run uuid, last_seen_run uuid)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT i.fingerprint, h.state, h.first_seen_run, h.last_seen_run
    FROM analytics.issue_history(p_run_id, p_previous_run_id) h JOIN codebase.issue_records i ON i.id = h.issue_id;
END;
COMMENT ON FUNCTION analytics.issue_lifecycle(uuid, uuid) IS
    'The issues of a run and of the one before it, each with its state: new, existing, resolved, accepted or reopened; equal fingerprints are issues of different files';

CREATE FUNCTION analytics.round_half_even(p_value double precision) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT AS $$
-- As Python's round(value, 2): of the exact binary value, ties to even. A cast to numeric keeps 15 digits only.
DECLARE
    v_scale double precision := CASE WHEN p_value < 1 THEN 4611686018427387904 ELSE 9007199254740992 END;
    v_exact numeric := (p_value * v_scale)::bigint::numeric * 100;
    v_whole numeric := div(v_exact, v_scale::bigint::numeric);
    v_rest numeric := (v_exact - v_whole * v_scale::bigint::numeric) * 2 - v_scale::bigint::numeric;
BEGIN
    RETURN round((v_whole + CASE WHEN v_rest > 0 OR (v_rest = 0 AND v_whole % 2 = 1) THEN 1 ELSE 0 END) / 100, 2);
END
$$;
COMMENT ON FUNCTION analytics.round_half_even(double precision) IS 'Round a value from 0 to 100 to two decimals exactly as the library does';

CREATE FUNCTION analytics.grade(p_score numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_score >= 90 THEN 'A' WHEN p_score >= 80 THEN 'B' WHEN p_score >= 65 THEN 'C' WHEN p_score >= 50 THEN 'D'
            WHEN p_score IS NOT NULL THEN 'E' END;
COMMENT ON FUNCTION analytics.grade(numeric) IS 'The grade of a score: A from 90, B from 80, C from 65, D from 50, else E';

CREATE FUNCTION analytics.debt_rating(p_ratio numeric) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_ratio <= 0.05 THEN 'A' WHEN p_ratio <= 0.1 THEN 'B' WHEN p_ratio <= 0.2 THEN 'C' WHEN p_ratio <= 0.5 THEN 'D'
            WHEN p_ratio IS NOT NULL THEN 'E' END;
COMMENT ON FUNCTION analytics.debt_rating(numeric) IS
    'The SQALE rating of a debt ratio, with SonarQube''s grid: A up to and with 0.05, B 0.1, C 0.2, D 0.5, else E';

CREATE FUNCTION analytics.calculate_quality_score(p_run_id uuid) RETURNS base.score LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_run analytics.analysis_runs;
    v_debt double precision;
    v_lines bigint;
BEGIN
    SELECT * INTO v_run FROM analytics.analysis_runs r WHERE r.id = p_run_id;
    IF v_run.snapshot_id IS NULL OR v_run.score_model IS DISTINCT FROM 'debt-density-1' THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(sum(d.minutes), 0), greatest(coalesce(sum(d.lines), 0), 1) INTO v_debt, v_lines
    FROM (
        SELECT v.lines_source AS lines,
            (SELECT coalesce(sum(i.effort_minutes), 0) FROM codebase.issue_records i WHERE i.file_version_id = sf.file_version_id)
            + (SELECT coalesce(sum(i.effort_minutes), 0) FROM codebase.issue_records i WHERE i.linkage_id = sf.linkage_id) AS minutes
        FROM codebase.snapshot_files sf JOIN codebase.file_versions v ON v.id = sf.file_version_id
        WHERE sf.snapshot_id = v_run.snapshot_id
    ) d;
    RETURN analytics.round_half_even(100 / (1 + v_debt / (30 * v_lines) / 0.02::double precision));
END
$$;
COMMENT ON FUNCTION analytics.calculate_quality_score(uuid) IS
    'The score computed again from stored rows by the run''s own model: minutes of repair against 30 minutes a source line; null for a model not known here';

CREATE FUNCTION analytics.quality_trend(p_codebase_id uuid DEFAULT NULL, p_days integer DEFAULT 30)
RETURNS TABLE (codebase_id uuid, run_id uuid, recorded_at timestamptz, quality_score numeric, change numeric, direction text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH scored AS (
        SELECT r.codebase_id, r.id, r.branch, r.started_at, r.quality_score::numeric AS score, coalesce(k.committed_at, r.started_at) AS at,
            r.quality_score - lag(r.quality_score) OVER (
                PARTITION BY r.codebase_id, r.branch, r.depth, r.score_model ORDER BY coalesce(k.committed_at, r.started_at), r.started_at, r.id) AS change
        FROM analytics.analysis_runs r
        JOIN codebase.codebases c ON c.id = r.codebase_id AND c.deleted_at IS NULL
        LEFT JOIN codebase.commits k ON k.id = r.commit_id
        WHERE r.status IN ('completed', 'partial') AND r.quality_score IS NOT NULL AND (r.commit_id IS NULL OR NOT r.is_working_tree)
          AND (p_codebase_id IS NULL OR r.codebase_id = p_codebase_id)
    )
    SELECT s.codebase_id, s.id, s.started_at, s.score, s.change,
        CASE WHEN s.change IS NULL THEN 'no data' WHEN abs(s.change) < 0.5 THEN 'stable' WHEN s.change > 0 THEN 'improving' ELSE 'declining' END
    FROM scored s
    WHERE s.started_at >= now() - make_interval(days => p_days)
    ORDER BY s.codebase_id, s.branch, s.at, s.started_at, s.id;
END;
COMMENT ON FUNCTION analytics.quality_trend(uuid, integer) IS
    'Scores recorded in the last days in the order of history, each with its change since the one before it on its branch; less than half a point is stable';

CREATE FUNCTION analytics.compare_runs(p_run_a uuid, p_run_b uuid) RETURNS jsonb LANGUAGE plpgsql STABLE SET jit = off AS $$
DECLARE
    a analytics.analysis_runs;
    b analytics.analysis_runs;
    v_metrics jsonb;
    v_files jsonb;
    v_symbols jsonb;
    v_edges jsonb;
    v_issues jsonb;
BEGIN
    SELECT * INTO a FROM analytics.analysis_runs r WHERE r.id = p_run_a;
    SELECT * INTO b FROM analytics.analysis_runs r WHERE r.id = p_run_b;
    IF a.snapshot_id IS NULL OR b.snapshot_id IS NULL THEN
        RAISE EXCEPTION 'there is no completed run %', CASE WHEN a.snapshot_id IS NULL THEN p_run_a ELSE p_run_b END
            USING ERRCODE = 'no_data_found';
    ELSIF a.codebase_id <> b.codebase_id THEN
        RAISE EXCEPTION 'only runs of one codebase can be compared' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    SELECT coalesce(jsonb_agg(jsonb_build_object('metric', m.name, 'before', m.before, 'after', m.after, 'change', m.change,
        'verdict', CASE WHEN m.change IS NULL OR NOT m.comparable THEN 'unknown'
                        WHEN m.change = 0 THEN 'same'
                        WHEN m.direction IS NULL OR m.direction = 'neutral' THEN 'neutral'
                        WHEN (m.change > 0) = (m.direction = 'higher') THEN 'better' ELSE 'worse' END) ORDER BY m.name), '[]')
    INTO v_metrics
    FROM (
        SELECT coalesce(x.metric_name, y.metric_name) AS name, x.value_numeric AS before, y.value_numeric AS after,
            round(y.value_numeric - x.value_numeric, 6) AS change, x.definition_version = y.definition_version AS comparable, d.direction
        FROM (SELECT * FROM analytics.metrics m WHERE m.analysis_run_id = a.id AND m.scope = 'codebase' AND m.value_numeric IS NOT NULL) x
        FULL JOIN (SELECT * FROM analytics.metrics m WHERE m.analysis_run_id = b.id AND m.scope = 'codebase' AND m.value_numeric IS NOT NULL) y
            ON y.metric_name = x.metric_name
        LEFT JOIN LATERAL (
            -- A mean or extreme improves the way its metric does.
            SELECT d.direction FROM analytics.metric_definitions d
            WHERE d.organization_id = a.organization_id AND d.metric_name IN (coalesce(x.metric_name, y.metric_name),
                regexp_replace(coalesce(x.metric_name, y.metric_name), '_(mean|max|min)$', ''))
            ORDER BY d.metric_name = coalesce(x.metric_name, y.metric_name) DESC,
                d.definition_version = coalesce(y.definition_version, x.definition_version) DESC
            LIMIT 1
        ) d ON true
    ) m;

    SELECT jsonb_build_object('added', count(*) FILTER (WHERE d.change = 'added'), 'removed', count(*) FILTER (WHERE d.change = 'removed'),
            'modified', count(*) FILTER (WHERE d.change = 'modified'))
    INTO v_files
    FROM codebase.snapshot_diff(a.snapshot_id, b.snapshot_id) d;

    -- Another release may read other symbols from the same bytes.
    WITH touched AS MATERIALIZED (
        SELECT coalesce(x.file_id, y.file_id) AS file_id, x.file_version_id AS before, y.file_version_id AS after
        FROM (SELECT sf.file_id, sf.file_version_id FROM codebase.snapshot_files sf WHERE sf.snapshot_id = a.snapshot_id) x
        FULL JOIN (SELECT sf.file_id, sf.file_version_id FROM codebase.snapshot_files sf WHERE sf.snapshot_id = b.snapshot_id) y ON y.file_id = x.file_id
        WHERE x.file_version_id IS DISTINCT FROM y.file_version_id
    ), symbols AS (
        SELECT bool_or(s.file_version_id = t.before) AS was_there, bool_or(s.file_version_id = t.after) AS is_there,
            min(codebase.symbol_shape(s)) <> max(codebase.symbol_shape(s)) AS is_other
        FROM touched t JOIN codebase.symbols s ON s.file_version_id IN (t.before, t.after)
        GROUP BY t.file_id, s.qualified_name, s.duplicate_ordinal
    )
    SELECT jsonb_build_object('added', count(*) FILTER (WHERE s.was_there IS NOT true), 'removed', count(*) FILTER (WHERE s.is_there IS NOT true),
        'changed', count(*) FILTER (WHERE s.was_there AND s.is_there AND s.is_other))
    INTO v_symbols FROM symbols s;

    IF a.depth = 'graph' AND b.depth = 'graph' THEN
        -- Relations may differ in files whose bytes are the same.
        WITH touched AS MATERIALIZED (
            SELECT coalesce(x.file_id, y.file_id) AS file_id, x.linkage_id AS before, y.linkage_id AS after
            FROM (SELECT sf.file_id, sf.linkage_id FROM codebase.snapshot_files sf WHERE sf.snapshot_id = a.snapshot_id) x
            FULL JOIN (SELECT sf.file_id, sf.linkage_id FROM codebase.snapshot_files sf WHERE sf.snapshot_id = b.snapshot_id) y ON y.file_id = x.file_id
            WHERE x.linkage_id IS DISTINCT FROM y.linkage_id
        ), edges AS (
            SELECT bool_or(e.linkage_id = t.before) AS was_there, bool_or(e.linkage_id = t.after) AS is_there
            FROM touched t JOIN codebase.linkage_edges e ON e.linkage_id IN (t.before, t.after)
            GROUP BY t.file_id, e.kind, e.source_symbol, e.target_file_id, coalesce(e.target_symbol, e.external_name, '')
        )
        SELECT jsonb_build_object('added', count(*) FILTER (WHERE e.was_there IS NOT true), 'removed', count(*) FILTER (WHERE e.is_there IS NOT true))
        INTO v_edges FROM edges e;
    END IF;

    WITH matches AS MATERIALIZED (
        SELECT m.*, CASE WHEN m.before_id IS NULL THEN 'new' WHEN m.after_id IS NOT NULL THEN 'remaining'
                         WHEN m.accepted_id IS NOT NULL THEN 'accepted' ELSE 'fixed' END AS change
        FROM codebase.issue_matches(a.snapshot_id, b.snapshot_id) m
    ), told AS (
        SELECT m.change, i.fingerprint, f.path, jsonb_build_object('fingerprint', encode(i.fingerprint, 'hex'), 'rule', i.rule_id,
            'severity', i.severity, 'path', f.path, 'message', i.message) || CASE WHEN x.id IS NULL THEN '{}' ELSE jsonb_build_object('reason', x.reason) END AS issue
        FROM matches m
        JOIN codebase.issue_records i ON i.id = coalesce(m.after_id, m.before_id)
        LEFT JOIN codebase.accepted_issues x ON x.id = m.accepted_id
        LEFT JOIN codebase.linkages l ON l.id = i.linkage_id
        JOIN codebase.file_versions v ON v.id = coalesce(i.file_version_id, l.file_version_id)
        JOIN codebase.files f ON f.id = v.file_id
        WHERE m.change <> 'remaining'
    )
    SELECT jsonb_build_object(
        'new', coalesce(jsonb_agg(t.issue ORDER BY t.fingerprint, t.path) FILTER (WHERE t.change = 'new'), '[]'),
        'fixed', coalesce(jsonb_agg(t.issue ORDER BY t.fingerprint, t.path) FILTER (WHERE t.change = 'fixed'), '[]'),
        'accepted', coalesce(jsonb_agg(t.issue ORDER BY t.fingerprint, t.path) FILTER (WHERE t.change = 'accepted'), '[]'),
        'remaining', (SELECT count(*) FROM matches m WHERE m.change = 'remaining'))
    INTO v_issues FROM told t;

    RETURN jsonb_build_object('before', a.id, 'after', b.id,
        'score', jsonb_build_object('before', a.quality_score, 'after', b.quality_score,
            'change', CASE WHEN a.score_model = b.score_model THEN b.quality_score - a.quality_score END),
        'metrics', v_metrics, 'files', v_files, 'symbols', v_symbols, 'edges', v_edges, 'issues', v_issues,
        'improvements', (SELECT coalesce(jsonb_agg(m ->> 'metric'), '[]') FROM jsonb_array_elements(v_metrics) m WHERE m ->> 'verdict' = 'better'),
        'regressions', (SELECT coalesce(jsonb_agg(m ->> 'metric'), '[]') FROM jsonb_array_elements(v_metrics) m WHERE m ->> 'verdict' = 'worse'));
END
$$;
COMMENT ON FUNCTION analytics.compare_runs(uuid, uuid) IS
    'What the second run has, lacks or does differently: score, metrics, files, symbols, edges (null unless both have a graph) and issues';

-- functions: measurements of the system itself

CREATE FUNCTION analytics.record_system_metric(
    p_name text, p_value double precision, p_category text DEFAULT NULL, p_unit text DEFAULT NULL, p_tags jsonb DEFAULT '{}')
RETURNS bigint LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO analytics.system_metrics (timestamp, metric_name, value, metric_category, unit, tags)
    VALUES (clock_timestamp(), p_name, p_value, p_category, p_unit, p_tags)
    RETURNING id;
END;
COMMENT ON FUNCTION analytics.record_system_metric(text, double precision, text, text, jsonb) IS 'Store one measured value; its id';

CREATE FUNCTION analytics.recompute_performance_baselines(p_window interval DEFAULT '7 days') RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    INSERT INTO analytics.performance_baselines AS b (metric_name, scope, baseline_value, p95, standard_deviation, sample_size, measurement_window, computed_at)
    SELECT m.metric_name, coalesce(m.organization_id::text, ''), avg(m.value), percentile_cont(0.95) WITHIN GROUP (ORDER BY m.value),
        stddev_samp(m.value), count(*), p_window, now()
    FROM analytics.system_metrics m
    WHERE m.timestamp >= now() - p_window AND m.timestamp <= now() AND m.aggregation_level = 'raw'
    GROUP BY m.metric_name, m.organization_id
    HAVING count(*) >= 30
    ON CONFLICT (metric_name, scope) DO UPDATE SET baseline_value = excluded.baseline_value, p95 = excluded.p95,
        standard_deviation = excluded.standard_deviation, sample_size = excluded.sample_size,
        measurement_window = excluded.measurement_window, computed_at = excluded.computed_at;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION analytics.recompute_performance_baselines(interval) IS
    'Compute what is normal from the values of the last p_window, for every metric with at least 30; how many there are';

CREATE FUNCTION analytics.detect_performance_anomalies()
RETURNS TABLE (metric_name text, current_value double precision, baseline_value double precision, deviation_percentage double precision, severity base.severity_level)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT d.metric_name, d.current_value, d.baseline_value, CASE WHEN d.baseline_value <> 0 THEN d.deviation * 100 END,
        (CASE WHEN abs(d.deviation) > 0.5 THEN 'critical' WHEN abs(d.deviation) > 0.3 THEN 'warning' ELSE 'info' END)::base.severity_level
    FROM (
        SELECT c.metric_name, c.current_value, b.baseline_value,
            -- There is no share of nothing: beside a baseline of zero the value itself counts.
            CASE WHEN b.baseline_value = 0 THEN c.current_value ELSE (c.current_value - b.baseline_value) / abs(b.baseline_value) END AS deviation
        FROM (
            SELECT m.metric_name, coalesce(m.organization_id::text, '') AS scope, avg(m.value) AS current_value
            FROM analytics.system_metrics m
            WHERE m.timestamp >= now() - interval '1 hour' AND m.timestamp <= now() AND m.aggregation_level = 'raw'
            GROUP BY 1, 2
        ) c
        JOIN analytics.performance_baselines b ON b.metric_name = c.metric_name AND b.scope = c.scope
    ) d
    WHERE abs(d.deviation) > 0.2
    ORDER BY abs(d.deviation) DESC, d.metric_name;
END;
COMMENT ON FUNCTION analytics.detect_performance_anomalies() IS
    'Metrics whose mean of the last hour is more than 20 % off the baseline: warning above 30 %, critical above 50 %';

CREATE FUNCTION analytics.analytics_performance_analysis() RETURNS TABLE (analysis_type text, metrics jsonb, analyzed_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH recent AS (
        SELECT coalesce(r.tool_name, 'unknown') AS tool, r.status, extract(epoch FROM r.completed_at - r.started_at) / 60 AS minutes,
            r.status IN ('completed', 'partial') AS succeeded,
            r.status IN ('completed', 'partial', 'failed', 'timed_out', 'cancelled') AS finished, r.files_analyzed, r.issue_count
        FROM analytics.analysis_runs r WHERE r.started_at >= now() - interval '30 days'
    )
    SELECT coalesce('tool:' || t.tool, 'all'), jsonb_build_object(
            'status', CASE WHEN count(t.status) = 0 THEN 'no data' ELSE 'ok' END,
            'runs', nullif(count(t.status), 0),
            'avg_minutes', round(avg(t.minutes) FILTER (WHERE t.succeeded), 4),
            'median_minutes', round((percentile_cont(0.5) WITHIN GROUP (ORDER BY t.minutes) FILTER (WHERE t.succeeded))::numeric, 4),
            'p95_minutes', round((percentile_cont(0.95) WITHIN GROUP (ORDER BY t.minutes) FILTER (WHERE t.succeeded))::numeric, 4),
            'analyses_per_day', round(nullif(count(t.status), 0) / 30.0, 2),
            'success_rate_percent', round(100.0 * count(*) FILTER (WHERE t.succeeded) / nullif(count(*) FILTER (WHERE t.finished), 0), 2),
            'files_per_analysis', round(avg(t.files_analyzed) FILTER (WHERE t.succeeded), 2),
            'issues_per_analysis', round(avg(t.issue_count) FILTER (WHERE t.succeeded), 2)), now()
    FROM recent t
    GROUP BY GROUPING SETS ((), (t.tool))
    ORDER BY grouping(t.tool) DESC, t.tool;
END;
COMMENT ON FUNCTION analytics.analytics_performance_analysis() IS
    'How the analyses of the last 30 days went, all together and by tool; without any: nulls and "no data"';

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION analytics.rollup_system_metrics(p_relation regclass, p_before timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Each row is counted once, when it leaves; an hour may leave in parts.
    EXECUTE format($statement$
        INSERT INTO analytics.system_metrics_hourly AS h (organization_id, metric_name, hour, n, sum, min, max, p95)
        SELECT m.organization_id, m.metric_name, date_trunc('hour', m.timestamp, 'UTC'), count(*), sum(m.value), min(m.value), max(m.value),
            percentile_cont(0.95) WITHIN GROUP (ORDER BY m.value)
        FROM ONLY %s m WHERE m.timestamp < $1 AND m.aggregation_level = 'raw'
        GROUP BY 1, 2, 3
        ON CONFLICT (metric_name, hour, coalesce(organization_id, '00000000-0000-0000-0000-000000000000')) DO UPDATE SET
            n = h.n + excluded.n, sum = h.sum + excluded.sum, min = least(h.min, excluded.min), max = greatest(h.max, excluded.max),
            p95 = (h.p95 * h.n + excluded.p95 * excluded.n) / (h.n + excluded.n)
    $statement$, p_relation) USING p_before;
END
$$;
COMMENT ON FUNCTION analytics.rollup_system_metrics(regclass, timestamptz) IS 'Add the rows that are about to leave to system_metrics_hourly';
REVOKE EXECUTE ON FUNCTION analytics.rollup_system_metrics(regclass, timestamptz) FROM PUBLIC;

-- materialized views: of all organizations, hence behind views that show one

CREATE MATERIALIZED VIEW analytics.repository_quality_overview_mv AS
WITH scored AS (
    SELECT r.*, c.repository_id, coalesce(CASE WHEN NOT r.is_working_tree THEN k.committed_at END, r.started_at) AS at,
        r.branch IS NOT DISTINCT FROM p.default_branch AS is_default, NOT r.is_working_tree AND r.commit_id IS NOT NULL AS is_clean
    FROM analytics.analysis_runs r
    JOIN codebase.codebases c ON c.id = r.codebase_id AND c.deleted_at IS NULL
    JOIN projects.repositories p ON p.id = c.repository_id AND p.deleted_at IS NULL
    LEFT JOIN codebase.commits k ON k.id = r.commit_id
    WHERE r.status IN ('completed', 'partial') AND r.superseded_by IS NULL
), newest AS (
    SELECT DISTINCT ON (s.codebase_id) s.* FROM scored s
    ORDER BY s.codebase_id, s.is_default DESC, s.is_clean DESC, s.at DESC, s.depth = 'graph' DESC, s.started_at DESC, s.id
), before AS (
    SELECT DISTINCT ON (n.codebase_id) n.codebase_id, s.quality_score
    FROM newest n JOIN scored s ON s.codebase_id = n.codebase_id AND s.branch IS NOT DISTINCT FROM n.branch AND s.depth = n.depth
        AND s.score_model = n.score_model AND s.at <= n.at - interval '30 days' AND s.quality_score IS NOT NULL
    ORDER BY n.codebase_id, s.at DESC, s.started_at DESC, s.id
), severities AS (
    SELECT x.repository_id, jsonb_object_agg(x.severity, x.issues) AS issues
    FROM (
        SELECT n.repository_id, i.severity, count(*) AS issues
        FROM newest n JOIN codebase.snapshot_files sf ON sf.snapshot_id = n.snapshot_id
        CROSS JOIN LATERAL (
            SELECT i.severity FROM codebase.issue_records i WHERE i.file_version_id = sf.file_version_id
            UNION ALL SELECT i.severity FROM codebase.issue_records i WHERE i.linkage_id = sf.linkage_id) i
        GROUP BY n.repository_id, i.severity
    ) x GROUP BY x.repository_id
), merged AS (
    SELECT n.repository_id, max(n.at) AS recorded_at, sum(n.lines_analyzed) AS lines, coalesce(sum(n.accepted_issue_count), 0) AS accepted_issues,
        round(sum(n.quality_score * greatest(n.lines_analyzed, 1)) / nullif(sum(greatest(n.lines_analyzed, 1)) FILTER (WHERE n.quality_score IS NOT NULL), 0), 2) AS quality_score,
        round(sum((n.quality_score - b.quality_score) * greatest(n.lines_analyzed, 1))
            / nullif(sum(greatest(n.lines_analyzed, 1)) FILTER (WHERE b.quality_score IS NOT NULL), 0), 2) AS change_30_days
    FROM newest n LEFT JOIN before b ON b.codebase_id = n.codebase_id
    GROUP BY n.repository_id
)
SELECT p.id AS repository_id, p.organization_id, p.full_name AS repository,
    (SELECT count(*) FROM scored s WHERE s.repository_id = p.id) AS runs, m.recorded_at,
    m.quality_score, analytics.grade(m.quality_score) AS grade, coalesce(v.issues, '{}') AS issues_by_severity, m.lines, m.change_30_days, m.accepted_issues
FROM merged m
JOIN projects.repositories p ON p.id = m.repository_id
LEFT JOIN severities v ON v.repository_id = p.id;
CREATE UNIQUE INDEX repository_quality_overview_mv_key ON analytics.repository_quality_overview_mv (repository_id);
GRANT SELECT ON analytics.repository_quality_overview_mv TO graph_sitter_owner;
CALL base.describe('analytics.repository_quality_overview_mv', 'Where each analysed repository stands; of all organizations', $$
    repository_id: The repository
    repository: Its full name
    runs: Completed analyses of it
    recorded_at: The point of history its figures are of
    quality_score: Of its codebases' newest states, weighted by lines
    grade: The grade of that
    issues_by_severity: Number of issues by severity
    lines: Physical lines
    change_30_days: Change of the score against 30 days before that point; null when nothing was recorded then
    accepted_issues: Findings that comments in the code accept, beside the issues
$$);

CREATE MATERIALIZED VIEW analytics.hourly_performance_summary_mv AS
SELECT m.organization_id, date_trunc('hour', m.timestamp, 'UTC') AS hour, m.metric_category AS category, m.metric_name AS metric,
    avg(m.value) AS avg, min(m.value) AS min, max(m.value) AS max, percentile_cont(0.95) WITHIN GROUP (ORDER BY m.value) AS p95,
    count(*) AS n, stddev_samp(m.value) AS stddev
FROM analytics.system_metrics m
WHERE m.timestamp >= now() - interval '7 days' AND m.aggregation_level = 'raw'
GROUP BY 1, 2, 3, 4;
CREATE UNIQUE INDEX hourly_performance_summary_mv_key ON analytics.hourly_performance_summary_mv (organization_id, hour, category, metric);
GRANT SELECT ON analytics.hourly_performance_summary_mv TO graph_sitter_owner;
CALL base.describe('analytics.hourly_performance_summary_mv', 'Measured values of the last seven days by hour; of all organizations', $$
    hour: The hour, by its beginning
    category: The group the metric belongs to
    metric: What was measured
    avg: The mean
    min: The least
    max: The greatest
    p95: The 95th percentile
    n: Number of values
    stddev: The standard deviation
$$);

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

CREATE VIEW analytics.repository_quality_overview AS
SELECT m.repository_id, m.organization_id, m.repository, m.runs, m.recorded_at, m.quality_score, m.grade, m.issues_by_severity, m.lines, m.change_30_days,
    m.accepted_issues
FROM analytics.repository_quality_overview_mv m WHERE m.organization_id = (SELECT base.current_organization_id());
CALL base.describe('analytics.repository_quality_overview', 'Where each repository stands, as of the last refresh', $$
    repository_id: The repository
    repository: Its full name
    runs: Completed analyses of it
    recorded_at: The point of history its figures are of
    quality_score: Of its codebases' newest states, weighted by lines
    grade: The grade of that
    issues_by_severity: Number of issues by severity
    lines: Physical lines
    change_30_days: Change of the score against 30 days before that point; null when nothing was recorded then
    accepted_issues: Findings that comments in the code accept, beside the issues
$$);

CREATE VIEW analytics.hourly_performance_summary AS
SELECT m.organization_id, m.hour, m.category, m.metric, m.avg, m.min, m.max, m.p95, m.n, m.stddev
FROM analytics.hourly_performance_summary_mv m
WHERE m.organization_id = (SELECT base.current_organization_id()) OR m.organization_id IS NULL;
CALL base.describe('analytics.hourly_performance_summary', 'Measured values of the last seven days by hour, as of the last refresh', $$
    hour: The hour, by its beginning
    category: The group the metric belongs to
    metric: What was measured
    avg: The mean
    min: The least
    max: The greatest
    p95: The 95th percentile
    n: Number of values
    stddev: The standard deviation
$$);

CREATE VIEW analytics.system_performance_metrics AS
SELECT m.id, m.organization_id, m.timestamp, m.metric_name, m.metric_type, m.metric_category, m.value, m.unit, m.context, m.tags,
    m.source_component, m.aggregation_level, m.host_name, m.environment
FROM analytics.system_metrics m;
GRANT INSERT ON analytics.system_performance_metrics TO graph_sitter_app;
CALL base.describe('analytics.system_performance_metrics', 'system_metrics under its other name; rows may be added here too', $$
    timestamp: When it was measured
    metric_name: What was measured
    metric_type: How it behaves
    metric_category: The group it belongs to
    value: The value
    unit: What it counts
    context: What else is known
    tags: Labels to filter by
    source_component: What measured it
    aggregation_level: What one row stands for
    host_name: Where it was measured
    environment: What kind of installation it was measured in
$$);

-- The view's way to say what earlier_runs() says: whoever reads views may not run functions on the tables under them.
CREATE VIEW analytics.run_predecessors AS
SELECT r.id AS analysis_run_id, e.id AS earlier_run_id, e.snapshot_id AS earlier_snapshot_id,
    coalesce(CASE WHEN NOT e.is_working_tree THEN ek.committed_at END, e.started_at) AS earlier_at, e.started_at AS earlier_started_at,
    e.commit_id IS NOT NULL AND NOT e.is_working_tree AS earlier_is_clean, e.configuration_digest = r.configuration_digest AS same_configuration,
    r.organization_id
FROM analytics.analysis_runs r
LEFT JOIN codebase.commits rk ON rk.id = r.commit_id
JOIN analytics.analysis_runs e ON e.codebase_id = r.codebase_id AND e.branch IS NOT DISTINCT FROM r.branch AND e.depth = r.depth
LEFT JOIN codebase.commits ek ON ek.id = e.commit_id
WHERE e.id <> r.id AND e.status IN ('completed', 'partial')
  AND CASE WHEN r.commit_id IS NULL THEN e.commit_id IS NULL
           WHEN r.is_working_tree THEN e.superseded_by IS NULL
           ELSE NOT e.is_working_tree AND e.commit_id <> r.commit_id END
  AND (coalesce(CASE WHEN NOT e.is_working_tree THEN ek.committed_at END, e.started_at), e.started_at)
    < (coalesce(CASE WHEN NOT r.is_working_tree THEN rk.committed_at END, r.started_at), r.started_at);
CALL base.describe('analytics.run_predecessors', 'For each run the completed runs of its codebase, branch and depth at earlier points of history', $$
    analysis_run_id: The run
    earlier_run_id: The earlier one
    earlier_snapshot_id: What that found
    earlier_at: The point of history it stands for: its commit's time, or its start for a changed working tree
    earlier_started_at: When it began
    earlier_is_clean: Whether it is of a commit as it stands
    same_configuration: Whether both used the same definitions and settings
$$);

CREATE VIEW analytics.issues AS
SELECT r.id AS analysis_run_id, i.fingerprint, i.rule_id AS rule, i.category, i.severity, f.path, i.start_line, i.end_line, i.symbol, i.title, i.message,
    i.measured_value, i.threshold, i.effort_minutes, h.state AS lifecycle,
    coalesce(CASE WHEN NOT s.is_working_tree THEN k.committed_at END, s.started_at) AS first_seen_at,
    coalesce(t.state, 'open') AS triage_state, t.assigned_to, u.name AS assignee,
    p.earlier_run_id AS previous_run_id, r.codebase_id, i.linkage_id IS NOT NULL AS depends_on_graph, r.organization_id
FROM analytics.analysis_runs r
LEFT JOIN LATERAL (
    SELECT e.earlier_run_id FROM analytics.run_predecessors e WHERE e.analysis_run_id = r.id
    ORDER BY e.earlier_is_clean DESC, e.earlier_at DESC, e.same_configuration DESC, e.earlier_started_at DESC, e.earlier_run_id LIMIT 1
) p ON true
CROSS JOIN LATERAL analytics.issue_history(r.id) h
JOIN codebase.issue_records i ON i.id = h.issue_id
LEFT JOIN codebase.linkages l ON l.id = i.linkage_id
JOIN codebase.file_versions v ON v.id = coalesce(i.file_version_id, l.file_version_id)
JOIN codebase.files f ON f.id = v.file_id
JOIN analytics.analysis_runs s ON s.id = h.first_seen_run
LEFT JOIN codebase.commits k ON k.id = s.commit_id
LEFT JOIN LATERAL (
    SELECT t.* FROM analytics.issue_triage t
    WHERE t.codebase_id = r.codebase_id AND t.fingerprint = i.fingerprint AND (t.path = '' OR t.path = ANY (h.paths))
    ORDER BY array_position(h.paths, t.path) LIMIT 1
) t ON true
LEFT JOIN base.users u ON u.id = t.assigned_to
WHERE h.state IN ('new', 'existing', 'reopened');
CALL base.describe('analytics.issues', 'The issues of a run, with their life and what was decided about them', $$
    analysis_run_id: The run
    fingerprint: Of rule, symbol and what the rule points at; equal ones are of different files
    rule: The rule that found it
    category: What kind of defect
    severity: How bad
    path: The file
    start_line: First line
    end_line: Last line
    symbol: Key of the symbol; null for the file itself
    title: The rule's title
    message: What was found
    measured_value: What was measured
    threshold: The limit it passed
    effort_minutes: Estimated minutes to mend it
    lifecycle: new; existing: also in the previous run, here or where it moved from; reopened: not in the previous one, but here in an earlier one
    first_seen_at: The earliest point of this branch's history that has it, here or where it came from
    triage_state: What was decided
    assigned_to: Who is to mend it
    assignee: Their name
    previous_run_id: The run it is compared with; null when there is none
    codebase_id: The codebase
    depends_on_graph: Whether it follows from relations between files
$$);

CREATE VIEW analytics.file_analysis AS
SELECT r.id AS analysis_run_id, f.path AS file_path, v.language, v.lines_physical AS lines, v.lines_source, v.lines_comment, v.lines_blank,
    v.cyclomatic_complexity, v.cognitive_complexity, v.maintainability_index, v.function_count, v.class_count,
    CASE WHEN sf.linkage_id IS NOT NULL THEN (
        SELECT count(*) FROM codebase.linkage_edges e WHERE e.linkage_id = sf.linkage_id AND e.kind = 'import') END AS import_count,
    (SELECT count(*) FROM codebase.issue_records i WHERE i.file_version_id = sf.file_version_id)
        + (SELECT count(*) FROM codebase.issue_records i WHERE i.linkage_id = sf.linkage_id) AS issue_count,
    v.parse_status, v.is_test, v.is_generated, r.organization_id
FROM analytics.analysis_runs r
JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
JOIN codebase.files f ON f.id = sf.file_id
JOIN codebase.file_versions v ON v.id = sf.file_version_id;
CALL base.describe('analytics.file_analysis', 'The files of a run with their figures', $$
    analysis_run_id: The run
    file_path: The file
    language: What it is written in
    lines: All lines
    lines_source: Lines that hold code
    lines_comment: Lines of comments and docstrings
    lines_blank: Empty lines
    cyclomatic_complexity: Of all its code
    cognitive_complexity: Of all its code
    maintainability_index: 0 to 100; null when not measured
    function_count: Functions, methods and accessors
    class_count: Classes, interfaces and enums
    import_count: What it imports; null at syntax depth
    issue_count: Its issues
    parse_status: Whether it could be read in full
    is_test: Whether it is a test
    is_generated: Whether a program wrote it
$$);

CREATE VIEW analytics.quality_trends AS
SELECT t.codebase_id, t.codebase, t.branch, t.analysis_run_id, t.recorded_at, t.quality_score, t.grade, t.change,
    CASE WHEN t.change IS NULL THEN 'no data' WHEN abs(t.change) < 0.5 THEN 'stable' WHEN t.change > 0 THEN 'improving' ELSE 'declining' END AS direction,
    t.committed_at, t.depth, t.score_model, t.organization_id
FROM (
    SELECT r.codebase_id, c.name AS codebase, r.branch, r.id AS analysis_run_id, r.started_at AS recorded_at, r.quality_score, r.grade,
        r.quality_score - lag(r.quality_score) OVER (
            PARTITION BY r.codebase_id, r.branch, r.depth, r.score_model ORDER BY coalesce(k.committed_at, r.started_at), r.started_at, r.id) AS change,
        k.committed_at, r.depth, r.score_model, r.organization_id
    FROM analytics.analysis_runs r
    JOIN codebase.codebases c ON c.id = r.codebase_id AND c.deleted_at IS NULL
    LEFT JOIN codebase.commits k ON k.id = r.commit_id
    WHERE r.status IN ('completed', 'partial') AND r.quality_score IS NOT NULL AND (r.commit_id IS NULL OR NOT r.is_working_tree)
) t;
CALL base.describe('analytics.quality_trends', 'Scores along each branch, in the order of history', $$
    codebase_id: The codebase
    codebase: Its name
    branch: The branch
    analysis_run_id: The run
    recorded_at: When it was analysed
    quality_score: 0 to 100
    grade: A to E
    change: Since the point before it, of the same branch, depth and model
    direction: improving, declining, stable (less than half a point), or no data
    committed_at: When its commit was made
    depth: How deep it was analysed
    score_model: How the score was computed
$$);

CREATE VIEW analytics.metric_trends AS
SELECT t.codebase_id, t.codebase, t.branch, t.metric_name, t.analysis_run_id, t.recorded_at, t.value, t.previous,
    round(100 * (t.value - t.previous) / nullif(abs(t.previous), 0), 2) AS change_percent,
    coalesce(t.definition_version <> t.previous_version, false) AS definition_changed, t.definition_version, t.committed_at, t.depth, t.organization_id
FROM (
    SELECT r.codebase_id, c.name AS codebase, r.branch, m.metric_name, r.id AS analysis_run_id, r.started_at AS recorded_at, m.value_numeric AS value,
        lag(m.value_numeric) OVER line AS previous, lag(m.definition_version) OVER line AS previous_version,
        m.definition_version, k.committed_at, r.depth, r.organization_id
    FROM analytics.metrics m
    JOIN analytics.analysis_runs r ON r.id = m.analysis_run_id
    JOIN codebase.codebases c ON c.id = r.codebase_id AND c.deleted_at IS NULL
    LEFT JOIN codebase.commits k ON k.id = r.commit_id
    WHERE m.scope = 'codebase' AND m.value_numeric IS NOT NULL AND r.status IN ('completed', 'partial') AND (r.commit_id IS NULL OR NOT r.is_working_tree)
    WINDOW line AS (PARTITION BY r.codebase_id, r.branch, r.depth, m.metric_name ORDER BY coalesce(k.committed_at, r.started_at), r.started_at, r.id)
) t;
CALL base.describe('analytics.metric_trends', 'Values of whole codebases along each branch, in the order of history', $$
    codebase_id: The codebase
    codebase: Its name
    branch: The branch
    metric_name: The metric
    analysis_run_id: The run
    recorded_at: When it was analysed
    value: The value
    previous: The value before it, of the same branch and depth
    change_percent: Change against that; null from zero
    definition_changed: Whether the metric meant something else then, so that the two cannot be compared
    definition_version: The version of its meaning
    committed_at: When its commit was made
    depth: How deep it was analysed
$$);

CREATE VIEW analytics.latest_runs AS
SELECT DISTINCT ON (r.codebase_id) r.codebase_id, r.id AS analysis_run_id, c.project_id, c.repository_id, r.branch, r.depth, r.started_at AS recorded_at, k.committed_at,
    r.quality_score, r.grade, r.score_model, r.lines_analyzed AS lines, r.issue_count, r.technical_debt_minutes,
    coalesce(r.accepted_issue_count, 0) AS accepted_issue_count, r.organization_id
FROM analytics.analysis_runs r
JOIN codebase.codebases c ON c.id = r.codebase_id AND c.deleted_at IS NULL
LEFT JOIN projects.repositories p ON p.id = c.repository_id
LEFT JOIN codebase.commits k ON k.id = r.commit_id
WHERE r.status IN ('completed', 'partial') AND r.superseded_by IS NULL
ORDER BY r.codebase_id, r.branch IS NOT DISTINCT FROM p.default_branch DESC, NOT r.is_working_tree AND r.commit_id IS NOT NULL DESC,
    coalesce(CASE WHEN NOT r.is_working_tree THEN k.committed_at END, r.started_at) DESC, r.depth = 'graph' DESC, r.started_at DESC, r.id;
CALL base.describe('analytics.latest_runs', 'The run that tells where each codebase stands: the newest commit of the default branch, else the newest there is', $$
    codebase_id: The codebase
    analysis_run_id: The run
    project_id: Its project
    repository_id: Its repository
    branch: The branch
    depth: How deep it was analysed
    recorded_at: When it was analysed
    committed_at: When its commit was made
    quality_score: 0 to 100
    grade: A to E
    score_model: How the score was computed
    lines: Physical lines
    issue_count: Issues
    technical_debt_minutes: Estimated minutes to mend them
    accepted_issue_count: Findings that comments in the code accept, beside the issues
$$);

CREATE VIEW analytics.cross_project_comparison AS
SELECT s.project_id, s.project, s.codebases, s.lines, s.quality_score, analytics.grade(s.quality_score) AS grade, s.technical_debt_minutes, s.issues,
    round(1000.0 * s.issues / nullif(s.lines, 0), 2) AS issues_per_1000_lines,
    CASE WHEN s.quality_score IS NOT NULL THEN
        round((100 * cume_dist() OVER (PARTITION BY s.organization_id, s.quality_score IS NULL ORDER BY s.quality_score))::numeric, 2) END AS percentile,
    s.accepted_issues, s.organization_id
FROM (
    SELECT p.id AS project_id, p.name AS project, p.organization_id, count(l.codebase_id) AS codebases, sum(l.lines) AS lines, sum(l.issue_count) AS issues,
        sum(l.accepted_issue_count) AS accepted_issues,
        sum(l.technical_debt_minutes) AS technical_debt_minutes,
        round(sum(l.quality_score * greatest(l.lines, 1)) / nullif(sum(greatest(l.lines, 1)) FILTER (WHERE l.quality_score IS NOT NULL), 0), 2) AS quality_score
    FROM projects.projects p
    LEFT JOIN analytics.latest_runs l ON l.project_id = p.id
    WHERE p.deleted_at IS NULL
    GROUP BY p.id, p.name, p.organization_id
) s;
CALL base.describe('analytics.cross_project_comparison', 'The organization''s projects side by side, by the latest run of each codebase', $$
    project_id: The project
    project: Its name
    codebases: Analysed codebases
    lines: Physical lines
    quality_score: Weighted by lines
    grade: The grade of that
    technical_debt_minutes: Estimated minutes to mend all issues
    issues: Issues
    issues_per_1000_lines: Issues for each 1,000 lines
    percentile: Per cent of the organization's projects whose score is not better
    accepted_issues: Findings that comments in the code accept, beside the issues
$$);

-- data and partitions

CREATE TABLE analytics.system_metrics_default PARTITION OF analytics.system_metrics DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval, rollup_function)
VALUES ('analytics.system_metrics', 'timestamp', '90 days', 'summarize', '1 day', 'analytics.rollup_system_metrics');

CALL base.finish_schema('analytics');
DO $$ BEGIN PERFORM base.ensure_partitions('analytics.system_metrics'); END $$;
CALL base.record_module('analytics', 'Analysis runs, issues, scores, trends, system metrics');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 06_prompts: reusable prompt templates with variables, chosen by condition, tested in variations,
-- fed from cached context, judged by feedback.

CREATE SCHEMA prompts AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA prompts IS 'Prompt templates, conditional selection, A/B variations, context';
GRANT USAGE ON SCHEMA prompts TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- functions: what a text with variables is

CREATE FUNCTION prompts.variables_of(p_content text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT m[1] FROM regexp_matches(p_content, '\{\{\s*(\w+)\s*\}\}', 'g') AS m);
COMMENT ON FUNCTION prompts.variables_of(text) IS 'The variables that a text mentions, written {{name}}, as often as it does';

CREATE FUNCTION prompts.fill_in(p_content text, p_values jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    -- In one go: what a value contains is never taken for a variable.
    SELECT string_agg(t.piece || coalesce(p_values ->> (prompts.variables_of(p_content))[t.number], ''), '' ORDER BY t.number)
    FROM regexp_split_to_table(p_content, '\{\{\s*\w+\s*\}\}') WITH ORDINALITY AS t (piece, number);
END;
COMMENT ON FUNCTION prompts.fill_in(text, jsonb) IS 'The text with its variables replaced by the values of these names, or by nothing';

-- tables

CREATE TABLE prompts.prompt_templates (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT prompt_templates_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT prompt_templates_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    slug base.slug NOT NULL,
    version text NOT NULL DEFAULT '1.0.0' CONSTRAINT prompt_templates_version_shape CHECK (version ~ '^\d{1,9}\.\d{1,9}\.\d{1,9}$'),
    status text NOT NULL DEFAULT 'draft' CONSTRAINT prompt_templates_status_check
        CHECK (status IN ('draft', 'active', 'deprecated', 'archived')),
    prompt_type text NOT NULL DEFAULT 'user' CONSTRAINT prompt_templates_prompt_type_check
        CHECK (prompt_type IN ('system', 'user', 'assistant', 'function', 'template', 'context')),
    category text NOT NULL DEFAULT 'custom' CONSTRAINT prompt_templates_category_check CHECK (category IN (
        'code_generation', 'code_review', 'debugging', 'refactoring', 'testing', 'documentation', 'analysis', 'explanation',
        'optimization', 'security', 'custom')),
    template_content text NOT NULL,
    system_prompt text,
    variables jsonb NOT NULL DEFAULT '{}',
    required_variables text[] NOT NULL DEFAULT '{}',
    conditions jsonpath,
    condition_rank integer NOT NULL DEFAULT 0,
    model_name text,
    model_parameters jsonb NOT NULL DEFAULT '{}',
    max_context_length integer NOT NULL DEFAULT 4000 CONSTRAINT prompt_templates_max_context_length_check CHECK (max_context_length > 0),
    created_by uuid DEFAULT base.current_user_id() CONSTRAINT prompt_templates_created_by_fkey REFERENCES base.users,
    CONSTRAINT prompt_templates_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT prompt_templates_required_variables_check
        CHECK (required_variables <@ prompts.variables_of(concat(template_content, system_prompt)))
);
CREATE UNIQUE INDEX prompt_templates_slug_key ON prompts.prompt_templates (organization_id, slug, version) WHERE deleted_at IS NULL;
CREATE INDEX prompt_templates_active_idx ON prompts.prompt_templates (organization_id, slug) WHERE status = 'active';
CREATE INDEX prompt_templates_created_by_idx ON prompts.prompt_templates (created_by);
CALL base.describe('prompts.prompt_templates', 'Prompts with variables, in versions and for different conditions', $$
    name: What people call it
    slug: What programs call it; shared by its versions and by those for other conditions
    version: Three numbers
    status: Only active ones are chosen
    prompt_type: The part it plays in a conversation
    category: What it is for
    template_content: The text; {{name}} stands for a variable
    system_prompt: What the model is told about itself, with variables too
    variables: By name: an object with description and default
    required_variables: Those that have to be given; the text mentions each
    conditions: What the context must fulfil, such as $.language == "python"; null: the fallback
    condition_rank: Of several whose conditions hold, the highest is taken
    model_name: The model it was written for
    model_parameters: Settings for the model
    max_context_length: Characters of context that may go with it
    created_by: Who wrote it; null for a service
$$);

CREATE TABLE prompts.prompt_variations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT prompt_variations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    template_id uuid NOT NULL,
    variation_name text NOT NULL CONSTRAINT prompt_variations_name_check CHECK (variation_name <> 'base'),
    template_content text NOT NULL,
    system_prompt text,
    model_parameters jsonb NOT NULL DEFAULT '{}',
    traffic_percentage base.score NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT false,
    CONSTRAINT prompt_variations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT prompt_variations_template_id_id_key UNIQUE (organization_id, template_id, id),
    CONSTRAINT prompt_variations_name_key UNIQUE (template_id, variation_name),
    CONSTRAINT prompt_variations_template_fkey FOREIGN KEY (organization_id, template_id)
        REFERENCES prompts.prompt_templates (organization_id, id) ON DELETE CASCADE
);
CALL base.describe('prompts.prompt_variations', 'Other wordings of a template, tried on a share of its subjects', $$
    template_id: The template
    variation_name: What people call it; "base" is the template itself
    template_content: The text instead
    system_prompt: What the model is told about itself instead; null: as in the template
    model_parameters: Settings that differ from the template's
    traffic_percentage: Its share while it is active; what all leave goes to the template
    is_active: Whether it is tried
$$);

CREATE TABLE prompts.prompt_executions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT prompt_executions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    short_id text NOT NULL DEFAULT base.generate_short_id(),
    template_id uuid NOT NULL,
    variation_id uuid,
    project_id uuid,
    repository_id uuid,
    task_id uuid,
    status base.run_status NOT NULL DEFAULT 'running',
    input_variables jsonb NOT NULL DEFAULT '{}',
    rendered_prompt text NOT NULL,
    model_name text NOT NULL,
    model_parameters jsonb NOT NULL DEFAULT '{}',
    response_text text,
    response_data jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    token_count_input integer CONSTRAINT prompt_executions_token_count_input_check CHECK (token_count_input >= 0),
    token_count_output integer CONSTRAINT prompt_executions_token_count_output_check CHECK (token_count_output >= 0),
    cost_usd numeric(12,6) CONSTRAINT prompt_executions_cost_check CHECK (cost_usd >= 0),
    effectiveness_score base.score,
    error_message text,
    executed_by uuid DEFAULT base.current_user_id() CONSTRAINT prompt_executions_executed_by_fkey REFERENCES base.users,
    CONSTRAINT prompt_executions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT prompt_executions_short_id_key UNIQUE (organization_id, short_id),
    CONSTRAINT prompt_executions_end_check CHECK (completed_at >= started_at),
    CONSTRAINT prompt_executions_template_fkey FOREIGN KEY (organization_id, template_id)
        REFERENCES prompts.prompt_templates (organization_id, id),
    CONSTRAINT prompt_executions_variation_fkey FOREIGN KEY (organization_id, template_id, variation_id)
        REFERENCES prompts.prompt_variations (organization_id, template_id, id),
    CONSTRAINT prompt_executions_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects (organization_id, id),
    CONSTRAINT prompt_executions_repository_fkey FOREIGN KEY (organization_id, repository_id) REFERENCES projects.repositories (organization_id, id),
    CONSTRAINT prompt_executions_task_fkey FOREIGN KEY (organization_id, task_id) REFERENCES tasks.tasks (organization_id, id)
);
CREATE INDEX prompt_executions_template_idx ON prompts.prompt_executions (template_id, started_at);
CREATE INDEX prompt_executions_variation_idx ON prompts.prompt_executions (variation_id) WHERE variation_id IS NOT NULL;
CREATE INDEX prompt_executions_project_idx ON prompts.prompt_executions (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX prompt_executions_repository_idx ON prompts.prompt_executions (repository_id) WHERE repository_id IS NOT NULL;
CREATE INDEX prompt_executions_task_idx ON prompts.prompt_executions (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX prompt_executions_executed_by_idx ON prompts.prompt_executions (executed_by);
CALL base.describe('prompts.prompt_executions', 'One prompt sent to one model, and what came back', $$
    short_id: Eight characters to call it by
    template_id: The template
    variation_id: The variation of it; null: the template itself
    project_id: The project it was for
    repository_id: The repository it was for
    task_id: The task it was part of
    status: completed is a success; failed and timed_out are not
    input_variables: Values of the variables
    rendered_prompt: What was sent
    model_name: To which model
    model_parameters: With which settings
    response_text: What came back
    response_data: The same in parts
    started_at: When it was sent
    completed_at: When the answer was there, or given up
    duration_ms: Time between the two
    token_count_input: Tokens sent
    token_count_output: Tokens that came back
    cost_usd: What it cost, in US dollars
    effectiveness_score: How far it served, where that was judged
    error_message: Why it failed
    executed_by: Who had it sent; null for a service
$$);

CREATE TABLE prompts.prompt_feedback (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT prompt_feedback_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    execution_id uuid NOT NULL,
    rating smallint NOT NULL CONSTRAINT prompt_feedback_rating_check CHECK (rating BETWEEN 1 AND 5),
    accuracy_rating smallint CONSTRAINT prompt_feedback_accuracy_rating_check CHECK (accuracy_rating BETWEEN 1 AND 5),
    relevance_rating smallint CONSTRAINT prompt_feedback_relevance_rating_check CHECK (relevance_rating BETWEEN 1 AND 5),
    completeness_rating smallint CONSTRAINT prompt_feedback_completeness_rating_check CHECK (completeness_rating BETWEEN 1 AND 5),
    clarity_rating smallint CONSTRAINT prompt_feedback_clarity_rating_check CHECK (clarity_rating BETWEEN 1 AND 5),
    feedback_text text,
    source text NOT NULL DEFAULT 'manual' CONSTRAINT prompt_feedback_source_check CHECK (source IN ('manual', 'automatic')),
    provided_by uuid DEFAULT base.current_user_id() CONSTRAINT prompt_feedback_provided_by_fkey REFERENCES base.users,
    CONSTRAINT prompt_feedback_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT prompt_feedback_execution_fkey FOREIGN KEY (organization_id, execution_id)
        REFERENCES prompts.prompt_executions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX prompt_feedback_execution_idx ON prompts.prompt_feedback (execution_id);
CREATE UNIQUE INDEX prompt_feedback_once_key ON prompts.prompt_feedback (provided_by, execution_id) WHERE source = 'manual';
CREATE INDEX prompt_feedback_provided_by_idx ON prompts.prompt_feedback (provided_by);
CALL base.describe('prompts.prompt_feedback', 'What people or programs thought of an answer; a person says so once', $$
    execution_id: The prompt that was answered
    rating: 1 (useless) to 5 (excellent)
    accuracy_rating: Whether it was right, 1 to 5
    relevance_rating: Whether it was to the point, 1 to 5
    completeness_rating: Whether anything was missing, 1 to 5
    clarity_rating: Whether it could be understood, 1 to 5
    feedback_text: In words
    source: manual: a person; automatic: a program
    provided_by: Who; null for a service
$$);

CREATE TABLE prompts.context_sources (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT context_sources_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT context_sources_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    source_type text NOT NULL CONSTRAINT context_sources_source_type_check
        CHECK (source_type IN ('code', 'documentation', 'conversation', 'file', 'database', 'api', 'web', 'custom')),
    config jsonb NOT NULL DEFAULT '{}',
    credentials_ref base.secret_ref,
    processor text,
    max_content_length integer NOT NULL DEFAULT 10000 CONSTRAINT context_sources_max_content_length_check CHECK (max_content_length > 0),
    cache_minutes integer DEFAULT 60 CONSTRAINT context_sources_cache_minutes_check CHECK (cache_minutes > 0),
    is_active boolean NOT NULL DEFAULT true,
    CONSTRAINT context_sources_organization_id_id_key UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX context_sources_name_key ON prompts.context_sources (organization_id, name) WHERE deleted_at IS NULL;
CALL base.describe('prompts.context_sources', 'Where the context of prompts is fetched from', $$
    name: What people call it
    source_type: What kind of place it is
    config: How to get there, without secrets
    credentials_ref: Where its credentials are found
    processor: The program that fetches it
    max_content_length: Characters kept of each text
    cache_minutes: How long a fetched text may be used; null: for ever
    is_active: Whether it is used
$$);

CREATE TABLE prompts.context_data (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT context_data_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    context_source_id uuid NOT NULL,
    content_key text NOT NULL,
    content_sha256 base.sha256,
    content_text text,
    content_data jsonb NOT NULL DEFAULT '{}',
    size_bytes integer GENERATED ALWAYS AS (coalesce(octet_length(content_text), 0) + octet_length(content_data::text)) STORED,
    expires_at timestamptz,
    access_count bigint NOT NULL DEFAULT 0 CONSTRAINT context_data_access_count_check CHECK (access_count >= 0),
    last_accessed_at timestamptz,
    CONSTRAINT context_data_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT context_data_content_key_key UNIQUE (context_source_id, content_key),
    CONSTRAINT context_data_context_source_fkey FOREIGN KEY (organization_id, context_source_id)
        REFERENCES prompts.context_sources (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX context_data_expires_at_idx ON prompts.context_data (expires_at);
CALL base.describe('prompts.context_data', 'Context as it was fetched, for as long as it may be used', $$
    context_source_id: Where it is from
    content_key: What it is there, such as a path or an address
    content_sha256: SHA-256 of its text
    content_text: Its text
    content_data: The same in parts
    size_bytes: Bytes of both
    expires_at: Unusable from then on; null: never
    access_count: How often fetch_context() returned it
    last_accessed_at: When it last did
$$);

CREATE TABLE prompts.prompt_context_mappings (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    template_id uuid NOT NULL,
    context_source_id uuid NOT NULL,
    is_required boolean NOT NULL DEFAULT false,
    priority integer NOT NULL DEFAULT 100,
    max_length integer CONSTRAINT prompt_context_mappings_max_length_check CHECK (max_length > 0),
    filter jsonpath,
    CONSTRAINT prompt_context_mappings_pkey PRIMARY KEY (template_id, context_source_id),
    CONSTRAINT prompt_context_mappings_template_fkey FOREIGN KEY (organization_id, template_id)
        REFERENCES prompts.prompt_templates (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT prompt_context_mappings_context_source_fkey FOREIGN KEY (organization_id, context_source_id)
        REFERENCES prompts.context_sources (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX prompt_context_mappings_context_source_idx ON prompts.prompt_context_mappings (context_source_id);
CALL base.describe('prompts.prompt_context_mappings', 'Which context goes with which template', $$
    template_id: The template
    context_source_id: The source of the context
    is_required: Whether the prompt makes no sense without it
    priority: Lower ones come first, while there is room
    max_length: Characters of it at most
    filter: Which of its content_data is meant
$$);

CALL base.secure_table('prompts.prompt_templates');
CALL base.secure_table('prompts.prompt_variations');
CALL base.secure_table('prompts.prompt_executions');
CALL base.secure_table('prompts.prompt_feedback');
CALL base.secure_table('prompts.context_sources');
CALL base.secure_table('prompts.context_data');
CALL base.secure_table('prompts.prompt_context_mappings');

-- functions: triggers

CREATE FUNCTION prompts.check_prompt_traffic() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_total numeric;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.prompt_traffic:' || NEW.organization_id, 0));
    SELECT sum(v.traffic_percentage) INTO v_total FROM prompts.prompt_variations v WHERE v.template_id = NEW.template_id AND v.is_active;
    IF v_total > 100 THEN
        RAISE EXCEPTION 'the active variations of the template % would get % %% of its traffic', NEW.template_id, v_total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'prompt_variations_traffic_check', HINT = 'Lower a traffic_percentage first.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION prompts.check_prompt_traffic() IS 'Trigger: the active variations of a template get no more than all of its traffic';

CREATE FUNCTION prompts.digest_context() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.content_sha256 := sha256(convert_to(NEW.content_text, 'UTF8'));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION prompts.digest_context() IS 'Trigger: the digest of a text is computed where the text is stored';

-- triggers

CREATE TRIGGER digest BEFORE INSERT OR UPDATE OF content_text, content_sha256 ON prompts.context_data
    FOR EACH ROW EXECUTE FUNCTION prompts.digest_context();
CREATE TRIGGER keep_status BEFORE INSERT OR UPDATE ON prompts.prompt_executions
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.prompt_templates
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.prompt_variations
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.prompt_executions
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('duration_ms');
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.prompt_feedback
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.context_sources
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.context_data
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('size_bytes');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON prompts.prompt_templates
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON prompts.prompt_variations
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER check_traffic AFTER INSERT OR UPDATE ON prompts.prompt_variations
    FOR EACH ROW WHEN (NEW.is_active) EXECUTE FUNCTION prompts.check_prompt_traffic();

-- functions: choosing and filling in

CREATE FUNCTION prompts.select_prompt_template(p_slug text, p_context jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT t.id FROM prompts.prompt_templates t
    WHERE t.organization_id = base.current_organization_id() AND t.slug = p_slug AND t.status = 'active' AND t.deleted_at IS NULL
      AND base.filter_holds(t.conditions, p_context)
    ORDER BY t.conditions IS NULL, t.condition_rank DESC, string_to_array(t.version, '.')::integer[] DESC
    LIMIT 1;
END;
COMMENT ON FUNCTION prompts.select_prompt_template(text, jsonb) IS
    'The active template of this name whose conditions the context fulfils: the highest rank, then the newest version; else one without conditions; else null';

CREATE FUNCTION prompts.assign_prompt_variation(p_template_id uuid, p_subject text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM prompts.prompt_templates t WHERE t.id = p_template_id) THEN
        RAISE EXCEPTION 'there is no prompt template %', p_template_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN (
        SELECT nullif(base.assign_variant(p_template_id::text, p_subject, jsonb_object_agg(w.variant, w.weight)), 'base')::uuid
        FROM (
            SELECT v.id::text AS variant, v.traffic_percentage AS weight FROM prompts.prompt_variations v
            WHERE v.template_id = p_template_id AND v.is_active
            UNION ALL
            SELECT 'base', 100 - coalesce(sum(v.traffic_percentage), 0) FROM prompts.prompt_variations v
            WHERE v.template_id = p_template_id AND v.is_active
        ) w);
END
$$;
COMMENT ON FUNCTION prompts.assign_prompt_variation(uuid, text) IS
    'Which variation a subject gets, the same as long as the shares stay; null: the template itself';

CREATE FUNCTION prompts.render_prompt(p_template_id uuid, p_variables jsonb DEFAULT '{}', p_variation_id uuid DEFAULT NULL)
RETURNS TABLE (system_prompt text, prompt text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_template prompts.prompt_templates;
    v_variation prompts.prompt_variations;
    v_missing text;
    v_values jsonb;
BEGIN
    SELECT * INTO v_template FROM prompts.prompt_templates t WHERE t.id = p_template_id;
    SELECT * INTO v_variation FROM prompts.prompt_variations v WHERE v.id = p_variation_id AND v.template_id = p_template_id;
    IF v_template.id IS NULL OR v_variation.id IS DISTINCT FROM p_variation_id THEN
        RAISE EXCEPTION 'there is no prompt template % with the variation %', p_template_id, p_variation_id USING ERRCODE = 'no_data_found';
    END IF;
    SELECT coalesce(jsonb_object_agg(d.key, d.value -> 'default') FILTER (WHERE d.value ? 'default'), '{}') || jsonb_strip_nulls(p_variables)
    INTO v_values FROM jsonb_each(v_template.variables) d;
    SELECT string_agg(r.name, ', ' ORDER BY r.name) INTO v_missing FROM unnest(v_template.required_variables) AS r (name) WHERE NOT v_values ? r.name;
    IF v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'the prompt % needs values for: %', v_template.slug, v_missing USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY SELECT prompts.fill_in(coalesce(v_variation.system_prompt, v_template.system_prompt), v_values),
        prompts.fill_in(coalesce(v_variation.template_content, v_template.template_content), v_values);
END
$$;
COMMENT ON FUNCTION prompts.render_prompt(uuid, jsonb, uuid) IS
    'What is to be sent: the template, or a variation of it, with these variables, or else their defaults, filled in';

-- functions: context

CREATE FUNCTION prompts.store_context(p_source_id uuid, p_key text, p_text text, p_data jsonb DEFAULT '{}') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
BEGIN
    INSERT INTO prompts.context_data AS c (organization_id, context_source_id, content_key, content_text, content_data, expires_at)
    SELECT s.organization_id, s.id, p_key, left(p_text, s.max_content_length), p_data, now() + s.cache_minutes * interval '1 minute'
    FROM prompts.context_sources s WHERE s.id = p_source_id AND s.deleted_at IS NULL
    ON CONFLICT (context_source_id, content_key) DO UPDATE SET
        content_text = excluded.content_text, content_data = excluded.content_data, expires_at = excluded.expires_at
    RETURNING c.id INTO v_id;
    IF v_id IS NULL THEN
        RAISE EXCEPTION 'there is no context source %', p_source_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION prompts.store_context(uuid, text, text, jsonb) IS
    'Keep what was fetched, in place of what was kept under this key, as long and as much of it as the source says';

CREATE FUNCTION prompts.fetch_context(p_source_id uuid, p_key text) RETURNS SETOF prompts.context_data LANGUAGE sql
BEGIN ATOMIC
    UPDATE prompts.context_data SET access_count = access_count + 1, last_accessed_at = now()
    WHERE context_source_id = p_source_id AND content_key = p_key AND (expires_at IS NULL OR expires_at > now())
    RETURNING context_data.*;
END;
COMMENT ON FUNCTION prompts.fetch_context(uuid, text) IS 'What is kept under this key and may still be used, counted; no row: fetch it anew';

CREATE FUNCTION prompts.cleanup_expired_context_data() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    DELETE FROM prompts.context_data c WHERE c.expires_at <= now();
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION prompts.cleanup_expired_context_data() IS 'Delete context that has expired; how much';

-- functions: how it goes

CREATE FUNCTION prompts.variation_results(p_template_id uuid)
RETURNS TABLE (variation text, executions bigint, success_rate numeric, avg_rating numeric, avg_cost_usd numeric, lift_percent numeric, p_value double precision, verdict text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH ended AS (
        SELECT e.id, e.variation_id, (e.status = 'completed') AS succeeded, e.cost_usd
        FROM prompts.prompt_executions e WHERE e.template_id = p_template_id AND e.status IN ('completed', 'failed', 'timed_out')
    ), arms AS (
        SELECT v.id, v.variation_name AS name FROM prompts.prompt_variations v WHERE v.template_id = p_template_id
        UNION ALL
        SELECT NULL, 'base'
    ), counted AS (
        SELECT a.id, a.name, count(e.id) AS n, count(*) FILTER (WHERE e.succeeded) AS successes, avg(e.cost_usd) AS cost,
            (SELECT avg(f.rating) FROM prompts.prompt_feedback f JOIN ended x ON x.id = f.execution_id WHERE x.variation_id IS NOT DISTINCT FROM a.id) AS rating
        FROM arms a LEFT JOIN ended e ON e.variation_id IS NOT DISTINCT FROM a.id
        GROUP BY a.id, a.name
    ), tested AS (
        SELECT c.*, b.n AS base_n, b.successes AS base_successes,
            CASE WHEN c.id IS NOT NULL THEN base.two_proportion_p_value(c.successes, c.n, b.successes, b.n) END AS p
        FROM counted c CROSS JOIN (SELECT k.n, k.successes FROM counted k WHERE k.id IS NULL) b
    )
    SELECT t.name, t.n, round(t.successes::numeric / nullif(t.n, 0), 4), round(t.rating, 2), round(t.cost, 6),
        CASE WHEN t.id IS NOT NULL THEN
            round(100 * ((t.successes::numeric / nullif(t.n, 0)) / nullif(t.base_successes::numeric / nullif(t.base_n, 0), 0) - 1), 2) END,
        t.p,
        CASE WHEN t.id IS NULL THEN 'base'
             WHEN t.n < 30 OR t.base_n < 30 THEN 'insufficient data'
             WHEN t.p >= 0.05 THEN 'no difference'
             WHEN t.successes * t.base_n > t.base_successes * t.n THEN 'better' ELSE 'worse' END
    FROM tested t ORDER BY t.id IS NOT NULL, t.name;
END;
COMMENT ON FUNCTION prompts.variation_results(uuid) IS
    'Each variation of a template beside the template itself, by executions that ended: a difference counts from 30 of each on, with a two-sided p below 0.05';

CREATE FUNCTION prompts.calculate_template_effectiveness(p_template_id uuid) RETURNS base.score LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH recent AS (
        SELECT e.id, e.status, e.duration_ms FROM prompts.prompt_executions e
        WHERE e.template_id = p_template_id AND e.started_at >= now() - interval '30 days'
    ), parts AS (
        SELECT 40 AS weight, avg((r.status = 'completed')::integer) FILTER (WHERE r.status IN ('completed', 'failed', 'timed_out')) AS share FROM recent r
        UNION ALL
        SELECT 40, (SELECT (avg(f.rating) - 1) / 4 FROM prompts.prompt_feedback f WHERE f.execution_id IN (SELECT r.id FROM recent r))
        UNION ALL
        SELECT 20, greatest(0, 1 - avg(r.duration_ms) FILTER (WHERE r.status = 'completed') / 5000) FROM recent r
        HAVING count(*) FILTER (WHERE r.status = 'completed' AND r.duration_ms IS NOT NULL) > 0
    )
    SELECT round(100 * sum(p.weight * p.share) / nullif(sum(p.weight) FILTER (WHERE p.share IS NOT NULL), 0), 2)::base.score FROM parts p;
END;
COMMENT ON FUNCTION prompts.calculate_template_effectiveness(uuid) IS
    'How well a template served in the last 30 days: success 40, rating 40 (1 counts nothing, 5 all), speed 20 (nothing from a mean of 5 s on); what is unknown is left out of the weights; null without any';

CREATE FUNCTION prompts.effectiveness_for_readers(p_template_id uuid) RETURNS base.score
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN prompts.calculate_template_effectiveness(p_template_id);
COMMENT ON FUNCTION prompts.effectiveness_for_readers(uuid) IS
    'Effectiveness of a template of the session''s organization, also for those who may read views only';

-- views

CREATE VIEW prompts.template_performance AS
SELECT t.id AS template_id, t.slug, t.version, t.status, e.executions, e.successes, e.failures, e.avg_ms, e.tokens, e.cost_usd, f.avg_rating,
    prompts.effectiveness_for_readers(t.id) AS effectiveness, t.organization_id
FROM prompts.prompt_templates t
CROSS JOIN LATERAL (
    SELECT count(*) AS executions, count(*) FILTER (WHERE e.status = 'completed') AS successes,
        count(*) FILTER (WHERE e.status IN ('failed', 'timed_out')) AS failures, round(avg(e.duration_ms)) AS avg_ms,
        sum(coalesce(e.token_count_input, 0) + coalesce(e.token_count_output, 0)) AS tokens, sum(e.cost_usd) AS cost_usd
    FROM prompts.prompt_executions e WHERE e.template_id = t.id
) e
CROSS JOIN LATERAL (
    SELECT round(avg(f.rating), 2) AS avg_rating
    FROM prompts.prompt_feedback f JOIN prompts.prompt_executions e ON e.id = f.execution_id WHERE e.template_id = t.id
) f
WHERE t.deleted_at IS NULL;
CALL base.describe('prompts.template_performance', 'How each live template serves, all its variations together', $$
    template_id: The template
    slug: What programs call it
    version: Its version
    status: Whether it may be chosen
    executions: How often it was sent
    successes: How often it succeeded
    failures: How often it failed or timed out
    avg_ms: Mean time to the answer
    tokens: Tokens sent and received
    cost_usd: What all that cost
    avg_rating: Mean rating; null without any
    effectiveness: See calculate_template_effectiveness()
$$);

CREATE VIEW prompts.context_source_usage AS
SELECT s.id AS context_source_id, s.name, s.source_type, s.is_active,
    (SELECT count(*) FROM prompts.prompt_context_mappings m WHERE m.context_source_id = s.id) AS templates,
    d.entries, d.expired_entries, d.size_bytes, d.accesses, d.last_accessed_at, s.organization_id
FROM prompts.context_sources s
CROSS JOIN LATERAL (
    SELECT count(*) AS entries, count(*) FILTER (WHERE c.expires_at <= now()) AS expired_entries, coalesce(sum(c.size_bytes), 0) AS size_bytes,
        coalesce(sum(c.access_count), 0) AS accesses, max(c.last_accessed_at) AS last_accessed_at
    FROM prompts.context_data c WHERE c.context_source_id = s.id
) d
WHERE s.deleted_at IS NULL;
CALL base.describe('prompts.context_source_usage', 'What is kept from each live source of context, and how much it is used', $$
    context_source_id: The source
    name: What people call it
    source_type: What kind of place it is
    is_active: Whether it is used
    templates: Templates that it goes with
    entries: What is kept from it
    expired_entries: Those of them that wait to be deleted
    size_bytes: Bytes of all
    accesses: How often they were used
    last_accessed_at: When one last was
$$);

CALL base.finish_schema('prompts');
CALL base.record_module('prompts', 'Prompt templates, variations, executions, context');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 07_events: one store for everything that happens outside and inside, with detail tables by source,
-- processing that loses and doubles nothing, and routing to subscribers.

CREATE SCHEMA events AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA events IS 'Universal events, their processing, subscriptions, deliveries';
GRANT USAGE ON SCHEMA events TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables

CREATE TABLE events.event_types (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT event_types_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT event_types_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    name text NOT NULL,
    source text NOT NULL,
    category text,
    schema_version text NOT NULL DEFAULT '1.0.0',
    payload_schema jsonb NOT NULL DEFAULT '{}',
    retention_days integer NOT NULL DEFAULT 90 CONSTRAINT event_types_retention_days_check CHECK (retention_days > 0),
    auto_process boolean NOT NULL DEFAULT true,
    is_active boolean NOT NULL DEFAULT true,
    description text,
    CONSTRAINT event_types_organization_id_id_key UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX event_types_name_key ON events.event_types (organization_id, source, name) WHERE deleted_at IS NULL;
CALL base.describe('events.event_types', 'What an organization says of a kind of event; kinds that nobody described are recorded too', $$
    name: The type, as events carry it
    source: The source, as events carry it
    category: The group it belongs to; events without a category of their own get it
    schema_version: Version of its payload
    payload_schema: JSON Schema of its payload, for those who send and read it
    retention_days: Days that its events stay
    auto_process: Whether its events are processed; else they are stored as skipped
    is_active: Whether the rest of the row applies
    description: What it tells
$$);

CREATE TABLE events.events (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT events_organization_fkey REFERENCES base.organizations,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL CONSTRAINT events_source_check CHECK (source IN (
        'github', 'linear', 'slack', 'deployment', 'system', 'openevolve', 'analytics', 'task_engine', 'workflow', 'learning', 'webhook', 'api', 'custom')),
    type text NOT NULL CONSTRAINT events_type_not_blank CHECK (type ~ '\S'),
    category text,
    event_type_id uuid,
    title text,
    event_data jsonb NOT NULL DEFAULT '{}',
    priority base.priority_level NOT NULL DEFAULT 'normal',
    status text NOT NULL DEFAULT 'pending' CONSTRAINT events_status_check
        CHECK (status IN ('pending', 'processing', 'retrying', 'processed', 'skipped', 'failed')),
    received_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    attempts integer NOT NULL DEFAULT 0 CONSTRAINT events_attempts_check CHECK (attempts >= 0),
    next_attempt_at timestamptz,
    last_error text,
    external_id text,
    deduplication_key text,
    actor text,
    project_id uuid,
    repository_id uuid,
    task_id uuid,
    correlation_id uuid,
    metadata jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT events_pkey PRIMARY KEY (id, occurred_at),
    CONSTRAINT events_organization_id_id_key UNIQUE (organization_id, id, occurred_at),
    CONSTRAINT events_processed_check CHECK ((status = 'processed') = (processed_at IS NOT NULL)),
    CONSTRAINT events_retrying_check CHECK ((status = 'retrying') = (next_attempt_at IS NOT NULL)),
    CONSTRAINT events_type_fkey FOREIGN KEY (organization_id, event_type_id) REFERENCES events.event_types (organization_id, id),
    CONSTRAINT events_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects (organization_id, id),
    CONSTRAINT events_repository_fkey FOREIGN KEY (organization_id, repository_id) REFERENCES projects.repositories (organization_id, id),
    CONSTRAINT events_task_fkey FOREIGN KEY (organization_id, task_id) REFERENCES tasks.tasks (organization_id, id)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX idx_events_source_type_time ON events.events (source, type, occurred_at);
CREATE INDEX idx_events_data_gin ON events.events USING gin (event_data);
CREATE INDEX events_open_idx ON events.events (priority DESC, occurred_at) WHERE status IN ('pending', 'retrying');
CREATE INDEX events_failed_idx ON events.events (organization_id, occurred_at) WHERE status = 'failed';
CREATE INDEX events_event_type_idx ON events.events (event_type_id, occurred_at) WHERE event_type_id IS NOT NULL;
CREATE INDEX events_project_idx ON events.events (project_id, occurred_at) WHERE project_id IS NOT NULL;
CREATE INDEX events_repository_idx ON events.events (repository_id, occurred_at) WHERE repository_id IS NOT NULL;
CREATE INDEX events_task_idx ON events.events (task_id, occurred_at) WHERE task_id IS NOT NULL;
CALL base.describe('events.events', 'What happened, wherever it did', $$
    occurred_at: When it happened
    source: Where it happened
    type: What happened, in the words of the source
    category: The group it belongs to
    event_type_id: What the organization says of events like this
    title: A line for people
    event_data: What the source tells of it
    priority: How urgent processing it is
    status: pending or retrying: to be processed; processing: a program outside has it in hand; processed; skipped: need not be; failed: given up
    received_at: When it came here
    processed_at: When every required step had succeeded
    attempts: How often processing was tried
    next_attempt_at: When it is tried again
    last_error: Why the last attempt failed
    external_id: Its id at the source
    deduplication_key: What deliveries of one event have in common; kept unique by event_keys
    actor: Who did it, in the words of the source
    project_id: The project concerned
    repository_id: The repository concerned
    task_id: The task concerned
    correlation_id: What belongs together
$$);

CREATE TABLE events.event_keys (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    source text NOT NULL,
    deduplication_key text NOT NULL,
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    CONSTRAINT event_keys_pkey PRIMARY KEY (organization_id, source, deduplication_key),
    CONSTRAINT event_keys_event_fkey FOREIGN KEY (organization_id, event_id, occurred_at)
        REFERENCES events.events (organization_id, id, occurred_at) ON DELETE CASCADE
);
CREATE INDEX event_keys_event_idx ON events.event_keys (event_id, occurred_at);
CALL base.describe('events.event_keys', 'By which an event that is delivered again is recognised, across all partitions', $$
    source: Where the event is from
    deduplication_key: What all its deliveries have in common
    event_id: The event
    occurred_at: When it happened
$$);

CREATE TABLE events.github_events (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    delivery_id text,
    github_type text NOT NULL,
    action text,
    repo_full_name text,
    ref text,
    base_ref text,
    head_ref text,
    commit_sha text,
    commit_message text,
    pr_number integer,
    pr_title text,
    pr_state text,
    pr_merged boolean,
    issue_number integer,
    issue_title text,
    issue_state text,
    workflow_name text,
    run_id bigint,
    run_status text,
    run_conclusion text,
    actor_login text,
    CONSTRAINT github_events_pkey PRIMARY KEY (event_id, occurred_at),
    CONSTRAINT github_events_event_fkey FOREIGN KEY (organization_id, event_id, occurred_at)
        REFERENCES events.events (organization_id, id, occurred_at) ON DELETE CASCADE
);
CREATE INDEX github_events_repository_idx ON events.github_events (organization_id, repo_full_name, occurred_at);
CREATE INDEX github_events_pr_number_idx ON events.github_events (pr_number);
CALL base.describe('events.github_events', 'What GitHub tells of an event', $$
    event_id: The event
    occurred_at: When it happened
    delivery_id: X-GitHub-Delivery
    github_type: X-GitHub-Event
    action: What was done
    repo_full_name: owner/name
    ref: The branch or tag, in full
    base_ref: Where a pull request goes to
    head_ref: Where a pull request comes from
    commit_sha: The commit
    commit_message: Its message
    pr_number: The pull request
    pr_title: Its title
    pr_state: Its state
    pr_merged: Whether it was merged
    issue_number: The issue
    issue_title: Its title
    issue_state: Its state
    workflow_name: The workflow that ran
    run_id: Its run
    run_status: Where the run stands
    run_conclusion: How it ended
    actor_login: Who did it
$$);

CREATE TABLE events.linear_events (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    linear_id text NOT NULL,
    linear_type text NOT NULL,
    action text NOT NULL,
    team_id text,
    team_key text,
    issue_identifier text,
    issue_number integer,
    state_name text,
    actor_id text,
    actor_name text,
    changes jsonb NOT NULL DEFAULT '{}',
    previous_values jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT linear_events_pkey PRIMARY KEY (event_id, occurred_at),
    CONSTRAINT linear_events_event_fkey FOREIGN KEY (organization_id, event_id, occurred_at)
        REFERENCES events.events (organization_id, id, occurred_at) ON DELETE CASCADE
);
CREATE INDEX linear_events_issue_identifier_idx ON events.linear_events (issue_identifier);
CALL base.describe('events.linear_events', 'What Linear tells of an event', $$
    event_id: The event
    occurred_at: When it happened
    linear_id: Id of the object concerned
    linear_type: What the object is
    action: What was done with it
    team_id: The team
    team_key: Its key, the letters of its issues
    issue_identifier: The issue, as people call it
    issue_number: Its number in the team
    state_name: The state it is in
    actor_id: Id of who did it
    actor_name: Who did it
    changes: What is different now
    previous_values: What was there before
$$);

CREATE TABLE events.slack_events (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    slack_event_id text,
    slack_type text NOT NULL,
    workspace_id text,
    channel_id text,
    channel_name text,
    message_ts text,
    thread_ts text,
    message_text text,
    user_id text,
    bot_id text,
    reaction_name text,
    files jsonb NOT NULL DEFAULT '[]',
    CONSTRAINT slack_events_pkey PRIMARY KEY (event_id, occurred_at),
    CONSTRAINT slack_events_event_fkey FOREIGN KEY (organization_id, event_id, occurred_at)
        REFERENCES events.events (organization_id, id, occurred_at) ON DELETE CASCADE
);
CREATE INDEX slack_events_message_idx ON events.slack_events (channel_id, message_ts);
CALL base.describe('events.slack_events', 'What Slack tells of an event', $$
    event_id: The event
    occurred_at: When it happened
    slack_event_id: Its id at Slack
    slack_type: Its type at Slack
    workspace_id: The workspace
    channel_id: The channel
    channel_name: Its name
    message_ts: The message, which Slack knows by its time
    thread_ts: The message that its thread began with
    message_text: What it says
    user_id: Who did it, at Slack
    bot_id: Which program did it
    reaction_name: The reaction
    files: What was attached
$$);

CREATE TABLE events.deployment_events (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    deployment_id text,
    environment text NOT NULL,
    target_platform text,
    version text,
    commit_sha text,
    branch text,
    deployment_status text,
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    deployed_by text,
    tool text,
    success boolean,
    error_message text,
    logs_url text,
    rollback_of text,
    CONSTRAINT deployment_events_pkey PRIMARY KEY (event_id, occurred_at),
    CONSTRAINT deployment_events_end_check CHECK (completed_at >= started_at),
    CONSTRAINT deployment_events_event_fkey FOREIGN KEY (organization_id, event_id, occurred_at)
        REFERENCES events.events (organization_id, id, occurred_at) ON DELETE CASCADE
);
CREATE INDEX deployment_events_environment_idx ON events.deployment_events (environment, started_at);
CALL base.describe('events.deployment_events', 'What is known of a deployment', $$
    event_id: The event
    occurred_at: When it happened
    deployment_id: The deployment
    environment: Where it was deployed to
    target_platform: What runs there
    version: What was deployed
    commit_sha: The commit it was built from
    branch: The branch of that
    deployment_status: Where the deployment stands
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    deployed_by: Who deployed
    tool: With what
    success: Whether it succeeded
    error_message: Why it failed
    logs_url: Where its log is
    rollback_of: The deployment that it takes back
$$);

CREATE TABLE events.event_handlers (
    name text CONSTRAINT event_handlers_pkey PRIMARY KEY,
    function_name text NOT NULL CONSTRAINT event_handlers_function_name_shape
        CHECK (function_name ~ '^[a-z_][a-z_0-9]*\.[a-z_][a-z_0-9]*\(uuid, timestamptz\)$'),
    source text,
    type_pattern text NOT NULL DEFAULT '%',
    position integer NOT NULL DEFAULT 100,
    is_required boolean NOT NULL DEFAULT true,
    is_active boolean NOT NULL DEFAULT true
);
GRANT SELECT ON events.event_handlers TO graph_sitter_app;
CALL base.describe('events.event_handlers', 'Functions that process events, of all organizations', $$
    name: What its steps are logged as
    function_name: schema.function(uuid, timestamptz), called with an event's id and time
    source: Events of this source only; null: of any
    type_pattern: Types that it is called for, as LIKE matches them
    position: Lower ones are called first
    is_required: Whether the event is processed only when this succeeds
    is_active: Whether it is called
$$);

CREATE TABLE events.event_subscriptions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT event_subscriptions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT event_subscriptions_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    sources text[] NOT NULL DEFAULT '{}',
    categories text[] NOT NULL DEFAULT '{}',
    type_patterns text[] NOT NULL DEFAULT '{}',
    filter jsonpath,
    min_priority base.priority_level NOT NULL DEFAULT 'low',
    delivery_method text NOT NULL CONSTRAINT event_subscriptions_delivery_method_check
        CHECK (delivery_method IN ('notify', 'webhook', 'slack', 'email', 'task', 'workflow')),
    delivery_config jsonb NOT NULL DEFAULT '{}'
        CONSTRAINT event_subscriptions_secrets_by_reference CHECK (NOT delivery_config @?
            '$.** ? (@.type() == "object").keyvalue() ? (@.key like_regex "token|secret|password|api_?key|authorization" flag "i" && !(@.value like_regex "^(env|secret):[A-Za-z_][A-Za-z0-9_.-]*$"))'),
    workflow_id uuid,
    task_definition_id uuid,
    is_active boolean NOT NULL DEFAULT true,
    max_retries integer NOT NULL DEFAULT 3 CONSTRAINT event_subscriptions_max_retries_check CHECK (max_retries >= 0),
    retry_delay_seconds integer NOT NULL DEFAULT 60 CONSTRAINT event_subscriptions_retry_delay_check CHECK (retry_delay_seconds > 0),
    created_by uuid DEFAULT base.current_user_id() CONSTRAINT event_subscriptions_created_by_fkey REFERENCES base.users,
    CONSTRAINT event_subscriptions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT event_subscriptions_workflow_check CHECK (delivery_method <> 'workflow' OR workflow_id IS NOT NULL),
    CONSTRAINT event_subscriptions_task_check CHECK (delivery_method <> 'task' OR task_definition_id IS NOT NULL),
    CONSTRAINT event_subscriptions_workflow_fkey FOREIGN KEY (organization_id, workflow_id)
        REFERENCES tasks.workflows (organization_id, id),
    CONSTRAINT event_subscriptions_task_definition_fkey FOREIGN KEY (organization_id, task_definition_id)
        REFERENCES tasks.task_definitions (organization_id, id)
);
CREATE UNIQUE INDEX event_subscriptions_name_key ON events.event_subscriptions (organization_id, name) WHERE deleted_at IS NULL;
CREATE INDEX event_subscriptions_workflow_idx ON events.event_subscriptions (workflow_id);
CREATE INDEX event_subscriptions_task_definition_idx ON events.event_subscriptions (task_definition_id);
CREATE INDEX event_subscriptions_created_by_idx ON events.event_subscriptions (created_by);
CALL base.describe('events.event_subscriptions', 'Who is told of which events, and how', $$
    name: What people call it
    sources: Events of these sources only; empty: of any
    categories: Events of these categories only; empty: of any
    type_patterns: Types that match one of these as LIKE does; empty: any
    filter: What event_data must fulfil, such as $.action == "opened"
    min_priority: Less urgent events are left out
    delivery_method: notify: the NOTIFY of the delivery is all; task, workflow: one is made; others are sent by a program outside
    delivery_config: Where to and how; secrets only as env:NAME or secret:NAME
    workflow_id: The workflow that each event starts
    task_definition_id: What each event makes a task of
    is_active: Whether it applies
    max_retries: How often a delivery that failed is tried again
    retry_delay_seconds: Before the first retry; each further one waits twice as long as the one before
    created_by: Who made it; null for a service
$$);

CREATE TABLE events.event_deliveries (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT event_deliveries_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    subscription_id uuid NOT NULL,
    event_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'pending' CONSTRAINT event_deliveries_status_check
        CHECK (status IN ('pending', 'delivering', 'delivered', 'retrying', 'failed')),
    attempts integer NOT NULL DEFAULT 0 CONSTRAINT event_deliveries_attempts_check CHECK (attempts >= 0),
    next_attempt_at timestamptz DEFAULT now(),
    delivered_at timestamptz,
    response jsonb NOT NULL DEFAULT '{}',
    last_error text,
    CONSTRAINT event_deliveries_once_key UNIQUE (subscription_id, event_id),
    CONSTRAINT event_deliveries_open_check CHECK ((status IN ('pending', 'delivering', 'retrying')) = (next_attempt_at IS NOT NULL)),
    CONSTRAINT event_deliveries_delivered_check CHECK ((status = 'delivered') = (delivered_at IS NOT NULL)),
    CONSTRAINT event_deliveries_subscription_fkey FOREIGN KEY (organization_id, subscription_id)
        REFERENCES events.event_subscriptions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT event_deliveries_event_fkey FOREIGN KEY (organization_id, event_id, occurred_at)
        REFERENCES events.events (organization_id, id, occurred_at) ON DELETE CASCADE
);
CREATE INDEX event_deliveries_open_idx ON events.event_deliveries (next_attempt_at) WHERE status IN ('pending', 'delivering', 'retrying');
CREATE INDEX event_deliveries_event_idx ON events.event_deliveries (event_id, occurred_at);
CALL base.describe('events.event_deliveries', 'One event for one subscriber, and how telling them went', $$
    subscription_id: The subscription
    event_id: The event
    occurred_at: When it happened
    status: pending and retrying wait for a sender; delivering: a sender has it; delivered; failed: given up
    attempts: How often it was claimed
    next_attempt_at: When it may be claimed; while it is being delivered, when the sender is taken for dead
    delivered_at: When it succeeded
    response: What the receiver said
    last_error: Why the last attempt failed
$$);

CREATE TABLE events.event_processing_logs (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event_id uuid NOT NULL,
    handler text NOT NULL,
    attempt integer NOT NULL,
    success boolean NOT NULL,
    duration_ms double precision,
    error_message text,
    details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT event_processing_logs_pkey PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX event_processing_logs_event_idx ON events.event_processing_logs (event_id, started_at);
CALL base.describe('events.event_processing_logs', 'Every step of processing an event', $$
    started_at: When it began
    event_id: The event
    handler: The handler's name, or "subscription" and the subscription's
    attempt: Which attempt at the event it was part of
    success: Whether it succeeded
    duration_ms: How long it took
    error_message: Why it failed
    details: What else is to be told
$$);

CALL base.secure_table('events.event_types');
CALL base.secure_table('events.events', p_app => 'SELECT, INSERT, UPDATE');
CALL base.secure_table('events.event_keys', p_app => 'SELECT, INSERT');
CALL base.secure_table('events.github_events', p_app => 'SELECT, INSERT');
CALL base.secure_table('events.linear_events', p_app => 'SELECT, INSERT');
CALL base.secure_table('events.slack_events', p_app => 'SELECT, INSERT');
CALL base.secure_table('events.deployment_events', p_app => 'SELECT, INSERT');
CALL base.secure_table('events.event_subscriptions');
CALL base.secure_table('events.event_deliveries', p_app => 'SELECT, INSERT, UPDATE');
CALL base.secure_table('events.event_processing_logs', p_app => 'SELECT, INSERT');

-- functions: triggers

CREATE FUNCTION events.check_event_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> ALL (CASE OLD.status
        WHEN 'pending' THEN ARRAY['processing', 'retrying', 'processed', 'skipped', 'failed']
        WHEN 'processing' THEN ARRAY['pending', 'retrying', 'processed', 'skipped', 'failed']
        WHEN 'retrying' THEN ARRAY['pending', 'processing', 'processed', 'skipped', 'failed']
        WHEN 'processed' THEN '{}'
        ELSE ARRAY['pending'] END) THEN
        RAISE EXCEPTION 'an event that is % does not become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'events_status_transition';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION events.check_event_status() IS
    'Trigger: what is processed stays so, what failed or was skipped can only be queued anew';

CREATE FUNCTION events.check_event_handler() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_regprocedure(NEW.function_name) IS NULL THEN
        RAISE EXCEPTION 'there is no function %', NEW.function_name
            USING ERRCODE = 'undefined_function', CONSTRAINT = 'event_handlers_function_exists';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION events.check_event_handler() IS 'Trigger: a handler is a function that exists';

-- triggers

CREATE TRIGGER updated_at BEFORE UPDATE ON events.event_types
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON events.event_subscriptions
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON events.event_subscriptions
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER check_status BEFORE UPDATE OF status ON events.events
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION events.check_event_status();
CREATE TRIGGER check_function BEFORE INSERT OR UPDATE ON events.event_handlers
    FOR EACH ROW EXECUTE FUNCTION events.check_event_handler();
-- A row trigger of a partitioned table sees the partition: the table is named to it.
CREATE TRIGGER notify AFTER INSERT ON events.events
    FOR EACH ROW EXECUTE FUNCTION base.notify_change('graph_sitter_events', 'events.events');
CREATE TRIGGER notify AFTER INSERT ON events.event_deliveries
    FOR EACH ROW EXECUTE FUNCTION base.notify_change();

-- functions: recording

CREATE FUNCTION events.record_event(
    p_source text, p_type text, p_event_data jsonb DEFAULT '{}', p_occurred_at timestamptz DEFAULT now(),
    p_priority base.priority_level DEFAULT 'normal', p_deduplication_key text DEFAULT NULL, p_refs jsonb DEFAULT '{}')
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := gen_random_uuid();
    v_type events.event_types;
BEGIN
    SELECT * INTO v_type FROM events.event_types t
    WHERE t.organization_id = base.current_organization_id() AND t.source = p_source AND t.name = p_type AND t.is_active AND t.deleted_at IS NULL;
    -- One statement: the key refers to the event, and of two sessions with one key the later waits here for the first.
    WITH known AS (
        INSERT INTO events.event_keys (source, deduplication_key, event_id, occurred_at)
        SELECT p_source, p_deduplication_key, v_id, p_occurred_at WHERE p_deduplication_key IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING event_id
    )
    INSERT INTO events.events (id, occurred_at, source, type, event_data, priority, deduplication_key, event_type_id, status,
        category, title, external_id, actor, project_id, repository_id, task_id, correlation_id, metadata)
    SELECT v_id, p_occurred_at, p_source, p_type, p_event_data, p_priority, p_deduplication_key, v_type.id,
        CASE WHEN v_type.auto_process THEN 'pending' WHEN v_type.id IS NULL THEN 'pending' ELSE 'skipped' END,
        coalesce(p_refs ->> 'category', v_type.category), p_refs ->> 'title', p_refs ->> 'external_id', p_refs ->> 'actor',
        (p_refs ->> 'project_id')::uuid, (p_refs ->> 'repository_id')::uuid, (p_refs ->> 'task_id')::uuid, (p_refs ->> 'correlation_id')::uuid,
        coalesce(p_refs -> 'metadata', '{}')
    WHERE p_deduplication_key IS NULL OR EXISTS (SELECT FROM known);
    IF FOUND THEN
        RETURN v_id;
    END IF;
    RETURN (SELECT k.event_id FROM events.event_keys k
            WHERE k.organization_id = base.current_organization_id() AND k.source = p_source AND k.deduplication_key = p_deduplication_key);
END
$$;
COMMENT ON FUNCTION events.record_event(text, text, jsonb, timestamptz, base.priority_level, text, jsonb) IS
    'Record an event, once for each deduplication key; its id, or that of the first with this key. p_refs may hold category, title, external_id, actor, project_id, repository_id, task_id, correlation_id and metadata';

-- functions: processing

CREATE FUNCTION events.subscription_matches(p_event events.events, p_subscription events.event_subscriptions)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (p_subscription.sources = '{}' OR p_event.source = ANY (p_subscription.sources))
    AND (p_subscription.categories = '{}' OR coalesce(p_event.category = ANY (p_subscription.categories), false))
    AND (p_subscription.type_patterns = '{}' OR p_event.type LIKE ANY (p_subscription.type_patterns))
    AND p_event.priority >= p_subscription.min_priority
    AND base.filter_holds(p_subscription.filter, p_event.event_data);
COMMENT ON FUNCTION events.subscription_matches(events.events, events.event_subscriptions) IS
    'Whether an event is one that a subscription asks for, by everything it asks';

CREATE FUNCTION events.check_subscription_match(p_event_id uuid, p_occurred_at timestamptz, p_subscription_id uuid)
RETURNS boolean LANGUAGE sql STABLE
RETURN (SELECT events.subscription_matches(e, s) FROM events.events e
        JOIN events.event_subscriptions s ON s.organization_id = e.organization_id AND s.id = p_subscription_id
        WHERE e.id = p_event_id AND e.occurred_at = p_occurred_at);
COMMENT ON FUNCTION events.check_subscription_match(uuid, timestamptz, uuid) IS
    'Whether an event is one that a subscription asks for; null when either is not there';

CREATE FUNCTION events.make_task(p_event events.events, p_task_definition_id uuid, p_arguments jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_task uuid;
BEGIN
    INSERT INTO tasks.tasks (organization_id, title, task_type, task_definition_id, arguments, priority, project_id, repository_id)
    SELECT d.organization_id, format('%s: %s', d.name, coalesce(p_event.title, p_event.type)), d.task_type, d.id, p_arguments, p_event.priority,
        p_event.project_id, p_event.repository_id
    FROM tasks.task_definitions d
    WHERE d.organization_id = p_event.organization_id AND d.id = p_task_definition_id AND d.deleted_at IS NULL
    RETURNING id INTO v_task;
    IF v_task IS NULL THEN
        RAISE EXCEPTION 'there is no task definition %', p_task_definition_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN v_task;
END
$$;
COMMENT ON FUNCTION events.make_task(events.events, uuid, jsonb) IS
    'Make a task of an event, as urgent as the event and about the same project and repository';

CREATE FUNCTION events.deliver_event(p_event events.events, p_subscription events.event_subscriptions) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_done CONSTANT boolean := p_subscription.delivery_method IN ('notify', 'task', 'workflow');
    v_input CONSTANT jsonb := jsonb_build_object('event_id', p_event.id, 'occurred_at', p_event.occurred_at,
        'source', p_event.source, 'type', p_event.type, 'data', p_event.event_data);
    v_response jsonb := '{}';
    v_delivery bigint;
BEGIN
    IF p_subscription.delivery_method = 'task' THEN
        v_response := jsonb_build_object('task_id', events.make_task(p_event, p_subscription.task_definition_id, v_input));
    ELSIF p_subscription.delivery_method = 'workflow' THEN
        v_response := jsonb_build_object('workflow_execution_id', tasks.start_workflow(p_subscription.workflow_id, v_input, 'event'));
    END IF;
    INSERT INTO events.event_deliveries AS d (
        organization_id, subscription_id, event_id, occurred_at, status, attempts, next_attempt_at, delivered_at, response)
    VALUES (p_event.organization_id, p_subscription.id, p_event.id, p_event.occurred_at, CASE WHEN v_done THEN 'delivered' ELSE 'pending' END,
        v_done::integer, CASE WHEN NOT v_done THEN now() END, CASE WHEN v_done THEN now() END, v_response)
    RETURNING d.id INTO v_delivery;
    RETURN v_response || jsonb_build_object('delivery_id', v_delivery);
END
$$;
COMMENT ON FUNCTION events.deliver_event(events.events, events.event_subscriptions) IS
    'Tell a subscriber of an event, make the task or start the workflow that it asks for, or put it in the queue of the program that tells; what came of it';

CREATE FUNCTION events.log_step(
    p_event events.events, p_step text, p_started_at timestamptz, p_error text, p_details jsonb DEFAULT NULL)
RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO events.event_processing_logs (organization_id, started_at, event_id, handler, attempt, success, duration_ms, error_message, details)
    VALUES ((p_event).organization_id, p_started_at, (p_event).id, p_step, (p_event).attempts + 1, p_error IS NULL,
        extract(epoch FROM clock_timestamp() - p_started_at) * 1000, p_error, coalesce(p_details, '{}'));
END;
COMMENT ON FUNCTION events.log_step(events.events, text, timestamptz, text, jsonb) IS 'Note a step of processing an event; without an error it succeeded';

CREATE FUNCTION events.run_event_handlers(p_event events.events) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_handler events.event_handlers;
    v_started timestamptz;
    v_error text;
    v_errors text[] := '{}';
BEGIN
    FOR v_handler IN
        SELECT h.* FROM events.event_handlers h
        WHERE h.is_active AND coalesce(h.source, p_event.source) = p_event.source AND p_event.type LIKE h.type_pattern
          AND NOT (p_event.attempts > 0 AND EXISTS (
              SELECT FROM events.event_processing_logs l WHERE l.event_id = p_event.id AND l.handler = h.name AND l.success))
        ORDER BY h.position, h.name
    LOOP
        v_started := clock_timestamp();
        v_error := NULL;
        BEGIN
            EXECUTE format('SELECT %s($1, $2)', split_part(v_handler.function_name, '(', 1)) USING p_event.id, p_event.occurred_at;
            SET CONSTRAINTS ALL IMMEDIATE;  -- what would fail at the end would fail everybody
        EXCEPTION WHEN OTHERS THEN
            v_error := SQLERRM;
            IF v_handler.is_required THEN
                v_errors := v_errors || format('%s: %s', v_handler.name, v_error);
            END IF;
        END;
        PERFORM events.log_step(p_event, v_handler.name, v_started, v_error);
    END LOOP;
    RETURN nullif(array_to_string(v_errors, E'\n'), '');
END
$$;
COMMENT ON FUNCTION events.run_event_handlers(events.events) IS
    'Call the handlers of an event that have not succeeded before, each in a transaction of its own inside; the errors of required ones, null for none';

CREATE FUNCTION events.route_event(p_event events.events) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_subscription events.event_subscriptions;
    v_started timestamptz;
    v_details jsonb;
    v_error text;
    v_errors text[] := '{}';
BEGIN
    FOR v_subscription IN
        SELECT s.* FROM events.event_subscriptions s
        WHERE s.organization_id = p_event.organization_id AND s.is_active AND s.deleted_at IS NULL AND events.subscription_matches(p_event, s)
          AND NOT EXISTS (SELECT FROM events.event_deliveries d WHERE d.subscription_id = s.id AND d.event_id = p_event.id)
        ORDER BY s.name
    LOOP
        v_started := clock_timestamp();
        v_details := NULL;
        v_error := NULL;
        BEGIN
            v_details := events.deliver_event(p_event, v_subscription);
        EXCEPTION WHEN OTHERS THEN
            v_error := SQLERRM;
            v_errors := v_errors || format('subscription %s: %s', v_subscription.name, v_error);
        END;
        PERFORM events.log_step(p_event, 'subscription ' || v_subscription.name, v_started, v_error, v_details);
    END LOOP;
    RETURN nullif(array_to_string(v_errors, E'\n'), '');
END
$$;
COMMENT ON FUNCTION events.route_event(events.events) IS
    'Serve the subscriptions that ask for an event and were not served before; the errors, null for none';

CREATE FUNCTION events.process_pending_events(p_limit integer DEFAULT 100) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_most CONSTANT integer := 5;
    v_organization CONSTANT text := coalesce(current_setting('graph_sitter.organization_id', true), '');
    v_event events.events;
    v_error text;
    v_finished integer := 0;
BEGIN
    FOR v_event IN
        SELECT e.* FROM events.events e
        WHERE e.status IN ('pending', 'retrying') AND (e.next_attempt_at IS NULL OR e.next_attempt_at <= now())
        ORDER BY e.priority DESC, e.occurred_at
        LIMIT p_limit FOR UPDATE SKIP LOCKED
    LOOP
        -- What is made on account of an event belongs to its organization, whoever runs this.
        PERFORM set_config('graph_sitter.organization_id', v_event.organization_id::text, true);
        v_error := nullif(concat_ws(E'\n', events.run_event_handlers(v_event), events.route_event(v_event)), '');
        UPDATE events.events e SET
            attempts = v_event.attempts + 1,
            status = CASE WHEN v_error IS NULL THEN 'processed' WHEN v_event.attempts + 1 >= v_most THEN 'failed' ELSE 'retrying' END,
            processed_at = CASE WHEN v_error IS NULL THEN clock_timestamp() END,
            next_attempt_at = CASE WHEN v_error IS NOT NULL AND v_event.attempts + 1 < v_most THEN now() + interval '1 minute' * 2 ^ v_event.attempts END,
            last_error = v_error
        WHERE e.id = v_event.id AND e.occurred_at = v_event.occurred_at;
        v_finished := v_finished + (v_error IS NULL OR v_event.attempts + 1 >= v_most)::integer;
    END LOOP;
    PERFORM set_config('graph_sitter.organization_id', v_organization, true);
    RETURN v_finished;
END
$$;
COMMENT ON FUNCTION events.process_pending_events(integer) IS
    'Process up to so many events that are due, most urgent and oldest first, beside other workers: handlers, then subscriptions. What fails is tried again after 1, 2, 4 and 8 minutes, then given up; how many are processed or given up';

CREATE FUNCTION events.requeue_event(p_event_id uuid, p_occurred_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE events.events e SET status = 'pending', attempts = 0
    WHERE e.id = p_event_id AND e.occurred_at = p_occurred_at AND e.status IN ('failed', 'skipped');
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION events.requeue_event(uuid, timestamptz) IS
    'Have an event that was given up or skipped processed after all; whether it was one';

-- functions: deliveries

CREATE FUNCTION events.claim_event_deliveries(p_method text, p_limit integer DEFAULT 100) RETURNS SETOF events.event_deliveries LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH due AS (
        SELECT d.id, d.attempts > s.max_retries AS is_spent
        FROM events.event_deliveries d
        JOIN events.event_subscriptions s ON s.organization_id = d.organization_id AND s.id = d.subscription_id
        WHERE d.status IN ('pending', 'delivering', 'retrying') AND d.next_attempt_at <= now()
          AND s.delivery_method = p_method AND s.is_active AND s.deleted_at IS NULL
        ORDER BY d.next_attempt_at, d.id
        LIMIT p_limit FOR UPDATE OF d SKIP LOCKED
    ), claimed AS (
        UPDATE events.event_deliveries d SET
            status = CASE WHEN due.is_spent THEN 'failed' ELSE 'delivering' END,
            attempts = d.attempts + (NOT due.is_spent)::integer,
            next_attempt_at = CASE WHEN NOT due.is_spent THEN now() + interval '5 minutes' END,
            last_error = CASE WHEN d.status = 'delivering' THEN 'the sender did not report within 5 minutes' ELSE d.last_error END
        FROM due WHERE d.id = due.id
        RETURNING d.*
    )
    SELECT * FROM claimed c WHERE c.status = 'delivering' ORDER BY c.id;
END
$$;
COMMENT ON FUNCTION events.claim_event_deliveries(text, integer) IS
    'Take deliveries that are due to send them by this method; who does not report within five minutes loses them to the next';

CREATE FUNCTION events.complete_event_delivery(p_id bigint, p_success boolean, p_response jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_status text;
BEGIN
    UPDATE events.event_deliveries d SET
        status = CASE WHEN p_success THEN 'delivered' WHEN d.attempts > s.max_retries THEN 'failed' ELSE 'retrying' END,
        delivered_at = CASE WHEN p_success THEN now() END,
        next_attempt_at = CASE WHEN NOT p_success AND d.attempts <= s.max_retries
            THEN now() + s.retry_delay_seconds * interval '1 second' * 2 ^ (d.attempts - 1) END,
        response = p_response,
        last_error = CASE WHEN NOT p_success THEN coalesce(p_response ->> 'error', p_response::text) END
    FROM events.event_subscriptions s
    WHERE d.id = p_id AND d.status = 'delivering' AND s.organization_id = d.organization_id AND s.id = d.subscription_id
    RETURNING d.status INTO v_status;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'delivery % is not being delivered', p_id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Claim it with claim_event_deliveries() first.';
    END IF;
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION events.complete_event_delivery(bigint, boolean, jsonb) IS
    'Report how a claimed delivery went; what becomes of it: delivered, retrying, or failed when no retry is left';

-- functions: how it goes

CREATE FUNCTION events.events_performance_analysis() RETURNS TABLE (analysis_type text, metrics jsonb, analyzed_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH considered AS (
        SELECT e.source, e.status, e.received_at, extract(epoch FROM e.processed_at - e.received_at) AS seconds, false AS is_open
        FROM events.events e WHERE e.occurred_at >= now() - interval '30 days' AND e.status NOT IN ('pending', 'retrying')
        UNION ALL
        SELECT e.source, e.status, e.received_at, NULL, true
        FROM events.events e WHERE e.status IN ('pending', 'retrying')
    )
    SELECT coalesce('source:' || t.source, 'all'), jsonb_build_object(
            'status', CASE WHEN count(t.status) = 0 THEN 'no data' ELSE 'ok' END,
            'events', nullif(count(t.status), 0),
            'avg_seconds', round(avg(t.seconds), 3),
            'median_seconds', round((percentile_cont(0.5) WITHIN GROUP (ORDER BY t.seconds))::numeric, 3),
            'p95_seconds', round((percentile_cont(0.95) WITHIN GROUP (ORDER BY t.seconds))::numeric, 3),
            'events_per_hour_last_24h', CASE WHEN count(t.status) > 0 THEN
                round(count(*) FILTER (WHERE t.received_at > now() - interval '24 hours') / 24.0, 2) END,
            'processing_success_rate', round(100.0 * count(*) FILTER (WHERE t.status = 'processed')
                / nullif(count(*) FILTER (WHERE t.status IN ('processed', 'failed')), 0), 2),
            'backlog_size', CASE WHEN count(t.status) > 0 THEN count(*) FILTER (WHERE t.is_open) END,
            'oldest_pending_seconds', round(extract(epoch FROM now() - min(t.received_at) FILTER (WHERE t.is_open)), 3)), now()
    FROM considered t
    GROUP BY GROUPING SETS ((), (t.source))
    ORDER BY grouping(t.source) DESC, t.source;
END;
COMMENT ON FUNCTION events.events_performance_analysis() IS
    'How events of the last 30 days, and all that still wait, are processed, all together and by source; without any: nulls and "no data"';

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION events.cleanup_old_events() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_usual CONSTANT interval := (SELECT p.retention FROM base.data_retention_policies p WHERE p.table_name = 'events.events');
    v_longest CONSTANT interval := greatest(v_usual, (SELECT max(t.retention_days) * interval '1 day' FROM events.event_types t));
    v_removed bigint;
    v_dropped bigint;
BEGIN
    DELETE FROM events.events e WHERE e.occurred_at < now() - coalesce(
        (SELECT t.retention_days * interval '1 day' FROM events.event_types t WHERE t.id = e.event_type_id), v_usual)
      -- What stays longest leaves by the partition below, which costs nothing.
      AND coalesce((SELECT t.retention_days * interval '1 day' FROM events.event_types t WHERE t.id = e.event_type_id), v_usual) < v_longest;
    GET DIAGNOSTICS v_removed = ROW_COUNT;
    SELECT sum(r.rows_removed) INTO v_dropped FROM base.apply_retention('events.events', v_longest) r;
    RETURN v_removed + coalesce(v_dropped, 0);
END
$$;
COMMENT ON FUNCTION events.cleanup_old_events() IS
    'Let events leave that are older than their type allows, or else than the policy of events.events, with their details, keys and deliveries; how many left';
REVOKE EXECUTE ON FUNCTION events.cleanup_old_events() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION events.cleanup_old_events() TO graph_sitter_owner;

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

CREATE VIEW events.event_summary AS
SELECT (e.occurred_at AT TIME ZONE 'UTC')::date AS day, e.source, e.type, count(*) AS count,
    count(*) FILTER (WHERE e.status = 'processed') AS processed,
    count(*) FILTER (WHERE e.status = 'failed') AS failed,
    count(*) FILTER (WHERE e.status IN ('pending', 'processing', 'retrying')) AS pending,
    round(avg(extract(epoch FROM e.processed_at - e.received_at)), 3) AS avg_seconds, e.organization_id
FROM events.events e
GROUP BY 1, 2, 3, e.organization_id;
CALL base.describe('events.event_summary', 'What happened on each day, and what became of it', $$
    day: The day, in UTC
    source: Where it happened
    type: What happened
    count: Events
    processed: Those of them that are processed
    failed: Those that were given up
    pending: Those that wait, for the first time or again
    avg_seconds: Mean time from coming here to being processed
$$);

CREATE VIEW events.repository_activity AS
SELECT r.id AS repository_id, r.full_name, coalesce(a.events_by_source, '{}') AS events_by_source, a.last_activity_at,
    (SELECT count(DISTINCT (e.occurred_at AT TIME ZONE 'UTC')::date) FROM events.events e
     WHERE e.repository_id = r.id AND e.occurred_at > now() - interval '30 days' AND e.occurred_at <= now()) AS active_days, r.organization_id
FROM projects.repositories r
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(s.source, s.n) AS events_by_source, max(s.latest) AS last_activity_at
    FROM (SELECT e.source, count(*) AS n, max(e.occurred_at) AS latest FROM events.events e WHERE e.repository_id = r.id GROUP BY e.source) s
) a ON true
WHERE r.deleted_at IS NULL;
CALL base.describe('events.repository_activity', 'What happens to each live repository', $$
    repository_id: The repository
    full_name: owner/name at its provider
    events_by_source: Number of stored events by source
    last_activity_at: When the newest of them happened
    active_days: Days with events, of the last 30
$$);

CREATE VIEW events.subscription_performance AS
SELECT s.id AS subscription_id, s.name, s.delivery_method, s.is_active, d.deliveries, d.delivered, d.failed, d.open,
    round(100.0 * d.delivered / nullif(d.delivered + d.failed, 0), 2) AS success_rate_percent, d.oldest_open_at, s.organization_id
FROM events.event_subscriptions s
CROSS JOIN LATERAL (
    SELECT count(*) AS deliveries, count(*) FILTER (WHERE d.status = 'delivered') AS delivered, count(*) FILTER (WHERE d.status = 'failed') AS failed,
        count(*) FILTER (WHERE d.status NOT IN ('delivered', 'failed')) AS open,
        min(d.created_at) FILTER (WHERE d.status NOT IN ('delivered', 'failed')) AS oldest_open_at
    FROM events.event_deliveries d WHERE d.subscription_id = s.id
) d
WHERE s.deleted_at IS NULL;
CALL base.describe('events.subscription_performance', 'How telling each live subscriber goes', $$
    subscription_id: The subscription
    name: What people call it
    delivery_method: How they are told
    is_active: Whether it applies
    deliveries: Deliveries
    delivered: Those that succeeded
    failed: Those that were given up
    open: Those that wait or are on their way
    success_rate_percent: Share that succeeded of those that ended; null before the first
    oldest_open_at: Since when the oldest open one waits
$$);

CREATE VIEW events.dead_letters AS
SELECT 'event' AS kind, e.id AS event_id, e.occurred_at, NULL::bigint AS delivery_id, NULL::text AS subscription, e.source, e.type, e.title,
    e.attempts, e.last_error, e.organization_id
FROM events.events e WHERE e.status = 'failed'
UNION ALL
SELECT 'delivery', e.id, e.occurred_at, d.id, s.name, e.source, e.type, e.title, d.attempts, d.last_error, e.organization_id
FROM events.event_deliveries d
JOIN events.event_subscriptions s ON s.organization_id = d.organization_id AND s.id = d.subscription_id
JOIN events.events e ON e.organization_id = d.organization_id AND e.id = d.event_id AND e.occurred_at = d.occurred_at
WHERE d.status = 'failed';
CALL base.describe('events.dead_letters', 'Events and deliveries that were given up; requeue_event() gives an event another chance', $$
    kind: event or delivery
    event_id: The event
    occurred_at: When it happened
    delivery_id: The delivery; null for an event
    subscription: Whom it was to reach; null for an event
    source: Where the event happened
    type: What happened
    title: A line for people
    attempts: How often it was tried
    last_error: Why the last attempt failed
$$);

-- data and partitions

CREATE TABLE events.events_default PARTITION OF events.events DEFAULT;
CREATE TABLE events.event_processing_logs_default PARTITION OF events.event_processing_logs DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval) VALUES
    ('events.events', 'occurred_at', '90 days', 'drop', '7 days'),
    ('events.event_processing_logs', 'started_at', '30 days', 'drop', '7 days');

CALL base.finish_schema('events');
DO $$ BEGIN PERFORM base.ensure_partitions('events.events'), base.ensure_partitions('events.event_processing_logs'); END $$;
CALL base.record_module('events', 'Events, their processing, subscriptions, deliveries');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 08_integrations: connections to GitHub, Linear and Slack, what they deliver, and which of their ids are which of ours.

CREATE SCHEMA integrations AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA integrations IS 'GitHub, Linear, Slack: connections, webhooks, mapping of identities';
GRANT USAGE ON SCHEMA integrations TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- types

CREATE DOMAIN integrations.sync_status AS text CONSTRAINT sync_status_check CHECK (VALUE IN ('active', 'paused', 'error', 'expired', 'disabled'));
COMMENT ON DOMAIN integrations.sync_status IS 'Whether two systems are kept alike';
CREATE DOMAIN integrations.platform AS text CONSTRAINT platform_check CHECK (VALUE IN ('github', 'linear', 'slack'));
COMMENT ON DOMAIN integrations.platform IS 'A system that can be connected';

-- tables

CREATE TABLE integrations.github_integrations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT github_integrations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    project_id uuid NOT NULL,
    repository_owner text NOT NULL,
    repository_name text NOT NULL,
    installation_id text,
    access_token_ref base.secret_ref,
    access_token_hash base.sha256,
    webhook_id text,
    webhook_url text,
    webhook_secret base.secret_ref,
    permissions jsonb NOT NULL DEFAULT '{}',
    sync_settings jsonb NOT NULL DEFAULT '{}',
    last_sync_at timestamptz,
    sync_status integrations.sync_status NOT NULL DEFAULT 'active',
    last_error text,
    CONSTRAINT github_integrations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT github_integrations_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id),
    CONSTRAINT github_integrations_repository_key UNIQUE (project_id, repository_owner, repository_name)
);
CALL base.describe('integrations.github_integrations', 'Repositories at GitHub that a project is connected to', $$
    project_id: The project
    repository_owner: The first part of the repository's name
    repository_name: The last part
    installation_id: The GitHub app's installation
    access_token_ref: Where the access token is found
    access_token_hash: SHA-256 of the current token, to recognise it
    webhook_id: Its webhook at GitHub
    webhook_url: Where GitHub delivers to
    webhook_secret: Where the secret that deliveries are signed with is found
    permissions: What the token may do
    sync_settings: What is kept alike, and how
    last_sync_at: When it last was
    sync_status: Whether it is
    last_error: Why not
$$);

CREATE TABLE integrations.linear_integrations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT linear_integrations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    project_id uuid NOT NULL,
    team_id text NOT NULL,
    workspace_id text,
    api_key_ref base.secret_ref,
    api_key_hash base.sha256,
    webhook_id text,
    webhook_secret base.secret_ref,
    sync_settings jsonb NOT NULL DEFAULT '{}',
    last_sync_at timestamptz,
    sync_status integrations.sync_status NOT NULL DEFAULT 'active',
    last_error text,
    CONSTRAINT linear_integrations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT linear_integrations_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id),
    CONSTRAINT linear_integrations_team_key UNIQUE (project_id, team_id)
);
CALL base.describe('integrations.linear_integrations', 'Teams at Linear that a project is connected to', $$
    project_id: The project
    team_id: The team
    workspace_id: The workspace it belongs to
    api_key_ref: Where the API key is found
    api_key_hash: SHA-256 of the current key, to recognise it
    webhook_id: Its webhook at Linear
    webhook_secret: Where the secret that deliveries are signed with is found
    sync_settings: What is kept alike, and how
    last_sync_at: When it last was
    sync_status: Whether it is
    last_error: Why not
$$);

CREATE TABLE integrations.slack_integrations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT slack_integrations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    project_id uuid NOT NULL,
    workspace_id text NOT NULL,
    channel_id text,
    bot_token_ref base.secret_ref,
    bot_token_hash base.sha256,
    signing_secret base.secret_ref,
    webhook_url_ref base.secret_ref,
    notification_settings jsonb NOT NULL DEFAULT '{}',
    last_sync_at timestamptz,
    sync_status integrations.sync_status NOT NULL DEFAULT 'active',
    last_error text,
    CONSTRAINT slack_integrations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT slack_integrations_project_fkey FOREIGN KEY (organization_id, project_id)
        REFERENCES projects.projects (organization_id, id)
);
CREATE UNIQUE INDEX slack_integrations_channel_key ON integrations.slack_integrations (project_id, workspace_id, coalesce(channel_id, ''));
CALL base.describe('integrations.slack_integrations', 'Channels at Slack that a project is connected to', $$
    project_id: The project
    workspace_id: The workspace
    channel_id: The channel; null: whatever the workspace delivers
    bot_token_ref: Where the bot's token is found
    bot_token_hash: SHA-256 of the current token, to recognise it
    signing_secret: Where the secret that deliveries are signed with is found
    webhook_url_ref: Where the address to write to, a secret too, is found
    notification_settings: What is told there
    last_sync_at: When it last was kept alike
    sync_status: Whether it is
    last_error: Why not
$$);

CREATE TABLE integrations.integration_events (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT integration_events_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    integration_type integrations.platform NOT NULL,
    github_integration_id uuid,
    linear_integration_id uuid,
    slack_integration_id uuid,
    integration_id uuid GENERATED ALWAYS AS (coalesce(github_integration_id, linear_integration_id, slack_integration_id)) STORED,
    event_type text NOT NULL,
    external_event_id text,
    event_data jsonb NOT NULL DEFAULT '{}',
    headers jsonb NOT NULL DEFAULT '{}',
    signature_verified boolean NOT NULL,
    processed boolean NOT NULL DEFAULT false,
    processed_at timestamptz,
    error_message text,
    retry_count integer NOT NULL DEFAULT 0 CONSTRAINT integration_events_retry_count_check CHECK (retry_count >= 0),
    event_id uuid,
    CONSTRAINT integration_events_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT integration_events_github_integration_fkey FOREIGN KEY (organization_id, github_integration_id)
        REFERENCES integrations.github_integrations (organization_id, id),
    CONSTRAINT integration_events_linear_integration_fkey FOREIGN KEY (organization_id, linear_integration_id)
        REFERENCES integrations.linear_integrations (organization_id, id),
    CONSTRAINT integration_events_slack_integration_fkey FOREIGN KEY (organization_id, slack_integration_id)
        REFERENCES integrations.slack_integrations (organization_id, id),
    CONSTRAINT integration_events_one_integration_check CHECK (num_nonnulls(github_integration_id, linear_integration_id, slack_integration_id) = 1),
    CONSTRAINT integration_events_integration_type_check CHECK (CASE integration_type WHEN 'github' THEN github_integration_id WHEN 'linear' THEN linear_integration_id ELSE slack_integration_id END IS NOT NULL),
    CONSTRAINT integration_events_processed_check CHECK (processed = (processed_at IS NOT NULL) AND (signature_verified OR NOT processed))
) PARTITION BY RANGE (created_at);
CREATE INDEX integration_events_type_idx ON integrations.integration_events (integration_type, created_at);
CREATE INDEX integration_events_integration_idx ON integrations.integration_events (organization_id, integration_id, created_at);
CREATE INDEX integration_events_external_event_idx ON integrations.integration_events (external_event_id) WHERE external_event_id IS NOT NULL;
CREATE INDEX integration_events_open_idx ON integrations.integration_events (created_at) WHERE NOT processed;
CREATE INDEX integration_events_github_integration_idx ON integrations.integration_events (github_integration_id) WHERE github_integration_id IS NOT NULL;
CREATE INDEX integration_events_linear_integration_idx ON integrations.integration_events (linear_integration_id) WHERE linear_integration_id IS NOT NULL;
CREATE INDEX integration_events_slack_integration_idx ON integrations.integration_events (slack_integration_id) WHERE slack_integration_id IS NOT NULL;
CALL base.describe('integrations.integration_events', 'Deliveries of webhooks, as they came', $$
    integration_type: Where it came from
    github_integration_id: The connection, if it is GitHub's
    linear_integration_id: The connection, if it is Linear's
    slack_integration_id: The connection, if it is Slack's
    integration_id: The connection, whichever it is
    event_type: What happened, in the words of the platform
    external_event_id: By which a delivery that is repeated is recognised
    event_data: What was delivered
    headers: With which headers, but for those that authorize
    signature_verified: Whether the signature was right; what is not is never processed
    processed: Whether it became an event
    processed_at: When
    error_message: Why it did not
    retry_count: How often that was tried again
    event_id: The event, which may leave before this does
$$);

CREATE TABLE integrations.external_entity_mappings (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT external_entity_mappings_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT external_entity_mappings_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    platform text NOT NULL
        CONSTRAINT external_entity_mappings_platform_check CHECK (platform IN ('github', 'linear', 'slack', 'codegen')),
    external_type text NOT NULL,
    external_id text NOT NULL,
    external_url text,
    internal_type text NOT NULL,
    internal_id uuid NOT NULL,
    sync_status integrations.sync_status NOT NULL DEFAULT 'active',
    last_synced_at timestamptz,
    CONSTRAINT external_entity_mappings_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT external_entity_mappings_external_key UNIQUE (organization_id, platform, external_type, external_id)
);
CREATE INDEX external_entity_mappings_internal_idx ON integrations.external_entity_mappings (internal_type, internal_id);
CALL base.describe('integrations.external_entity_mappings', 'Which thing elsewhere is which row here', $$
    platform: Where the other is
    external_type: What it is there
    external_id: Its id there
    external_url: Where it is looked at
    internal_type: The table here
    internal_id: The row
    sync_status: Whether the two are kept alike
    last_synced_at: When they last were
$$);

CALL base.secure_table('integrations.github_integrations', 'can_administer');
CALL base.secure_table('integrations.linear_integrations', 'can_administer');
CALL base.secure_table('integrations.slack_integrations', 'can_administer');
CALL base.secure_table('integrations.integration_events', p_app => 'SELECT, INSERT, UPDATE');
CALL base.secure_table('integrations.external_entity_mappings');
CALL base.track_updates('integrations');

-- triggers

CREATE FUNCTION integrations.check_secret_ref() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(NEW);
    v_missing text;
BEGIN
    SELECT string_agg(format('%s of %s', v_row ->> a.attname, a.attname), ', ') INTO v_missing
    FROM pg_attribute a
    WHERE a.attrelid = TG_RELID AND a.atttypid = 'base.secret_ref'::regtype AND v_row ->> a.attname LIKE 'secret:%'
      AND NOT EXISTS (SELECT FROM base.secrets s
                      WHERE s.organization_id = NEW.organization_id AND 'secret:' || s.name = v_row ->> a.attname AND s.revoked_at IS NULL);
    IF v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'the organization has no secret %', v_missing
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_TABLE_NAME || '_secret_ref', HINT = 'Store it in base.secrets first.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION integrations.check_secret_ref() IS 'Trigger: a secret:NAME names an unrevoked secret of the organization';

CREATE TRIGGER check_secret_ref BEFORE INSERT OR UPDATE ON integrations.github_integrations
    FOR EACH ROW EXECUTE FUNCTION integrations.check_secret_ref();
CREATE TRIGGER check_secret_ref BEFORE INSERT OR UPDATE ON integrations.linear_integrations
    FOR EACH ROW EXECUTE FUNCTION integrations.check_secret_ref();
CREATE TRIGGER check_secret_ref BEFORE INSERT OR UPDATE ON integrations.slack_integrations
    FOR EACH ROW EXECUTE FUNCTION integrations.check_secret_ref();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON integrations.github_integrations
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON integrations.linear_integrations
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON integrations.slack_integrations
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();

-- functions: from deliveries to events

CREATE FUNCTION integrations.store_details(p_delivery integrations.integration_events, p_event_id uuid, p_occurred_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    d CONSTANT jsonb := p_delivery.event_data;
BEGIN
    IF p_delivery.integration_type = 'github' THEN
        INSERT INTO events.github_events (organization_id, event_id, occurred_at, delivery_id, github_type, action, repo_full_name, ref, base_ref, head_ref,
            commit_sha, commit_message, pr_number, pr_title, pr_state, pr_merged, issue_number, issue_title, issue_state,
            workflow_name, run_id, run_status, run_conclusion, actor_login)
        VALUES (p_delivery.organization_id, p_event_id, p_occurred_at, p_delivery.external_event_id, p_delivery.event_type, d ->> 'action',
            d #>> '{repository,full_name}', d ->> 'ref', d #>> '{pull_request,base,ref}', d #>> '{pull_request,head,ref}',
            coalesce(d ->> 'after', d #>> '{pull_request,head,sha}', d #>> '{workflow_run,head_sha}', d ->> 'sha'),
            coalesce(d #>> '{head_commit,message}', d #>> '{workflow_run,head_commit,message}'),
            (d #>> '{pull_request,number}')::integer, d #>> '{pull_request,title}', d #>> '{pull_request,state}', (d #>> '{pull_request,merged}')::boolean,
            (d #>> '{issue,number}')::integer, d #>> '{issue,title}', d #>> '{issue,state}',
            d #>> '{workflow_run,name}', (d #>> '{workflow_run,id}')::bigint, d #>> '{workflow_run,status}', d #>> '{workflow_run,conclusion}',
            d #>> '{sender,login}');
    ELSIF p_delivery.integration_type = 'linear' AND d #>> '{data,id}' IS NOT NULL AND d ->> 'action' IS NOT NULL THEN
        INSERT INTO events.linear_events (organization_id, event_id, occurred_at, linear_id, linear_type, action, team_id, team_key, issue_identifier, issue_number,
            state_name, actor_id, actor_name, changes, previous_values)
        VALUES (p_delivery.organization_id, p_event_id, p_occurred_at, d #>> '{data,id}', coalesce(d ->> 'type', p_delivery.event_type), d ->> 'action',
            coalesce(d #>> '{data,team,id}', d #>> '{data,teamId}'), d #>> '{data,team,key}', d #>> '{data,identifier}', (d #>> '{data,number}')::integer,
            d #>> '{data,state,name}', d #>> '{actor,id}', d #>> '{actor,name}',
            (SELECT coalesce(jsonb_object_agg(k, d -> 'data' -> k), '{}') FROM jsonb_object_keys(coalesce(d -> 'updatedFrom', '{}')) AS k),
            coalesce(d -> 'updatedFrom', '{}'));
    ELSIF p_delivery.integration_type = 'slack' THEN
        INSERT INTO events.slack_events (organization_id, event_id, occurred_at, slack_event_id, slack_type, workspace_id, channel_id, channel_name, message_ts,
            thread_ts, message_text, user_id, bot_id, reaction_name, files)
        VALUES (p_delivery.organization_id, p_event_id, p_occurred_at, d ->> 'event_id', coalesce(d #>> '{event,type}', p_delivery.event_type), d ->> 'team_id',
            coalesce(d #>> '{event,channel}', d #>> '{event,item,channel}'), d #>> '{event,channel_name}',
            coalesce(d #>> '{event,item,ts}', d #>> '{event,ts}'), d #>> '{event,thread_ts}', d #>> '{event,text}', d #>> '{event,user}',
            d #>> '{event,bot_id}', d #>> '{event,reaction}', coalesce(d #> '{event,files}', '[]'));
    END IF;
END
$$;
COMMENT ON FUNCTION integrations.store_details(integrations.integration_events, uuid, timestamptz) IS
    'Fill the detail table of a delivery''s platform, as far as the delivery tells';

CREATE FUNCTION integrations.normalize_delivery(p_delivery integrations.integration_events) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_organization CONSTANT text := coalesce(current_setting('graph_sitter.organization_id', true), '');
    d CONSTANT jsonb := p_delivery.event_data;
    v_occurred_at timestamptz := p_delivery.created_at;
    v_event uuid;
    v_error text;
BEGIN
    -- What is made of a delivery belongs to its organization, whoever runs this.
    PERFORM set_config('graph_sitter.organization_id', p_delivery.organization_id::text, true);
    BEGIN
        v_occurred_at := CASE p_delivery.integration_type WHEN 'linear' THEN coalesce((d ->> 'createdAt')::timestamptz, v_occurred_at)
                                                          WHEN 'slack' THEN coalesce(to_timestamp((d ->> 'event_time')::double precision), v_occurred_at)
                                                          ELSE v_occurred_at END;
        v_event := events.record_event(p_delivery.integration_type, p_delivery.event_type, d, v_occurred_at, p_refs => jsonb_strip_nulls(jsonb_build_object(
            'external_id', p_delivery.external_event_id,
            'title', coalesce(d #>> '{pull_request,title}', d #>> '{issue,title}', d #>> '{data,title}'),
            'actor', coalesce(d #>> '{sender,login}', d #>> '{actor,name}', d #>> '{event,user}'),
            'project_id', coalesce(
                (SELECT g.project_id FROM integrations.github_integrations g WHERE g.id = p_delivery.github_integration_id),
                (SELECT l.project_id FROM integrations.linear_integrations l WHERE l.id = p_delivery.linear_integration_id),
                (SELECT s.project_id FROM integrations.slack_integrations s WHERE s.id = p_delivery.slack_integration_id)),
            'repository_id', (SELECT r.id FROM projects.repositories r
                WHERE p_delivery.integration_type = 'github' AND r.organization_id = p_delivery.organization_id AND r.provider = 'github'
                  AND r.full_name = d #>> '{repository,full_name}' AND r.deleted_at IS NULL))));
        PERFORM integrations.store_details(p_delivery, v_event, v_occurred_at);
    EXCEPTION WHEN OTHERS THEN
        v_event := NULL;
        v_error := SQLERRM;
    END;
    UPDATE integrations.integration_events i
    SET processed = v_event IS NOT NULL, processed_at = CASE WHEN v_event IS NOT NULL THEN clock_timestamp() END, event_id = v_event, error_message = v_error
    WHERE i.id = p_delivery.id AND i.created_at = p_delivery.created_at;
    PERFORM set_config('graph_sitter.organization_id', v_organization, true);
    RETURN v_event;
END
$$;
COMMENT ON FUNCTION integrations.normalize_delivery(integrations.integration_events) IS
    'Make an event, with what its platform tells, of a delivery; when that fails, note why and return null';

CREATE FUNCTION integrations.record_webhook(
    p_platform text, p_integration_id uuid, p_external_event_id text, p_event_type text, p_payload jsonb, p_headers jsonb, p_signature_verified boolean)
RETURNS TABLE (integration_event_id bigint, event_id uuid, is_new boolean) LANGUAGE plpgsql AS $$
DECLARE
    v_delivery integrations.integration_events;
BEGIN
    -- Of two sessions with one delivery the later waits here for the first.
    PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(':', 'graph_sitter.delivery', p_integration_id, p_external_event_id), 0))
    WHERE p_external_event_id IS NOT NULL;
    SELECT i.* INTO v_delivery FROM integrations.integration_events i
    WHERE i.external_event_id = p_external_event_id AND i.integration_id = p_integration_id AND i.signature_verified >= p_signature_verified
    ORDER BY i.signature_verified DESC LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT v_delivery.id, v_delivery.event_id, false;
        RETURN;
    END IF;
    INSERT INTO integrations.integration_events (integration_type, github_integration_id, linear_integration_id, slack_integration_id,
        event_type, external_event_id, event_data, headers, signature_verified)
    VALUES (p_platform, CASE p_platform WHEN 'github' THEN p_integration_id END, CASE p_platform WHEN 'linear' THEN p_integration_id END,
        CASE p_platform WHEN 'slack' THEN p_integration_id END, p_event_type, p_external_event_id, p_payload,
        (SELECT coalesce(jsonb_object_agg(h.key, h.value), '{}') FROM jsonb_each(p_headers) h WHERE h.key !~* 'authorization|cookie|token|secret|api-?key'),
        p_signature_verified)
    RETURNING * INTO v_delivery;
    RETURN QUERY SELECT v_delivery.id, CASE WHEN p_signature_verified THEN integrations.normalize_delivery(v_delivery) END, true;
END
$$;
COMMENT ON FUNCTION integrations.record_webhook(text, uuid, text, text, jsonb, jsonb, boolean) IS
    'Keep a delivery and, if its signature was verified, make an event of it; a delivery that is repeated is recognised by its external id';

CREATE FUNCTION integrations.process_integration_events(p_limit integer DEFAULT 100) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_delivery integrations.integration_events;
    v_processed integer := 0;
BEGIN
    FOR v_delivery IN
        WITH due AS (
            SELECT o.id, o.created_at FROM integrations.integration_events o
            WHERE NOT o.processed AND o.signature_verified AND o.retry_count < 5
            ORDER BY o.created_at LIMIT p_limit FOR UPDATE SKIP LOCKED
        )
        UPDATE integrations.integration_events i SET retry_count = i.retry_count + 1
        FROM due WHERE i.id = due.id AND i.created_at = due.created_at RETURNING i.*
    LOOP
        v_processed := v_processed + (integrations.normalize_delivery(v_delivery) IS NOT NULL)::integer;
    END LOOP;
    RETURN v_processed;
END
$$;
COMMENT ON FUNCTION integrations.process_integration_events(integer) IS
    'Try again, five times at most, to make events of verified deliveries that failed to become one; how many succeeded';

-- views

CREATE VIEW integrations.integration_overview AS
SELECT c.platform, c.integration_id, p.name AS project, c.target, c.sync_status, c.last_sync_at, e.events_24h, e.failures_24h, e.oldest_unprocessed_at,
    c.project_id, c.organization_id
FROM (
    SELECT 'github' AS platform, g.id AS integration_id, g.project_id, g.repository_owner || '/' || g.repository_name AS target, g.sync_status, g.last_sync_at,
        g.organization_id FROM integrations.github_integrations g
    UNION ALL
    SELECT 'linear', l.id, l.project_id, l.team_id, l.sync_status, l.last_sync_at, l.organization_id FROM integrations.linear_integrations l
    UNION ALL
    SELECT 'slack', s.id, s.project_id, concat_ws('/', s.workspace_id, s.channel_id), s.sync_status, s.last_sync_at, s.organization_id
    FROM integrations.slack_integrations s
) c
JOIN projects.projects p ON p.organization_id = c.organization_id AND p.id = c.project_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE i.created_at > now() - interval '24 hours') AS events_24h,
        count(*) FILTER (WHERE i.created_at > now() - interval '24 hours' AND (i.error_message IS NOT NULL OR NOT i.signature_verified)) AS failures_24h,
        min(i.created_at) FILTER (WHERE NOT i.processed AND i.signature_verified) AS oldest_unprocessed_at
    FROM integrations.integration_events i WHERE i.organization_id = c.organization_id AND i.integration_id = c.integration_id
) e;
CALL base.describe('integrations.integration_overview', 'Every connection, whichever its platform, and how its deliveries go', $$
    platform: What it connects to
    integration_id: The connection
    project: The project
    target: The repository, team or channel at the platform
    sync_status: Whether the two are kept alike
    last_sync_at: When they last were
    events_24h: Deliveries of the last 24 hours
    failures_24h: Those of them that did not become an event, or were not signed right
    oldest_unprocessed_at: Since when the oldest waits that should have become an event
    project_id: The project
$$);

-- data and partitions

CREATE TABLE integrations.integration_events_default PARTITION OF integrations.integration_events DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval)
VALUES ('integrations.integration_events', 'created_at', '90 days', 'drop', '7 days');

CALL base.finish_schema('integrations');
DO $$ BEGIN PERFORM base.ensure_partitions('integrations.integration_events'); END $$;
CALL base.record_module('integrations', 'Connections to GitHub, Linear, Slack, their deliveries');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 09_agents: Codegen agents and other workers: what they can do, what they were asked, what it took in tokens and money.
-- The Codegen organization id and token are the organization's (codegen_org_id, api_token_ref).

CREATE SCHEMA agents AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA agents IS 'Agents, their capabilities, their tasks, tokens and cost';
GRANT USAGE ON SCHEMA agents TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables

CREATE TABLE agents.codegen_agents (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT codegen_agents_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT codegen_agents_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    agent_type text NOT NULL,
    description text,
    configuration jsonb NOT NULL DEFAULT '{}',
    capabilities jsonb NOT NULL DEFAULT '[]',
    is_active boolean NOT NULL DEFAULT true,
    max_concurrent_tasks integer NOT NULL DEFAULT 5
        CONSTRAINT codegen_agents_max_concurrent_tasks_check CHECK (max_concurrent_tasks > 0),
    model_name text,
    usage_stats jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT codegen_agents_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT codegen_agents_capabilities_check CHECK (jsonb_typeof(capabilities) = 'array')
);
CREATE UNIQUE INDEX codegen_agents_name_key ON agents.codegen_agents (organization_id, name) WHERE deleted_at IS NULL;
CREATE INDEX codegen_agents_capabilities_idx ON agents.codegen_agents USING gin (capabilities);
CALL base.describe('agents.codegen_agents', 'Agents: programs that do tasks by way of a language model', $$
    name: What people call it
    agent_type: What kind of agent it is
    description: What it is good for
    configuration: Its settings, without secrets
    capabilities: Names of what it can do
    is_active: Whether it is given work
    max_concurrent_tasks: How many tasks it may have at a time
    model_name: The language model it uses
    usage_stats: Sums over its tasks, kept by a trigger: tasks, completed, failed, tokens, cost, last_used_at
$$);

CREATE TABLE agents.agent_capabilities (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT agent_capabilities_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    agent_id uuid NOT NULL,
    capability_name text NOT NULL,
    capability_config jsonb NOT NULL DEFAULT '{}',
    is_enabled boolean NOT NULL DEFAULT true,
    CONSTRAINT agent_capabilities_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT agent_capabilities_agent_fkey FOREIGN KEY (organization_id, agent_id)
        REFERENCES agents.codegen_agents (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT agent_capabilities_name_key UNIQUE (agent_id, capability_name)
);
CALL base.describe('agents.agent_capabilities', 'What an agent can do, where more than the name is to be said', $$
    agent_id: The agent
    capability_name: What it can do
    capability_config: With which settings
    is_enabled: Whether it may; false also takes away what codegen_agents.capabilities names
$$);

CREATE TABLE agents.agent_tasks (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT agent_tasks_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    agent_id uuid NOT NULL,
    task_id uuid,
    prompt_execution_id uuid,
    codegen_task_id text,
    prompt text NOT NULL,
    context jsonb NOT NULL DEFAULT '{}',
    status base.run_status NOT NULL DEFAULT 'pending',
    priority base.priority_level NOT NULL DEFAULT 'normal',
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    result jsonb NOT NULL DEFAULT '{}',
    error_message text,
    retry_count integer NOT NULL DEFAULT 0 CONSTRAINT agent_tasks_retry_count_check CHECK (retry_count >= 0),
    max_retries integer NOT NULL DEFAULT 3 CONSTRAINT agent_tasks_max_retries_check CHECK (max_retries >= 0),
    tokens_used bigint GENERATED ALWAYS AS (tokens_input + tokens_output) STORED,
    tokens_input bigint NOT NULL DEFAULT 0 CONSTRAINT agent_tasks_tokens_input_check CHECK (tokens_input >= 0),
    tokens_output bigint NOT NULL DEFAULT 0 CONSTRAINT agent_tasks_tokens_output_check CHECK (tokens_output >= 0),
    cost_estimate numeric(10,4) NOT NULL DEFAULT 0 CONSTRAINT agent_tasks_cost_estimate_check CHECK (cost_estimate >= 0),
    performance_score base.score,
    CONSTRAINT agent_tasks_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT agent_tasks_agent_fkey FOREIGN KEY (organization_id, agent_id)
        REFERENCES agents.codegen_agents (organization_id, id),
    CONSTRAINT agent_tasks_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id),
    CONSTRAINT agent_tasks_prompt_execution_fkey FOREIGN KEY (organization_id, prompt_execution_id)
        REFERENCES prompts.prompt_executions (organization_id, id),
    CONSTRAINT agent_tasks_codegen_task_key UNIQUE (codegen_task_id),
    CONSTRAINT agent_tasks_ends_after_start_check CHECK (completed_at >= started_at)
);
CREATE INDEX idx_agent_tasks_status_priority ON agents.agent_tasks (status, priority, created_at);
CREATE INDEX agent_tasks_agent_idx ON agents.agent_tasks (agent_id, status);
CREATE INDEX agent_tasks_started_idx ON agents.agent_tasks (organization_id, started_at);
CREATE INDEX agent_tasks_task_idx ON agents.agent_tasks (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX agent_tasks_prompt_execution_idx ON agents.agent_tasks (prompt_execution_id) WHERE prompt_execution_id IS NOT NULL;
CALL base.describe('agents.agent_tasks', 'What an agent was asked, and what came of it', $$
    agent_id: The agent
    task_id: The task it is done for
    prompt_execution_id: The prompt as it was sent
    codegen_task_id: Its id at Codegen
    prompt: What is asked
    context: What else the agent is told
    status: Where it stands
    priority: How urgent it is
    started_at: When the last attempt began
    completed_at: When it ended
    duration_ms: Time between the two
    result: What came back
    error_message: Why the last attempt failed
    retry_count: How often it was tried again
    max_retries: How often it may be
    tokens_used: Tokens of all attempts
    tokens_input: Those that were sent
    tokens_output: Those that came back
    cost_estimate: What all attempts cost, in US dollars
    performance_score: How well it was done, where that was judged
$$);

CALL base.secure_table('agents.codegen_agents');
CALL base.secure_table('agents.agent_capabilities');
CALL base.secure_table('agents.agent_tasks');
CALL base.track_updates('agents');

-- triggers

CREATE FUNCTION agents.add_usage(p_agent_id uuid, p_task agents.agent_tasks, p_sign integer) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    UPDATE agents.codegen_agents SET usage_stats = jsonb_strip_nulls(jsonb_build_object(
        'tasks', coalesce((usage_stats ->> 'tasks')::bigint, 0) + p_sign,
        'completed', coalesce((usage_stats ->> 'completed')::bigint, 0) + p_sign * (p_task.status = 'completed')::integer,
        'failed', coalesce((usage_stats ->> 'failed')::bigint, 0) + p_sign * (p_task.status IN ('failed', 'timed_out'))::integer,
        'tokens', coalesce((usage_stats ->> 'tokens')::bigint, 0) + p_sign * (p_task.tokens_input + p_task.tokens_output),
        'cost', coalesce((usage_stats ->> 'cost')::numeric, 0) + p_sign * p_task.cost_estimate,
        'last_used_at', greatest((usage_stats ->> 'last_used_at')::timestamptz, p_task.started_at)))
    WHERE id = p_agent_id;
END;
COMMENT ON FUNCTION agents.add_usage(uuid, agents.agent_tasks, integer) IS 'Add a task to its agent''s sums, or with -1 take it out of them';

CREATE FUNCTION agents.count_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM agents.add_usage(OLD.agent_id, OLD, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM agents.add_usage(NEW.agent_id, NEW, 1);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION agents.count_usage() IS 'Trigger: keep usage_stats of agents equal to a recount of their tasks';

CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON agents.agent_tasks
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER usage AFTER INSERT OR UPDATE OR DELETE ON agents.agent_tasks
    FOR EACH ROW EXECUTE FUNCTION agents.count_usage();
CREATE TRIGGER notify_status AFTER UPDATE OF status ON agents.agent_tasks
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION base.notify_change();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON agents.codegen_agents
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('id', '-usage_stats');

-- functions

CREATE FUNCTION agents.missing_capabilities(p_agent agents.codegen_agents, p_asked text[]) RETURNS text[] LANGUAGE sql STABLE
RETURN ARRAY(
    SELECT a.name FROM unnest(p_asked) AS a (name)
    LEFT JOIN agents.agent_capabilities c ON c.agent_id = p_agent.id AND c.capability_name = a.name
    WHERE NOT coalesce(c.is_enabled, p_agent.capabilities ? a.name) ORDER BY a.name);
COMMENT ON FUNCTION agents.missing_capabilities(agents.codegen_agents, text[]) IS 'What of that an agent cannot do';

CREATE FUNCTION agents.queue_agent_task(
    p_agent_id uuid, p_prompt text, p_context jsonb DEFAULT '{}', p_priority base.priority_level DEFAULT 'normal', p_task_id uuid DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_agent agents.codegen_agents;
    v_missing text[];
    v_id uuid;
BEGIN
    SELECT * INTO v_agent FROM agents.codegen_agents a WHERE a.id = p_agent_id AND a.deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no agent %', p_agent_id USING ERRCODE = 'no_data_found';
    ELSIF NOT v_agent.is_active THEN
        RAISE EXCEPTION 'the agent % is not active', v_agent.name USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    v_missing := agents.missing_capabilities(v_agent, ARRAY(SELECT jsonb_array_elements_text(coalesce(p_context -> 'capabilities', '[]'))));
    IF v_missing <> '{}' THEN
        RAISE EXCEPTION 'the agent % cannot do: %', v_agent.name, array_to_string(v_missing, ', ')
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'select_agent() finds one that can.';
    END IF;
    INSERT INTO agents.agent_tasks (organization_id, agent_id, prompt, context, priority, task_id)
    VALUES (v_agent.organization_id, v_agent.id, p_prompt, p_context, p_priority, p_task_id) RETURNING id INTO v_id;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION agents.queue_agent_task(uuid, text, jsonb, base.priority_level, uuid) IS
    'Ask an agent that is active and has the "capabilities" the context lists';

CREATE FUNCTION agents.is_within_limits(p_organization_id uuid) RETURNS boolean LANGUAGE sql STABLE
RETURN (
    SELECT coalesce(sum(t.tokens_used) < (o.usage_limits ->> 'tokens_per_month')::numeric, true)
        AND coalesce(sum(t.cost_estimate) < (o.usage_limits ->> 'cost_per_month')::numeric, true)
    FROM base.organizations o
    LEFT JOIN agents.agent_tasks t ON t.organization_id = o.id AND t.started_at >= date_trunc('month', now(), 'UTC')
    WHERE o.id = p_organization_id GROUP BY o.id);
COMMENT ON FUNCTION agents.is_within_limits(uuid) IS
    'Whether what an organization''s agents used this month is below its usage_limits tokens_per_month and cost_per_month';

CREATE FUNCTION agents.claim_agent_tasks(p_agent_id uuid, p_limit integer DEFAULT 1) RETURNS SETOF agents.agent_tasks LANGUAGE plpgsql AS $$
DECLARE
    v_agent agents.codegen_agents;
    v_task agents.agent_tasks;
BEGIN
    -- Claims of one agent follow each other: its number of running tasks is counted.
    SELECT * INTO v_agent FROM agents.codegen_agents a WHERE a.id = p_agent_id AND a.is_active AND a.deleted_at IS NULL FOR UPDATE;
    IF NOT FOUND OR NOT coalesce(agents.is_within_limits(v_agent.organization_id), true) THEN
        RETURN;
    END IF;
    FOR v_task IN
        WITH due AS (
            SELECT o.id FROM agents.agent_tasks o WHERE o.agent_id = p_agent_id AND o.status IN ('pending', 'queued', 'retrying')
            ORDER BY o.priority DESC, o.created_at, o.id
            LIMIT greatest(0, least(p_limit, v_agent.max_concurrent_tasks - (
                SELECT count(*) FROM agents.agent_tasks r WHERE r.agent_id = p_agent_id AND r.status = 'running')))
            FOR UPDATE SKIP LOCKED
        )
        UPDATE agents.agent_tasks t SET status = 'running', started_at = clock_timestamp() FROM due WHERE t.id = due.id RETURNING t.*
    LOOP
        UPDATE tasks.tasks k SET status = 'running', worker = 'agent ' || v_agent.name, started_at = clock_timestamp(), next_retry_at = NULL
        WHERE k.id = v_task.task_id AND k.status IN ('pending', 'queued', 'retrying');
        RETURN NEXT v_task;
    END LOOP;
END
$$;
COMMENT ON FUNCTION agents.claim_agent_tasks(uuid, integer) IS
    'Begin an agent''s most urgent tasks, no more at a time than max_concurrent_tasks, and none once the organization''s limit is used up';

CREATE FUNCTION agents.finish_agent_task(
    p_id uuid, p_success boolean, p_result jsonb, p_tokens_input integer, p_tokens_output integer, p_cost numeric, p_error text DEFAULT NULL)
RETURNS base.run_status LANGUAGE plpgsql AS $$
DECLARE
    v_task agents.agent_tasks;
BEGIN
    UPDATE agents.agent_tasks t
    SET status = CASE WHEN p_success THEN 'completed' WHEN t.retry_count < t.max_retries THEN 'retrying' ELSE 'failed' END::base.run_status,
        result = coalesce(p_result, '{}'), error_message = CASE WHEN NOT p_success THEN coalesce(p_error, 'failed') END,
        retry_count = t.retry_count + (NOT p_success AND t.retry_count < t.max_retries)::integer,
        tokens_input = t.tokens_input + p_tokens_input, tokens_output = t.tokens_output + p_tokens_output, cost_estimate = t.cost_estimate + p_cost
    WHERE t.id = p_id AND t.status = 'running' RETURNING * INTO v_task;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'agent task % is not running', p_id
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only what claim_agent_tasks() gave can be finished.';
    END IF;
    IF v_task.status <> 'retrying' AND EXISTS (SELECT FROM tasks.tasks k WHERE k.id = v_task.task_id AND k.status = 'running') THEN
        PERFORM tasks.finish_task(v_task.task_id, p_success, v_task.result, v_task.error_message);
    END IF;
    RETURN v_task.status;
END
$$;
COMMENT ON FUNCTION agents.finish_agent_task(uuid, boolean, jsonb, integer, integer, numeric, text) IS
    'End an attempt: completed, to be tried again, or failed; its tokens and cost are added, and the task it was for is finished with it';

CREATE FUNCTION agents.select_agent(p_agent_type text, p_capabilities text[] DEFAULT '{}') RETURNS uuid LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT a.id FROM agents.codegen_agents a
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE t.status = 'running') AS running,
            avg((t.status = 'completed')::integer) FILTER (WHERE t.status IN ('completed', 'failed', 'timed_out')) AS success_rate,
            avg(t.cost_estimate) FILTER (WHERE t.status = 'completed') AS cost
        FROM agents.agent_tasks t WHERE t.agent_id = a.id
    ) t
    WHERE a.organization_id = base.current_organization_id() AND a.agent_type = p_agent_type AND a.is_active AND a.deleted_at IS NULL
      AND t.running < a.max_concurrent_tasks AND agents.missing_capabilities(a, p_capabilities) = '{}'
    ORDER BY t.success_rate DESC NULLS LAST, t.cost NULLS LAST, a.name
    LIMIT 1;
END;
COMMENT ON FUNCTION agents.select_agent(text, text[]) IS
    'The active agent of a type that can do all this and has a place free: of several the most successful, then the cheapest; null for none';

-- views

CREATE VIEW agents.agent_summary AS
SELECT a.id AS agent_id, a.name, a.agent_type, a.is_active, coalesce(t.tasks_by_status, '{}') AS tasks_by_status,
    round(100.0 * t.completed / nullif(t.completed + t.failed, 0), 2) AS success_rate_percent, t.median_duration_ms, a.organization_id
FROM agents.codegen_agents a
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(s.status, s.n) AS tasks_by_status, 
        coalesce(sum(s.n) FILTER (WHERE s.status = 'completed'), 0) AS completed, coalesce(sum(s.n) FILTER (WHERE s.status IN ('failed', 'timed_out')), 0) AS failed,
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t.duration_ms) FROM agents.agent_tasks t
         WHERE t.agent_id = a.id AND t.status = 'completed') AS median_duration_ms
    FROM (SELECT t.status, count(*) AS n FROM agents.agent_tasks t WHERE t.agent_id = a.id GROUP BY t.status) s
) t
WHERE a.deleted_at IS NULL;
CALL base.describe('agents.agent_summary', 'How each live agent does', $$
    agent_id: The agent
    name: What people call it
    agent_type: What kind of agent it is
    is_active: Whether it is given work
    tasks_by_status: Number of tasks by status
    success_rate_percent: Share completed of those completed or failed; null before the first
    median_duration_ms: Of completed tasks
$$);

CREATE VIEW agents.agent_cost_summary AS
SELECT (t.started_at AT TIME ZONE 'UTC')::date AS day, a.name AS agent, a.model_name AS model, count(*) AS tasks, sum(t.tokens_used)::bigint AS tokens,
    sum(t.cost_estimate) AS cost_usd, round(100 * sum(t.cost_estimate) / nullif((o.usage_limits ->> 'cost_per_month')::numeric, 0), 2) AS percent_of_monthly_limit,
    a.id AS agent_id, t.organization_id
FROM agents.agent_tasks t
JOIN agents.codegen_agents a ON a.organization_id = t.organization_id AND a.id = t.agent_id
JOIN base.organizations o ON o.id = t.organization_id
WHERE t.started_at IS NOT NULL
GROUP BY 1, a.id, a.name, a.model_name, t.organization_id, o.usage_limits;
CALL base.describe('agents.agent_cost_summary', 'What agents took on each day', $$
    day: The day their last attempts began, in UTC
    agent: The agent
    model: The language model it uses
    tasks: Tasks
    tokens: Tokens of all their attempts
    cost_usd: What they cost, in US dollars
    percent_of_monthly_limit: Share of the organization's cost_per_month; null without a limit
    agent_id: The agent
$$);

CALL base.finish_schema('agents');
CALL base.record_module('agents', 'Agents, their tasks, tokens and cost');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 10_learning: models and what became of their predictions, patterns that were found and patterns that work, recommendations,
-- experiments, and the time series of learning events that ties them together.

CREATE SCHEMA learning AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA learning IS 'Models, patterns, predictions, recommendations, A/B tests, learning events';
GRANT USAGE ON SCHEMA learning TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables: models

CREATE TABLE learning.ml_models (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT ml_models_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT ml_models_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    version text NOT NULL,
    model_type text NOT NULL
        CONSTRAINT ml_models_model_type_check CHECK (model_type IN ('pattern_recognition', 'optimization', 'prediction', 'classification', 'regression')),
    framework text,
    algorithm text,
    model_data jsonb NOT NULL DEFAULT '{}',
    encrypted_data bytea,
    encryption_key_id text,
    artifact_uri text,
    artifact_sha256 base.sha256,
    hyperparameters jsonb NOT NULL DEFAULT '{}',
    training_config jsonb NOT NULL DEFAULT '{}',
    performance_metrics jsonb NOT NULL DEFAULT '{}',
    accuracy base.probability,
    status text NOT NULL DEFAULT 'training'
        CONSTRAINT ml_models_status_check CHECK (status IN ('training', 'active', 'deprecated', 'archived')),
    parent_model_id uuid,
    created_by uuid DEFAULT base.current_user_id() CONSTRAINT ml_models_created_by_fkey REFERENCES base.users,
    CONSTRAINT ml_models_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT ml_models_parent_model_fkey FOREIGN KEY (organization_id, parent_model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT ml_models_version_key UNIQUE (organization_id, name, version),
    CONSTRAINT ml_models_encryption_check CHECK ((encrypted_data IS NULL) = (encryption_key_id IS NULL))
);
CREATE INDEX ml_models_status_idx ON learning.ml_models (status, model_type);
CREATE INDEX ml_models_parent_model_idx ON learning.ml_models (parent_model_id) WHERE parent_model_id IS NOT NULL;
CREATE INDEX ml_models_created_by_idx ON learning.ml_models (created_by) WHERE created_by IS NOT NULL;
CALL base.describe('learning.ml_models', 'Machine-learning models, by version', $$
    name: What people call it
    version: Which edition of it
    model_type: What it is for
    framework: What it was made with
    algorithm: How it works
    model_data: Whatever of it may be read
    encrypted_data: What of it may not, encrypted by the application; the key never comes here
    encryption_key_id: Which key it was encrypted with
    artifact_uri: Where its file is
    artifact_sha256: SHA-256 of that file
    hyperparameters: Settings of the algorithm
    training_config: Settings of its training
    performance_metrics: Measured values, by name
    accuracy: Its accuracy off line, on data kept back for that
    status: Whether it is in use
    parent_model_id: The model it was made from
    created_by: Who made it; null for a service
$$);

CREATE TABLE learning.training_datasets (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT training_datasets_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT training_datasets_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    version text NOT NULL,
    dataset_type text NOT NULL,
    source_type text,
    data_schema jsonb NOT NULL DEFAULT '{}',
    storage_location text,
    content_sha256 base.sha256,
    size_bytes bigint CONSTRAINT training_datasets_size_bytes_check CHECK (size_bytes >= 0),
    record_count bigint CONSTRAINT training_datasets_record_count_check CHECK (record_count >= 0),
    quality_score base.score,
    preprocessing_config jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT training_datasets_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT training_datasets_version_key UNIQUE (organization_id, name, version)
);
CALL base.describe('learning.training_datasets', 'Data that models are trained and tested with, by version', $$
    name: What people call it
    version: Which edition of it
    dataset_type: What kind of data it is
    source_type: Where it comes from
    data_schema: What a record holds
    storage_location: Where it is kept
    content_sha256: SHA-256 of it
    size_bytes: Its size
    record_count: How many records it has
    quality_score: How good it is, where that was measured
    preprocessing_config: How it was prepared
$$);

CREATE TABLE learning.model_training_sessions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT model_training_sessions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    model_id uuid NOT NULL,
    dataset_id uuid NOT NULL,
    status base.run_status NOT NULL DEFAULT 'running',
    training_start timestamptz NOT NULL DEFAULT now(),
    training_end timestamptz,
    progress_percentage base.score NOT NULL DEFAULT 0,
    current_epoch integer NOT NULL DEFAULT 0,
    total_epochs integer,
    loss_history jsonb NOT NULL DEFAULT '[]',
    validation_metrics jsonb NOT NULL DEFAULT '{}',
    resource_usage jsonb NOT NULL DEFAULT '{}',
    error_log text,
    CONSTRAINT model_training_sessions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT model_training_sessions_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT model_training_sessions_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES learning.training_datasets (organization_id, id),
    CONSTRAINT model_training_sessions_end_check CHECK (training_end >= training_start),
    CONSTRAINT model_training_sessions_epochs_check CHECK (current_epoch BETWEEN 0 AND coalesce(total_epochs, current_epoch))
);
CREATE INDEX model_training_sessions_status_idx ON learning.model_training_sessions (status, training_start);
CREATE INDEX model_training_sessions_model_idx ON learning.model_training_sessions (model_id);
CREATE INDEX model_training_sessions_dataset_idx ON learning.model_training_sessions (dataset_id);
CALL base.describe('learning.model_training_sessions', 'Trainings of a model', $$
    model_id: The model
    dataset_id: What it is trained with
    status: Where it stands
    training_start: When it began
    training_end: When it ended
    progress_percentage: How far it is
    current_epoch: The epoch it is in
    total_epochs: Epochs it is to have
    loss_history: Loss by epoch
    validation_metrics: Measured values, by name
    resource_usage: What it took
    error_log: Why it failed
$$);

CREATE TABLE learning.model_evaluations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT model_evaluations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    model_id uuid NOT NULL,
    evaluation_dataset_id uuid,
    evaluation_type text NOT NULL
        CONSTRAINT model_evaluations_evaluation_type_check CHECK (evaluation_type IN ('validation', 'test', 'production', 'cross_validation')),
    metrics jsonb NOT NULL,
    accuracy base.probability,
    confusion_matrix jsonb,
    feature_importance jsonb,
    evaluation_timestamp timestamptz NOT NULL DEFAULT now(),
    evaluation_duration_ms bigint CONSTRAINT model_evaluations_evaluation_duration_ms_check CHECK (evaluation_duration_ms >= 0),
    evaluator_version text,
    notes text,
    CONSTRAINT model_evaluations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT model_evaluations_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT model_evaluations_evaluation_dataset_fkey FOREIGN KEY (organization_id, evaluation_dataset_id)
        REFERENCES learning.training_datasets (organization_id, id)
);
CREATE INDEX model_evaluations_model_idx ON learning.model_evaluations (model_id, evaluation_timestamp);
CREATE INDEX model_evaluations_evaluation_dataset_idx ON learning.model_evaluations (evaluation_dataset_id) WHERE evaluation_dataset_id IS NOT NULL;
CALL base.describe('learning.model_evaluations', 'Measurements of a model', $$
    model_id: The model
    evaluation_dataset_id: What it was measured on
    evaluation_type: What kind of measurement it is
    metrics: Measured values, by name
    accuracy: Share of right answers
    confusion_matrix: Answers by what would have been right
    feature_importance: How much each feature counts
    evaluation_timestamp: When
    evaluation_duration_ms: How long it took
    evaluator_version: Of the program that measured
    notes: In words
$$);

CREATE TABLE learning.model_deployments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT model_deployments_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    model_id uuid NOT NULL,
    environment text NOT NULL
        CONSTRAINT model_deployments_environment_check CHECK (environment IN ('development', 'staging', 'production')),
    status text NOT NULL DEFAULT 'deploying'
        CONSTRAINT model_deployments_status_check CHECK (status IN ('deploying', 'active', 'inactive', 'failed')),
    deployed_at timestamptz,
    retired_at timestamptz,
    deployment_config jsonb NOT NULL DEFAULT '{}',
    performance_baseline jsonb NOT NULL DEFAULT '{}',
    rollback_model_id uuid,
    deployed_by uuid DEFAULT base.current_user_id() CONSTRAINT model_deployments_deployed_by_fkey REFERENCES base.users,
    CONSTRAINT model_deployments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT model_deployments_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT model_deployments_rollback_model_fkey FOREIGN KEY (organization_id, rollback_model_id)
        REFERENCES learning.ml_models (organization_id, id)
);
CREATE INDEX model_deployments_model_idx ON learning.model_deployments (model_id);
CREATE INDEX model_deployments_rollback_model_idx ON learning.model_deployments (rollback_model_id) WHERE rollback_model_id IS NOT NULL;
CREATE INDEX model_deployments_deployed_by_idx ON learning.model_deployments (deployed_by) WHERE deployed_by IS NOT NULL;
CALL base.describe('learning.model_deployments', 'Where a model is, or was, in use', $$
    model_id: The model
    environment: Where
    status: Whether it is
    deployed_at: Since when
    retired_at: Until when
    deployment_config: How it is run
    performance_baseline: What it reached when it was deployed, such as accuracy
    rollback_model_id: What takes its place when it fails
    deployed_by: Who deployed it; null for a service
$$);

CREATE TABLE learning.feature_store (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT feature_store_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT feature_store_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    feature_name text NOT NULL,
    feature_version text NOT NULL,
    feature_type text NOT NULL
        CONSTRAINT feature_store_feature_type_check CHECK (feature_type IN ('numerical', 'categorical', 'text', 'embedding', 'boolean')),
    description text,
    computation_logic text,
    data_source text,
    update_frequency text
        CONSTRAINT feature_store_update_frequency_check CHECK (update_frequency IN ('real_time', 'hourly', 'daily', 'weekly', 'monthly')),
    last_updated timestamptz,
    feature_statistics jsonb NOT NULL DEFAULT '{}',
    quality_metrics jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT feature_store_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT feature_store_version_key UNIQUE (organization_id, feature_name, feature_version)
);
CALL base.describe('learning.feature_store', 'Features that models learn from', $$
    feature_name: What people call it
    feature_version: Which edition of it
    feature_type: What kind of value it is
    description: What it tells
    computation_logic: How it is computed
    data_source: From what
    update_frequency: How often
    last_updated: When it last was
    feature_statistics: How its values are spread
    quality_metrics: How good they are
$$);

CREATE TABLE learning.model_feature_dependencies (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    model_id uuid NOT NULL,
    feature_id uuid NOT NULL,
    importance_score base.probability,
    is_required boolean NOT NULL DEFAULT true,
    CONSTRAINT model_feature_dependencies_pkey PRIMARY KEY (model_id, feature_id),
    CONSTRAINT model_feature_dependencies_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT model_feature_dependencies_feature_fkey FOREIGN KEY (organization_id, feature_id)
        REFERENCES learning.feature_store (organization_id, id)
);
CALL base.describe('learning.model_feature_dependencies', 'Which features a model needs', $$
    model_id: The model
    feature_id: The feature
    importance_score: How much it counts
    is_required: Whether the model can do without
$$);

-- tables: what was found and foreseen

CREATE TABLE learning.identified_patterns (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT identified_patterns_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT identified_patterns_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    pattern_type text NOT NULL
        CONSTRAINT identified_patterns_pattern_type_check CHECK (pattern_type IN ('code_smell', 'performance_bottleneck', 'usage_pattern', 'security_vulnerability', 'design_pattern', 'anti_pattern')),
    pattern_name text NOT NULL,
    pattern_description text,
    detection_algorithm text,
    confidence_score base.probability,
    pattern_signature jsonb NOT NULL DEFAULT '{}',
    pattern_rules jsonb NOT NULL DEFAULT '{}',
    occurrence_frequency bigint NOT NULL DEFAULT 0,
    first_detected timestamptz,
    last_detected timestamptz,
    severity_level text
        CONSTRAINT identified_patterns_severity_level_check CHECK (severity_level IN ('low', 'medium', 'high', 'critical')),
    impact_metrics jsonb NOT NULL DEFAULT '{}',
    remediation_suggestions jsonb NOT NULL DEFAULT '[]',
    auto_fix_available boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'active'
        CONSTRAINT identified_patterns_status_check CHECK (status IN ('active', 'resolved', 'ignored', 'false_positive', 'investigating')),
    category_tags text[] NOT NULL DEFAULT '{}',
    CONSTRAINT identified_patterns_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT identified_patterns_name_key UNIQUE (organization_id, pattern_type, pattern_name)
);
CREATE INDEX identified_patterns_signature_idx ON learning.identified_patterns USING gin (pattern_signature);
CREATE INDEX identified_patterns_last_detected_idx ON learning.identified_patterns (last_detected);
CALL base.describe('learning.identified_patterns', 'Patterns that were seen', $$
    pattern_type: What kind of pattern it is
    pattern_name: What people call it
    pattern_description: What it is
    detection_algorithm: How it is found
    confidence_score: How sure that is
    pattern_signature: What it is known by
    pattern_rules: When it is one
    occurrence_frequency: How often it was ever seen, whether or not the occurrences are still kept
    first_detected: When it was first seen
    last_detected: When it last was
    severity_level: How bad it is
    impact_metrics: What it costs
    remediation_suggestions: What helps
    auto_fix_available: Whether a program can mend it
    status: What is thought of it
    category_tags: Words to find it by
$$);

CREATE TABLE learning.pattern_occurrences (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    metadata jsonb NOT NULL DEFAULT '{}',
    detection_timestamp timestamptz NOT NULL DEFAULT now(),
    pattern_id uuid NOT NULL,
    source_type text NOT NULL,
    source_id text NOT NULL,
    location_data jsonb NOT NULL DEFAULT '{}',
    context_data jsonb NOT NULL DEFAULT '{}',
    detection_model_id uuid,
    analysis_run_id uuid,
    confidence_score base.probability,
    severity_override text
        CONSTRAINT pattern_occurrences_severity_override_check CHECK (severity_override IN ('low', 'medium', 'high', 'critical')),
    resolution_status text NOT NULL DEFAULT 'open'
        CONSTRAINT pattern_occurrences_resolution_status_check CHECK (resolution_status IN ('open', 'in_progress', 'resolved', 'wont_fix', 'duplicate')),
    resolution_timestamp timestamptz,
    resolution_method text,
    resolution_notes text,
    CONSTRAINT pattern_occurrences_pkey PRIMARY KEY (id, detection_timestamp),
    CONSTRAINT pattern_occurrences_pattern_fkey FOREIGN KEY (organization_id, pattern_id)
        REFERENCES learning.identified_patterns (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT pattern_occurrences_detection_model_fkey FOREIGN KEY (organization_id, detection_model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT pattern_occurrences_analysis_run_fkey FOREIGN KEY (organization_id, analysis_run_id)
        REFERENCES analytics.analysis_runs (organization_id, id),
    CONSTRAINT pattern_occurrences_resolution_check CHECK (resolution_timestamp >= detection_timestamp)
) PARTITION BY RANGE (detection_timestamp);
CREATE INDEX pattern_occurrences_pattern_idx ON learning.pattern_occurrences (pattern_id, detection_timestamp);
CREATE INDEX pattern_occurrences_source_idx ON learning.pattern_occurrences (source_type, source_id);
CREATE INDEX pattern_occurrences_detection_model_idx ON learning.pattern_occurrences (detection_model_id) WHERE detection_model_id IS NOT NULL;
CREATE INDEX pattern_occurrences_analysis_run_idx ON learning.pattern_occurrences (analysis_run_id) WHERE analysis_run_id IS NOT NULL;
CALL base.describe('learning.pattern_occurrences', 'Where patterns were seen', $$
    detection_timestamp: When
    pattern_id: The pattern
    source_type: What it was seen in, such as code_file
    source_id: Which of those
    location_data: Where in it, such as line_start and line_end
    context_data: What was around it
    detection_model_id: The model that saw it
    analysis_run_id: The analysis that saw it
    confidence_score: How sure that is
    severity_override: How bad it is here, where that differs
    resolution_status: What became of it
    resolution_timestamp: When
    resolution_method: How
    resolution_notes: In words
$$);

CREATE TABLE learning.predictions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT predictions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    model_id uuid NOT NULL,
    prediction_type text NOT NULL
        CONSTRAINT predictions_prediction_type_check CHECK (prediction_type IN ('performance_degradation', 'bug_likelihood', 'optimization_opportunity', 'resource_usage', 'user_behavior', 'system_failure', 'custom')),
    target_entity_type text,
    target_entity_id text,
    predicted_value jsonb NOT NULL DEFAULT '{}',
    confidence_score base.probability,
    confidence_interval jsonb,
    input_features jsonb NOT NULL DEFAULT '{}',
    prediction_horizon interval,
    prediction_timestamp timestamptz NOT NULL DEFAULT now(),
    prediction_expires_at timestamptz,
    actual_outcome jsonb,
    outcome_timestamp timestamptz,
    accuracy_score base.probability,
    status text NOT NULL DEFAULT 'active'
        CONSTRAINT predictions_status_check CHECK (status IN ('active', 'validated', 'invalidated', 'expired', 'monitoring')),
    priority_score base.score,
    action_recommended jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT predictions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT predictions_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id)
);
CREATE INDEX predictions_model_idx ON learning.predictions (model_id, prediction_timestamp);
CREATE INDEX predictions_target_idx ON learning.predictions (target_entity_type, target_entity_id);
CREATE INDEX predictions_expires_idx ON learning.predictions (prediction_expires_at) WHERE status = 'active';
CALL base.describe('learning.predictions', 'What models foresaw, and what came', $$
    model_id: The model
    prediction_type: What it is about
    target_entity_type: What kind of thing, such as code_file
    target_entity_id: Which of those
    predicted_value: What was foreseen
    confidence_score: How sure the model was
    confidence_interval: Within which bounds, lower and upper
    input_features: From what
    prediction_horizon: How far ahead
    prediction_timestamp: When
    prediction_expires_at: Until when it says anything
    actual_outcome: What came
    outcome_timestamp: When that was known
    accuracy_score: How right it was: the mean of its feedback
    status: What is known of it
    priority_score: How much it matters
    action_recommended: What to do about it
$$);

CREATE TABLE learning.recommendations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT recommendations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT recommendations_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    recommendation_type text NOT NULL
        CONSTRAINT recommendations_recommendation_type_check CHECK (recommendation_type IN ('code_optimization', 'refactoring', 'security_fix', 'performance_improvement', 'documentation', 'testing', 'maintenance')),
    title text NOT NULL,
    description text,
    target_entity_type text,
    target_entity_id text,
    recommendation_data jsonb NOT NULL DEFAULT '{}',
    confidence_score base.probability,
    impact_score base.score,
    effort_score base.score,
    priority_score base.score,
    source_pattern_id uuid,
    source_prediction_id uuid,
    generated_by_model_id uuid,
    analysis_run_id uuid,
    status text NOT NULL DEFAULT 'pending'
        CONSTRAINT recommendations_status_check CHECK (status IN ('pending', 'reviewing', 'accepted', 'rejected', 'implemented', 'expired')),
    implemented_at timestamptz,
    expires_at timestamptz,
    user_feedback jsonb NOT NULL DEFAULT '{}',
    assigned_to uuid CONSTRAINT recommendations_assigned_to_fkey REFERENCES base.users,
    task_id uuid,
    CONSTRAINT recommendations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT recommendations_source_pattern_fkey FOREIGN KEY (organization_id, source_pattern_id)
        REFERENCES learning.identified_patterns (organization_id, id),
    CONSTRAINT recommendations_source_prediction_fkey FOREIGN KEY (organization_id, source_prediction_id)
        REFERENCES learning.predictions (organization_id, id),
    CONSTRAINT recommendations_generated_by_model_fkey FOREIGN KEY (organization_id, generated_by_model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT recommendations_analysis_run_fkey FOREIGN KEY (organization_id, analysis_run_id)
        REFERENCES analytics.analysis_runs (organization_id, id),
    CONSTRAINT recommendations_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id)
);
CREATE INDEX recommendations_status_idx ON learning.recommendations (status, priority_score DESC);
CREATE INDEX recommendations_target_idx ON learning.recommendations (target_entity_type, target_entity_id);
CREATE INDEX recommendations_source_pattern_idx ON learning.recommendations (source_pattern_id) WHERE source_pattern_id IS NOT NULL;
CREATE INDEX recommendations_source_prediction_idx ON learning.recommendations (source_prediction_id) WHERE source_prediction_id IS NOT NULL;
CREATE INDEX recommendations_generated_by_model_idx ON learning.recommendations (generated_by_model_id) WHERE generated_by_model_id IS NOT NULL;
CREATE INDEX recommendations_analysis_run_idx ON learning.recommendations (analysis_run_id) WHERE analysis_run_id IS NOT NULL;
CREATE INDEX recommendations_assigned_to_idx ON learning.recommendations (assigned_to) WHERE assigned_to IS NOT NULL;
CREATE INDEX recommendations_task_idx ON learning.recommendations (task_id) WHERE task_id IS NOT NULL;
CALL base.describe('learning.recommendations', 'What should be done, and what was', $$
    recommendation_type: What kind of work it is
    title: In a line
    description: In words
    target_entity_type: What kind of thing it is about
    target_entity_id: Which of those
    recommendation_data: What a program needs to do it
    confidence_score: How sure it is that it helps
    impact_score: How much it helps
    effort_score: How much work it is
    priority_score: See calculate_recommendation_priority()
    source_pattern_id: The pattern it follows from
    source_prediction_id: The prediction it follows from
    generated_by_model_id: The model that made it
    analysis_run_id: The analysis it follows from
    status: What became of it
    implemented_at: When it was done
    expires_at: Until when it says anything
    user_feedback: What people said
    assigned_to: Who looks at it
    task_id: The task it became
$$);

CREATE TABLE learning.learning_feedback (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT learning_feedback_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT learning_feedback_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    prediction_id uuid,
    recommendation_id uuid,
    model_id uuid,
    feedback_type text NOT NULL DEFAULT 'accuracy'
        CONSTRAINT learning_feedback_feedback_type_check CHECK (feedback_type IN ('accuracy', 'performance', 'user_satisfaction', 'business_impact', 'system_improvement', 'error_correction', 'model_drift', 'custom')),
    feedback_score base.probability,
    is_positive boolean,
    feedback_value jsonb NOT NULL DEFAULT '{}',
    explanation text,
    provided_by uuid DEFAULT base.current_user_id() CONSTRAINT learning_feedback_provided_by_fkey REFERENCES base.users,
    processed_at timestamptz,
    CONSTRAINT learning_feedback_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT learning_feedback_prediction_fkey FOREIGN KEY (organization_id, prediction_id)
        REFERENCES learning.predictions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT learning_feedback_recommendation_fkey FOREIGN KEY (organization_id, recommendation_id)
        REFERENCES learning.recommendations (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT learning_feedback_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT learning_feedback_target_check CHECK (num_nonnulls(prediction_id, recommendation_id, model_id) > 0)
);
CREATE INDEX learning_feedback_prediction_idx ON learning.learning_feedback (prediction_id) WHERE prediction_id IS NOT NULL;
CREATE INDEX learning_feedback_recommendation_idx ON learning.learning_feedback (recommendation_id) WHERE recommendation_id IS NOT NULL;
CREATE INDEX learning_feedback_model_idx ON learning.learning_feedback (model_id) WHERE model_id IS NOT NULL;
CREATE INDEX learning_feedback_provided_by_idx ON learning.learning_feedback (provided_by) WHERE provided_by IS NOT NULL;
CALL base.describe('learning.learning_feedback', 'What people and programs say of predictions, recommendations and models', $$
    prediction_id: The prediction
    recommendation_id: The recommendation
    model_id: The model
    feedback_type: What is judged
    feedback_score: How well it did
    is_positive: Whether it did well
    feedback_value: What was measured
    explanation: In words
    provided_by: Who says so; null for a service
    processed_at: When it was taken into account
$$);

-- tables: what works

CREATE TABLE learning.learning_patterns (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT learning_patterns_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT learning_patterns_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    pattern_name text NOT NULL,
    pattern_type text NOT NULL
        CONSTRAINT learning_patterns_pattern_type_check CHECK (pattern_type IN ('successful_implementation', 'error_resolution', 'optimization_strategy', 'testing_approach', 'deployment_pattern', 'code_structure', 'performance_improvement', 'security_enhancement', 'other')),
    description text,
    pattern_definition jsonb NOT NULL DEFAULT '{}',
    confidence_score base.probability,
    effectiveness_score base.score,
    is_validated boolean NOT NULL DEFAULT false,
    validated_by uuid CONSTRAINT learning_patterns_validated_by_fkey REFERENCES base.users,
    validated_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    tags text[] NOT NULL DEFAULT '{}',
    CONSTRAINT learning_patterns_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT learning_patterns_name_key UNIQUE (organization_id, pattern_type, pattern_name)
);
CREATE INDEX learning_patterns_validated_by_idx ON learning.learning_patterns (validated_by) WHERE validated_by IS NOT NULL;
CALL base.describe('learning.learning_patterns', 'Patterns that work', $$
    pattern_name: What people call it
    pattern_type: What it is good for
    description: What it is
    pattern_definition: What a program needs to apply it
    confidence_score: How sure it is that it helps
    effectiveness_score: How well it helped, the latest counting most; see update_pattern_effectiveness()
    is_validated: Whether somebody looked at it
    validated_by: Who
    validated_at: When
    is_active: Whether it is applied
    tags: Words to find it by
$$);

CREATE TABLE learning.pattern_applications (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pattern_applications_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    learning_pattern_id uuid NOT NULL,
    target_type text NOT NULL,
    target_id text NOT NULL,
    applied_configuration jsonb NOT NULL DEFAULT '{}',
    result text NOT NULL DEFAULT 'pending'
        CONSTRAINT pattern_applications_result_check CHECK (result IN ('success', 'failure', 'partial', 'pending')),
    feedback_score base.score,
    outcome_metrics jsonb NOT NULL DEFAULT '{}',
    lessons_learned text,
    applied_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    CONSTRAINT pattern_applications_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT pattern_applications_learning_pattern_fkey FOREIGN KEY (organization_id, learning_pattern_id)
        REFERENCES learning.learning_patterns (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX pattern_applications_pattern_idx ON learning.pattern_applications (learning_pattern_id, applied_at);
CALL base.describe('learning.pattern_applications', 'When such a pattern was applied, and how it went', $$
    learning_pattern_id: The pattern
    target_type: What it was applied to
    target_id: Which of those
    applied_configuration: With which settings
    result: How it went
    feedback_score: How well it helped
    outcome_metrics: Measured values, by name
    lessons_learned: In words
    applied_at: When
    completed_at: When it was known how it went
$$);

CREATE TABLE learning.knowledge_base (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT knowledge_base_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT knowledge_base_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    title text NOT NULL,
    content text NOT NULL,
    category text,
    kind text NOT NULL DEFAULT 'knowledge'
        CONSTRAINT knowledge_base_kind_check CHECK (kind IN ('knowledge', 'insight', 'how_to')),
    tags text[] NOT NULL DEFAULT '{}',
    source_type text,
    source_id text,
    confidence_score base.probability,
    status text NOT NULL DEFAULT 'new'
        CONSTRAINT knowledge_base_status_check CHECK (status IN ('new', 'reviewed', 'implemented', 'obsolete')),
    usage_count integer NOT NULL DEFAULT 0 CONSTRAINT knowledge_base_usage_count_check CHECK (usage_count >= 0),
    last_accessed_at timestamptz,
    search_vector tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B')) STORED,
    CONSTRAINT knowledge_base_organization_id_id_key UNIQUE (organization_id, id)
);
CREATE INDEX knowledge_base_search_idx ON learning.knowledge_base USING gin (search_vector);
CREATE INDEX knowledge_base_tags_idx ON learning.knowledge_base USING gin (tags);
CREATE INDEX knowledge_base_source_idx ON learning.knowledge_base (source_type, source_id);
CALL base.describe('learning.knowledge_base', 'What was learned, in words', $$
    title: In a line
    content: In full
    category: The group it belongs to
    kind: What it is
    tags: Words to find it by
    source_type: What it was learned from
    source_id: Which of those
    confidence_score: How sure it is
    status: What is thought of it
    usage_count: How often it was used
    last_accessed_at: When it last was
    search_vector: Its words, for search_knowledge()
$$);

CREATE TABLE learning.system_adaptations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT system_adaptations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT system_adaptations_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    adaptation_name text NOT NULL,
    adaptation_type text NOT NULL,
    trigger_reason text,
    source_model_id uuid,
    source_learning_pattern_id uuid,
    target_component text,
    adaptation_config jsonb NOT NULL DEFAULT '{}',
    previous_config jsonb NOT NULL DEFAULT '{}',
    baseline_metrics jsonb NOT NULL DEFAULT '{}',
    final_metrics jsonb NOT NULL DEFAULT '{}',
    expected_improvement numeric,
    actual_improvement numeric,
    status text NOT NULL DEFAULT 'proposed'
        CONSTRAINT system_adaptations_status_check CHECK (status IN ('proposed', 'approved', 'deployed', 'monitoring', 'kept', 'rolled_back')),
    approved_by uuid CONSTRAINT system_adaptations_approved_by_fkey REFERENCES base.users,
    implemented_at timestamptz,
    rolled_back_at timestamptz,
    monitoring_days integer NOT NULL DEFAULT 30 CONSTRAINT system_adaptations_monitoring_days_check CHECK (monitoring_days > 0),
    CONSTRAINT system_adaptations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT system_adaptations_source_model_fkey FOREIGN KEY (organization_id, source_model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT system_adaptations_source_learning_pattern_fkey FOREIGN KEY (organization_id, source_learning_pattern_id)
        REFERENCES learning.learning_patterns (organization_id, id),
    CONSTRAINT system_adaptations_outcome_check CHECK (status NOT IN ('kept', 'rolled_back') OR actual_improvement IS NOT NULL)
);
CREATE INDEX system_adaptations_source_model_idx ON learning.system_adaptations (source_model_id) WHERE source_model_id IS NOT NULL;
CREATE INDEX system_adaptations_source_learning_pattern_idx ON learning.system_adaptations (source_learning_pattern_id) WHERE source_learning_pattern_id IS NOT NULL;
CREATE INDEX system_adaptations_approved_by_idx ON learning.system_adaptations (approved_by) WHERE approved_by IS NOT NULL;
CALL base.describe('learning.system_adaptations', 'Changes to a system on account of what was learned', $$
    adaptation_name: What people call it
    adaptation_type: What kind of change it is
    trigger_reason: Why
    source_model_id: The model that proposed it
    source_learning_pattern_id: The pattern it applies
    target_component: What is changed
    adaptation_config: To what
    previous_config: From what
    baseline_metrics: Measured values before
    final_metrics: Measured values after
    expected_improvement: In per cent
    actual_improvement: In per cent
    status: Where it stands
    approved_by: Who agreed
    implemented_at: When it was made
    rolled_back_at: When it was taken back
    monitoring_days: How long it is watched
$$);

-- tables: experiments

CREATE FUNCTION learning.total_of(p_weights jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT sum(w.value::numeric) FROM jsonb_each_text(p_weights) w);
COMMENT ON FUNCTION learning.total_of(jsonb) IS 'The sum of an object''s values';

CREATE TABLE learning.ab_testing_experiments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT ab_testing_experiments_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT ab_testing_experiments_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    experiment_name text NOT NULL,
    description text,
    hypothesis text,
    subject_type text,
    subject_id text,
    control_variant jsonb NOT NULL DEFAULT '{"name": "control"}',
    treatment_variants jsonb NOT NULL DEFAULT '[]',
    traffic_allocation jsonb NOT NULL DEFAULT '{}',
    target_metrics jsonb NOT NULL DEFAULT '[]',
    status text NOT NULL DEFAULT 'draft'
        CONSTRAINT ab_testing_experiments_status_check CHECK (status IN ('draft', 'running', 'paused', 'completed', 'cancelled')),
    start_date timestamptz,
    end_date timestamptz,
    statistical_power numeric(3,2) NOT NULL DEFAULT 0.80
        CONSTRAINT ab_testing_experiments_statistical_power_check CHECK (statistical_power BETWEEN 0.50 AND 0.99),
    significance_level numeric(3,2) NOT NULL DEFAULT 0.05
        CONSTRAINT ab_testing_experiments_significance_level_check CHECK (significance_level BETWEEN 0.01 AND 0.10),
    minimum_sample_size integer NOT NULL DEFAULT 30
        CONSTRAINT ab_testing_experiments_minimum_sample_size_check CHECK (minimum_sample_size > 1),
    winner_variant text,
    CONSTRAINT ab_testing_experiments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT ab_testing_experiments_name_key UNIQUE (organization_id, experiment_name),
    CONSTRAINT ab_testing_experiments_end_check CHECK (end_date > start_date),
    CONSTRAINT ab_testing_experiments_control_name_check CHECK (control_variant ? 'name'),
    CONSTRAINT ab_testing_experiments_allocation_check CHECK (status = 'draft' AND traffic_allocation = '{}' OR coalesce(learning.total_of(traffic_allocation) = 100, false))
);
CALL base.describe('learning.ab_testing_experiments', 'Comparisons of variants by chance', $$
    experiment_name: What people call it
    description: What it is about
    hypothesis: What is expected
    subject_type: What kind of thing is varied
    subject_id: Which of those
    control_variant: What everything is compared with, by name
    treatment_variants: The others
    traffic_allocation: Per cent of the subjects by variant
    target_metrics: What is measured
    status: Where it stands
    start_date: When it begins
    end_date: When it ends
    statistical_power: Chance to notice a difference
    significance_level: Chance to see one that is none
    minimum_sample_size: Subjects of each variant before anything is said
    winner_variant: The variant that was chosen
$$);

CREATE TABLE learning.ab_testing_assignments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT ab_testing_assignments_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    experiment_id uuid NOT NULL,
    user_id text NOT NULL,
    variant text NOT NULL,
    assignment_timestamp timestamptz NOT NULL DEFAULT now(),
    session_id text,
    CONSTRAINT ab_testing_assignments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT ab_testing_assignments_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES learning.ab_testing_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ab_testing_assignments_user_key UNIQUE (experiment_id, user_id)
);
CALL base.describe('learning.ab_testing_assignments', 'Which subject got which variant', $$
    experiment_id: The experiment
    user_id: The subject
    variant: Its variant
    assignment_timestamp: Since when
    session_id: In which session it came
$$);

CREATE TABLE learning.ab_testing_metrics (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT ab_testing_metrics_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    experiment_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    metric_name text NOT NULL,
    metric_value double precision NOT NULL,
    metric_timestamp timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ab_testing_metrics_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES learning.ab_testing_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ab_testing_metrics_assignment_fkey FOREIGN KEY (organization_id, assignment_id)
        REFERENCES learning.ab_testing_assignments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ab_testing_metrics_once_key UNIQUE (assignment_id, metric_name, metric_timestamp)
);
CREATE INDEX ab_testing_metrics_metric_idx ON learning.ab_testing_metrics (experiment_id, metric_name);
CALL base.describe('learning.ab_testing_metrics', 'What was measured of a subject', $$
    experiment_id: The experiment
    assignment_id: The subject's assignment
    metric_name: What
    metric_value: How much
    metric_timestamp: When
$$);

-- tables: the time series

CREATE TABLE learning.learning_events (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT learning_events_organization_fkey REFERENCES base.organizations,
    metadata jsonb NOT NULL DEFAULT '{}',
    timestamp timestamptz NOT NULL DEFAULT now(),
    event_type text NOT NULL
        CONSTRAINT learning_events_event_type_check CHECK (event_type IN ('model_prediction', 'pattern_detection', 'user_feedback', 'system_optimization', 'error', 'performance_metric', 'entity_change', 'git_operation', 'user_session', 'api_request')),
    event_subtype text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    source_system text NOT NULL DEFAULT 'application',
    entity_type text,
    entity_id text,
    event_data jsonb NOT NULL DEFAULT '{}',
    user_id text,
    session_id text,
    processing_time_ms double precision CONSTRAINT learning_events_processing_time_ms_check CHECK (processing_time_ms >= 0),
    event_size_bytes integer GENERATED ALWAYS AS (octet_length(event_data::text)) STORED,
    correlation_id uuid,
    CONSTRAINT learning_events_pkey PRIMARY KEY (id, timestamp),
    CONSTRAINT learning_events_organization_id_id_key UNIQUE (organization_id, id, timestamp)
) PARTITION BY RANGE (timestamp);
CREATE INDEX learning_events_type_idx ON learning.learning_events (event_type, timestamp);
CREATE INDEX learning_events_entity_idx ON learning.learning_events (entity_type, entity_id, timestamp);
CREATE INDEX learning_events_timestamp_idx ON learning.learning_events USING brin (timestamp);
CALL base.describe('learning.learning_events', 'Everything that can be learned from, as it happened', $$
    timestamp: When
    event_type: What kind of thing
    event_subtype: Which of its kind; of entity_change: insert, update or delete
    recorded_at: When it came here
    source_system: What told it
    entity_type: What kind of thing it is about; of entity_change: the table
    entity_id: Which of those
    event_data: What is told; of entity_change: the row
    user_id: Who did it
    session_id: In which session
    processing_time_ms: How long it took
    event_size_bytes: Size of what is told
    correlation_id: What belongs together
$$);

CREATE TABLE learning.entity_history (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT entity_history_organization_fkey REFERENCES base.organizations,
    changed_at timestamptz NOT NULL,
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    operation text NOT NULL CONSTRAINT entity_history_operation_check CHECK (operation IN ('insert', 'update', 'delete')),
    row_data jsonb NOT NULL DEFAULT '{}',
    learning_event_id bigint NOT NULL,
    CONSTRAINT entity_history_pkey PRIMARY KEY (id, changed_at)
) PARTITION BY RANGE (changed_at);
CREATE INDEX entity_history_entity_idx ON learning.entity_history (entity_type, entity_id, changed_at);
CREATE INDEX entity_history_organization_idx ON learning.entity_history (organization_id, changed_at);
CALL base.describe('learning.entity_history', 'Changes that outlast the learning events that told them', $$
    changed_at: When
    entity_type: The table
    entity_id: The row
    operation: What was done
    row_data: The row after it; before it, if it was deleted
    learning_event_id: The event that told it
$$);

CREATE TABLE learning.learning_events_daily (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT learning_events_daily_organization_fkey REFERENCES base.organizations,
    date date NOT NULL,
    event_type text NOT NULL,
    source_system text NOT NULL,
    n bigint NOT NULL,
    avg_ms double precision,
    p95_ms double precision,
    p99_ms double precision,
    bytes bigint NOT NULL,
    distinct_users bigint NOT NULL,
    distinct_sessions bigint NOT NULL,
    CONSTRAINT learning_events_daily_pkey PRIMARY KEY (organization_id, date, event_type, source_system)
);
CALL base.describe('learning.learning_events_daily', 'Learning events that have left, summed up by day', $$
    date: The day, in UTC
    event_type: What kind of thing
    source_system: What told it
    n: How many
    avg_ms: Mean time they took
    p95_ms: Its 95th percentile
    p99_ms: Its 99th percentile
    bytes: Size of what was told
    distinct_users: How many did them; of a day that left in parts, the most of any part
    distinct_sessions: In how many sessions; likewise
$$);

CREATE TABLE learning.git_operation_learning_events (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT git_operation_learning_events_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    learning_event_id bigint NOT NULL,
    learning_event_at timestamptz NOT NULL,
    git_operation_id text NOT NULL,
    operation_type text NOT NULL
        CONSTRAINT git_operation_learning_events_operation_type_check CHECK (operation_type IN ('commit', 'merge', 'rebase', 'pull_request', 'branch', 'tag')),
    repository_id uuid,
    repository_name text,
    branch_name text,
    commit_hash text,
    author_id text,
    file_changes_count integer CONSTRAINT git_operation_learning_events_file_changes_count_check CHECK (file_changes_count >= 0),
    lines_added integer CONSTRAINT git_operation_learning_events_lines_added_check CHECK (lines_added >= 0),
    lines_deleted integer CONSTRAINT git_operation_learning_events_lines_deleted_check CHECK (lines_deleted >= 0),
    CONSTRAINT git_operation_learning_events_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT git_operation_learning_events_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id),
    CONSTRAINT git_operation_learning_events_event_fkey FOREIGN KEY (organization_id, learning_event_id, learning_event_at)
        REFERENCES learning.learning_events (organization_id, id, timestamp) ON DELETE CASCADE
);
CREATE INDEX git_operation_learning_events_event_idx ON learning.git_operation_learning_events (learning_event_id, learning_event_at);
CREATE INDEX git_operation_learning_events_repository_name_idx ON learning.git_operation_learning_events (repository_name, created_at);
CREATE INDEX git_operation_learning_events_repository_idx ON learning.git_operation_learning_events (repository_id) WHERE repository_id IS NOT NULL;
CALL base.describe('learning.git_operation_learning_events', 'What git did, as part of a learning event', $$
    learning_event_id: The event
    learning_event_at: When it happened
    git_operation_id: Its id
    operation_type: What was done
    repository_id: The repository
    repository_name: Its name
    branch_name: The branch
    commit_hash: The commit
    author_id: Who did it
    file_changes_count: Files changed
    lines_added: Lines added
    lines_deleted: Lines deleted
$$);

CREATE TABLE learning.user_session_learning_events (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT user_session_learning_events_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    learning_event_id bigint NOT NULL,
    learning_event_at timestamptz NOT NULL,
    session_id text NOT NULL,
    user_id text NOT NULL,
    session_start timestamptz NOT NULL DEFAULT now(),
    session_end timestamptz,
    session_duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM session_end - session_start) * 1000)::bigint) STORED,
    actions_count integer CONSTRAINT user_session_learning_events_actions_count_check CHECK (actions_count >= 0),
    platform text
        CONSTRAINT user_session_learning_events_platform_check CHECK (platform IN ('web', 'cli', 'api', 'ide_extension', 'mobile')),
    CONSTRAINT user_session_learning_events_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT user_session_learning_events_end_check CHECK (session_end >= session_start),
    CONSTRAINT user_session_learning_events_event_fkey FOREIGN KEY (organization_id, learning_event_id, learning_event_at)
        REFERENCES learning.learning_events (organization_id, id, timestamp) ON DELETE CASCADE
);
CREATE INDEX user_session_learning_events_event_idx ON learning.user_session_learning_events (learning_event_id, learning_event_at);
CREATE INDEX user_session_learning_events_user_idx ON learning.user_session_learning_events (user_id, created_at);
CALL base.describe('learning.user_session_learning_events', 'What somebody did in a session, as part of a learning event', $$
    learning_event_id: The event
    learning_event_at: When it happened
    session_id: The session
    user_id: Who
    session_start: When it began
    session_end: When it ended
    session_duration_ms: Time between the two
    actions_count: What was done in it
    platform: By which way
$$);

CREATE TABLE learning.api_request_learning_events (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT api_request_learning_events_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    learning_event_id bigint NOT NULL,
    learning_event_at timestamptz NOT NULL,
    request_id text NOT NULL,
    endpoint text,
    http_method text,
    status_code integer CONSTRAINT api_request_learning_events_status_code_check CHECK (status_code BETWEEN 100 AND 599),
    response_time_ms double precision CONSTRAINT api_request_learning_events_response_time_ms_check CHECK (response_time_ms >= 0),
    request_size_bytes bigint CONSTRAINT api_request_learning_events_request_size_bytes_check CHECK (request_size_bytes >= 0),
    response_size_bytes bigint CONSTRAINT api_request_learning_events_response_size_bytes_check CHECK (response_size_bytes >= 0),
    user_id text,
    api_key_id uuid,
    error_type text,
    CONSTRAINT api_request_learning_events_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT api_request_learning_events_api_key_fkey FOREIGN KEY (organization_id, api_key_id)
        REFERENCES base.api_keys (organization_id, id),
    CONSTRAINT api_request_learning_events_event_fkey FOREIGN KEY (organization_id, learning_event_id, learning_event_at)
        REFERENCES learning.learning_events (organization_id, id, timestamp) ON DELETE CASCADE
);
CREATE INDEX api_request_learning_events_event_idx ON learning.api_request_learning_events (learning_event_id, learning_event_at);
CREATE INDEX api_request_learning_events_endpoint_idx ON learning.api_request_learning_events (endpoint, created_at);
CREATE INDEX api_request_learning_events_api_key_idx ON learning.api_request_learning_events (api_key_id) WHERE api_key_id IS NOT NULL;
CALL base.describe('learning.api_request_learning_events', 'A request that was answered, as part of a learning event', $$
    learning_event_id: The event
    learning_event_at: When it happened
    request_id: The request
    endpoint: What was asked
    http_method: By which method
    status_code: What was answered
    response_time_ms: How long it took
    request_size_bytes: Size of the request
    response_size_bytes: Size of the answer
    user_id: Who asked
    api_key_id: With which key
    error_type: What went wrong
$$);

DO $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'learning'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.oid LOOP
        CALL base.secure_table(v_table, p_app => CASE
            WHEN v_table IN ('learning.entity_history'::regclass, 'learning.learning_events_daily'::regclass) THEN 'SELECT'
            WHEN v_table = 'learning.learning_events'::regclass THEN 'SELECT, INSERT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END);
    END LOOP;
END
$$;
CALL base.track_updates('learning');

-- functions: triggers

CREATE FUNCTION learning.keep_training_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status AND NOT base.run_status_follows(OLD.status, NEW.status) THEN
        RAISE EXCEPTION 'a training that is % cannot become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'model_training_sessions_status_follows';
    END IF;
    NEW.training_end := CASE WHEN base.run_has_ended(NEW.status) THEN coalesce(NEW.training_end, greatest(clock_timestamp(), NEW.training_start)) END;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION learning.keep_training_status() IS 'Trigger: refuse a status that cannot follow the one before; note when a training ended';

CREATE FUNCTION learning.check_one_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.deployments:' || NEW.organization_id, 0));
    SELECT m.name INTO v_name FROM learning.ml_models m WHERE m.id = NEW.model_id;
    IF EXISTS (SELECT FROM learning.model_deployments d JOIN learning.ml_models m ON m.id = d.model_id
               WHERE d.organization_id = NEW.organization_id AND d.id <> NEW.id AND d.environment = NEW.environment AND d.status = 'active' AND m.name = v_name) THEN
        RAISE EXCEPTION 'a version of % is active in % already', v_name, NEW.environment
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'model_deployments_one_active', HINT = 'Make that one inactive first.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION learning.check_one_deployment() IS 'Trigger: of the versions of one model one is active in an environment';

CREATE FUNCTION learning.count_occurrence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE learning.identified_patterns p SET occurrence_frequency = p.occurrence_frequency + 1,
        first_detected = least(p.first_detected, NEW.detection_timestamp), last_detected = greatest(p.last_detected, NEW.detection_timestamp)
    WHERE p.id = NEW.pattern_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION learning.count_occurrence() IS 'Trigger: count how often a pattern was ever seen';

CREATE FUNCTION learning.process_learning_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE learning.predictions p SET accuracy_score = f.score, outcome_timestamp = coalesce(p.outcome_timestamp, now()),
        status = CASE WHEN f.score >= 0.5 THEN 'validated' ELSE 'invalidated' END
    FROM (SELECT avg(o.feedback_score) AS score FROM learning.learning_feedback o WHERE o.prediction_id = NEW.prediction_id) f
    WHERE p.id = NEW.prediction_id AND f.score IS NOT NULL;
    UPDATE learning.learning_feedback f SET processed_at = clock_timestamp() WHERE f.id = NEW.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION learning.process_learning_feedback() IS
    'Trigger: a prediction is as right as its feedback says on the mean, validated from a half on; the model''s accuracy off line is left alone';

CREATE FUNCTION learning.calculate_recommendation_priority(p_confidence numeric, p_impact numeric, p_effort numeric) RETURNS base.score
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN round(least(100, 100 * p_confidence * (p_impact / 100) / greatest(0.01, p_effort / 100)), 2)::base.score;
COMMENT ON FUNCTION learning.calculate_recommendation_priority(numeric, numeric, numeric) IS
    'What a recommendation is worth: confidence × impact / effort, 100 at most; null while one of them is';

CREATE FUNCTION learning.set_priority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.priority_score := learning.calculate_recommendation_priority(NEW.confidence_score, NEW.impact_score, NEW.effort_score);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION learning.set_priority() IS 'Trigger: the priority of a recommendation follows from its other scores';

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION learning.track_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END) - 'encrypted_data';
BEGIN
    INSERT INTO learning.learning_events (organization_id, timestamp, event_type, event_subtype, source_system, entity_type, entity_id, event_data, user_id)
    VALUES ((v_row ->> 'organization_id')::uuid, clock_timestamp(), 'entity_change', lower(TG_OP), 'database',
        format('%s.%s', TG_TABLE_SCHEMA, TG_TABLE_NAME), v_row ->> 'id', v_row, base.current_user_id()::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION learning.track_change() IS 'Trigger: tell a change, whoever or whatever cascade made it, as a learning event, with the whole row but for what is encrypted';

RESET ROLE;
SET ROLE graph_sitter_owner;

-- triggers

CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON learning.model_training_sessions
    FOR EACH ROW EXECUTE FUNCTION learning.keep_training_status();
CREATE TRIGGER one_active AFTER INSERT OR UPDATE ON learning.model_deployments
    FOR EACH ROW WHEN (NEW.status = 'active') EXECUTE FUNCTION learning.check_one_deployment();
CREATE TRIGGER count AFTER INSERT ON learning.pattern_occurrences
    FOR EACH ROW EXECUTE FUNCTION learning.count_occurrence();
CREATE TRIGGER process AFTER INSERT ON learning.learning_feedback
    FOR EACH ROW EXECUTE FUNCTION learning.process_learning_feedback();
CREATE TRIGGER priority BEFORE INSERT OR UPDATE ON learning.recommendations
    FOR EACH ROW EXECUTE FUNCTION learning.set_priority();
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['ml_models', 'model_training_sessions', 'model_evaluations', 'model_deployments', 'training_datasets', 'identified_patterns',
        'predictions', 'recommendations', 'learning_patterns', 'system_adaptations', 'ab_testing_experiments'] LOOP
        EXECUTE format('CREATE TRIGGER track_change AFTER INSERT OR UPDATE OR DELETE ON learning.%I FOR EACH ROW EXECUTE FUNCTION learning.track_change()', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['ml_models', 'model_deployments', 'recommendations', 'ab_testing_experiments', 'system_adaptations'] LOOP
        EXECUTE format('CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON learning.%I FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry(%s)',
            v_table, CASE v_table WHEN 'ml_models' THEN '''-encrypted_data''' ELSE '' END);
    END LOOP;
END
$$;

-- functions: learning events

CREATE FUNCTION learning.record_learning_event(
    p_event_type text, p_event_data jsonb, p_entity_type text DEFAULT NULL, p_entity_id text DEFAULT NULL,
    p_timestamp timestamptz DEFAULT now(), p_detail jsonb DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_table CONSTANT text := CASE p_event_type WHEN 'git_operation' THEN 'git_operation_learning_events' WHEN 'user_session' THEN 'user_session_learning_events'
                                               WHEN 'api_request' THEN 'api_request_learning_events' END;
    v_id bigint;
BEGIN
    INSERT INTO learning.learning_events (timestamp, event_type, entity_type, entity_id, event_data, user_id, session_id, processing_time_ms)
    VALUES (p_timestamp, p_event_type, p_entity_type, p_entity_id, p_event_data, p_detail ->> 'user_id', p_detail ->> 'session_id',
        (p_detail ->> 'response_time_ms')::double precision)
    RETURNING id INTO v_id;
    IF p_detail IS NOT NULL AND v_table IS NULL THEN
        RAISE EXCEPTION 'events of type % have no details', p_event_type USING ERRCODE = 'invalid_parameter_value';
    ELSIF p_detail IS NOT NULL THEN
        -- Only the columns that are given: the others have their defaults.
        EXECUTE (
            SELECT format('INSERT INTO learning.%I (learning_event_id, learning_event_at, %s) SELECT $1, $2, %2$s FROM jsonb_populate_record(NULL::learning.%1$I, $3)',
                v_table, string_agg(quote_ident(k), ', '))
            FROM jsonb_object_keys(p_detail) AS k) USING v_id, p_timestamp, p_detail;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION learning.record_learning_event(text, jsonb, text, text, timestamptz, jsonb) IS
    'Record a learning event; p_detail holds columns of the table for git operations, user sessions or API requests';

CREATE FUNCTION learning.replay_entity(p_entity_type text, p_entity_id text, p_at timestamptz DEFAULT 'infinity') RETURNS jsonb LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN c.operation <> 'delete' THEN c.row_data END FROM (
        SELECT e.timestamp AS at, e.id, e.event_subtype AS operation, e.event_data AS row_data FROM learning.learning_events e
        WHERE e.entity_type = p_entity_type AND e.entity_id = p_entity_id AND e.event_type = 'entity_change'
        UNION ALL
        SELECT h.changed_at, h.learning_event_id, h.operation, h.row_data FROM learning.entity_history h
        WHERE h.entity_type = p_entity_type AND h.entity_id = p_entity_id
    ) c WHERE c.at <= p_at ORDER BY c.at DESC, c.id DESC LIMIT 1;
END;
COMMENT ON FUNCTION learning.replay_entity(text, text, timestamptz) IS
    'A row as its changes tell it at a moment; null before it was made and after it was deleted';

-- functions: predictions and drift

CREATE FUNCTION learning.expire_old_predictions() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    UPDATE learning.predictions p SET status = 'expired' WHERE p.status = 'active' AND p.prediction_expires_at <= now();
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION learning.expire_old_predictions() IS 'Active predictions whose time is over expire; how many';

CREATE FUNCTION learning.model_drift(p_model_id uuid DEFAULT NULL, p_window interval DEFAULT '7 days')
RETURNS TABLE (model_id uuid, baseline_accuracy numeric, current_accuracy numeric, relative_drop numeric, drifted boolean, samples bigint, verdict text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH measured AS (
        SELECT m.id, coalesce(
                (SELECT (d.performance_baseline ->> 'accuracy')::numeric FROM learning.model_deployments d
                 WHERE d.model_id = m.id AND d.status = 'active' ORDER BY d.environment = 'production' DESC, d.deployed_at DESC NULLS LAST LIMIT 1),
                (SELECT e.accuracy FROM learning.model_evaluations e
                 WHERE e.model_id = m.id AND e.evaluation_type = 'test' AND e.accuracy IS NOT NULL ORDER BY e.evaluation_timestamp DESC LIMIT 1)) AS baseline,
            p.accuracy, p.n
        FROM learning.ml_models m
        CROSS JOIN LATERAL (
            SELECT avg(p.accuracy_score) AS accuracy, count(p.accuracy_score) AS n FROM learning.predictions p
            WHERE p.model_id = m.id AND coalesce(p.outcome_timestamp, p.prediction_timestamp) > now() - p_window
        ) p
        WHERE m.id = p_model_id OR p_model_id IS NULL
    ), dropped AS (
        SELECT m.*, (m.baseline - m.accuracy) / nullif(m.baseline, 0) AS share, m.n >= 30 AND m.baseline > 0 AS is_known FROM measured m
    )
    SELECT d.id, round(d.baseline, 4), round(d.accuracy, 4), round(d.share, 4), CASE WHEN d.is_known THEN d.share > 0.2 END, d.n,
        CASE WHEN d.n < 30 THEN 'not enough data' WHEN d.baseline IS NULL THEN 'no baseline' WHEN d.share > 0.2 THEN 'drifted' ELSE 'stable' END
    FROM dropped d ORDER BY d.id;
END;
COMMENT ON FUNCTION learning.model_drift(uuid, interval) IS
    'Whether a model, or each, has become more than a fifth less right than its active deployment''s baseline or else its latest test; said from 30 judged predictions in the window on';

CREATE FUNCTION learning.drift_for_readers(p_model_id uuid) RETURNS TABLE (relative_drop numeric, verdict text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT d.relative_drop, d.verdict FROM learning.model_drift(p_model_id) d;
END;
COMMENT ON FUNCTION learning.drift_for_readers(uuid) IS 'Drift of a model of the session''s organization, also for those who may read views only';

-- functions: what works

CREATE FUNCTION learning.update_pattern_effectiveness(
    p_learning_pattern_id uuid, p_result text, p_feedback base.score DEFAULT NULL, p_target_type text DEFAULT 'unspecified', p_target_id text DEFAULT '')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO learning.pattern_applications (organization_id, learning_pattern_id, target_type, target_id, result, feedback_score, completed_at)
    SELECT l.organization_id, l.id, p_target_type, p_target_id, p_result, p_feedback, CASE WHEN p_result <> 'pending' THEN now() END
    FROM learning.learning_patterns l WHERE l.id = p_learning_pattern_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no learning pattern %', p_learning_pattern_id USING ERRCODE = 'no_data_found';
    END IF;
    UPDATE learning.learning_patterns l SET effectiveness_score = round(coalesce(0.7 * l.effectiveness_score + 0.3 * p_feedback, p_feedback), 2)
    WHERE l.id = p_learning_pattern_id AND p_feedback IS NOT NULL;
END
$$;
COMMENT ON FUNCTION learning.update_pattern_effectiveness(uuid, text, base.score, text, text) IS
    'Record how applying a pattern went; its effectiveness is the first feedback, and then 0.7 of what it was and 0.3 of the new';

CREATE FUNCTION learning.search_knowledge(p_query text, p_limit integer DEFAULT 20) RETURNS TABLE (id uuid, title text, rank real) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT k.id, k.title, ts_rank(k.search_vector, q.query) FROM learning.knowledge_base k, websearch_to_tsquery('english', p_query) AS q (query)
    WHERE k.search_vector @@ q.query AND k.deleted_at IS NULL AND k.status <> 'obsolete'
    ORDER BY 3 DESC, k.title LIMIT p_limit;
END;
COMMENT ON FUNCTION learning.search_knowledge(text, integer) IS 'What is known of that, best first; words as for a search engine: "a phrase", or, -not';

-- functions: experiments

CREATE FUNCTION learning.assign_ab_variant(p_experiment_id uuid, p_subject text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_experiment learning.ab_testing_experiments;
BEGIN
    SELECT * INTO v_experiment FROM learning.ab_testing_experiments e WHERE e.id = p_experiment_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no experiment %', p_experiment_id USING ERRCODE = 'no_data_found';
    END IF;
    IF v_experiment.status = 'running' THEN
        INSERT INTO learning.ab_testing_assignments (organization_id, experiment_id, user_id, variant)
        VALUES (v_experiment.organization_id, p_experiment_id, p_subject,
            base.assign_variant(p_experiment_id::text, p_subject, v_experiment.traffic_allocation))
        ON CONFLICT (experiment_id, user_id) DO NOTHING;
    END IF;
    RETURN (SELECT a.variant FROM learning.ab_testing_assignments a WHERE a.experiment_id = p_experiment_id AND a.user_id = p_subject);
END
$$;
COMMENT ON FUNCTION learning.assign_ab_variant(uuid, text) IS
    'The variant of a subject, which stays when shares change; null for a new subject of an experiment that does not run';

CREATE FUNCTION learning.log_gamma(p_x double precision) RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v_x double precision := p_x;
    v_shift double precision := 0;
BEGIN
    -- Stirling's series, which the server has no function for before 18: exact to 1e-13 from 10 on, where the recurrence leads.
    WHILE v_x < 10 LOOP
        v_shift := v_shift + ln(v_x);
        v_x := v_x + 1;
    END LOOP;
    RETURN (v_x - 0.5) * ln(v_x) - v_x + 0.5 * ln(2 * pi()) + 1 / (12 * v_x) - 1 / (360 * v_x ^ 3) + 1 / (1260 * v_x ^ 5) - 1 / (1680 * v_x ^ 7)
        + 1 / (1188 * v_x ^ 9) - v_shift;
END
$$;
COMMENT ON FUNCTION learning.log_gamma(double precision) IS 'The logarithm of the gamma function of a positive number';

CREATE FUNCTION learning.incomplete_beta(p_x double precision, p_a double precision, p_b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v_c double precision := 1;
    v_d double precision;
    v_term double precision;
    v_product double precision;
BEGIN
    IF p_x <= 0 OR p_x >= 1 THEN
        RETURN (p_x >= 1)::integer;
    ELSIF p_x > (p_a + 1) / (p_a + p_b + 2) THEN
        RETURN 1 - learning.incomplete_beta(1 - p_x, p_b, p_a);
    END IF;
    -- The continued fraction, from its beginning on (Lentz's way).
    v_d := 1 / (1 - (p_a + p_b) * p_x / (p_a + 1));
    v_product := v_d;
    FOR m IN 1..500 LOOP
        v_term := m * (p_b - m) * p_x / ((p_a + 2 * m - 1) * (p_a + 2 * m));
        v_d := 1 / (1 + v_term * v_d);
        v_c := 1 + v_term / v_c;
        v_product := v_product * v_c * v_d;
        v_term := -(p_a + m) * (p_a + p_b + m) * p_x / ((p_a + 2 * m) * (p_a + 2 * m + 1));
        v_d := 1 / (1 + v_term * v_d);
        v_c := 1 + v_term / v_c;
        v_product := v_product * v_c * v_d;
        EXIT WHEN abs(v_c * v_d - 1) < 1e-14;
    END LOOP;
    RETURN exp(greatest(-700, learning.log_gamma(p_a + p_b) - learning.log_gamma(p_a) - learning.log_gamma(p_b) + p_a * ln(p_x) + p_b * ln(1 - p_x)))
        * v_product / p_a;
END
$$;
COMMENT ON FUNCTION learning.incomplete_beta(double precision, double precision, double precision) IS 'The regularized incomplete beta function I_x(a, b)';

CREATE FUNCTION learning.student_p_value(p_t double precision, p_degrees double precision) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    -- Bounded, because the server refuses squares that are too small or too large; by the smaller part, because the larger rounds to 1.
    SELECT CASE WHEN b.square < p_degrees THEN 1 - learning.incomplete_beta(b.square / (p_degrees + b.square), 0.5, p_degrees / 2)
                ELSE learning.incomplete_beta(p_degrees / (p_degrees + b.square), p_degrees / 2, 0.5) END
    FROM (SELECT least(greatest(abs(p_t), 1e-150), 1e150) ^ 2 AS square) b;
END;
COMMENT ON FUNCTION learning.student_p_value(double precision, double precision) IS
    'How likely a value of Student''s t distribution is at least this far from zero';

CREATE FUNCTION learning.ab_test_results(p_experiment_id uuid, p_metric text)
RETURNS TABLE (variant text, n bigint, mean double precision, stddev double precision, lift_percent double precision, p_value double precision,
    significant boolean, verdict text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH subjects AS (
        -- One value for each subject: several measurements of one do not tell as much as those of several.
        SELECT a.variant, avg(m.metric_value) AS value FROM learning.ab_testing_metrics m
        JOIN learning.ab_testing_assignments a ON a.id = m.assignment_id
        WHERE m.experiment_id = p_experiment_id AND m.metric_name = p_metric
        GROUP BY a.id, a.variant
    ), arms AS (
        SELECT v.name, e.control_variant ->> 'name' AS control, e.significance_level AS level, e.minimum_sample_size AS least,
            count(s.value) AS n, avg(s.value) AS mean, stddev_samp(s.value) AS stddev, var_samp(s.value) / nullif(count(s.value), 0) AS spread
        FROM learning.ab_testing_experiments e
        CROSS JOIN LATERAL (SELECT k.key AS name FROM jsonb_each(e.traffic_allocation) k UNION SELECT e.control_variant ->> 'name') v
        LEFT JOIN subjects s ON s.variant = v.name
        WHERE e.id = p_experiment_id GROUP BY v.name, e.id
    ), tested AS (
        SELECT a.*, c.mean AS base, c.n AS base_n, a.name = a.control AS is_control,
            CASE WHEN a.name = a.control THEN NULL
                 -- Without any spread a difference is one, however few show it.
                 WHEN a.spread + c.spread = 0 THEN (a.mean = c.mean)::integer
                 ELSE learning.student_p_value((a.mean - c.mean) / sqrt(a.spread + c.spread),
                     1 / (greatest(a.spread / (a.spread + c.spread), 1e-100) ^ 2 / (a.n - 1) + greatest(c.spread / (a.spread + c.spread), 1e-100) ^ 2 / (c.n - 1))) END AS p
        FROM arms a LEFT JOIN arms c ON c.name = a.control
    )
    SELECT t.name, t.n, t.mean, t.stddev, CASE WHEN NOT t.is_control THEN 100 * (t.mean - t.base) / nullif(abs(t.base), 0) END, t.p,
        CASE WHEN NOT t.is_control AND least(t.n, t.base_n) >= t.least THEN t.p < t.level END,
        CASE WHEN t.is_control THEN 'control' WHEN least(t.n, t.base_n) < t.least THEN 'insufficient data'
             WHEN t.p >= t.level THEN 'no difference' WHEN t.mean > t.base THEN 'higher' ELSE 'lower' END
    FROM tested t ORDER BY NOT t.is_control, t.name;
END;
COMMENT ON FUNCTION learning.ab_test_results(uuid, text) IS
    'Each variant beside the control by the mean of its subjects: Welch''s t-test, two-sided, from minimum_sample_size subjects of both on';

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION learning.rollup_learning_events(p_relation regclass, p_before timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format($statement$
        INSERT INTO learning.learning_events_daily AS d (organization_id, date, event_type, source_system, n, avg_ms, p95_ms, p99_ms, bytes, distinct_users, distinct_sessions)
        SELECT e.organization_id, (e.timestamp AT TIME ZONE 'UTC')::date, e.event_type, e.source_system, count(*), avg(e.processing_time_ms),
            percentile_cont(0.95) WITHIN GROUP (ORDER BY e.processing_time_ms), percentile_cont(0.99) WITHIN GROUP (ORDER BY e.processing_time_ms),
            sum(e.event_size_bytes), count(DISTINCT e.user_id), count(DISTINCT e.session_id)
        FROM ONLY %s e WHERE e.timestamp < $1
        GROUP BY 1, 2, 3, 4
        ON CONFLICT ON CONSTRAINT learning_events_daily_pkey DO UPDATE SET
            n = d.n + excluded.n, bytes = d.bytes + excluded.bytes,
            avg_ms = coalesce((d.avg_ms * d.n + excluded.avg_ms * excluded.n) / (d.n + excluded.n), d.avg_ms, excluded.avg_ms),
            p95_ms = greatest(d.p95_ms, excluded.p95_ms), p99_ms = greatest(d.p99_ms, excluded.p99_ms),
            distinct_users = greatest(d.distinct_users, excluded.distinct_users), distinct_sessions = greatest(d.distinct_sessions, excluded.distinct_sessions)
    $statement$, p_relation) USING p_before;
    EXECUTE format($statement$
        INSERT INTO learning.entity_history (organization_id, changed_at, entity_type, entity_id, operation, row_data, learning_event_id)
        SELECT e.organization_id, e.timestamp, e.entity_type, e.entity_id, e.event_subtype, e.event_data, e.id
        FROM ONLY %s e WHERE e.timestamp < $1 AND e.event_type = 'entity_change'
    $statement$, p_relation) USING p_before;
END
$$;
COMMENT ON FUNCTION learning.rollup_learning_events(regclass, timestamptz) IS
    'Add the events that are about to leave to learning_events_daily, and the changes they tell to entity_history';

CREATE FUNCTION learning.cleanup_old_learning_events() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT sum(r.rows_removed) FROM base.apply_retention('learning.learning_events') r);
END
$$;
COMMENT ON FUNCTION learning.cleanup_old_learning_events() IS
    'Let old learning events leave, summed up by day and their changes kept, as their policy says; how many left';

CREATE FUNCTION learning.schedule_retraining() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_count integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.retraining', 0));
    INSERT INTO tasks.task_definitions (organization_id, name, slug, task_type)
    SELECT DISTINCT m.organization_id, 'Retrain a model', 'retrain-model'::base.slug, 'maintenance'::tasks.task_type
    FROM learning.model_drift() d JOIN learning.ml_models m ON m.id = d.model_id WHERE d.drifted AND m.status = 'active'
    ON CONFLICT DO NOTHING;
    INSERT INTO tasks.tasks (organization_id, title, task_definition_id, priority, arguments)
    SELECT m.organization_id, format('Retrain %s %s', m.name, m.version), t.id, 'high',
        jsonb_build_object('model_id', m.id, 'baseline_accuracy', d.baseline_accuracy, 'current_accuracy', d.current_accuracy)
    FROM learning.model_drift() d
    JOIN learning.ml_models m ON m.id = d.model_id AND m.status = 'active'
    JOIN tasks.task_definitions t ON t.organization_id = m.organization_id AND t.slug = 'retrain-model' AND t.version = '1.0.0'
    WHERE d.drifted AND NOT EXISTS (
        SELECT FROM tasks.tasks k WHERE k.organization_id = m.organization_id AND k.task_definition_id = t.id
          AND k.arguments ->> 'model_id' = m.id::text AND NOT base.run_has_ended(k.status) AND k.deleted_at IS NULL);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION learning.schedule_retraining() IS 'Make a task to retrain each active model that drifted and has no such task open; how many';

REVOKE EXECUTE ON FUNCTION learning.rollup_learning_events(regclass, timestamptz), learning.cleanup_old_learning_events(), learning.schedule_retraining() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION learning.cleanup_old_learning_events(), learning.schedule_retraining() TO graph_sitter_owner;

-- materialized views: of all organizations, hence behind views that show one

CREATE MATERIALIZED VIEW learning.daily_learning_metrics_mv AS
SELECT e.organization_id, e.date, e.event_type, e.source_system, sum(e.n)::bigint AS n, sum(e.avg_ms * e.n) / nullif(sum(e.n) FILTER (WHERE e.avg_ms IS NOT NULL), 0) AS avg_ms,
    max(e.p95_ms) AS p95_ms, max(e.p99_ms) AS p99_ms, sum(e.bytes)::bigint AS bytes, max(e.distinct_users) AS unique_users, max(e.distinct_sessions) AS unique_sessions
FROM (
    SELECT d.organization_id, d.date, d.event_type, d.source_system, d.n, d.avg_ms, d.p95_ms, d.p99_ms, d.bytes, d.distinct_users, d.distinct_sessions
    FROM learning.learning_events_daily d
    UNION ALL
    SELECT l.organization_id, (l.timestamp AT TIME ZONE 'UTC')::date, l.event_type, l.source_system, count(*), avg(l.processing_time_ms),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY l.processing_time_ms), percentile_cont(0.99) WITHIN GROUP (ORDER BY l.processing_time_ms),
        sum(l.event_size_bytes), count(DISTINCT l.user_id), count(DISTINCT l.session_id)
    FROM learning.learning_events l GROUP BY 1, 2, 3, 4
) e
WHERE e.date > (now() AT TIME ZONE 'UTC')::date - 90
GROUP BY 1, 2, 3, 4;
CREATE UNIQUE INDEX daily_learning_metrics_mv_key ON learning.daily_learning_metrics_mv (organization_id, date, event_type, source_system);
GRANT SELECT ON learning.daily_learning_metrics_mv TO graph_sitter_owner;
CALL base.describe('learning.daily_learning_metrics_mv', 'Learning events of the last 90 days by day, those that have left too; of all organizations', $$
    date: The day, in UTC
    event_type: What kind of thing
    source_system: What told it
    n: How many
    avg_ms: Mean time they took
    p95_ms: Its 95th percentile; of a day that left in parts, the highest of any
    p99_ms: Its 99th percentile; likewise
    bytes: Size of what was told
    unique_users: How many did them; of a day that left in parts, the most of any
    unique_sessions: In how many sessions; likewise
$$);

CREATE MATERIALIZED VIEW learning.pattern_analytics_summary_mv AS
SELECT p.organization_id, p.pattern_type, coalesce(p.severity_level, 'unrated') AS severity_level, count(*) AS pattern_count,
    sum(p.occurrence_frequency)::bigint AS total_occurrences, round(avg(p.confidence_score), 4) AS avg_confidence,
    sum(o.resolved)::bigint AS resolved, sum(o.open)::bigint AS open,
    round((sum(o.hours) / nullif(sum(o.timed), 0))::numeric, 2) AS avg_resolution_hours, max(p.last_detected) AS last_detected
FROM learning.identified_patterns p
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE o.resolution_status = 'resolved') AS resolved,
        count(*) FILTER (WHERE o.resolution_status IN ('open', 'in_progress')) AS open, count(o.resolution_timestamp) AS timed,
        sum(extract(epoch FROM o.resolution_timestamp - o.detection_timestamp)) / 3600 AS hours
    FROM learning.pattern_occurrences o WHERE o.pattern_id = p.id
) o
GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX pattern_analytics_summary_mv_key ON learning.pattern_analytics_summary_mv (organization_id, pattern_type, severity_level);
GRANT SELECT ON learning.pattern_analytics_summary_mv TO graph_sitter_owner;
CALL base.describe('learning.pattern_analytics_summary_mv', 'Patterns by type and severity; of all organizations', $$
    pattern_type: What kind of pattern
    severity_level: How bad; unrated where nobody said
    pattern_count: Patterns
    total_occurrences: How often they were ever seen
    avg_confidence: Mean confidence of the patterns
    resolved: Kept occurrences that are resolved
    open: Kept occurrences that are not
    avg_resolution_hours: Mean time from being seen to being resolved
    last_detected: When one was last seen
$$);

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

CREATE VIEW learning.daily_learning_metrics AS
SELECT m.date, m.event_type, m.source_system, m.n, m.avg_ms, m.p95_ms, m.p99_ms, m.bytes, m.unique_users, m.unique_sessions, m.organization_id
FROM learning.daily_learning_metrics_mv m WHERE m.organization_id = (SELECT base.current_organization_id());
CALL base.describe('learning.daily_learning_metrics', 'Learning events of the last 90 days by day, as of the last refresh', $$
    date: The day, in UTC
    event_type: What kind of thing
    source_system: What told it
    n: How many
    avg_ms: Mean time they took
    p95_ms: Its 95th percentile
    p99_ms: Its 99th percentile
    bytes: Size of what was told
    unique_users: How many did them
    unique_sessions: In how many sessions
$$);

CREATE VIEW learning.pattern_analytics_summary AS
SELECT m.pattern_type, m.severity_level, m.pattern_count, m.total_occurrences, m.avg_confidence, m.resolved, m.open, m.avg_resolution_hours, m.last_detected,
    m.organization_id
FROM learning.pattern_analytics_summary_mv m WHERE m.organization_id = (SELECT base.current_organization_id());
CALL base.describe('learning.pattern_analytics_summary', 'Patterns by type and severity, as of the last refresh', $$
    pattern_type: What kind of pattern
    severity_level: How bad; unrated where nobody said
    pattern_count: Patterns
    total_occurrences: How often they were ever seen
    avg_confidence: Mean confidence of the patterns
    resolved: Kept occurrences that are resolved
    open: Kept occurrences that are not
    avg_resolution_hours: Mean time from being seen to being resolved
    last_detected: When one was last seen
$$);

CREATE VIEW learning.model_performance AS
SELECT m.id AS model_id, m.name, m.version, m.status, m.accuracy AS offline_accuracy, p.online_accuracy, p.predictions, p.scored, f.feedback_count, f.feedback_mean,
    p.last_prediction_at, d.relative_drop, d.verdict AS drift, m.organization_id
FROM learning.ml_models m
CROSS JOIN LATERAL (
    SELECT count(*) AS predictions, count(p.accuracy_score) AS scored, round(avg(p.accuracy_score), 4) AS online_accuracy, max(p.prediction_timestamp) AS last_prediction_at
    FROM learning.predictions p WHERE p.model_id = m.id
) p
CROSS JOIN LATERAL (
    SELECT count(*) AS feedback_count, round(avg(f.feedback_score), 4) AS feedback_mean FROM learning.learning_feedback f
    WHERE f.model_id = m.id OR f.prediction_id IN (SELECT p.id FROM learning.predictions p WHERE p.model_id = m.id)
) f
LEFT JOIN LATERAL learning.drift_for_readers(m.id) d ON true;
CALL base.describe('learning.model_performance', 'How each model does, off line and on line', $$
    model_id: The model
    name: What people call it
    version: Which edition of it
    status: Whether it is in use
    offline_accuracy: On data kept back for that
    online_accuracy: Mean of its judged predictions
    predictions: Its predictions
    scored: Those of them that are judged
    feedback_count: What was said of it and of them
    feedback_mean: Mean score of that
    last_prediction_at: When it last predicted
    relative_drop: How much less right it is than its baseline, as a share; see model_drift()
    drift: drifted, stable, no baseline, or not enough data
$$);

CREATE VIEW learning.learning_pattern_success AS
SELECT l.id AS learning_pattern_id, l.pattern_type, l.pattern_name, count(a.id) AS applications,
    round(100.0 * count(*) FILTER (WHERE a.result = 'success') / nullif(count(*) FILTER (WHERE a.result <> 'pending'), 0), 2) AS success_rate,
    l.effectiveness_score, l.organization_id
FROM learning.learning_patterns l LEFT JOIN learning.pattern_applications a ON a.learning_pattern_id = l.id
GROUP BY l.id;
CALL base.describe('learning.learning_pattern_success', 'How each pattern that works does', $$
    learning_pattern_id: The pattern
    pattern_type: What it is good for
    pattern_name: What people call it
    applications: How often it was applied
    success_rate: Per cent that succeeded of those that ended; null before the first
    effectiveness_score: How well it helped, the latest counting most
$$);

CREATE VIEW learning.adaptation_effectiveness AS
SELECT a.adaptation_type, a.target_component, count(*) AS adaptations, count(*) FILTER (WHERE a.status = 'kept') AS kept,
    round(avg(a.expected_improvement), 2) AS expected_improvement, round(avg(a.actual_improvement), 2) AS actual_improvement, a.organization_id
FROM learning.system_adaptations a GROUP BY a.adaptation_type, a.target_component, a.organization_id;
CALL base.describe('learning.adaptation_effectiveness', 'What changes on account of what was learned brought', $$
    adaptation_type: What kind of change
    target_component: What was changed
    adaptations: How often
    kept: How often it was kept
    expected_improvement: Mean of what was expected, in per cent
    actual_improvement: Mean of what came, in per cent, of those where it was measured
$$);

-- data and partitions

CREATE TABLE learning.learning_events_default PARTITION OF learning.learning_events DEFAULT;
CREATE TABLE learning.entity_history_default PARTITION OF learning.entity_history DEFAULT;
CREATE TABLE learning.pattern_occurrences_default PARTITION OF learning.pattern_occurrences DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval, rollup_function) VALUES
    ('learning.learning_events', 'timestamp', '30 days', 'summarize', '1 month', 'learning.rollup_learning_events'),
    ('learning.entity_history', 'changed_at', '730 days', 'drop', '1 month', NULL),
    ('learning.pattern_occurrences', 'detection_timestamp', '90 days', 'drop', '1 month', NULL);

CALL base.finish_schema('learning');
DO $$ BEGIN PERFORM base.ensure_partitions('learning.learning_events'), base.ensure_partitions('learning.entity_history'), base.ensure_partitions('learning.pattern_occurrences'); END $$;
CALL base.record_module('learning', 'Models, patterns, predictions, recommendations, experiments, learning events');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 11_openevolve: evolutionary search over programs, evaluation of components, context of whole code bases, and the record of errors
-- from which a system learns to heal itself.

CREATE SCHEMA openevolve AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA openevolve IS 'Evolution experiments, evaluations, context analysis, error reports and self-healing';
GRANT USAGE ON SCHEMA openevolve TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables: experiments

CREATE TABLE openevolve.evolution_experiments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evolution_experiments_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT evolution_experiments_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    description text,
    problem_definition jsonb NOT NULL,
    objective_function jsonb NOT NULL,
    population_size integer NOT NULL DEFAULT 50
        CONSTRAINT evolution_experiments_population_size_check CHECK (population_size > 0),
    max_generations integer NOT NULL DEFAULT 100
        CONSTRAINT evolution_experiments_max_generations_check CHECK (max_generations > 0),
    current_generation integer NOT NULL DEFAULT 0,
    status base.run_status NOT NULL DEFAULT 'pending',
    best_score numeric(14,6),
    convergence_threshold numeric,
    mutation_rate base.probability NOT NULL DEFAULT 0.1,
    crossover_rate base.probability NOT NULL DEFAULT 0.8,
    selection_strategy text NOT NULL DEFAULT 'tournament'
        CONSTRAINT evolution_experiments_selection_strategy_check CHECK (selection_strategy IN ('tournament', 'roulette', 'rank', 'elitist')),
    llm_config jsonb NOT NULL DEFAULT '{}',
    evaluation_config jsonb NOT NULL DEFAULT '{}',
    experiment_metadata jsonb NOT NULL DEFAULT '{}',
    codebase_id uuid,
    started_at timestamptz,
    completed_at timestamptz,
    created_by uuid DEFAULT base.current_user_id() CONSTRAINT evolution_experiments_created_by_fkey REFERENCES base.users,
    CONSTRAINT evolution_experiments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT evolution_experiments_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id),
    CONSTRAINT evolution_experiments_current_generation_check CHECK (current_generation BETWEEN 0 AND max_generations),
    CONSTRAINT evolution_experiments_ends_after_start_check CHECK (completed_at >= started_at)
);
CREATE INDEX evolution_experiments_status_idx ON openevolve.evolution_experiments (status, started_at);
CREATE INDEX evolution_experiments_codebase_idx ON openevolve.evolution_experiments (codebase_id) WHERE codebase_id IS NOT NULL;
CREATE INDEX evolution_experiments_created_by_idx ON openevolve.evolution_experiments (created_by) WHERE created_by IS NOT NULL;
CALL base.describe('openevolve.evolution_experiments', 'Searches for a better program', $$
    name: What people call it
    description: In words
    problem_definition: What is to be solved
    objective_function: What better means
    population_size: Individuals of a generation
    max_generations: Generations at most
    current_generation: The newest generation; kept by a trigger
    status: Where it stands
    best_score: The highest fitness of any individual; kept by a trigger
    convergence_threshold: Below which improvement it stops
    mutation_rate: How often a program is changed
    crossover_rate: How often two are mixed
    selection_strategy: How parents are chosen
    llm_config: Which language model, and how
    evaluation_config: How individuals are judged
    experiment_metadata: Whatever else is known, free in form
    codebase_id: The codebase it is about
    started_at: When it began
    completed_at: When it ended
    created_by: Who made it; null for a service
$$);

CREATE TABLE openevolve.evolution_generations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evolution_generations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    experiment_id uuid NOT NULL,
    generation_number integer NOT NULL CONSTRAINT evolution_generations_generation_number_check CHECK (generation_number >= 0),
    population_data jsonb NOT NULL DEFAULT '{}',
    generation_stats jsonb NOT NULL DEFAULT '{}',
    diversity_metrics jsonb NOT NULL DEFAULT '{}',
    convergence_metrics jsonb NOT NULL DEFAULT '{}',
    selection_pressure base.probability,
    generation_start timestamptz NOT NULL DEFAULT now(),
    generation_end timestamptz,
    mutation_count integer NOT NULL DEFAULT 0 CONSTRAINT evolution_generations_mutation_count_check CHECK (mutation_count >= 0),
    crossover_count integer NOT NULL DEFAULT 0
        CONSTRAINT evolution_generations_crossover_count_check CHECK (crossover_count >= 0),
    CONSTRAINT evolution_generations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT evolution_generations_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES openevolve.evolution_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT evolution_generations_end_check CHECK (generation_end >= generation_start),
    CONSTRAINT evolution_generations_number_key UNIQUE (experiment_id, generation_number),
    CONSTRAINT evolution_generations_experiment_id_id_key UNIQUE (organization_id, experiment_id, id)
);
CALL base.describe('openevolve.evolution_generations', 'Generations of an experiment', $$
    experiment_id: The experiment
    generation_number: Which of its generations
    population_data: Whatever is told of all its individuals
    generation_stats: See calculate_generation_stats(); kept by a trigger
    diversity_metrics: How different its individuals are
    convergence_metrics: How much it is better than the one before
    selection_pressure: How few became parents
    generation_start: When it began
    generation_end: When it ended
    mutation_count: Changes
    crossover_count: Mixtures
$$);

CREATE TABLE openevolve.evolution_individuals (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evolution_individuals_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    generation_id uuid NOT NULL,
    experiment_id uuid NOT NULL,
    individual_index integer NOT NULL CONSTRAINT evolution_individuals_individual_index_check CHECK (individual_index >= 0),
    genotype jsonb NOT NULL,
    phenotype text,
    fitness_score numeric(14,6),
    evaluation_metrics jsonb NOT NULL DEFAULT '{}',
    parent_ids uuid[] NOT NULL DEFAULT '{}',
    mutation_applied jsonb NOT NULL DEFAULT '{}',
    crossover_applied jsonb NOT NULL DEFAULT '{}',
    evaluation_time_ms double precision CONSTRAINT evolution_individuals_evaluation_time_ms_check CHECK (evaluation_time_ms >= 0),
    evaluation_status text NOT NULL DEFAULT 'pending'
        CONSTRAINT evolution_individuals_evaluation_status_check CHECK (evaluation_status IN ('pending', 'evaluating', 'completed', 'failed', 'timeout')),
    error_log text,
    code_complexity_metrics jsonb NOT NULL DEFAULT '{}',
    evaluated_at timestamptz,
    CONSTRAINT evolution_individuals_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT evolution_individuals_generation_fkey FOREIGN KEY (organization_id, experiment_id, generation_id)
        REFERENCES openevolve.evolution_generations (organization_id, experiment_id, id) ON DELETE CASCADE,
    CONSTRAINT evolution_individuals_index_key UNIQUE (generation_id, individual_index)
);
CREATE INDEX evolution_individuals_fitness_idx ON openevolve.evolution_individuals (experiment_id, fitness_score DESC);
CALL base.describe('openevolve.evolution_individuals', 'Programs that were tried', $$
    generation_id: The generation
    experiment_id: Its experiment; filled in
    individual_index: Which of the generation; filled in with the next that is free
    genotype: What it is made of
    phenotype: The program
    fitness_score: How good it is; null until that is known
    evaluation_metrics: Measured values, by name
    parent_ids: What it comes from
    mutation_applied: How it was changed
    crossover_applied: How it was mixed
    evaluation_time_ms: How long judging it took
    evaluation_status: Where judging it stands; completed as soon as it has a fitness
    error_log: Why that failed
    code_complexity_metrics: How complex the program is
    evaluated_at: When it was judged
$$);

CREATE TABLE openevolve.code_evaluations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT code_evaluations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    individual_id uuid NOT NULL,
    evaluation_type text NOT NULL
        CONSTRAINT code_evaluations_evaluation_type_check CHECK (evaluation_type IN ('functional', 'performance', 'quality', 'security', 'integration')),
    test_suite_id text,
    test_cases_passed integer NOT NULL DEFAULT 0
        CONSTRAINT code_evaluations_test_cases_passed_check CHECK (test_cases_passed >= 0),
    test_cases_failed integer NOT NULL DEFAULT 0
        CONSTRAINT code_evaluations_test_cases_failed_check CHECK (test_cases_failed >= 0),
    test_cases_total integer NOT NULL DEFAULT 0 CONSTRAINT code_evaluations_test_cases_total_check CHECK (test_cases_total >= 0),
    execution_time_ms double precision CONSTRAINT code_evaluations_execution_time_ms_check CHECK (execution_time_ms >= 0),
    memory_usage_mb double precision CONSTRAINT code_evaluations_memory_usage_mb_check CHECK (memory_usage_mb >= 0),
    cpu_usage_percent double precision CONSTRAINT code_evaluations_cpu_usage_percent_check CHECK (cpu_usage_percent >= 0),
    correctness_score base.score,
    efficiency_score base.score,
    maintainability_score base.score,
    security_score base.score,
    detailed_results jsonb NOT NULL DEFAULT '{}',
    evaluation_timestamp timestamptz NOT NULL DEFAULT now(),
    evaluator_version text,
    CONSTRAINT code_evaluations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT code_evaluations_individual_fkey FOREIGN KEY (organization_id, individual_id)
        REFERENCES openevolve.evolution_individuals (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT code_evaluations_cases_check CHECK (test_cases_passed + test_cases_failed <= test_cases_total)
);
CREATE INDEX code_evaluations_individual_idx ON openevolve.code_evaluations (individual_id);
CALL base.describe('openevolve.code_evaluations', 'What tests and measurements said of an individual', $$
    individual_id: The individual
    evaluation_type: What was judged
    test_suite_id: By which tests
    test_cases_passed: Tests that passed
    test_cases_failed: Tests that did not
    test_cases_total: All tests
    execution_time_ms: How long it ran
    memory_usage_mb: Memory it took
    cpu_usage_percent: Processor it took
    correctness_score: Whether it is right
    efficiency_score: Whether it is fast
    maintainability_score: Whether it can be understood
    security_score: Whether it is safe
    detailed_results: By test
    evaluation_timestamp: When
    evaluator_version: Of the program that judged
$$);

CREATE TABLE openevolve.llm_interactions (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT llm_interactions_organization_fkey REFERENCES base.organizations,
    metadata jsonb NOT NULL DEFAULT '{}',
    timestamp timestamptz NOT NULL DEFAULT now(),
    experiment_id uuid,
    individual_id uuid,
    interaction_type text NOT NULL
        CONSTRAINT llm_interactions_interaction_type_check CHECK (interaction_type IN ('code_generation', 'mutation', 'crossover', 'evaluation', 'analysis')),
    llm_model text NOT NULL,
    prompt_template text,
    prompt_text text NOT NULL,
    response_text text,
    token_count_input integer CONSTRAINT llm_interactions_token_count_input_check CHECK (token_count_input >= 0),
    token_count_output integer CONSTRAINT llm_interactions_token_count_output_check CHECK (token_count_output >= 0),
    response_time_ms double precision CONSTRAINT llm_interactions_response_time_ms_check CHECK (response_time_ms >= 0),
    cost_usd numeric(12,6) CONSTRAINT llm_interactions_cost_usd_check CHECK (cost_usd >= 0),
    success boolean NOT NULL DEFAULT true,
    error_message text,
    CONSTRAINT llm_interactions_pkey PRIMARY KEY (id, timestamp),
    CONSTRAINT llm_interactions_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES openevolve.evolution_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT llm_interactions_individual_fkey FOREIGN KEY (organization_id, individual_id)
        REFERENCES openevolve.evolution_individuals (organization_id, id) ON DELETE CASCADE
) PARTITION BY RANGE (timestamp);
CREATE INDEX llm_interactions_experiment_idx ON openevolve.llm_interactions (experiment_id, timestamp);
CREATE INDEX llm_interactions_organization_idx ON openevolve.llm_interactions (organization_id, timestamp);
CREATE INDEX llm_interactions_individual_idx ON openevolve.llm_interactions (individual_id) WHERE individual_id IS NOT NULL;
CALL base.describe('openevolve.llm_interactions', 'What a language model was asked, and what that took', $$
    timestamp: When
    experiment_id: The experiment
    individual_id: The individual
    interaction_type: What for
    llm_model: Which model
    prompt_template: What the prompt was made of
    prompt_text: The prompt
    response_text: The answer
    token_count_input: Tokens sent
    token_count_output: Tokens that came back
    response_time_ms: How long it took
    cost_usd: What it cost, in US dollars
    success: Whether there was an answer
    error_message: Why not
$$);

-- tables: components

CREATE TABLE openevolve.evaluations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evaluations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT evaluations_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    evaluation_type text NOT NULL,
    target_type text NOT NULL,
    target_id text NOT NULL,
    configuration jsonb NOT NULL DEFAULT '{}',
    constraints jsonb NOT NULL DEFAULT '{}',
    status base.run_status NOT NULL DEFAULT 'pending',
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    effectiveness_score base.score,
    improvement_metrics jsonb NOT NULL DEFAULT '{}',
    generated_solutions jsonb NOT NULL DEFAULT '[]',
    selected_solution jsonb NOT NULL DEFAULT '{}',
    experiment_id uuid,
    error_message text,
    retry_count integer NOT NULL DEFAULT 0 CONSTRAINT evaluations_retry_count_check CHECK (retry_count >= 0),
    max_retries integer NOT NULL DEFAULT 3 CONSTRAINT evaluations_max_retries_check CHECK (max_retries >= 0),
    CONSTRAINT evaluations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT evaluations_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES openevolve.evolution_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT evaluations_ends_after_start_check CHECK (completed_at >= started_at)
);
CREATE INDEX evaluations_target_idx ON openevolve.evaluations (target_type, target_id);
CREATE INDEX evaluations_experiment_idx ON openevolve.evaluations (experiment_id) WHERE experiment_id IS NOT NULL;
CALL base.describe('openevolve.evaluations', 'Evaluations of a component, and what would make it better', $$
    name: What people call it
    evaluation_type: What is judged
    target_type: What kind of component
    target_id: Which of those
    configuration: How it is judged
    constraints: What has to stay
    status: Where it stands
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    effectiveness_score: How good the component is
    improvement_metrics: What would be gained, by name
    generated_solutions: What could be done
    selected_solution: What was chosen
    experiment_id: The experiment that looks for solutions
    error_message: Why it failed
    retry_count: How often it was tried again
    max_retries: How often it may be
$$);

CREATE TABLE openevolve.context_analysis (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT context_analysis_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT context_analysis_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    evaluation_id uuid,
    codebase_id uuid,
    snapshot_id bigint,
    file_path text,
    scope text NOT NULL DEFAULT 'codebase'
        CONSTRAINT context_analysis_scope_check CHECK (scope IN ('codebase', 'file', 'class', 'function')),
    depth text NOT NULL DEFAULT 'standard'
        CONSTRAINT context_analysis_depth_check CHECK (depth IN ('overview', 'standard', 'comprehensive')),
    code_structure jsonb NOT NULL DEFAULT '{}',
    dependencies jsonb NOT NULL DEFAULT '{}',
    patterns jsonb NOT NULL DEFAULT '{}',
    complexity_metrics jsonb NOT NULL DEFAULT '{}',
    semantic_graph jsonb NOT NULL DEFAULT '{}',
    function_relationships jsonb NOT NULL DEFAULT '{}',
    data_flow jsonb NOT NULL DEFAULT '{}',
    control_flow jsonb NOT NULL DEFAULT '{}',
    quality_indicators jsonb NOT NULL DEFAULT '{}',
    performance_profile jsonb NOT NULL DEFAULT '{}',
    potential_issues jsonb NOT NULL DEFAULT '[]',
    improvement_opportunities jsonb NOT NULL DEFAULT '[]',
    optimization_suggestions jsonb NOT NULL DEFAULT '[]',
    started_at timestamptz,
    completed_at timestamptz,
    CONSTRAINT context_analysis_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT context_analysis_evaluation_fkey FOREIGN KEY (organization_id, evaluation_id)
        REFERENCES openevolve.evaluations (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT context_analysis_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id),
    CONSTRAINT context_analysis_snapshot_fkey FOREIGN KEY (organization_id, snapshot_id)
        REFERENCES codebase.snapshots (organization_id, id),
    CONSTRAINT context_analysis_ends_after_start_check CHECK (completed_at >= started_at)
);
CREATE INDEX context_analysis_codebase_idx ON openevolve.context_analysis (codebase_id, created_at);
CREATE INDEX context_analysis_evaluation_idx ON openevolve.context_analysis (evaluation_id) WHERE evaluation_id IS NOT NULL;
CREATE INDEX context_analysis_snapshot_idx ON openevolve.context_analysis (snapshot_id) WHERE snapshot_id IS NOT NULL;
CALL base.describe('openevolve.context_analysis', 'What is known of the code around a component', $$
    evaluation_id: The evaluation it is for
    codebase_id: The codebase
    snapshot_id: The state of it
    file_path: The file, where it is about one
    scope: How much is looked at
    depth: How closely
    code_structure: What the code consists of
    dependencies: What it needs
    patterns: What recurs in it
    complexity_metrics: How complex it is
    semantic_graph: What it means
    function_relationships: What calls what
    data_flow: Where values go
    control_flow: What comes after what
    quality_indicators: How good it is
    performance_profile: How fast it is
    potential_issues: What may be wrong
    improvement_opportunities: What may be better
    optimization_suggestions: What may be faster
    started_at: When it began
    completed_at: When it ended
$$);

-- tables: errors

CREATE TABLE openevolve.error_reports (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT error_reports_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT error_reports_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    evaluation_id uuid,
    task_id uuid,
    codebase_id uuid,
    error_type text NOT NULL
        CONSTRAINT error_reports_error_type_check CHECK (error_type IN ('syntax_error', 'logic_error', 'runtime_error', 'performance_issue', 'security_vulnerability', 'dependency_issue', 'configuration_error', 'integration_failure', 'data_inconsistency', 'resource_exhaustion', 'unknown')),
    classified_by text NOT NULL DEFAULT 'rule'
        CONSTRAINT error_reports_classified_by_check CHECK (classified_by IN ('rule', 'model', 'person')),
    error_code text,
    error_message text NOT NULL,
    fingerprint base.sha256 NOT NULL,
    occurrences integer NOT NULL DEFAULT 1 CONSTRAINT error_reports_occurrences_check CHECK (occurrences > 0),
    stack_trace text,
    environment_info jsonb NOT NULL DEFAULT '{}',
    reproduction_steps text[] NOT NULL DEFAULT '{}',
    severity base.severity_level NOT NULL DEFAULT 'error',
    impact_assessment jsonb NOT NULL DEFAULT '{}',
    root_cause_analysis jsonb NOT NULL DEFAULT '{}',
    resolution_status text NOT NULL DEFAULT 'open'
        CONSTRAINT error_reports_resolution_status_check CHECK (resolution_status IN ('open', 'investigating', 'retrying', 'resolved', 'unrecoverable', 'wont_fix')),
    resolution_steps text[] NOT NULL DEFAULT '{}',
    prevention_measures jsonb NOT NULL DEFAULT '[]',
    first_occurred_at timestamptz NOT NULL DEFAULT now(),
    last_occurred_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    CONSTRAINT error_reports_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT error_reports_evaluation_fkey FOREIGN KEY (organization_id, evaluation_id)
        REFERENCES openevolve.evaluations (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT error_reports_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id),
    CONSTRAINT error_reports_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id),
    CONSTRAINT error_reports_occurred_check CHECK (last_occurred_at >= first_occurred_at),
    CONSTRAINT error_reports_resolved_check CHECK ((resolution_status = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE UNIQUE INDEX error_reports_fingerprint_key ON openevolve.error_reports (organization_id, fingerprint) WHERE resolution_status IN ('open', 'investigating', 'retrying');
CREATE INDEX error_reports_type_idx ON openevolve.error_reports (error_type, resolution_status);
CREATE INDEX error_reports_evaluation_idx ON openevolve.error_reports (evaluation_id) WHERE evaluation_id IS NOT NULL;
CREATE INDEX error_reports_task_idx ON openevolve.error_reports (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX error_reports_codebase_idx ON openevolve.error_reports (codebase_id) WHERE codebase_id IS NOT NULL;
CALL base.describe('openevolve.error_reports', 'Errors, each once however often it comes, and what became of them', $$
    evaluation_id: The evaluation it came in
    task_id: The task it came in
    codebase_id: The codebase concerned
    error_type: What kind of error it is
    classified_by: Who says so
    error_code: Its code, where it has one
    error_message: The message
    fingerprint: By which it is known when it comes again
    occurrences: How often it came
    stack_trace: Where it came from, the last time
    environment_info: What was around it
    reproduction_steps: How to make it come
    severity: How bad it is
    impact_assessment: What it does
    root_cause_analysis: Its cause, evidence and confidence
    resolution_status: What became of it
    resolution_steps: How it was mended
    prevention_measures: What keeps it from coming again
    first_occurred_at: When it first came
    last_occurred_at: When it last came
    resolved_at: When it was mended
$$);

CREATE TABLE openevolve.recovery_attempts (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT recovery_attempts_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    error_report_id uuid NOT NULL,
    strategy text NOT NULL
        CONSTRAINT recovery_attempts_strategy_check CHECK (strategy IN ('retry', 'rollback', 'reconfigure', 'restart', 'patch', 'escalate')),
    learning_pattern_id uuid,
    started_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    outcome text CONSTRAINT recovery_attempts_outcome_check CHECK (outcome IN ('succeeded', 'failed', 'abandoned')),
    details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT recovery_attempts_error_report_fkey FOREIGN KEY (organization_id, error_report_id)
        REFERENCES openevolve.error_reports (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT recovery_attempts_learning_pattern_fkey FOREIGN KEY (organization_id, learning_pattern_id)
        REFERENCES learning.learning_patterns (organization_id, id),
    CONSTRAINT recovery_attempts_end_check CHECK (completed_at >= started_at)
);
CREATE INDEX recovery_attempts_error_report_idx ON openevolve.recovery_attempts (error_report_id);
CREATE INDEX recovery_attempts_learning_pattern_idx ON openevolve.recovery_attempts (learning_pattern_id) WHERE learning_pattern_id IS NOT NULL;
CALL base.describe('openevolve.recovery_attempts', 'What was tried against an error', $$
    error_report_id: The error
    strategy: What was tried
    learning_pattern_id: On account of which pattern
    started_at: When it began
    completed_at: When it ended
    outcome: How; null while it goes on
    details: What was seen
$$);

DO $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'openevolve'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.oid LOOP
        CALL base.secure_table(v_table);
    END LOOP;
END
$$;
CALL base.track_updates('openevolve');

-- functions: experiments

CREATE FUNCTION openevolve.fill_in_individual() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- Locked: individuals that come at the same moment get different places.
        SELECT g.experiment_id INTO NEW.experiment_id FROM openevolve.evolution_generations g WHERE g.id = NEW.generation_id FOR UPDATE;
        NEW.individual_index := coalesce(NEW.individual_index,
            (SELECT max(i.individual_index) + 1 FROM openevolve.evolution_individuals i WHERE i.generation_id = NEW.generation_id), 0);
    END IF;
    IF NEW.fitness_score IS NOT NULL AND NEW.evaluation_status IN ('pending', 'evaluating') THEN
        NEW.evaluation_status := 'completed';
        NEW.evaluated_at := coalesce(NEW.evaluated_at, clock_timestamp());
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION openevolve.fill_in_individual() IS 'Trigger: an individual belongs to its generation''s experiment, has a place in it, and is judged when it has a fitness';

CREATE FUNCTION openevolve.calculate_generation_stats(p_generation_id uuid) RETURNS jsonb LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT jsonb_build_object('n', count(*), 'best', max(i.fitness_score), 'worst', min(i.fitness_score), 'mean', round(avg(i.fitness_score), 6),
        'variance', round(var_pop(i.fitness_score), 6), 'median', percentile_cont(0.5) WITHIN GROUP (ORDER BY i.fitness_score),
        'diversity', round(count(DISTINCT i.genotype)::numeric / nullif(count(*), 0), 4))
    FROM openevolve.evolution_individuals i WHERE i.generation_id = p_generation_id AND i.fitness_score IS NOT NULL;
END;
COMMENT ON FUNCTION openevolve.calculate_generation_stats(uuid) IS
    'Number, best, worst, mean, variance and median of the fitness of judged individuals, and the share of genotypes that are different';

CREATE FUNCTION openevolve.follow_individuals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_generations uuid[];
    v_experiments uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.generation_id), array_agg(DISTINCT n.experiment_id) INTO v_generations, v_experiments FROM now_there n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.generation_id), array_agg(DISTINCT o.experiment_id) INTO v_generations, v_experiments FROM was_there o;
    ELSE
        SELECT array_agg(DISTINCT x.generation_id), array_agg(DISTINCT x.experiment_id) INTO v_generations, v_experiments
        FROM (SELECT n.generation_id, n.experiment_id FROM now_there n UNION SELECT o.generation_id, o.experiment_id FROM was_there o) x;
    END IF;
    UPDATE openevolve.evolution_generations g SET generation_stats = openevolve.calculate_generation_stats(g.id)
    WHERE g.id = ANY (v_generations) AND g.generation_stats IS DISTINCT FROM openevolve.calculate_generation_stats(g.id);
    UPDATE openevolve.evolution_experiments e SET best_score = b.best
    FROM unnest(v_experiments) AS x (id)
    CROSS JOIN LATERAL (SELECT max(i.fitness_score) AS best FROM openevolve.evolution_individuals i WHERE i.experiment_id = x.id) b
    WHERE e.id = x.id AND e.best_score IS DISTINCT FROM b.best;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION openevolve.follow_individuals() IS 'Trigger: figures of generations and experiments equal a recount of their individuals';

CREATE FUNCTION openevolve.follow_generations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE openevolve.evolution_experiments e
    SET current_generation = (SELECT coalesce(max(g.generation_number), 0) FROM openevolve.evolution_generations g WHERE g.experiment_id = e.id)
    WHERE e.id = CASE TG_OP WHEN 'DELETE' THEN OLD.experiment_id ELSE NEW.experiment_id END;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION openevolve.follow_generations() IS 'Trigger: an experiment is at its newest generation';

-- functions: context and errors

CREATE FUNCTION openevolve.calculate_context_completeness(p_context_analysis_id uuid) RETURNS base.score LANGUAGE sql STABLE
RETURN (
    SELECT (100.0 * count(*) FILTER (WHERE p.part NOT IN ('{}', '[]')) / count(*))::base.score
    FROM openevolve.context_analysis c
    CROSS JOIN unnest(ARRAY[c.code_structure, c.dependencies, c.patterns, c.complexity_metrics, c.semantic_graph, c.function_relationships, c.data_flow,
        c.control_flow]) AS p (part)
    WHERE c.id = p_context_analysis_id GROUP BY c.id);
COMMENT ON FUNCTION openevolve.calculate_context_completeness(uuid) IS
    'Share of the eight parts, from code_structure to control_flow, in which there is anything; null when there is no such analysis';

CREATE FUNCTION openevolve.classify_error(p_message text, p_stack text DEFAULT NULL) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((
    SELECT r.error_type FROM (VALUES
        -- The first that fits: what names its kind goes before what only hints at it.
        (1, 'security_vulnerability', '\mCVE-\d|vulnerab|(sql|command|code|script|header|log) injection|cross-site|xss\M|csrf|path traversal|directory traversal|insecure|hard-?coded (password|secret|credential)|untrusted (data|input)|certificate verify failed|self.signed certificate'),
        (2, 'syntax_error', 'SyntaxError|IndentationError|TabError|syntax error|unexpected token|unexpected indent|unexpected end of (input|file)|unterminated (string|template)|invalid syntax|ParseError|parse error|expected an indented block|missing \) after'),
        (3, 'resource_exhaustion', 'MemoryError|out of memory|OutOfMemory|\mOOM\M|cannot allocate memory|no space left|disk (is )?full|disk quota|too many open files|too many (connections|clients)|heap limit|stack size exceeded|RecursionError|maximum recursion|resource exhausted|quota exceeded|rate limit'),
        (4, 'dependency_issue', 'ModuleNotFoundError|ImportError|No module named|Cannot find module|module not found|cannot import name|ERESOLVE|peer dep|unmet dependency|No matching distribution|version conflict|ResolutionImpossible|package .* (is )?not found|shared librar'),
        (5, 'data_inconsistency', 'violates (foreign key|unique|check|not-null|exclusion) constraint|IntegrityError|duplicate key|checksum|integrity check|inconsistent|corrupt|UnicodeDecodeError|JSONDecodeError|unexpected end of JSON|not valid JSON|schema validation'),
        (6, 'performance_issue', '\mslow (query|request|test)|statement timeout|took (longer|too long)|performance (regression|degrad)|deadlock|lock wait timeout|event loop (is )?blocked|exceeded (the )?(time|latency) (limit|budget)|latency'),
        (7, 'integration_failure', 'ECONNREFUSED|ECONNRESET|ETIMEDOUT|\mENOTFOUND|connection (refused|reset|aborted|timed out)|ConnectionError|could not connect|Max retries exceeded|name resolution|getaddrinfo|bad gateway|service unavailable|gateway time-?out|\m50[234]\M|webhook|socket hang up|read timed out'),
        (8, 'configuration_error', 'environment variable|not configured|configuration|config(ur)?\w* (file|error|option|value)|invalid (option|setting)|missing (required )?(setting|option|argument)|unknown option|unrecognized arguments|permission denied|EACCES|authentication failed|invalid credentials|\m40[13]\M'),
        (9, 'logic_error', 'AssertionError|assertion failed|assert(ion)? |expected .* (but )?(got|received|was)|invariant|unreachable|wrong (result|answer)|off.by.one|infinite loop'),
        (10, 'runtime_error', 'TypeError|ValueError|KeyError|IndexError|AttributeError|NameError|ReferenceError|RangeError|ZeroDivisionError|division by zero|FileNotFoundError|ENOENT|null pointer|NullPointer|undefined is not|segmentation fault|RuntimeError|StopIteration|NotImplementedError|panic|unhandled (exception|rejection)|core dumped')
    ) AS r (place, error_type, pattern)
    WHERE concat_ws(E'\n', p_message, (SELECT t.line FROM regexp_split_to_table(trim(E'\n' FROM p_stack), '\n') WITH ORDINALITY AS t (line, n) ORDER BY t.n DESC LIMIT 1)) ~* r.pattern
    ORDER BY r.place LIMIT 1), 'unknown');
COMMENT ON FUNCTION openevolve.classify_error(text, text) IS
    'What kind of error this is, by words of its message and of the last line of its stack; the first kind of the list that fits, else unknown';

CREATE FUNCTION openevolve.error_fingerprint(p_message text, p_stack text) RETURNS base.sha256 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(convert_to(concat_ws(E'\n',
    regexp_replace(regexp_replace(p_message, '"[^"]*"|''[^'']*''|`[^`]*`', '?', 'g'), '0x[0-9a-f]+|\d+', '#', 'gi'),
    regexp_replace(p_stack, '0x[0-9a-f]+|\d+', '#', 'gi')), 'UTF8'))::base.sha256;
COMMENT ON FUNCTION openevolve.error_fingerprint(text, text) IS
    'By which an error is known again: its message and stack without numbers and addresses, the message without what is quoted';

CREATE FUNCTION openevolve.record_error(p_message text, p_stack text DEFAULT NULL, p_context jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO openevolve.error_reports AS e (error_type, error_code, error_message, fingerprint, stack_trace, severity,
        evaluation_id, task_id, codebase_id, environment_info)
    VALUES (openevolve.classify_error(p_message, p_stack), p_context ->> 'error_code', p_message, openevolve.error_fingerprint(p_message, p_stack), p_stack,
        coalesce(p_context ->> 'severity', 'error')::base.severity_level, (p_context ->> 'evaluation_id')::uuid, (p_context ->> 'task_id')::uuid,
        (p_context ->> 'codebase_id')::uuid, p_context - ARRAY['error_code', 'severity', 'evaluation_id', 'task_id', 'codebase_id'])
    ON CONFLICT (organization_id, fingerprint) WHERE resolution_status IN ('open', 'investigating', 'retrying') DO UPDATE SET
        occurrences = e.occurrences + 1, last_occurred_at = now(), stack_trace = excluded.stack_trace, severity = greatest(e.severity, excluded.severity)
    RETURNING e.id;
END;
COMMENT ON FUNCTION openevolve.record_error(text, text, jsonb) IS
    'Record an error, or count it when it is known and not mended; p_context may hold error_code, severity, evaluation_id, task_id, codebase_id, and what was around it';

CREATE FUNCTION openevolve.follow_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE openevolve.error_reports e SET
        resolution_status = CASE WHEN NEW.outcome = 'succeeded' THEN 'resolved' WHEN f.failures >= 3 THEN 'unrecoverable' ELSE 'retrying' END,
        resolved_at = CASE WHEN NEW.outcome = 'succeeded' THEN coalesce(NEW.completed_at, now()) END
    FROM (SELECT count(*) FILTER (WHERE a.outcome = 'failed') AS failures FROM openevolve.recovery_attempts a WHERE a.error_report_id = NEW.error_report_id) f
    WHERE e.id = NEW.error_report_id AND e.resolution_status IN ('open', 'investigating', 'retrying');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION openevolve.follow_recovery() IS 'Trigger: an error is resolved by an attempt that succeeds, and unrecoverable after three that failed';

CREATE FUNCTION openevolve.next_recovery_action(p_error_report_id uuid) RETURNS TABLE (strategy text, learning_pattern_id uuid, confidence numeric) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH report AS (
        SELECT e.*, (SELECT count(*) FROM openevolve.recovery_attempts a WHERE a.error_report_id = e.id AND a.strategy = 'retry') AS retries
        FROM openevolve.error_reports e WHERE e.id = p_error_report_id
    ), past AS (
        SELECT a.strategy, a.learning_pattern_id, avg((a.outcome = 'succeeded')::integer) AS success
        FROM report r JOIN openevolve.error_reports o ON o.organization_id = r.organization_id AND o.error_type = r.error_type
        JOIN openevolve.recovery_attempts a ON a.error_report_id = o.id AND a.outcome IN ('succeeded', 'failed')
        GROUP BY a.strategy, a.learning_pattern_id
    ), choices AS (
        SELECT 1 AS place, p.strategy, p.learning_pattern_id, p.success
        FROM report r CROSS JOIN past p JOIN learning.learning_patterns l ON l.id = p.learning_pattern_id AND l.is_validated AND l.is_active
        WHERE p.success > 0 AND NOT EXISTS (
            SELECT FROM openevolve.recovery_attempts a WHERE a.error_report_id = r.id AND a.learning_pattern_id = p.learning_pattern_id AND a.outcome = 'failed')
        UNION ALL
        SELECT 2, 'retry', NULL, (SELECT p.success FROM past p WHERE p.strategy = 'retry' AND p.learning_pattern_id IS NULL) FROM report r WHERE r.retries < 2
        UNION ALL
        SELECT 3, 'escalate', NULL, NULL FROM report
    )
    SELECT c.strategy, c.learning_pattern_id, round(c.success, 4) FROM choices c CROSS JOIN report r
    WHERE r.resolution_status IN ('open', 'investigating', 'retrying') OR (r.resolution_status = 'unrecoverable' AND c.place = 3)
    ORDER BY c.place, c.success DESC NULLS LAST, c.learning_pattern_id LIMIT 1;
END;
COMMENT ON FUNCTION openevolve.next_recovery_action(uuid) IS
    'What to try next: the validated pattern that mended most errors of this type and has not failed here, else a retry, twice at most, else a person; the confidence is the measured share that succeeded. No row for an error that is mended';

CREATE FUNCTION openevolve.openevolve_health() RETURNS jsonb LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH experiments AS (
        SELECT e.name, e.status, e.completed_at, e.status = 'running' AND now() - interval '1 hour' > greatest(e.started_at,
            (SELECT max(g.created_at) FROM openevolve.evolution_generations g WHERE g.experiment_id = e.id),
            (SELECT max(greatest(i.created_at, i.evaluated_at)) FROM openevolve.evolution_individuals i WHERE i.experiment_id = e.id)) AS is_stalled
        FROM openevolve.evolution_experiments e
    ), figures AS (
        SELECT count(*) AS n, count(*) FILTER (WHERE e.status = 'running') AS running,
            coalesce(jsonb_agg(e.name ORDER BY e.name) FILTER (WHERE e.is_stalled), '[]') AS stalled,
            round(100.0 * count(*) FILTER (WHERE e.status IN ('failed', 'timed_out') AND e.completed_at > now() - interval '30 days')
                / nullif(count(*) FILTER (WHERE base.run_has_ended(e.status) AND e.completed_at > now() - interval '30 days'), 0), 2) AS failure_rate
        FROM experiments e
    ), errors AS (
        SELECT coalesce(jsonb_object_agg(x.error_type, x.n), '{}') AS by_type
        FROM (SELECT r.error_type, count(*) AS n FROM openevolve.error_reports r
              WHERE r.resolution_status IN ('open', 'investigating', 'retrying') GROUP BY r.error_type) x
    )
    SELECT jsonb_build_object(
        'status', CASE WHEN f.stalled <> '[]' OR f.failure_rate > 20 OR x.by_type <> '{}' THEN 'warning' WHEN f.n = 0 THEN 'no data' ELSE 'healthy' END,
        'running_experiments', f.running, 'stalled_experiments', f.stalled, 'failure_rate_percent', f.failure_rate, 'open_errors', x.by_type)
    FROM figures f CROSS JOIN errors x;
END;
COMMENT ON FUNCTION openevolve.openevolve_health() IS
    'Whether experiments that run come on (within an hour), how many of those that ended in 30 days failed, and which errors are open; a warning for the first, for more than a fifth, and for the last';

-- triggers

CREATE TRIGGER fill_in BEFORE INSERT OR UPDATE ON openevolve.evolution_individuals
    FOR EACH ROW EXECUTE FUNCTION openevolve.fill_in_individual();
CREATE TRIGGER figures_insert AFTER INSERT ON openevolve.evolution_individuals
    REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION openevolve.follow_individuals();
CREATE TRIGGER figures_update AFTER UPDATE ON openevolve.evolution_individuals
    REFERENCING OLD TABLE AS was_there NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION openevolve.follow_individuals();
CREATE TRIGGER figures_delete AFTER DELETE ON openevolve.evolution_individuals
    REFERENCING OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION openevolve.follow_individuals();
CREATE TRIGGER newest AFTER INSERT OR DELETE OR UPDATE OF generation_number ON openevolve.evolution_generations
    FOR EACH ROW EXECUTE FUNCTION openevolve.follow_generations();
CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON openevolve.evolution_experiments
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON openevolve.evaluations
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER follow AFTER INSERT OR UPDATE OF outcome ON openevolve.recovery_attempts
    FOR EACH ROW EXECUTE FUNCTION openevolve.follow_recovery();
CREATE TRIGGER track_change AFTER INSERT OR UPDATE OR DELETE ON openevolve.evolution_experiments
    FOR EACH ROW EXECUTE FUNCTION learning.track_change();
CREATE TRIGGER track_change AFTER INSERT OR UPDATE OR DELETE ON openevolve.evolution_generations
    FOR EACH ROW EXECUTE FUNCTION learning.track_change();
CREATE TRIGGER track_change AFTER INSERT OR UPDATE OR DELETE ON openevolve.evaluations
    FOR EACH ROW EXECUTE FUNCTION learning.track_change();

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION openevolve.summarize_experiments(p_relation regclass, p_before timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format($statement$
        INSERT INTO learning.knowledge_base (organization_id, title, content, category, kind, source_type, source_id)
        SELECT e.organization_id, format('Experiment %%s', e.name),
            format('%%s after %%s generations, best score %%s; best program:%%s', e.status, e.current_generation, coalesce(e.best_score::text, 'unknown'), E'\n' || (
                SELECT i.phenotype FROM openevolve.evolution_individuals i
                WHERE i.experiment_id = e.id AND i.fitness_score IS NOT NULL ORDER BY i.fitness_score DESC, i.id LIMIT 1)),
            'evolution', 'insight', 'openevolve.evolution_experiments', e.id::text
        FROM ONLY %s e WHERE e.completed_at < $1
    $statement$, p_relation) USING p_before;
END
$$;
COMMENT ON FUNCTION openevolve.summarize_experiments(regclass, timestamptz) IS 'Put what experiments found that are about to leave into the knowledge base';
REVOKE EXECUTE ON FUNCTION openevolve.summarize_experiments(regclass, timestamptz) FROM PUBLIC;

-- a materialized view: of all organizations, hence behind a view that shows one

CREATE MATERIALIZED VIEW openevolve.evolution_experiment_summary_mv AS
SELECT e.id AS experiment_id, e.organization_id, e.name, e.status, g.generations, i.individuals, i.avg_fitness, i.max_fitness, i.min_fitness, i.evaluation_ms,
    l.llm_cost_usd
FROM openevolve.evolution_experiments e
CROSS JOIN LATERAL (SELECT count(*) AS generations FROM openevolve.evolution_generations g WHERE g.experiment_id = e.id) g
CROSS JOIN LATERAL (
    SELECT count(*) AS individuals, avg(i.fitness_score) AS avg_fitness, max(i.fitness_score) AS max_fitness, min(i.fitness_score) AS min_fitness,
        sum(i.evaluation_time_ms) AS evaluation_ms
    FROM openevolve.evolution_individuals i WHERE i.experiment_id = e.id
) i
CROSS JOIN LATERAL (SELECT sum(l.cost_usd) AS llm_cost_usd FROM openevolve.llm_interactions l WHERE l.experiment_id = e.id) l;
CREATE UNIQUE INDEX evolution_experiment_summary_mv_key ON openevolve.evolution_experiment_summary_mv (experiment_id);
GRANT SELECT ON openevolve.evolution_experiment_summary_mv TO graph_sitter_owner;
CALL base.describe('openevolve.evolution_experiment_summary_mv', 'How each experiment goes; of all organizations', $$
    experiment_id: The experiment
    name: What people call it
    status: Where it stands
    generations: Its generations
    individuals: Its individuals
    avg_fitness: Mean fitness of those that are judged
    max_fitness: The best
    min_fitness: The worst
    evaluation_ms: Time that judging them took
    llm_cost_usd: What language models cost, in US dollars; null when none was asked
$$);

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

CREATE VIEW openevolve.evolution_experiment_summary AS
SELECT m.experiment_id, m.name, m.status, m.generations, m.individuals, m.avg_fitness, m.max_fitness, m.min_fitness, m.evaluation_ms, m.llm_cost_usd, m.organization_id
FROM openevolve.evolution_experiment_summary_mv m WHERE m.organization_id = (SELECT base.current_organization_id());
CALL base.describe('openevolve.evolution_experiment_summary', 'How each experiment goes, as of the last refresh', $$
    experiment_id: The experiment
    name: What people call it
    status: Where it stands
    generations: Its generations
    individuals: Its individuals
    avg_fitness: Mean fitness of those that are judged
    max_fitness: The best
    min_fitness: The worst
    evaluation_ms: Time that judging them took
    llm_cost_usd: What language models cost, in US dollars; null when none was asked
$$);

CREATE VIEW openevolve.error_summary AS
SELECT e.error_type, e.severity, count(*) AS errors, count(*) FILTER (WHERE e.resolution_status IN ('open', 'investigating', 'retrying')) AS open,
    count(*) FILTER (WHERE e.resolution_status = 'resolved') AS resolved, sum(e.occurrences)::bigint AS occurrences,
    round((avg(extract(epoch FROM e.resolved_at - e.first_occurred_at)) / 3600)::numeric, 2) AS mean_hours_to_resolve, e.organization_id
FROM openevolve.error_reports e GROUP BY e.error_type, e.severity, e.organization_id;
CALL base.describe('openevolve.error_summary', 'Errors by type and severity', $$
    error_type: What kind of error
    severity: How bad
    errors: Different errors
    open: Those that nothing became of yet
    resolved: Those that were mended
    occurrences: How often they came
    mean_hours_to_resolve: Mean time from coming first to being mended
$$);

CREATE VIEW openevolve.recovery_effectiveness AS
SELECT a.strategy, e.error_type, count(*) AS attempts,
    round(100.0 * count(*) FILTER (WHERE a.outcome = 'succeeded') / nullif(count(*) FILTER (WHERE a.outcome IN ('succeeded', 'failed')), 0), 2) AS success_rate,
    a.organization_id
FROM openevolve.recovery_attempts a JOIN openevolve.error_reports e ON e.id = a.error_report_id
GROUP BY a.strategy, e.error_type, a.organization_id;
CALL base.describe('openevolve.recovery_effectiveness', 'What helps against which errors', $$
    strategy: What was tried
    error_type: Against what kind of error
    attempts: How often
    success_rate: Per cent that succeeded of those that succeeded or failed; null before the first
$$);

CREATE VIEW openevolve.unrecoverable_error_rate AS
SELECT (e.first_occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS errors,
    count(*) FILTER (WHERE e.resolution_status = 'unrecoverable') AS unrecoverable,
    round(100.0 * count(*) FILTER (WHERE e.resolution_status = 'unrecoverable') / count(*), 2) AS percent, e.organization_id
FROM openevolve.error_reports e GROUP BY 1, e.organization_id;
CALL base.describe('openevolve.unrecoverable_error_rate', 'How many of a day''s errors could not be mended', $$
    day: The day they first came, in UTC
    errors: Different errors
    unrecoverable: Those of them that could not be mended
    percent: Share of those
$$);

-- data and partitions

CREATE TABLE openevolve.llm_interactions_default PARTITION OF openevolve.llm_interactions DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval, rollup_function) VALUES
    ('openevolve.llm_interactions', 'timestamp', '365 days', 'drop', '1 month', NULL),
    ('openevolve.evolution_experiments', 'completed_at', '365 days', 'summarize', NULL, 'openevolve.summarize_experiments');

CALL base.finish_schema('openevolve');
DO $$ BEGIN PERFORM base.ensure_partitions('openevolve.llm_interactions'); END $$;
CALL base.record_module('openevolve', 'Evolution experiments, evaluations, context, errors and recovery');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- 12_ops: everything an operator calls: health, alerts, jobs, upkeep, rollback.
-- It asks the catalogs what is installed, so that a module that comes later is watched as those before it are.

CREATE SCHEMA ops AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA ops IS 'Health, alerts, jobs, upkeep, rollback';
GRANT USAGE ON SCHEMA ops TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- functions: schedules, as cron writes them

CREATE FUNCTION ops.schedule_field(p_field text, p_low integer, p_high integer) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_part text;
    v_found text[];
    v_all integer[] := '{}';
    v_from integer;
    v_to integer;
BEGIN
    FOREACH v_part IN ARRAY string_to_array(p_field, ',') LOOP
        v_found := regexp_match(v_part, '^(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?$');
        v_from := coalesce(v_found[1]::integer, p_low);
        v_to := coalesce(v_found[2]::integer, CASE WHEN v_found[1] IS NULL OR v_found[3] IS NOT NULL THEN p_high ELSE v_from END);
        IF v_found IS NULL OR v_from < p_low OR v_to > p_high OR v_from > v_to THEN
            RAISE EXCEPTION 'the schedule''s field % is none of numbers from % to %', quote_literal(p_field), p_low, p_high
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Write minute hour day month weekday, as cron takes them: */15 * * * *';
        END IF;
        v_all := v_all || ARRAY(SELECT generate_series(v_from, v_to, coalesce(v_found[3]::integer, 1)));
    END LOOP;
    RETURN v_all;
END
$$;
COMMENT ON FUNCTION ops.schedule_field(text, integer, integer) IS 'The numbers that one field of a cron schedule stands for';

CREATE FUNCTION ops.schedule_day_matches(p_schedule text, p_day date) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_fields text[] := string_to_array(p_schedule, ' ');
    v_in_month boolean := extract(day FROM p_day)::integer = ANY (ops.schedule_field(v_fields[3], 1, 31));
    v_in_week boolean := extract(dow FROM p_day)::integer = ANY (ops.schedule_field(v_fields[5], 0, 6));
BEGIN
    RETURN extract(month FROM p_day)::integer = ANY (ops.schedule_field(v_fields[4], 1, 12))
        -- As cron does: where both days are named, either will do.
        AND CASE WHEN '*' IN (v_fields[3], v_fields[5]) THEN v_in_month AND v_in_week ELSE v_in_month OR v_in_week END;
END
$$;
COMMENT ON FUNCTION ops.schedule_day_matches(text, date) IS 'Whether a cron schedule has times on a day';

CREATE FUNCTION ops.due_times(p_schedule text, p_at timestamptz, p_count integer DEFAULT 1) RETURNS SETOF timestamptz LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    WITH fields AS (SELECT string_to_array(p_schedule, ' ') AS f),
    days AS (
        SELECT d.day FROM (SELECT (p_at AT TIME ZONE 'UTC')::date - n AS day FROM generate_series(0, 1500) AS n) d
        WHERE ops.schedule_day_matches(p_schedule, d.day) ORDER BY d.day DESC LIMIT p_count + 1
    )
    SELECT t.at FROM fields
    CROSS JOIN days
    CROSS JOIN LATERAL unnest(ops.schedule_field(f[2], 0, 23)) AS hour
    CROSS JOIN LATERAL unnest(ops.schedule_field(f[1], 0, 59)) AS minute
    CROSS JOIN LATERAL (SELECT (days.day + make_interval(hours => hour, mins => minute)) AT TIME ZONE 'UTC' AS at) t
    WHERE t.at <= p_at ORDER BY t.at DESC LIMIT p_count;
END;
COMMENT ON FUNCTION ops.due_times(text, timestamptz, integer) IS 'The last p_count times, in UTC, at which a cron schedule fell due, the latest first';

CREATE FUNCTION ops.next_due(p_schedule text, p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    WITH fields AS (SELECT string_to_array(p_schedule, ' ') AS f),
    days AS (
        SELECT d.day FROM (SELECT (p_at AT TIME ZONE 'UTC')::date + n AS day FROM generate_series(0, 1500) AS n) d
        WHERE ops.schedule_day_matches(p_schedule, d.day) ORDER BY d.day LIMIT 2
    )
    SELECT min(t.at) FROM fields
    CROSS JOIN days
    CROSS JOIN LATERAL unnest(ops.schedule_field(f[2], 0, 23)) AS hour
    CROSS JOIN LATERAL unnest(ops.schedule_field(f[1], 0, 59)) AS minute
    CROSS JOIN LATERAL (SELECT (days.day + make_interval(hours => hour, mins => minute)) AT TIME ZONE 'UTC' AS at) t
    WHERE t.at > p_at;
END;
COMMENT ON FUNCTION ops.next_due(text, timestamptz) IS 'When a cron schedule falls due next after a moment, in UTC; null when not within four years';

-- tables

CREATE TABLE ops.maintenance_jobs (
    name base.slug CONSTRAINT maintenance_jobs_pkey PRIMARY KEY,
    schedule text NOT NULL CONSTRAINT maintenance_jobs_schedule_shape CHECK (schedule ~ '^\S+( \S+){4}$' AND ops.next_due(schedule, '2000-01-01 UTC') IS NOT NULL),
    function_call text NOT NULL CONSTRAINT maintenance_jobs_function_call_shape CHECK (function_call ~ '^\w+\([^;]*\)(; \w+\([^;]*\))*$'),
    description text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CALL base.describe('ops.maintenance_jobs', 'What has to be done again and again, and when', $$
    name: What to call it
    schedule: Minute, hour, day, month, weekday, as cron takes them, in UTC
    function_call: Functions of the modules to call, one after the other; one that no installed module has is passed over
    description: What it is for
    enabled: Whether it is done
$$);

CREATE TABLE ops.job_runs (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT job_runs_pkey PRIMARY KEY,
    job base.slug NOT NULL CONSTRAINT job_runs_job_fkey REFERENCES ops.maintenance_jobs ON DELETE CASCADE,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    completed_at timestamptz,
    duration_ms integer GENERATED ALWAYS AS ((extract(epoch FROM completed_at - started_at) * 1000)::integer) STORED,
    status text NOT NULL CONSTRAINT job_runs_status_check CHECK (status IN ('completed', 'failed', 'not available')),
    result jsonb NOT NULL DEFAULT '{}',
    error_message text,
    runner text NOT NULL CONSTRAINT job_runs_runner_check CHECK (runner IN ('pg_cron', 'maintain', 'manual'))
);
CREATE INDEX job_runs_job_idx ON ops.job_runs (job, started_at);
CALL base.describe('ops.job_runs', 'Each time a job was done, and how that ended', $$
    job: The job
    started_at: When it began
    completed_at: When it ended
    duration_ms: How long it took
    status: completed, failed, or not available: no installed module has its functions
    result: What each function returned, by name
    error_message: Why it failed
    runner: Who did it
$$);

CREATE TABLE ops.alert_thresholds (
    alert_type text CONSTRAINT alert_thresholds_pkey PRIMARY KEY,
    description text NOT NULL,
    comparison text NOT NULL DEFAULT '>' CONSTRAINT alert_thresholds_comparison_check CHECK (comparison IN ('>', '<')),
    warning numeric,
    critical numeric,
    unit text NOT NULL,
    min_samples integer NOT NULL DEFAULT 0,
    enabled boolean NOT NULL DEFAULT true,
    CONSTRAINT alert_thresholds_some_limit CHECK (coalesce(warning, critical) IS NOT NULL)
);
CALL base.describe('ops.alert_thresholds', 'Where a figure begins to be a worry; change them here', $$
    alert_type: The figure, as observations() names it
    description: What it is
    comparison: Whether too much or too little is bad
    warning: Crossed, it is a warning
    critical: Crossed, it is critical
    unit: Of the figure
    min_samples: It says nothing when it stands on fewer
    enabled: Whether it is looked at
$$);

CREATE TABLE ops.alerts (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT alerts_pkey PRIMARY KEY,
    alert_type text NOT NULL CONSTRAINT alerts_alert_type_fkey REFERENCES ops.alert_thresholds ON DELETE CASCADE,
    subject text NOT NULL DEFAULT '',
    severity text NOT NULL CONSTRAINT alerts_severity_check CHECK (severity IN ('warning', 'critical')),
    message text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    opened_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    acknowledged_at timestamptz,
    resolved_at timestamptz
);
CREATE UNIQUE INDEX alerts_open_key ON ops.alerts (alert_type, subject) WHERE resolved_at IS NULL;
CALL base.describe('ops.alerts', 'Alerts from when a threshold was first found crossed until it no longer is', $$
    alert_type: The threshold
    subject: What it is about, where there are several: a table, a job
    severity: warning or critical, as last seen
    message: A line for people
    details: The figure and the threshold
    opened_at: First seen
    last_seen_at: Last seen
    acknowledged_at: When somebody took care of it
    resolved_at: When it was over; null while it is not
$$);

CREATE TABLE ops.system_health_checks (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    check_timestamp timestamptz NOT NULL DEFAULT now(),
    check_name text NOT NULL,
    status base.health_status NOT NULL,
    check_details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT system_health_checks_pkey PRIMARY KEY (id, check_timestamp)
) PARTITION BY RANGE (check_timestamp);
CREATE INDEX system_health_checks_name_idx ON ops.system_health_checks (check_name, check_timestamp);
CALL base.describe('ops.system_health_checks', 'What system_health() said, each time it was asked by run_health_checks()', $$
    check_timestamp: When
    check_name: The component, and overall: the worst of all
    status: What was found
    check_details: The figures behind it
$$);

GRANT SELECT ON ops.maintenance_jobs, ops.job_runs, ops.alert_thresholds, ops.alerts, ops.system_health_checks TO graph_sitter_app;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ops.maintenance_jobs
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('name');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ops.alert_thresholds
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('alert_type');
CREATE TRIGGER notify AFTER INSERT OR UPDATE OF resolved_at ON ops.alerts
    FOR EACH ROW EXECUTE FUNCTION base.notify_change('graph_sitter_alerts');

-- functions: jobs

CREATE FUNCTION ops.module_function(p_name text) RETURNS text LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT min(format('%I.%I', n.nspname, p.proname)) FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname = p_name AND base.module_of(n.nspname) IS NOT NULL;
END;
COMMENT ON FUNCTION ops.module_function(text) IS 'The full name of an installed module''s function; null when none has it';

CREATE FUNCTION ops.job_functions(p_function_call text) RETURNS TABLE (call text, function text) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.call, ops.module_function(split_part(c.call, '(', 1))
    FROM unnest(string_to_array(p_function_call, '; ')) WITH ORDINALITY AS c (call, position) ORDER BY c.position;
END;
COMMENT ON FUNCTION ops.job_functions(text) IS 'The calls of a job, each with its function''s full name, or null when it is not installed';

CREATE FUNCTION ops.run_job(p_name text, p_runner text DEFAULT 'manual') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_job ops.maintenance_jobs;
    v_run ops.job_runs;
    v_call record;
    v_rows jsonb;
BEGIN
    SELECT * INTO v_job FROM ops.maintenance_jobs j WHERE j.name = p_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no job %', p_name USING ERRCODE = 'undefined_object', HINT = 'ops.maintenance_jobs lists them.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('graph_sitter.job:' || p_name, 0)) THEN
        RETURN jsonb_build_object('job', p_name, 'status', 'skipped', 'error', 'it is being done by another runner');
    END IF;
    v_run.started_at := clock_timestamp();
    v_run.status := 'not available';
    v_run.result := '{}';
    BEGIN
        FOR v_call IN SELECT * FROM ops.job_functions(v_job.function_call) LOOP
            CONTINUE WHEN v_call.function IS NULL;
            EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(r)), ''[]'') FROM %s%s AS r', v_call.function,
                substr(v_call.call, strpos(v_call.call, '('))) INTO v_rows;
            v_run.result := v_run.result || jsonb_build_object(v_call.call, v_rows);
            v_run.status := 'completed';
        END LOOP;
    EXCEPTION WHEN OTHERS THEN
        v_run.status := 'failed';
        v_run.error_message := format('%s: %s', v_call.call, SQLERRM);
    END;
    INSERT INTO ops.job_runs (job, started_at, completed_at, status, result, error_message, runner)
    VALUES (p_name, v_run.started_at, clock_timestamp(), v_run.status, v_run.result, v_run.error_message, p_runner)
    RETURNING * INTO v_run;
    RETURN jsonb_build_object('job', p_name, 'status', v_run.status, 'result', v_run.result, 'error', v_run.error_message,
        'duration_ms', v_run.duration_ms);
END
$$;
COMMENT ON FUNCTION ops.run_job(text, text) IS
    'Do one job now, unless another runner is doing it, and note how it ended; a job that fails leaves nothing but that note';

CREATE VIEW ops.job_status AS
SELECT j.name AS job, j.schedule, j.enabled,
    EXISTS (SELECT FROM ops.job_functions(j.function_call) f WHERE f.function IS NOT NULL) AS is_available,
    r.last_run_at, r.last_success_at, l.status AS last_status, l.error_message AS last_error,
    ops.next_due(j.schedule, now()) AS next_due_at,
    coalesce(d.times[1] > coalesce(r.last_run_at, j.created_at), false) AS is_due,
    -- Whoever runs the jobs comes by when they can, not every minute.
    CASE WHEN coalesce(r.last_success_at, j.created_at) > now() - interval '1 hour' THEN 0
         ELSE (SELECT count(*) FROM unnest(d.times) AS t WHERE t > coalesce(r.last_success_at, j.created_at)) END AS periods_missed
FROM ops.maintenance_jobs j
LEFT JOIN LATERAL (SELECT max(r.started_at) AS last_run_at, max(r.started_at) FILTER (WHERE r.status = 'completed') AS last_success_at
                   FROM ops.job_runs r WHERE r.job = j.name) r ON true
LEFT JOIN LATERAL (SELECT r.status, r.error_message FROM ops.job_runs r WHERE r.job = j.name ORDER BY r.started_at DESC LIMIT 1) l ON true
CROSS JOIN LATERAL (SELECT ARRAY(SELECT ops.due_times(j.schedule, now(), 3)) AS times) d;
CALL base.describe('ops.job_status', 'Where each job stands', $$
    job: The job
    schedule: When it falls due
    enabled: Whether it is done
    is_available: Whether an installed module has one of its functions
    last_run_at: When it was last begun
    last_success_at: When it was last begun and succeeded
    last_status: How it last ended
    last_error: Why it last failed
    next_due_at: When it falls due next
    is_due: Whether it fell due since it was last begun
    periods_missed: How often it fell due since it last succeeded, up to 3; 0 within an hour
$$);

CREATE FUNCTION ops.install_scheduled_jobs() RETURNS TABLE (job text, status text) LANGUAGE plpgsql AS $$
DECLARE
    v_job ops.maintenance_jobs;
BEGIN
    FOR v_job IN SELECT * FROM ops.maintenance_jobs j WHERE j.enabled ORDER BY j.name LOOP
        job := v_job.name;
        SELECT CASE WHEN f.status = 'healthy' THEN 'scheduled' ELSE format('%s: %s', f.status, f.detail) END INTO status
        FROM base.feature_status() f WHERE f.feature = 'pg_cron';
        IF status = 'scheduled' THEN
            EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING 'graph-sitter ' || job, v_job.schedule,
                format('SET ROLE graph_sitter_maintenance; SELECT ops.run_job(%L, ''pg_cron'')', job);
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.install_scheduled_jobs() IS 'Give the enabled jobs to pg_cron, or say why it cannot have them';

-- functions: health

CREATE FUNCTION ops.availability(p_period interval DEFAULT '30 days')
RETURNS TABLE (expected bigint, healthy bigint, missing bigint, availability_percent numeric) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH slots AS (
        SELECT date_bin('5 minutes', c.check_timestamp, '2000-01-01 UTC') AS slot, bool_and(c.status <> 'critical') AS up
        FROM ops.system_health_checks c
        WHERE c.check_name = 'overall' AND c.check_timestamp > now() - p_period GROUP BY 1
    ), counted AS (
        SELECT count(*) AS seen, count(*) FILTER (WHERE up) AS up,
            extract(epoch FROM date_bin('5 minutes', now(), '2000-01-01 UTC') - min(slot))::bigint / 300 + 1 AS expected
        FROM slots
    )
    SELECT c.expected, CASE WHEN c.seen > 0 THEN c.up END, c.expected - c.seen, round(100.0 * c.up / c.expected, 2) FROM counted c;
END;
COMMENT ON FUNCTION ops.availability(interval) IS
    'How many of the five minutes since the first check of the period had a check that was not critical; a missing check counts as down. Nulls without any check';

CREATE FUNCTION ops.partition_state() RETURNS TABLE (table_name text, days_ahead numeric, stray_rows bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_default regclass;
BEGIN
    FOR table_name IN SELECT p.table_name FROM base.data_retention_policies p
                      WHERE p.partition_interval IS NOT NULL AND to_regclass(p.table_name) IS NOT NULL ORDER BY 1 LOOP
        SELECT round((extract(epoch FROM max(p.upper_end) - now()) / 86400)::numeric, 1), max(p.partition::oid) FILTER (WHERE p.is_default)
        INTO days_ahead, v_default FROM base.partitions(table_name::regclass) p;
        SELECT s.n_live_tup INTO stray_rows FROM pg_catalog.pg_stat_all_tables s WHERE s.relid = v_default;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.partition_state() IS
    'How many days ahead each partitioned table has partitions, and about how many rows stray in its default partition';

CREATE FUNCTION ops.query_figures() RETURNS TABLE (mean_ms numeric, slow_statements bigint, statements bigint, reason text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_schema name := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                      WHERE e.extname = 'pg_stat_statements');
BEGIN
    SELECT f.detail INTO reason FROM base.feature_status() f WHERE f.feature = 'pg_stat_statements';
    IF v_schema IS NOT NULL AND EXISTS (SELECT FROM base.feature_status() f WHERE f.feature = 'pg_stat_statements' AND f.status = 'healthy') THEN
        EXECUTE format($q$
            SELECT round((sum(total_exec_time) / nullif(sum(calls), 0))::numeric, 3),
                count(*) FILTER (WHERE mean_exec_time > 5000 AND calls > 5), count(*)
            FROM %I.pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) $q$, v_schema)
            INTO mean_ms, slow_statements, statements;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION ops.query_figures() IS
    'Mean time of a statement, and how many statements take more than 5 s on average, from pg_stat_statements; nulls and the reason without it';

CREATE FUNCTION ops.observations() RETURNS TABLE (alert_type text, subject text, value numeric, samples bigint) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT 'high_connection_usage', '', round(100.0 * sum(d.numbackends) / current_setting('max_connections')::integer, 1), sum(d.numbackends)
    FROM pg_catalog.pg_stat_database d
    UNION ALL
    SELECT 'database_size', '', round(pg_database_size(current_database()) / 1e9, 3), 1
    UNION ALL
    SELECT 'query_time_average', '', q.mean_ms, q.statements FROM ops.query_figures() q WHERE q.mean_ms IS NOT NULL
    UNION ALL
    SELECT 'slow_queries_detected', '', q.slow_statements, q.statements FROM ops.query_figures() q WHERE q.slow_statements IS NOT NULL
    UNION ALL
    SELECT 'partitions_missing', p.table_name, coalesce(p.days_ahead, 0), 1 FROM ops.partition_state() p
    UNION ALL
    SELECT 'rows_outside_partitions', p.table_name, p.stray_rows, 1 FROM ops.partition_state() p
    UNION ALL
    SELECT 'job_overdue', j.job, j.periods_missed, 1 FROM ops.job_status j WHERE j.enabled AND j.is_available
    UNION ALL
    SELECT 'availability', '', a.availability_percent, a.expected FROM ops.availability() a WHERE a.expected IS NOT NULL;
    IF to_regclass('events.events') IS NOT NULL THEN
        RETURN QUERY EXECUTE $q$
            SELECT w.alert_type, '', w.value, e.waiting FROM (
                SELECT count(*) AS waiting, extract(epoch FROM now() - min(received_at)) / 3600 AS hours
                FROM events.events WHERE status IN ('pending', 'processing', 'retrying')) e
            CROSS JOIN LATERAL (VALUES ('event_processing_backlog', e.waiting::numeric), ('event_processing_age', round(e.hours, 1))) w (alert_type, value)
            WHERE w.value IS NOT NULL $q$;
    END IF;
    IF to_regclass('tasks.tasks') IS NOT NULL THEN
        RETURN QUERY EXECUTE $q$
            SELECT 'high_task_failure_rate', '', round(100.0 * count(*) FILTER (WHERE status IN ('failed', 'timed_out')) / count(*), 1), count(*)
            FROM tasks.tasks WHERE completed_at > now() - interval '1 hour' AND status IN ('completed', 'partial', 'failed', 'timed_out')
            HAVING count(*) > 0 $q$;
    END IF;
END
$$;
COMMENT ON FUNCTION ops.observations() IS 'The figures that thresholds are held against, as they are now; what cannot be measured has no row';

CREATE FUNCTION ops.critical_alerts()
RETURNS TABLE (alert_type text, severity text, message text, details jsonb, detected_at timestamptz) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT t.alert_type, s.severity,
        format('%s%s: %s %s, %s %s', t.description, CASE WHEN o.subject <> '' THEN ' of ' || o.subject ELSE '' END, o.value, t.unit,
            CASE t.comparison WHEN '>' THEN 'more than' ELSE 'less than' END, s.bound),
        jsonb_build_object('subject', o.subject, 'value', o.value, 'unit', t.unit, 'threshold', s.bound, 'samples', o.samples), now()
    FROM ops.observations() o
    JOIN ops.alert_thresholds t ON t.alert_type = o.alert_type AND t.enabled AND o.samples >= t.min_samples
    CROSS JOIN LATERAL (
        SELECT b.severity, b.bound FROM (VALUES ('critical', t.critical), ('warning', t.warning)) b (severity, bound)
        WHERE CASE t.comparison WHEN '>' THEN o.value > b.bound ELSE o.value < b.bound END
        ORDER BY b.severity LIMIT 1) s
    ORDER BY s.severity, t.alert_type, o.subject;
END;
COMMENT ON FUNCTION ops.critical_alerts() IS 'The thresholds that are crossed now, the critical ones first';

CREATE FUNCTION ops.raise_alerts() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.alerts', 0));
    WITH found AS MATERIALIZED (
        SELECT c.alert_type, c.details ->> 'subject' AS subject, c.severity, c.message, c.details FROM ops.critical_alerts() c
    ), closed AS (
        UPDATE ops.alerts a SET resolved_at = now()
        WHERE a.resolved_at IS NULL AND NOT EXISTS (SELECT FROM found f WHERE f.alert_type = a.alert_type AND f.subject = a.subject)
    ), opened AS (
        INSERT INTO ops.alerts AS a (alert_type, subject, severity, message, details) SELECT * FROM found
        ON CONFLICT (alert_type, subject) WHERE resolved_at IS NULL
        DO UPDATE SET severity = excluded.severity, message = excluded.message, details = excluded.details, last_seen_at = now()
        RETURNING 1
    )
    SELECT count(*) INTO v_count FROM opened;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION ops.raise_alerts() IS
    'Open an alert for every threshold that is newly crossed, refresh those that still are, close those that are not; how many are open';

CREATE FUNCTION ops.worst(p_statuses text[]) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN 'critical' = ANY (p_statuses) THEN 'critical' WHEN 'warning' = ANY (p_statuses) THEN 'warning'
            WHEN 'healthy' = ANY (p_statuses) THEN 'healthy' ELSE 'unknown' END;
COMMENT ON FUNCTION ops.worst(text[]) IS 'The worst of some statuses; what is not available is no finding';

CREATE FUNCTION ops.object_findings() RETURNS TABLE (module text, kind text, name text, finding text) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(o.module, c.module), coalesce(o.kind, c.kind), coalesce(o.name, c.name),
        CASE WHEN c.name IS NULL THEN 'missing' WHEN o.name IS NULL THEN 'added' ELSE 'changed' END
    FROM base.schema_objects o
    FULL JOIN base.catalog_objects() c ON c.kind = o.kind AND c.name = o.name
    WHERE o.definition_digest IS DISTINCT FROM sha256(convert_to(c.definition, 'UTF8'));
END;
COMMENT ON FUNCTION ops.object_findings() IS 'Objects that differ from the manifest: missing, changed, or added';

CREATE FUNCTION ops.system_health() RETURNS TABLE (component text, status text, details jsonb, checked_at timestamptz) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH findings AS MATERIALIZED (SELECT * FROM ops.object_findings()),
    alerts AS MATERIALIZED (SELECT * FROM ops.critical_alerts()),
    figures AS MATERIALIZED (SELECT * FROM ops.observations()),
    watched (component, alert_types) AS (VALUES
        ('connections', ARRAY['high_connection_usage']), ('storage', ARRAY['database_size']), ('queries', ARRAY['query_time_average', 'slow_queries_detected']),
        ('partitions', ARRAY['partitions_missing', 'rows_outside_partitions']),
        ('event backlog', ARRAY['event_processing_backlog', 'event_processing_age']), ('jobs', ARRAY['job_overdue']),
        ('task failures', ARRAY['high_task_failure_rate']), ('availability', ARRAY['availability']))
    SELECT m.module,
        CASE WHEN EXISTS (SELECT FROM findings f WHERE f.module = m.module AND f.finding = 'missing') THEN 'critical'
             WHEN EXISTS (SELECT FROM findings f WHERE f.module = m.module AND f.finding = 'changed') THEN 'warning' ELSE 'healthy' END,
        jsonb_build_object('objects', (SELECT count(*) FROM base.schema_objects o WHERE o.module = m.module),
            'findings', (SELECT coalesce(jsonb_agg(concat_ws(' ', f.kind, f.name, 'is', f.finding) ORDER BY f.kind, f.name), '[]')
                         FROM findings f WHERE f.module = m.module)), now()
    FROM (SELECT DISTINCT l.module FROM base.schema_migrations l WHERE l.rolled_back_at IS NULL) m
    UNION ALL
    SELECT w.component,
        CASE WHEN NOT EXISTS (SELECT FROM figures f WHERE f.alert_type = ANY (w.alert_types)) THEN 'no data'
             ELSE coalesce((SELECT min(a.severity) FROM alerts a WHERE a.alert_type = ANY (w.alert_types)), 'healthy') END,
        jsonb_build_object('findings', (SELECT coalesce(jsonb_agg(a.message), '[]') FROM alerts a WHERE a.alert_type = ANY (w.alert_types)),
            'figures', (SELECT coalesce(jsonb_object_agg(trim(concat_ws(' ', f.alert_type, f.subject)), f.value), '{}')
                        FROM figures f WHERE f.alert_type = ANY (w.alert_types))), now()
    FROM watched w
    UNION ALL
    SELECT 'feature ' || f.feature, f.status::text, jsonb_build_object('detail', f.detail), now() FROM base.feature_status() f;
END;
COMMENT ON FUNCTION ops.system_health() IS
    'Every installed module and every part of the server that is watched, with what was found; no data where there is nothing to judge by';

CREATE FUNCTION ops.run_health_checks() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    INSERT INTO ops.system_health_checks (check_name, status, check_details)
    WITH found AS (SELECT h.component, CASE h.status WHEN 'no data' THEN 'unknown' ELSE h.status END AS status, h.details FROM ops.system_health() h)
    SELECT f.component, f.status::base.health_status, f.details FROM found f
    UNION ALL
    -- That checks were missed, or a figure is bad, is told by availability itself, not fed back into it.
    SELECT 'overall', ops.worst(array_agg(f.status))::base.health_status, '{}' FROM found f WHERE f.component <> 'availability';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION ops.run_health_checks() IS 'Store what system_health() says now; how many rows';

CREATE FUNCTION ops.database_health_summary() RETURNS TABLE (check_type text, status text, metrics jsonb, checked_at timestamptz) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH server AS (SELECT * FROM pg_catalog.pg_stat_database d WHERE d.datname = current_database()),
    alerts AS MATERIALIZED (SELECT * FROM ops.critical_alerts())
    SELECT 'connections', coalesce((SELECT min(a.severity) FROM alerts a WHERE a.alert_type = 'high_connection_usage'), 'healthy'),
        jsonb_build_object('active_connections', (SELECT sum(d.numbackends) FROM pg_catalog.pg_stat_database d),
            'max_connections', current_setting('max_connections')::integer), now()
    UNION ALL
    SELECT 'storage', coalesce((SELECT min(a.severity) FROM alerts a WHERE a.alert_type = 'database_size'), 'healthy'),
        jsonb_build_object('database_size_gb', round(pg_database_size(current_database()) / 1e9, 3)), now()
    UNION ALL
    SELECT 'deadlocks', CASE WHEN s.deadlocks > 0 THEN 'warning' ELSE 'healthy' END,
        jsonb_build_object('deadlocks_count', s.deadlocks, 'since', s.stats_reset), now() FROM server s
    UNION ALL
    SELECT 'cache', CASE WHEN s.blks_hit + s.blks_read < 10000 THEN 'no data' WHEN s.blks_hit < 0.9 * (s.blks_hit + s.blks_read) THEN 'warning' ELSE 'healthy' END,
        jsonb_build_object('cache_hit_ratio', round(s.blks_hit::numeric / nullif(s.blks_hit + s.blks_read, 0), 4)), now() FROM server s
    UNION ALL
    SELECT 'queries', CASE WHEN q.mean_ms IS NULL THEN 'not available' ELSE coalesce((
            SELECT min(a.severity) FROM alerts a WHERE a.alert_type IN ('query_time_average', 'slow_queries_detected')), 'healthy') END,
        jsonb_build_object('avg_query_time_ms', q.mean_ms, 'slow_queries_count', q.slow_statements, 'source', q.reason), now()
    FROM ops.query_figures() q;
END;
COMMENT ON FUNCTION ops.database_health_summary() IS 'Figures of the server, each with a status; no data before there is enough to judge by';

CREATE FUNCTION ops.get_system_health() RETURNS jsonb LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH health AS MATERIALIZED (SELECT * FROM ops.system_health())
    SELECT jsonb_build_object(
        'status', ops.worst(array_agg(h.status)), 'timestamp', now(),
        'database_modules', jsonb_object_agg(h.component, h.status = 'healthy') FILTER (WHERE base.module_of(h.component::name) IS NOT NULL)
            || jsonb_build_object('organizations', bool_and(h.status = 'healthy') FILTER (WHERE h.component = 'base')),
        'performance_metrics', jsonb_build_object(
            'active_connections', (SELECT d.numbackends FROM pg_catalog.pg_stat_database d WHERE d.datname = current_database()),
            'database_size_mb', round(pg_database_size(current_database()) / 1048576.0, 1),
            'query_performance', (SELECT CASE s.status WHEN 'healthy' THEN 'optimal' WHEN 'warning' THEN 'degraded' ELSE s.status END
                                  FROM ops.database_health_summary() s WHERE s.check_type = 'queries')))
    FROM health h;
END;
COMMENT ON FUNCTION ops.get_system_health() IS 'system_health() in one document; modules are true when all their objects are there unchanged';

CREATE FUNCTION ops.validate_schema_integrity() RETURNS TABLE (check_name text, status text, details text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH relations AS (
        SELECT c.oid, c.relkind, c.relispartition, c.relrowsecurity AND c.relforcerowsecurity AS is_secured, c.oid::regclass::text AS name
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE base.module_of(n.nspname) IS NOT NULL
    ), tenants AS (
        SELECT r.* FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attname = 'organization_id'
        WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition
    ), objects AS MATERIALIZED (SELECT * FROM ops.object_findings()),
    defects (check_name, defect) AS (
        SELECT 'objects are ' || k.finding, concat_ws(' ', o.kind, o.name)
        FROM (VALUES ('missing'), ('changed'), ('added')) k (finding) LEFT JOIN objects o ON o.finding = k.finding
        UNION ALL
        SELECT 'constraints are validated', (SELECT string_agg(format('%s.%s', k.conrelid::regclass, k.conname), ', ')
            FROM pg_catalog.pg_constraint k JOIN relations r ON r.oid = k.conrelid WHERE NOT k.convalidated)
        UNION ALL
        SELECT 'indexes are valid', (SELECT string_agg(i.indexrelid::regclass::text, ', ')
            FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indrelid WHERE NOT i.indisvalid)
        UNION ALL
        SELECT 'row security is forced on tenant tables', (SELECT string_agg(t.name, ', ') FROM tenants t WHERE NOT t.is_secured)
        UNION ALL
        SELECT 'tenant tables have their policy', (SELECT string_agg(t.name, ', ') FROM tenants t
            WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'tenant'))
        UNION ALL
        SELECT 'definer functions pin their search path', (SELECT string_agg(p.oid::regprocedure::text, ', ')
            FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE base.module_of(n.nspname) IS NOT NULL AND p.prosecdef
              AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false))
        UNION ALL
        SELECT 'partitions are made ahead', (SELECT string_agg(p.table_name, ', ') FROM ops.partition_state() p WHERE coalesce(p.days_ahead, 0) < 7)
        UNION ALL
        SELECT 'the ledger knows every module', (SELECT string_agg(n.nspname, ', ') FROM pg_catalog.pg_namespace n
            WHERE base.module_of(n.nspname) IS NOT NULL
              AND NOT EXISTS (SELECT FROM base.schema_migrations m WHERE m.module = n.nspname AND m.rolled_back_at IS NULL))
    )
    SELECT replace(d.check_name, 'objects are ', 'no object is '),
        CASE WHEN string_agg(nullif(d.defect, ''), ', ') IS NULL THEN 'PASS' ELSE 'FAIL' END, coalesce(string_agg(nullif(d.defect, ''), ', '), '')
    FROM defects d GROUP BY d.check_name ORDER BY d.check_name;
END;
COMMENT ON FUNCTION ops.validate_schema_integrity() IS 'Whether the schema is what was installed and keeps its rules; each check that fails names the objects';

-- functions: what is in the rows, and what would make them faster to find

CREATE FUNCTION ops.reference_findings() RETURNS TABLE (table_name text, orphans bigint, strangers bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_key record;
    v_orphans bigint;
    v_strangers bigint;
BEGIN
    FOR v_key IN
        SELECT k.conrelid::regclass AS here, k.confrelid::regclass AS there, format('%I.%I', n.nspname, c.relname) AS name,
            string_agg(format('h.%I IS NOT NULL', f.attname), ' AND ') AS filled,
            string_agg(format('t.%I = h.%I', t.attname, f.attname), ' AND ') AS matches,
            string_agg(format('t.%I = h.%I', t.attname, f.attname), ' AND ') FILTER (WHERE f.attname <> 'organization_id') AS matches_but_tenant,
            bool_or(f.attname = 'organization_id') AND count(*) > 1 AS has_tenant
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND NOT c.relispartition
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND base.module_of(n.nspname) IS NOT NULL
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (here, there)
        JOIN pg_catalog.pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = pair.here
        JOIN pg_catalog.pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = pair.there
        WHERE k.contype = 'f' AND k.conparentid = 0 GROUP BY k.oid, n.nspname, c.relname ORDER BY n.nspname, c.relname
    LOOP
        EXECUTE format('SELECT count(*) FROM %s h WHERE %s AND NOT EXISTS (SELECT FROM %s t WHERE %s)',
            v_key.here, v_key.filled, v_key.there, v_key.matches) INTO v_orphans;
        v_strangers := 0;
        IF v_orphans > 0 AND v_key.has_tenant THEN
            EXECUTE format('SELECT count(*) FROM %s h WHERE %s AND NOT EXISTS (SELECT FROM %s t WHERE %s) AND EXISTS (SELECT FROM %s t WHERE %s)',
                v_key.here, v_key.filled, v_key.there, v_key.matches, v_key.there, v_key.matches_but_tenant) INTO v_strangers;
        END IF;
        table_name := v_key.name;
        orphans := v_orphans - v_strangers;
        strangers := v_strangers;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.reference_findings() IS
    'For each reference between tables: rows that refer to nothing, and rows that refer to another organization''s row';

CREATE FUNCTION ops.dangling_secret_refs() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_column record;
    v_count bigint;
    v_all bigint := 0;
BEGIN
    FOR v_column IN
        SELECT c.oid::regclass AS name, a.attname, CASE WHEN c.oid = 'base.organizations'::regclass THEN 'id' ELSE 'organization_id' END AS tenant
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        WHERE a.atttypid = 'base.secret_ref'::regtype AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT a.attisdropped
    LOOP
        EXECUTE format('SELECT count(*) FROM %s h WHERE h.%I LIKE ''secret:%%'' AND NOT EXISTS (SELECT FROM base.secrets s '
                       'WHERE s.organization_id = h.%I AND ''secret:'' || s.name = h.%I AND s.revoked_at IS NULL)',
            v_column.name, v_column.attname, v_column.tenant, v_column.attname) INTO v_count;
        v_all := v_all + v_count;
    END LOOP;
    RETURN v_all;
END
$$;
COMMENT ON FUNCTION ops.dangling_secret_refs() IS 'How many references to a secret name one that is not there or revoked';

CREATE FUNCTION ops.data_integrity_checks()
RETURNS TABLE (check_name text, status text, issue_count bigint, description text, checked_at timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_check record;
    v_references jsonb := (SELECT coalesce(jsonb_object_agg(r.table_name, jsonb_build_array(r.orphans, r.strangers)), '{}') FROM (
        SELECT f.table_name, sum(f.orphans) AS orphans, sum(f.strangers) AS strangers FROM ops.reference_findings() f GROUP BY 1) r);
BEGIN
    checked_at := now();
    FOR v_check IN
        SELECT * FROM (VALUES
            ('orphaned_tasks', NULL, 'Tasks that refer to nothing', (v_references #>> '{tasks.tasks,0}')::bigint),
            ('orphaned_events', NULL, 'Details and deliveries of events that are not there',
                (SELECT sum((r.value ->> 0)::bigint) FROM jsonb_each(v_references) r WHERE r.key LIKE 'events.%')),
            ('orphaned_rows', NULL, 'Other rows that refer to nothing',
                (SELECT sum((r.value ->> 0)::bigint) FROM jsonb_each(v_references) r WHERE r.key NOT LIKE 'events.%' AND r.key <> 'tasks.tasks')),
            ('cross_tenant_references', NULL, 'Rows that refer to another organization''s row', (SELECT sum((r.value ->> 1)::bigint) FROM jsonb_each(v_references) r)),
            ('invalid_task_dependencies', 'tasks.task_dependencies', 'Tasks that wait for themselves, over however many others', NULL),
            ('missing_required_fields', 'tasks.tasks', 'Tasks without a title', NULL),
            ('duplicate_slugs', 'projects.projects', 'Live projects that share a slug within an organization', NULL),
            ('snapshot_digests', 'codebase.snapshots', 'Of the last 20 snapshots, those that are not what their digest says', NULL),
            ('dangling_secret_refs', NULL, 'References to secrets that are not there or revoked', ops.dangling_secret_refs()),
            ('rows_in_default_partitions', NULL, 'Rows outside of every partition', (SELECT sum(p.stray_rows) FROM ops.partition_state() p)),
            ('unpartitioned_future', NULL, 'Tables with less than 7 days of partitions ahead',
                (SELECT count(*) FROM ops.partition_state() p WHERE coalesce(p.days_ahead, 0) < 7))
        ) c (name, relation, told, found)
    LOOP
        check_name := v_check.name;
        description := v_check.told;
        issue_count := v_check.found;
        IF to_regclass(v_check.relation) IS NOT NULL THEN
            EXECUTE CASE v_check.name
                WHEN 'invalid_task_dependencies' THEN 'WITH RECURSIVE reach (task, goal) AS (
                        SELECT task_id, depends_on_task_id FROM tasks.task_dependencies
                        UNION SELECT r.task, d.depends_on_task_id FROM reach r JOIN tasks.task_dependencies d ON d.task_id = r.goal)
                    SELECT count(DISTINCT task) FROM reach WHERE task = goal'
                WHEN 'missing_required_fields' THEN 'SELECT count(*) FROM tasks.tasks WHERE title !~ ''\S'''
                WHEN 'duplicate_slugs' THEN 'SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT count(*) AS n FROM projects.projects
                    WHERE deleted_at IS NULL GROUP BY organization_id, slug HAVING count(*) > 1) s'
                WHEN 'snapshot_digests' THEN 'SELECT count(*) FROM (SELECT id, digest FROM codebase.snapshots ORDER BY id DESC LIMIT 20) s
                    WHERE codebase.snapshot_digest(s.id) IS DISTINCT FROM s.digest'
                END INTO issue_count;
        END IF;
        status := CASE WHEN issue_count > 0 THEN 'FAIL' WHEN issue_count = 0 THEN 'PASS' ELSE 'not available' END;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.data_integrity_checks() IS
    'Defects that constraints make impossible unless somebody switched them off, and what no constraint can say; each counted';

CREATE FUNCTION ops.data_quality_metrics()
RETURNS TABLE (table_name text, total_records bigint, active_records bigint, records_last_24h bigint, is_estimate boolean, quality_score numeric,
    last_check timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_table record;
    v_bad jsonb := (SELECT coalesce(jsonb_object_agg(b.table_name, b.bad), '{}') FROM (
        SELECT f.table_name, sum(f.orphans + f.strangers) AS bad FROM ops.reference_findings() f GROUP BY 1) b);
BEGIN
    last_check := (SELECT max(r.started_at) FROM ops.job_runs r WHERE r.job = 'data-integrity' AND r.status = 'completed');
    FOR v_table IN
        SELECT format('%I.%I', n.nspname, c.relname) AS name, (SELECT sum(greatest(p.reltuples, 0))::bigint FROM pg_catalog.pg_class p
                WHERE p.oid = c.oid OR p.oid IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid)) AS estimate,
            CASE WHEN bool_or(a.attname = 'deleted_at') THEN 'deleted_at IS NULL' ELSE 'true' END AS is_active
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND base.module_of(n.nspname) IS NOT NULL
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        GROUP BY c.oid, n.nspname, c.relname
        HAVING bool_or(a.attname = 'id' AND a.atttypid = 'uuid'::regtype) AND bool_or(a.attname = 'created_at')
        ORDER BY 1
    LOOP
        table_name := v_table.name;
        is_estimate := v_table.estimate > 1000000;
        IF is_estimate THEN
            total_records := v_table.estimate;
            active_records := NULL;
            records_last_24h := NULL;
        ELSE
            EXECUTE format('SELECT count(*), count(*) FILTER (WHERE %s), count(*) FILTER (WHERE created_at > now() - interval ''1 day'') FROM %s',
                v_table.is_active, v_table.name) INTO total_records, active_records, records_last_24h;
        END IF;
        quality_score := round(100.0 * (1 - least((v_bad ->> v_table.name)::numeric / nullif(total_records, 0), 1)), 2);
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.data_quality_metrics() IS
    'How many rows each table of entities has, and what share of them refers to rows that are there and their own; above a million rows the total is the server''s estimate, and the rest null';

CREATE FUNCTION ops.performance_optimization_recommendations()
RETURNS TABLE (recommendation_id text, category text, priority text, title text, description text, sql_command text, estimated_impact text,
    risk_level text, generated_at timestamptz) LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH ours AS (
        SELECT c.oid, c.oid::regclass::text AS name, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE base.module_of(n.nspname) IS NOT NULL AND NOT c.relispartition AND c.relkind IN ('r', 'p')
    ), parts AS (
        SELECT o.oid, o.name, coalesce(i.inhrelid, o.oid) AS part FROM ours o LEFT JOIN pg_inherits i ON i.inhparent = o.oid
    ), figures AS (
        SELECT p.oid, p.name, sum(s.seq_scan) AS seq_scan, sum(s.seq_tup_read) AS read, sum(s.idx_scan) AS idx_scan,
            sum(s.n_live_tup) AS live, sum(s.n_dead_tup) AS dead
        FROM parts p JOIN pg_stat_all_tables s ON s.relid = p.part GROUP BY p.oid, p.name
    ), found (id, category, priority, title, description, command, impact, risk) AS (
        SELECT 'unindexed:' || k.conname, 'index', 'high', format('%s has a reference without an index', o.name),
            format('%s: deleting from %s reads all of it', k.conname, k.confrelid::regclass),
            format('CREATE INDEX ON %s (%s)', o.name, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.position)
                FROM unnest(k.conkey) WITH ORDINALITY AS u (number, position)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number)), NULL, 'low'
        FROM pg_constraint k JOIN ours o ON o.oid = k.conrelid
        WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT EXISTS (
            SELECT FROM pg_index i
            -- The organization narrows nothing: the column after it decides.
            CROSS JOIN LATERAL (SELECT array_remove(k.conkey, (
                SELECT a.attnum FROM pg_attribute a
                WHERE a.attrelid = k.conrelid AND a.attname = 'organization_id' AND cardinality(k.conkey) > 1)) AS columns) own
            WHERE i.indrelid = k.conrelid AND (string_to_array(i.indkey::text, ' ')::smallint[])[1:2] && own.columns)
        UNION ALL
        SELECT 'scanned:' || f.name, 'query', 'normal', format('%s is read from end to end', f.name),
            format('%s scans of all rows, %s by an index', f.seq_scan, coalesce(f.idx_scan, 0)), format('ANALYZE %s', f.name),
            format('%s rows read', f.read), 'low'
        FROM figures f WHERE f.seq_scan > 2 * coalesce(f.idx_scan, 0) AND f.read > 10000
        UNION ALL
        SELECT 'unused:' || i.indexrelid::regclass, 'index', 'low', format('%s is not used', i.indexrelid::regclass),
            format('No scan since %s', d.stats_reset), format('DROP INDEX %s', i.indexrelid::regclass),
            format('%s bytes', pg_relation_size(i.indexrelid)), 'medium'
        FROM pg_index i JOIN ours o ON o.oid = i.indrelid
        JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid AND s.idx_scan = 0
        JOIN pg_stat_database d ON d.datname = current_database() AND d.stats_reset < now() - interval '7 days'
        WHERE NOT i.indisunique AND pg_relation_size(i.indexrelid) > 1048576
        UNION ALL
        SELECT 'dead:' || f.name, 'upkeep', 'normal', format('%s holds dead rows', f.name), format('%s of %s rows are dead', f.dead, f.live + f.dead),
            format('VACUUM (ANALYZE) %s', f.name), NULL, 'low'
        FROM figures f WHERE f.live + f.dead > 1000 AND f.dead > 0.2 * (f.live + f.dead)
        UNION ALL
        SELECT 'setting:' || s.name, 'server', 'normal', format('%s is small', s.name), format('%s is %s', s.name, current_setting(s.name)),
            format('ALTER SYSTEM SET %s = %L', s.name, w.value), NULL, 'medium'
        FROM (VALUES ('shared_buffers', 268435456, '256MB'), ('work_mem', 16777216, '16MB')) w (name, least, value)
        JOIN pg_settings s ON s.name = w.name AND pg_size_bytes(current_setting(s.name)) < w.least
    )
    SELECT f.id, f.category, f.priority, f.title, f.description, f.command, coalesce(f.impact, 'not measured'), f.risk, now()
    FROM found f ORDER BY array_position(ARRAY['high', 'normal', 'low'], f.priority), f.id;
END;
COMMENT ON FUNCTION ops.performance_optimization_recommendations() IS
    'What the server''s figures say would help, the most pressing first, with the statement that does it; impact only where it was measured';

-- functions: upkeep

CREATE FUNCTION ops.cleanup_old_data(retention_days integer DEFAULT 90) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_table text;
    v_cleaned jsonb := '{}';
    v_dropped bigint := 0;
    v_found record;
    v_status text := 'ok';
BEGIN
    IF coalesce(retention_days, 0) < 1 THEN
        RAISE EXCEPTION 'data cannot be kept for % days', coalesce(retention_days::text, 'no')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 1 or more.';
    END IF;
    FOREACH v_table IN ARRAY ARRAY['integrations.integration_events', 'analytics.system_metrics'] LOOP
        CONTINUE WHEN to_regclass(v_table) IS NULL;
        SELECT sum(r.rows_removed) AS rows, sum(r.partitions_dropped) AS partitions, string_agg(r.status, '; ') FILTER (WHERE r.status <> 'ok') AS trouble
        INTO v_found FROM base.apply_retention(v_table, make_interval(days => retention_days)) r;
        v_cleaned := v_cleaned || jsonb_build_object(split_part(v_table, '.', 2), coalesce(v_found.rows, 0));
        v_dropped := v_dropped + coalesce(v_found.partitions, 0);
        v_status := coalesce(v_found.trouble, v_status);
        EXECUTE format('ANALYZE %s', v_table);
    END LOOP;
    RETURN jsonb_build_object('status', v_status, 'timestamp', now(), 'retention_days', retention_days,
        'cleaned_records', v_cleaned, 'partitions_dropped', v_dropped);
END
$$;
COMMENT ON FUNCTION ops.cleanup_old_data(integer) IS 'Let raw metrics and integration events older than so many days leave, whatever their policy says; what left';

CREATE FUNCTION ops.rollback_schema_version(target_version text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_later base.schema_migrations[];
    v_step base.schema_migrations;
BEGIN
    LOCK TABLE base.schema_migrations IN SHARE ROW EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM base.schema_migrations m WHERE m.version = target_version AND m.rolled_back_at IS NULL) THEN
        RAISE EXCEPTION 'the version % is not applied here', target_version USING ERRCODE = 'undefined_object',
            HINT = (SELECT 'Applied are: ' || string_agg(DISTINCT m.version, ', ') FROM base.schema_migrations m WHERE m.rolled_back_at IS NULL);
    END IF;
    v_later := ARRAY(SELECT m FROM base.schema_migrations m WHERE m.version > target_version AND m.rolled_back_at IS NULL ORDER BY m.version DESC, m.id DESC);
    FOREACH v_step IN ARRAY v_later LOOP
        IF coalesce(v_step.rollback_sql, '') !~ '\S' THEN
            RAISE EXCEPTION 'the version % cannot be undone: nothing says how', v_step.version
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'graph-sitter-db db downgrade, of the release that applied it, may know.';
        END IF;
        EXECUTE v_step.rollback_sql;
        UPDATE base.schema_migrations m SET rolled_back_at = now() WHERE m.id = v_step.id;
    END LOOP;
    IF cardinality(v_later) > 0 THEN
        -- The migration tool numbers the versions without a gap.
        UPDATE base.alembic_version SET version_num = (
            SELECT lpad(count(DISTINCT m.version)::text, 4, '0') FROM base.schema_migrations m WHERE m.rolled_back_at IS NULL);
        PERFORM base.refresh_schema_objects();
    END IF;
    RETURN cardinality(v_later) > 0;
END
$$;
COMMENT ON FUNCTION ops.rollback_schema_version(text) IS
    'Undo every version after this one, newest first, all or nothing, by the statements stored with each; false when it is the newest';

REVOKE EXECUTE ON FUNCTION ops.run_job(text, text), ops.install_scheduled_jobs(), ops.run_health_checks(), ops.raise_alerts(),
    ops.cleanup_old_data(integer), ops.rollback_schema_version(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.run_job(text, text), ops.install_scheduled_jobs(), ops.run_health_checks(), ops.raise_alerts(),
    ops.cleanup_old_data(integer), ops.rollback_schema_version(text) TO graph_sitter_maintenance;

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION ops.refresh_analytics_views() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_view record;
    v_count integer := 0;
BEGIN
    FOR v_view IN
        SELECT c.oid::regclass AS name, CASE WHEN c.relispopulated AND EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL) THEN 'CONCURRENTLY' ELSE '' END AS how
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'm' AND base.module_of(n.nspname) IS NOT NULL ORDER BY base.module_of(n.nspname), c.relname
    LOOP
        BEGIN
            EXECUTE format('REFRESH MATERIALIZED VIEW %s %s', v_view.how, v_view.name);
            v_count := v_count + 1;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING '% is not refreshed: %', v_view.name, SQLERRM;
        END;
    END LOOP;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION ops.refresh_analytics_views() IS
    'Fill every materialized view anew, while it is read where it was filled before; how many. One that fails does not stop the others';

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

CREATE VIEW ops.open_alerts AS
SELECT a.id, a.alert_type, a.subject, a.severity, a.message, a.opened_at, a.last_seen_at, a.acknowledged_at
FROM ops.alerts a WHERE a.resolved_at IS NULL;
CALL base.describe('ops.open_alerts', 'Alerts that are not over', $$
    alert_type: The threshold
    subject: What it is about
    severity: warning or critical
    message: A line for people
    opened_at: First seen
    last_seen_at: Last seen
    acknowledged_at: When somebody took care of it
$$);

-- data and partitions

INSERT INTO ops.alert_thresholds (alert_type, description, comparison, warning, critical, unit, min_samples) VALUES
    ('high_connection_usage', 'Connections in use', '>', 80, 95, '%', 0),
    ('database_size', 'Size of the database', '>', 100, 200, 'GB', 0),
    ('query_time_average', 'Mean time of a statement', '>', 1000, 2000, 'ms', 1),
    ('slow_queries_detected', 'Statements of more than 5 s on average', '>', 5, NULL, 'statements', 1),
    ('partitions_missing', 'Partitions made ahead', '<', 7, 1, 'days', 0),
    ('rows_outside_partitions', 'Rows outside of every partition', '>', 0, NULL, 'rows', 0),
    ('job_overdue', 'Times the job fell due since it last succeeded', '>', 2, NULL, 'times', 0),
    ('availability', 'Checks that were not critical, in 30 days', '<', 99.9, NULL, '%', 288),
    ('event_processing_backlog', 'Events that wait', '>', 1000, NULL, 'events', 0),
    ('event_processing_age', 'Age of the oldest event that waits', '>', 24, NULL, 'hours', 0),
    ('high_task_failure_rate', 'Tasks that failed, of those ended in the last hour', '>', NULL, 20, '%', 11);

INSERT INTO ops.maintenance_jobs (name, schedule, function_call, description) VALUES
    ('process-events', '* * * * *', 'process_integration_events(1000); process_pending_events(1000)', 'Process what has happened'),
    ('expire-tasks', '* * * * *', 'expire_timed_out_tasks()', 'End tasks whose time is up'),
    ('health-monitoring', '*/5 * * * *', 'run_health_checks(); raise_alerts()', 'Note how things are, open and close alerts'),
    ('refresh-analytics-views', '*/15 * * * *', 'refresh_analytics_views()', 'Fill the materialized views anew'),
    ('cleanup-context', '15 * * * *', 'cleanup_expired_context_data()', 'Remove context that has expired'),
    ('cleanup-artifacts', '45 * * * *', 'cleanup_expired_artifacts()', 'Remove artifacts that have expired'),
    ('create-partitions', '0 0 1 * *', 'ensure_partitions()', 'Make partitions ahead'),
    ('expire-predictions', '0 1 * * *', 'expire_old_predictions()', 'End predictions whose time is up'),
    ('cleanup-learning-events', '0 2 * * 0', 'cleanup_old_learning_events()', 'Let old learning events leave'),
    ('cleanup-events', '30 2 * * *', 'cleanup_old_events()', 'Let old events leave, as their types say'),
    ('validate-schema-integrity', '0 3 * * *', 'validate_schema_integrity()', 'Compare the schema with what was installed'),
    ('data-integrity', '0 4 * * *', 'data_integrity_checks()', 'Look for rows that no constraint would have let in'),
    ('cleanup-old-data', '0 3 * * 0', 'cleanup_old_data(90)', 'Let old metrics and integration events leave'),
    ('retention', '30 3 * * *', 'apply_retention(); ensure_partitions()', 'Let old rows leave as the policies say, and make partitions ahead'),
    ('baselines', '0 5 * * *', 'recompute_performance_baselines()', 'Compute anew what is usual'),
    ('schedule-retraining', '0 6 * * *', 'schedule_retraining()', 'Plan the training of models that need it');

CREATE TABLE ops.system_health_checks_default PARTITION OF ops.system_health_checks DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval) VALUES
    ('ops.system_health_checks', 'check_timestamp', '365 days', 'drop', '1 month'),
    ('ops.job_runs', 'started_at', '90 days', 'delete', NULL);

CALL base.finish_schema('ops');
DO $$ BEGIN PERFORM base.ensure_partitions('ops.system_health_checks'); END $$;
CALL base.record_module('ops', 'Health, alerts, jobs, upkeep, rollback');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

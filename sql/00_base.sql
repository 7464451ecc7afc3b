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

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

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

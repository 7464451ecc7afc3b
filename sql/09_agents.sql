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

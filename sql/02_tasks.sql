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

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

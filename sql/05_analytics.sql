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
    started_at timestamptz NOT NULL DEFAULT now(),
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
    CONSTRAINT analysis_runs_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT analysis_runs_short_id_key UNIQUE (organization_id, short_id),
    CONSTRAINT analysis_runs_completed_check CHECK (status NOT IN ('completed', 'partial') OR snapshot_id IS NOT NULL),
    CONSTRAINT analysis_runs_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT analysis_runs_commit_fkey FOREIGN KEY (organization_id, commit_id)
        REFERENCES codebase.commits (organization_id, id),
    CONSTRAINT analysis_runs_snapshot_fkey FOREIGN KEY (organization_id, snapshot_id)
        REFERENCES codebase.snapshots (organization_id, id),
    CONSTRAINT analysis_runs_superseded_by_fkey FOREIGN KEY (organization_id, superseded_by)
        REFERENCES analytics.analysis_runs (organization_id, id)
);
CREATE UNIQUE INDEX analysis_runs_once_key ON analytics.analysis_runs (codebase_id, commit_id, configuration_digest, depth)
    WHERE NOT is_working_tree AND status IN ('running', 'completed', 'partial');
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
    metric_name text NOT NULL,
    definition_version text NOT NULL DEFAULT '1',
    scope text NOT NULL CONSTRAINT metric_definitions_scope_check CHECK (scope IN ('symbol', 'file', 'folder', 'codebase')),
    unit text,
    direction text NOT NULL CONSTRAINT metric_definitions_direction_check CHECK (direction IN ('lower', 'higher', 'neutral')),
    rollup text NOT NULL CONSTRAINT metric_definitions_rollup_check CHECK (rollup IN ('sum', 'mean', 'max', 'share')),
    description text NOT NULL,
    source text NOT NULL,
    CONSTRAINT metric_definitions_pkey PRIMARY KEY (metric_name, definition_version)
);
CALL base.describe('analytics.metric_definitions', 'What each metric means, in every version of its meaning', $$
    metric_name: The metric
    definition_version: Changes when its values stop being comparable
    scope: The smallest thing it is measured of
    unit: What it counts
    direction: Which way it improves
    rollup: How parts become a whole
    description: The definition
    source: Where the definition is from
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
CALL base.describe('analytics.metrics', 'Roll-ups and score components of a run; values of files and symbols stay with those', $$
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
    CONSTRAINT issue_triage_pkey PRIMARY KEY (codebase_id, fingerprint),
    CONSTRAINT issue_triage_assigned_check CHECK ((state = 'assigned') = (assigned_to IS NOT NULL)),
    CONSTRAINT issue_triage_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX issue_triage_codebase_idx ON analytics.issue_triage (organization_id, codebase_id);
CREATE INDEX issue_triage_assigned_to_idx ON analytics.issue_triage (assigned_to);
CREATE INDEX issue_triage_decided_by_idx ON analytics.issue_triage (decided_by);
CALL base.describe('analytics.issue_triage', 'What people decided about an issue, by its fingerprint', $$
    codebase_id: The codebase
    fingerprint: The issue
    state: The decision
    assigned_to: Who is to mend it
    comment: Why
    decided_by: Who decided
    decided_at: When
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
GRANT SELECT, INSERT ON analytics.metric_definitions TO graph_sitter_app;
GRANT SELECT ON analytics.performance_baselines TO graph_sitter_app;

-- triggers

CREATE TRIGGER updated_at BEFORE UPDATE ON analytics.analysis_runs
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('duration_ms');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON analytics.issue_triage
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('codebase_id', 'fingerprint');
CREATE TRIGGER notify_finished AFTER UPDATE OF status ON analytics.analysis_runs
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('completed', 'partial', 'failed', 'timed_out', 'cancelled'))
    EXECUTE FUNCTION base.notify_change();

-- data and partitions

CREATE TABLE analytics.system_metrics_default PARTITION OF analytics.system_metrics DEFAULT;

CALL base.finish_schema('analytics');
CALL base.record_module('analytics', 'Analysis runs, issues, scores, trends, system metrics');
RESET ROLE;

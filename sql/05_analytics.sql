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

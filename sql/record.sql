-- The statements that store one run, in the order of their use.
-- Each section is one statement; parameters are :name. Staged rows live in temporary tables
-- because COPY FROM is refused on tables with row security.

-- lock_codebase --
-- One writer a codebase: two recordings of the same commit become one run.
SELECT pg_advisory_xact_lock(hashtextextended('graph_sitter_db.codebase:' || CAST(:codebase_id AS text), 0));

-- lock_organization --
SELECT pg_advisory_xact_lock(hashtextextended('graph_sitter_db.organization:' || CAST(base.current_organization_id() AS text), 0));

-- find_repository --
SELECT id FROM projects.repositories
WHERE provider = :provider AND full_name = :full_name AND deleted_at IS NULL;

-- insert_repository --
INSERT INTO projects.repositories (provider, full_name, name, url, default_branch, visibility, language)
VALUES (:provider, :full_name, :name, :url, :default_branch, 'private', :language)
RETURNING id;

-- find_project --
SELECT p.id FROM projects.projects p
JOIN projects.project_repositories pr ON pr.project_id = p.id AND pr.organization_id = p.organization_id
WHERE pr.repository_id = :repository_id AND p.deleted_at IS NULL
ORDER BY p.created_at LIMIT 1;

-- insert_project --
-- A slug that another live project has gets a number behind it.
INSERT INTO projects.projects (name, slug, status)
SELECT :name, s.slug, 'active'
FROM (
    SELECT CASE WHEN n = 1 THEN CAST(:slug AS text) ELSE CAST(:slug AS text) || '-' || n END AS slug
    FROM generate_series(1, 10000) AS n
) s
WHERE NOT EXISTS (SELECT FROM projects.projects p WHERE p.slug = s.slug AND p.deleted_at IS NULL)
LIMIT 1
RETURNING id;

-- link_project --
INSERT INTO projects.project_repositories (project_id, repository_id) VALUES (:project_id, :repository_id);

-- find_codebase --
SELECT id FROM codebase.codebases
WHERE repository_id = :repository_id AND language = :language AND root_path = :root_path AND deleted_at IS NULL;

-- insert_codebase --
INSERT INTO codebase.codebases (repository_id, project_id, name, language, root_path)
VALUES (:repository_id, :project_id, :name, :language, :root_path)
RETURNING id;

-- insert_branch --
INSERT INTO projects.repository_branches (repository_id, name, is_default)
VALUES (:repository_id, :name, false)
ON CONFLICT (repository_id, name) DO NOTHING;

-- find_extractor --
SELECT id FROM codebase.extractors WHERE fingerprint = :fingerprint;

-- insert_extractor --
INSERT INTO codebase.extractors (fingerprint, library_version, definitions)
VALUES (:fingerprint, :library_version, :definitions)
ON CONFLICT (organization_id, fingerprint) DO NOTHING;

-- find_commit --
SELECT id FROM codebase.commits WHERE codebase_id = :codebase_id AND sha = :sha;

-- insert_commit --
INSERT INTO codebase.commits (codebase_id, sha, parent_shas, author_name, author_email, authored_at, committed_at, message)
VALUES (:codebase_id, :sha, :parent_shas, :author_name, :author_email, :authored_at, :committed_at, :message)
RETURNING id;

-- find_run --
-- The run that counts, how it stands, and whether it says all there is: where the graph could not be built
-- (a killed process, a limit), recording the commit again may give more.
SELECT id, status, NOT failures @> '[{"stage": "graph", "path": ""}]' AS is_whole
FROM analytics.analysis_runs
WHERE codebase_id = :codebase_id AND commit_id = :commit_id AND depth = :depth
  AND configuration_digest = :configuration_digest
  AND NOT is_working_tree AND status IN ('running', 'completed', 'partial');

-- claim_branch --
-- What was recorded on a branch of its own belongs to the default branch once it is recorded there.
UPDATE analytics.analysis_runs SET branch = :branch
WHERE id = :run_id AND branch IS DISTINCT FROM CAST(:branch AS text);

-- insert_run --
INSERT INTO analytics.analysis_runs (
    codebase_id, commit_id, branch, is_working_tree, depth, configuration, configuration_digest,
    sources_digest, status, tool_name, tool_version, trigger_source, started_at)
VALUES (
    :codebase_id, :commit_id, :branch, :is_working_tree, :depth, :configuration, :configuration_digest,
    :sources_digest, 'running', 'graph-sitter-db', :tool_version, :trigger_source, clock_timestamp())
RETURNING id;

-- run_state --
SELECT id, status, NOT failures @> '[{"stage": "graph", "path": ""}]' AS is_whole
FROM analytics.analysis_runs WHERE id = :run_id FOR UPDATE;

-- reopen_run --
UPDATE analytics.analysis_runs
SET status = 'running', error_message = NULL, completed_at = NULL, test_coverage = NULL,
    started_at = clock_timestamp() - make_interval(secs => CAST(:seconds AS double precision))
WHERE id = :run_id;

-- find_twin --
-- A run that found out, of the same bytes in the same way, what another would find.
SELECT id FROM analytics.analysis_runs
WHERE codebase_id = :codebase_id AND sources_digest = :sources_digest AND depth = :depth
  AND configuration_digest = :configuration_digest
  AND status IN ('completed', 'partial') AND NOT failures @> '[{"stage": "graph", "path": ""}]'
ORDER BY completed_at DESC LIMIT 1;

-- repeat_run --
-- What reports told of a twin, and the gate said of it, was of its own commit.
UPDATE analytics.analysis_runs r SET
    status = t.status, snapshot_id = t.snapshot_id, completed_at = clock_timestamp(),
    files_analyzed = t.files_analyzed, files_reused = t.files_analyzed, files_failed = t.files_failed,
    lines_analyzed = t.lines_analyzed, symbol_count = t.symbol_count, edge_count = t.edge_count,
    resolved_count = t.resolved_count, unresolved_count = t.unresolved_count,
    issue_count = t.issue_count, critical_issue_count = t.critical_issue_count, accepted_issue_count = t.accepted_issue_count,
    maintainability_index = t.maintainability_index, quality_score = t.quality_score, grade = t.grade, score_model = t.score_model,
    technical_debt_minutes = t.technical_debt_minutes, technical_debt_ratio = t.technical_debt_ratio,
    metrics = t.metrics - ARRAY(SELECT m.metric_name::text FROM analytics.metric_definitions m WHERE m.category = 'coverage'),
    node_count = t.node_count, failures = t.failures, notes = :notes,
    graph_summary = t.graph_summary, seconds = :seconds, metadata = t.metadata - ARRAY['coverage', 'reported', 'gate']
FROM analytics.analysis_runs t
WHERE r.id = :run_id AND t.id = :twin_id;

-- repeat_metrics --
INSERT INTO analytics.metrics (analysis_run_id, scope, scope_identifier, metric_name, definition_version, value_numeric)
SELECT :run_id, m.scope, m.scope_identifier, m.metric_name, m.definition_version, m.value_numeric
FROM analytics.metrics m
JOIN analytics.analysis_runs r ON r.id = :run_id
WHERE m.analysis_run_id = :twin_id AND m.scope = 'codebase' AND r.metrics ? m.metric_name;

-- forget_metrics --
DELETE FROM analytics.metrics WHERE analysis_run_id = :run_id;

-- forget_steps --
DELETE FROM analytics.analysis_steps WHERE analysis_run_id = :run_id;

-- same_working_tree --
-- The newest run of this working tree, when it holds the very same snapshot.
SELECT r.id FROM analytics.analysis_runs r
WHERE r.codebase_id = :codebase_id AND r.snapshot_id = :snapshot_id AND r.is_working_tree
  AND r.commit_id IS NOT DISTINCT FROM CAST(:commit_id AS bigint)
  AND r.configuration_digest = :configuration_digest
  AND r.status IN ('completed', 'partial') AND r.superseded_by IS NULL
  AND NOT r.failures @> '[{"stage": "graph", "path": ""}]';

-- supersede_working_tree --
UPDATE analytics.analysis_runs SET superseded_by = :run_id
WHERE codebase_id = :codebase_id AND is_working_tree AND superseded_by IS NULL AND id <> :run_id
  AND depth = :depth AND status IN ('completed', 'partial');

-- delete_run --
DELETE FROM analytics.analysis_runs WHERE id = :run_id AND status = 'running';

-- fail_run --
UPDATE analytics.analysis_runs
SET status = 'failed', completed_at = clock_timestamp(), error_message = :error_message
WHERE id = :run_id AND status = 'running';

-- stage_manifest --
-- `path` tells staged files apart; it is the file's own unless several versions of it are staged.
CREATE TEMPORARY TABLE manifest (path text, blob_sha256 bytea, linkage_digest bytea, file_path text) ON COMMIT DROP;

-- insert_files --
INSERT INTO codebase.files (codebase_id, path)
SELECT DISTINCT CAST(:codebase_id AS uuid), m.file_path FROM manifest m
WHERE NOT EXISTS (SELECT FROM codebase.files f WHERE f.codebase_id = :codebase_id AND f.path = m.file_path)
ORDER BY m.file_path;

-- unknown_versions --
SELECT m.path FROM manifest m
JOIN codebase.files f ON f.codebase_id = :codebase_id AND f.path = m.file_path
WHERE NOT EXISTS (
    SELECT FROM codebase.file_versions v
    WHERE v.file_id = f.id AND v.blob_sha256 = m.blob_sha256 AND v.extractor_id = :extractor_id);

-- known_versions --
SELECT f.path, v.blob_sha256 FROM codebase.files f
JOIN codebase.file_versions v ON v.file_id = f.id AND v.extractor_id = :extractor_id
WHERE f.codebase_id = :codebase_id AND f.path = ANY(:paths);

-- stage_versions --
CREATE TEMPORARY TABLE staged_versions (
    path text, blob_sha256 bytea, language text, parse_status text, parse_error text, size_bytes bigint,
    lines_physical integer, lines_source integer, lines_logical integer, lines_comment integer, lines_blank integer,
    cyclomatic_complexity integer, cognitive_complexity integer, maintainability_index numeric,
    function_count integer, class_count integer,
    is_test boolean, is_generated boolean, metrics jsonb) ON COMMIT DROP;

-- insert_versions --
INSERT INTO codebase.file_versions (
    file_id, blob_sha256, extractor_id, language, parse_status, parse_error, size_bytes,
    lines_physical, lines_source, lines_logical, lines_comment, lines_blank,
    cyclomatic_complexity, cognitive_complexity, maintainability_index, function_count, class_count,
    is_test, is_generated, metrics)
SELECT f.id, s.blob_sha256, :extractor_id, s.language, s.parse_status, s.parse_error, s.size_bytes,
    s.lines_physical, s.lines_source, s.lines_logical, s.lines_comment, s.lines_blank,
    s.cyclomatic_complexity, s.cognitive_complexity, s.maintainability_index, s.function_count, s.class_count,
    s.is_test, s.is_generated, s.metrics
FROM staged_versions s
JOIN manifest m ON m.path = s.path
JOIN codebase.files f ON f.codebase_id = :codebase_id AND f.path = m.file_path
ORDER BY s.path;

-- place_manifest --
CREATE TEMPORARY TABLE placed ON COMMIT DROP AS
SELECT m.path, f.id AS file_id, v.id AS file_version_id, m.linkage_digest
FROM manifest m
JOIN codebase.files f ON f.codebase_id = :codebase_id AND f.path = m.file_path
JOIN codebase.file_versions v
  ON v.file_id = f.id AND v.blob_sha256 = m.blob_sha256 AND v.extractor_id = :extractor_id;

-- stage_symbols --
CREATE TEMPORARY TABLE staged_symbols (
    path text, ordinal integer, parent_ordinal integer, kind text, name text, qualified_name text,
    duplicate_ordinal integer, signature text, start_line integer, end_line integer,
    start_byte integer, end_byte integer, is_async boolean, is_static boolean, is_abstract boolean,
    is_exported boolean, has_docstring boolean, decorators text[], parameter_count integer, return_type text,
    lines integer, cyclomatic_complexity integer, cognitive_complexity integer, nesting_depth integer,
    maintainability_index numeric, metrics jsonb, structure_sha256 bytea, docstring text, parameters jsonb, bases text[],
    lines_source integer, statements integer) ON COMMIT DROP;

-- insert_symbols --
INSERT INTO codebase.symbols (
    file_version_id, ordinal, parent_ordinal, kind, name, qualified_name, duplicate_ordinal, signature,
    start_line, end_line, start_byte, end_byte, is_async, is_static, is_abstract, is_exported, has_docstring,
    decorators, parameter_count, return_type, lines, cyclomatic_complexity, cognitive_complexity, nesting_depth,
    maintainability_index, metrics, structure_sha256, docstring, parameters, bases, lines_source, statements)
SELECT p.file_version_id, s.ordinal, s.parent_ordinal, s.kind, s.name, s.qualified_name, s.duplicate_ordinal, s.signature,
    s.start_line, s.end_line, s.start_byte, s.end_byte, s.is_async, s.is_static, s.is_abstract, s.is_exported, s.has_docstring,
    s.decorators, s.parameter_count, s.return_type, s.lines, s.cyclomatic_complexity, s.cognitive_complexity, s.nesting_depth,
    s.maintainability_index, s.metrics, s.structure_sha256, s.docstring, s.parameters, s.bases, s.lines_source, s.statements
FROM staged_symbols s
JOIN placed p USING (path);

-- stage_issues --
CREATE TEMPORARY TABLE staged_issues (
    path text, of_linkage boolean, rule_id text, category text, severity text, fingerprint bytea, title text, message text,
    symbol text, start_line integer, end_line integer, start_column integer, end_column integer,
    measured_value numeric, threshold numeric, effort_minutes numeric, data jsonb, reason text) ON COMMIT DROP;

-- insert_version_issues --
INSERT INTO codebase.issue_records (
    file_version_id, rule_id, category, severity, fingerprint, title, message, symbol, start_line, end_line,
    start_column, end_column, measured_value, threshold, effort_minutes, data)
SELECT p.file_version_id, s.rule_id, s.category, CAST(s.severity AS base.severity_level), s.fingerprint, s.title, s.message,
    s.symbol, s.start_line, s.end_line, s.start_column, s.end_column, s.measured_value, s.threshold, s.effort_minutes, s.data
FROM staged_issues s
JOIN placed p USING (path)
WHERE NOT s.of_linkage AND s.reason IS NULL;

-- insert_version_accepted --
INSERT INTO codebase.accepted_issues (
    file_version_id, rule_id, category, severity, fingerprint, title, message, symbol, start_line, end_line,
    start_column, end_column, measured_value, threshold, effort_minutes, data, reason)
SELECT p.file_version_id, s.rule_id, s.category, CAST(s.severity AS base.severity_level), s.fingerprint, s.title, s.message,
    s.symbol, s.start_line, s.end_line, s.start_column, s.end_column, s.measured_value, s.threshold, s.effort_minutes, s.data,
    s.reason
FROM staged_issues s
JOIN placed p USING (path)
WHERE NOT s.of_linkage AND s.reason IS NOT NULL;

-- unknown_linkages --
SELECT p.path FROM placed p
WHERE p.linkage_digest IS NOT NULL AND NOT EXISTS (
    SELECT FROM codebase.linkages l WHERE l.file_version_id = p.file_version_id AND l.digest = p.linkage_digest);

-- stage_linkages --
CREATE TEMPORARY TABLE staged_linkages (
    path text, edge_count integer, external_count integer, resolved_count integer, unresolved_count integer,
    metrics jsonb) ON COMMIT DROP;

-- insert_linkages --
INSERT INTO codebase.linkages (
    file_version_id, digest, edge_count, external_count, resolved_count, unresolved_count, metrics)
SELECT p.file_version_id, p.linkage_digest, s.edge_count, s.external_count, s.resolved_count, s.unresolved_count, s.metrics
FROM staged_linkages s
JOIN placed p USING (path);

-- stage_edges --
CREATE TEMPORARY TABLE staged_edges (
    path text, ordinal integer, kind text, source_symbol text, target_path text, target_symbol text,
    external_name text, occurrences integer, first_line integer) ON COMMIT DROP;

-- insert_edges --
INSERT INTO codebase.linkage_edges (
    linkage_id, ordinal, kind, source_symbol, target_file_id, target_symbol, external_name, occurrences, first_line)
SELECT l.id, s.ordinal, s.kind, s.source_symbol, f.file_id, s.target_symbol, s.external_name, s.occurrences, s.first_line
FROM staged_edges s
JOIN placed p ON p.path = s.path
JOIN codebase.linkages l ON l.file_version_id = p.file_version_id AND l.digest = p.linkage_digest
LEFT JOIN placed f ON f.path = s.target_path;

-- insert_linkage_issues --
INSERT INTO codebase.issue_records (
    linkage_id, rule_id, category, severity, fingerprint, title, message, symbol, start_line, end_line,
    start_column, end_column, measured_value, threshold, effort_minutes, data)
SELECT l.id, s.rule_id, s.category, CAST(s.severity AS base.severity_level), s.fingerprint, s.title, s.message,
    s.symbol, s.start_line, s.end_line, s.start_column, s.end_column, s.measured_value, s.threshold, s.effort_minutes, s.data
FROM staged_issues s
JOIN placed p USING (path)
JOIN codebase.linkages l ON l.file_version_id = p.file_version_id AND l.digest = p.linkage_digest
WHERE s.of_linkage AND s.reason IS NULL;

-- insert_linkage_accepted --
INSERT INTO codebase.accepted_issues (
    linkage_id, rule_id, category, severity, fingerprint, title, message, symbol, start_line, end_line,
    start_column, end_column, measured_value, threshold, effort_minutes, data, reason)
SELECT l.id, s.rule_id, s.category, CAST(s.severity AS base.severity_level), s.fingerprint, s.title, s.message,
    s.symbol, s.start_line, s.end_line, s.start_column, s.end_column, s.measured_value, s.threshold, s.effort_minutes, s.data,
    s.reason
FROM staged_issues s
JOIN placed p USING (path)
JOIN codebase.linkages l ON l.file_version_id = p.file_version_id AND l.digest = p.linkage_digest
WHERE s.of_linkage AND s.reason IS NOT NULL;

-- drop_staged --
-- Within a caller's transaction they would outlive this one, and the next recording makes them again.
DROP TABLE IF EXISTS pg_temp.manifest, pg_temp.staged_versions, pg_temp.placed, pg_temp.staged_symbols,
    pg_temp.staged_issues, pg_temp.staged_linkages, pg_temp.staged_edges;

-- find_snapshot --
SELECT id FROM codebase.snapshots WHERE codebase_id = :codebase_id AND digest = :digest;

-- insert_snapshot --
INSERT INTO codebase.snapshots (codebase_id, digest, depth, file_count, totals, structure)
VALUES (:codebase_id, :digest, :depth, :file_count, :totals, :structure)
RETURNING id;

-- insert_snapshot_files --
INSERT INTO codebase.snapshot_files (snapshot_id, file_id, file_version_id, linkage_id)
SELECT :snapshot_id, p.file_id, p.file_version_id, l.id
FROM placed p
LEFT JOIN codebase.linkages l ON l.file_version_id = p.file_version_id AND l.digest = p.linkage_digest;

-- define_metric --
INSERT INTO analytics.metric_definitions (
    metric_name, definition_version, scope, unit, direction, rollup, description, source, title, category, weight, kinds)
VALUES (
    :metric_name, :definition_version, :scope, :unit, :direction, :rollup, :description, :source, :title, :category,
    :weight, :kinds)
ON CONFLICT (organization_id, metric_name, definition_version) DO NOTHING;

-- insert_metric --
INSERT INTO analytics.metrics (analysis_run_id, scope, scope_identifier, metric_name, definition_version, value_numeric)
VALUES (:run_id, 'codebase', '', :metric_name, :definition_version, :value);

-- cover_run --
UPDATE analytics.analysis_runs SET
    test_coverage = :test_coverage,
    metrics = (metrics - CAST(:names AS text[])) || CAST(:totals AS jsonb),
    metadata = metadata || jsonb_build_object('coverage', CAST(:coverage AS jsonb))
WHERE id = :run_id;

-- attach_reports --
UPDATE analytics.analysis_runs SET metadata = metadata || jsonb_build_object('reported', CAST(:reported AS jsonb))
WHERE id = :run_id;

-- keep_verdict --
UPDATE analytics.analysis_runs SET metadata = metadata || jsonb_build_object('gate', CAST(:verdict AS jsonb))
WHERE id = :run_id;

-- forget_coverage --
DELETE FROM analytics.metrics WHERE analysis_run_id = :run_id AND metric_name = ANY (CAST(:names AS text[]));

-- insert_coverage --
INSERT INTO analytics.metrics (analysis_run_id, scope, scope_identifier, metric_name, definition_version, value_numeric, unit)
SELECT :run_id, c.scope, c.identifier, c.metric_name, d.definition_version, c.value, d.unit
FROM jsonb_to_recordset(CAST(:values AS jsonb)) AS c (scope text, identifier text, metric_name text, value numeric)
JOIN jsonb_to_recordset(CAST(:definitions AS jsonb)) AS d (metric_name text, definition_version text, unit text)
  USING (metric_name);

-- insert_step --
INSERT INTO analytics.analysis_steps (analysis_run_id, step_name, step_order, status, started_at, completed_at)
VALUES (:run_id, :name, :position, 'completed', :started_at, :completed_at);

-- finish_run --
UPDATE analytics.analysis_runs SET
    status = :status, snapshot_id = :snapshot_id, completed_at = clock_timestamp(),
    files_analyzed = :files_analyzed, files_reused = :files_reused, files_failed = :files_failed,
    lines_analyzed = :lines_analyzed, symbol_count = :symbol_count, edge_count = :edge_count,
    resolved_count = :resolved_count, unresolved_count = :unresolved_count,
    issue_count = :issue_count, critical_issue_count = :critical_issue_count, accepted_issue_count = :accepted_issue_count,
    maintainability_index = :maintainability_index, quality_score = :quality_score, grade = :grade, score_model = :score_model,
    technical_debt_minutes = :technical_debt_minutes, technical_debt_ratio = :technical_debt_ratio,
    metrics = :metrics, node_count = :node_count, failures = :failures, notes = :notes,
    graph_summary = :graph_summary, seconds = :seconds, metadata = :metadata
WHERE id = :run_id;

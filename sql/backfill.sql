-- The statements that store many runs at once, in the order of their use; content goes the way of record.sql.
-- Each section is one statement; parameters are :name.

-- recorded --
-- What is there of a codebase at one depth: a commit that has its run is left alone.
SELECT c.sha, r.configuration_digest FROM analytics.analysis_runs r
JOIN codebase.commits c ON c.id = r.commit_id
WHERE r.codebase_id = :codebase_id AND r.depth = :depth AND NOT r.is_working_tree AND r.status IN ('completed', 'partial')
  AND NOT r.failures @> '[{"stage": "graph", "path": ""}]';

-- claim_branch --
-- What was recorded on a branch of its own belongs to the default branch once it has come there.
UPDATE analytics.analysis_runs r SET branch = :branch
FROM codebase.commits c
WHERE c.id = r.commit_id AND r.codebase_id = :codebase_id AND c.sha = ANY(:shas) AND NOT r.is_working_tree
  AND r.branch IS DISTINCT FROM CAST(:branch AS text);

-- placed_versions --
SELECT path, file_id, file_version_id FROM placed;

-- find_versions --
SELECT f.path, v.blob_sha256, f.id, v.id FROM codebase.files f
JOIN codebase.file_versions v ON v.file_id = f.id AND v.extractor_id = :extractor_id
WHERE f.codebase_id = :codebase_id AND f.path = ANY(:paths);

-- stage_points --
CREATE TEMPORARY TABLE staged_points (
    sha text, parent_shas text[], author_name text, author_email text, authored_at timestamptz, committed_at timestamptz,
    message text, digest bytea, is_first boolean, run jsonb) ON COMMIT DROP;

-- insert_commits --
INSERT INTO codebase.commits (codebase_id, sha, parent_shas, author_name, author_email, authored_at, committed_at, message)
SELECT :codebase_id, p.sha, p.parent_shas, p.author_name, p.author_email, p.authored_at, p.committed_at, p.message
FROM staged_points p
ON CONFLICT (codebase_id, sha) DO NOTHING;

-- insert_snapshots --
INSERT INTO codebase.snapshots (codebase_id, digest, depth, file_count, totals)
SELECT :codebase_id, p.digest, p.run ->> 'depth', CAST(p.run ->> 'files_analyzed' AS integer), p.run -> 'metrics'
FROM staged_points p WHERE p.is_first
ON CONFLICT (codebase_id, digest) DO NOTHING
RETURNING id, digest;

-- stage_members --
CREATE TEMPORARY TABLE staged_members (snapshot_id bigint, file_id bigint, file_version_id bigint) ON COMMIT DROP;

-- insert_members --
INSERT INTO codebase.snapshot_files (snapshot_id, file_id, file_version_id)
SELECT m.snapshot_id, m.file_id, m.file_version_id FROM staged_members m;

-- drop_unfinished --
-- A run that was begun and killed makes room; whoever is at it will find this one done.
DELETE FROM analytics.analysis_runs r USING staged_points p, codebase.commits c
WHERE c.codebase_id = :codebase_id AND c.sha = p.sha AND r.commit_id = c.id AND r.codebase_id = :codebase_id
  AND r.status = 'running' AND r.depth = p.run ->> 'depth' AND NOT r.is_working_tree
  AND r.configuration_digest = CAST(p.run ->> 'configuration_digest' AS bytea);

-- insert_runs --
-- With the roll-ups of the whole codebase, each with the version of its definition.
WITH inserted AS (
    INSERT INTO analytics.analysis_runs (
        codebase_id, commit_id, branch, depth, configuration, configuration_digest, status, tool_name, tool_version,
        trigger_source, started_at, completed_at, snapshot_id, files_analyzed, files_reused, files_failed, lines_analyzed,
        symbol_count, edge_count, resolved_count, unresolved_count, issue_count, critical_issue_count, accepted_issue_count,
        maintainability_index, quality_score, grade, score_model, technical_debt_minutes, technical_debt_ratio, metrics,
        node_count, failures, notes, graph_summary, seconds, metadata)
    SELECT :codebase_id, c.id, r.branch, r.depth, r.configuration, r.configuration_digest, r.status, 'graph-sitter-db',
        :tool_version, :trigger_source,
        clock_timestamp() - make_interval(secs => (SELECT coalesce(sum(CAST(s.value AS double precision)), 0) FROM jsonb_each_text(r.seconds) s)),
        clock_timestamp(), s.id, r.files_analyzed, r.files_reused, r.files_failed, r.lines_analyzed, r.symbol_count, r.edge_count,
        r.resolved_count, r.unresolved_count, r.issue_count, r.critical_issue_count, r.accepted_issue_count,
        r.maintainability_index, r.quality_score, r.grade, r.score_model, r.technical_debt_minutes, r.technical_debt_ratio, r.metrics,
        r.node_count, r.failures, r.notes, r.graph_summary, r.seconds, r.metadata
    FROM staged_points p
    CROSS JOIN LATERAL jsonb_populate_record(CAST(NULL AS analytics.analysis_runs), p.run) r
    JOIN codebase.commits c ON c.codebase_id = :codebase_id AND c.sha = p.sha
    JOIN codebase.snapshots s ON s.codebase_id = :codebase_id AND s.digest = p.digest
    ON CONFLICT DO NOTHING
    RETURNING id, metrics
)
INSERT INTO analytics.metrics (analysis_run_id, scope, scope_identifier, metric_name, definition_version, value_numeric)
SELECT i.id, 'codebase', '', m.key, CAST(:versions AS jsonb) ->> m.key, CAST(CAST(m.value AS double precision) AS numeric)
FROM inserted i
CROSS JOIN LATERAL jsonb_each_text(i.metrics) m;

-- drop_points --
DROP TABLE IF EXISTS pg_temp.staged_points, pg_temp.staged_members;

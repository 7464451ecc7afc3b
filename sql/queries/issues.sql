-- The issues of a run with their life: existing (also in the previous run, here or where it moved from),
-- reopened (here in an earlier one of the branch, not in the previous), new. Null where there is nothing to
-- compare with: no previous run, or an issue of relations when the previous run has none.
-- Of one file version on its own when :version is given instead of :run.
-- :run uuid, :version bigint, :previous uuid (null: none),
-- :severity, :rule, :path (a file or a folder; null: any), :limit
WITH tree AS MATERIALIZED (
    SELECT f.path, sf.file_id, sf.file_version_id, sf.linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id = CAST(:run AS uuid)
     UNION ALL
    SELECT f.path, f.id, v.id, NULL
      FROM codebase.file_versions v
      JOIN codebase.files f ON f.id = v.file_id
     WHERE v.id = CAST(:version AS bigint)
), previous AS (
    SELECT r.*,
           coalesce(k.committed_at, r.started_at) AS at,
           s.depth = 'graph' OR s.file_count = 0 AS has_graph
      FROM analytics.analysis_runs r
      JOIN codebase.snapshots s ON s.id = r.snapshot_id
      LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
     WHERE r.id = CAST(:previous AS uuid)
), held AS MATERIALIZED (
    SELECT tree.path, tree.file_id, i.*
      FROM tree
     CROSS JOIN LATERAL (
        SELECT * FROM codebase.issue_records v WHERE v.file_version_id = tree.file_version_id
        UNION ALL
        SELECT * FROM codebase.issue_records l WHERE l.linkage_id = tree.linkage_id
     ) i
     WHERE (CAST(:severity AS text) IS NULL OR CAST(i.severity AS text) = CAST(:severity AS text))
       AND (CAST(:rule AS text) IS NULL OR i.rule_id = CAST(:rule AS text))
       AND (CAST(:path AS text) IS NULL
            OR tree.path = CAST(:path AS text)
            OR starts_with(tree.path, rtrim(CAST(:path AS text), '/') || '/'))
), known AS MATERIALIZED (
    SELECT m.after_id AS id
      FROM previous
      JOIN analytics.analysis_runs r ON r.id = CAST(:run AS uuid)
     CROSS JOIN LATERAL codebase.issue_matches(previous.snapshot_id, r.snapshot_id) m
     WHERE m.before_id IS NOT NULL
       AND m.after_id IS NOT NULL
), fresh AS MATERIALIZED (
    SELECT id, file_id, fingerprint FROM held
     WHERE EXISTS (SELECT FROM previous)
       AND id NOT IN (SELECT id FROM known)
), earlier AS MATERIALIZED (
    SELECT DISTINCT r.snapshot_id
      FROM previous
      JOIN analytics.analysis_runs r
        ON r.codebase_id = previous.codebase_id AND r.branch IS NOT DISTINCT FROM previous.branch
      LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
     WHERE r.status IN ('completed', 'partial')
       AND (r.commit_id IS NULL OR NOT r.is_working_tree)
       AND (coalesce(k.committed_at, r.started_at), r.started_at)
           < (previous.at, previous.started_at)
), seen AS (
    SELECT id FROM fresh
     WHERE EXISTS (
        SELECT FROM codebase.file_versions v
          JOIN codebase.snapshot_files sf ON sf.file_version_id = v.id
          JOIN earlier ON earlier.snapshot_id = sf.snapshot_id
          JOIN codebase.issue_records i
            ON i.fingerprint = fresh.fingerprint
           AND (i.file_version_id = v.id OR i.linkage_id = sf.linkage_id)
         WHERE v.file_id = fresh.file_id)
)
SELECT encode(h.fingerprint, 'hex') AS fingerprint,
       h.rule_id AS rule,
       coalesce(h.category, '') AS category,
       CAST(h.severity AS text) AS severity,
       h.title,
       h.message,
       h.path,
       nullif(h.symbol, '') AS symbol,
       coalesce(h.start_line, 1) AS start_line,
       coalesce(h.end_line, h.start_line, 1) AS end_line,
       CAST(h.measured_value AS double precision) AS measured,
       CAST(h.threshold AS double precision) AS limit,
       CAST(coalesce(h.effort_minutes, 0) AS double precision) AS effort_minutes,
       CASE WHEN previous.id IS NULL
              OR (h.linkage_id IS NOT NULL AND NOT previous.has_graph) THEN NULL
            WHEN fresh.id IS NULL THEN 'existing'
            WHEN seen.id IS NOT NULL THEN 'reopened'
            ELSE 'new'
        END AS lifecycle
  FROM held h
  LEFT JOIN previous ON true
  LEFT JOIN fresh ON fresh.id = h.id
  LEFT JOIN seen ON seen.id = h.id
 ORDER BY h.severity DESC, h.path, h.start_line, h.rule_id, h.fingerprint
 LIMIT CAST(:limit AS integer)

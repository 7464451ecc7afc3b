-- The open issues of a run beside those of an earlier one: whether each is new, null where the earlier run
-- has no relations and so cannot tell; and what mending it took before (null: it was not there).
-- :before uuid (null: nothing was there before), :after uuid
WITH sides AS (
    SELECT a.organization_id,
           a.snapshot_id AS after,
           b.snapshot_id AS before,
           b.id IS NULL OR s.depth = 'graph' OR s.file_count = 0 AS has_graph
      FROM analytics.analysis_runs a
      LEFT JOIN analytics.analysis_runs b ON b.id = CAST(:before AS uuid)
      LEFT JOIN codebase.snapshots s ON s.id = b.snapshot_id
     WHERE a.id = CAST(:after AS uuid)
), matches AS MATERIALIZED (
    SELECT m.before_id, m.after_id
      FROM sides
     CROSS JOIN LATERAL codebase.issue_matches(sides.before, sides.after) m
     WHERE sides.before IS NOT NULL
       AND m.before_id IS NOT NULL
       AND m.after_id IS NOT NULL
)
SELECT encode(i.fingerprint, 'hex') AS fingerprint,
       i.rule_id AS rule,
       coalesce(i.category, '') AS category,
       CAST(i.severity AS text) AS severity,
       i.title,
       i.message,
       f.path,
       nullif(i.symbol, '') AS symbol,
       coalesce(i.start_line, 1) AS start_line,
       coalesce(i.end_line, i.start_line, 1) AS end_line,
       CAST(i.measured_value AS double precision) AS measured,
       CAST(i.threshold AS double precision) AS limit,
       CAST(coalesce(i.effort_minutes, 0) AS double precision) AS effort_minutes,
       CASE WHEN m.before_id IS NOT NULL THEN false
            WHEN i.linkage_id IS NULL OR sides.has_graph THEN true
        END AS is_new,
       CASE WHEN m.before_id IS NOT NULL THEN CAST(coalesce(b.effort_minutes, 0) AS double precision) END
           AS effort_before
  FROM sides
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = sides.after
  JOIN codebase.files f ON f.id = sf.file_id
 CROSS JOIN LATERAL (
    SELECT * FROM codebase.issue_records v WHERE v.file_version_id = sf.file_version_id
    UNION ALL
    SELECT * FROM codebase.issue_records l WHERE l.linkage_id = sf.linkage_id
 ) i
  LEFT JOIN matches m ON m.after_id = i.id
  LEFT JOIN codebase.issue_records b ON b.id = m.before_id
 ORDER BY i.severity DESC, f.path, i.start_line, i.rule_id, i.fingerprint

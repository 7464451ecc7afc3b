-- The findings of a run that comments in the code accept, with the reasons they give.
-- Of one file version on its own when :version is given instead of :run.
-- :run uuid, :version bigint, :severity, :rule, :path (a file or a folder; null: any), :limit
WITH tree AS MATERIALIZED (
    SELECT f.path, sf.file_version_id, sf.linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id = CAST(:run AS uuid)
     UNION ALL
    SELECT f.path, v.id, NULL
      FROM codebase.file_versions v
      JOIN codebase.files f ON f.id = v.file_id
     WHERE v.id = CAST(:version AS bigint)
)
SELECT encode(i.fingerprint, 'hex') AS fingerprint,
       i.rule_id AS rule,
       coalesce(i.category, '') AS category,
       CAST(i.severity AS text) AS severity,
       i.title,
       i.message,
       tree.path,
       nullif(i.symbol, '') AS symbol,
       coalesce(i.start_line, 1) AS start_line,
       coalesce(i.end_line, i.start_line, 1) AS end_line,
       CAST(i.measured_value AS double precision) AS measured,
       CAST(i.threshold AS double precision) AS limit,
       CAST(coalesce(i.effort_minutes, 0) AS double precision) AS effort_minutes,
       i.reason AS accepted
  FROM tree
 CROSS JOIN LATERAL (
    SELECT * FROM codebase.accepted_issues v WHERE v.file_version_id = tree.file_version_id
    UNION ALL
    SELECT * FROM codebase.accepted_issues l WHERE l.linkage_id = tree.linkage_id
 ) i
 WHERE (CAST(:severity AS text) IS NULL OR CAST(i.severity AS text) = CAST(:severity AS text))
   AND (CAST(:rule AS text) IS NULL OR i.rule_id = CAST(:rule AS text))
   AND (CAST(:path AS text) IS NULL
        OR tree.path = CAST(:path AS text)
        OR starts_with(tree.path, rtrim(CAST(:path AS text), '/') || '/'))
 ORDER BY i.severity DESC, tree.path, i.start_line, i.rule_id, i.fingerprint
 LIMIT CAST(:limit AS integer)

-- Where the points of a run went: each open issue that costs something, worst first, and what it took of the
-- points that are lost. :run uuid, :rule (null: any), :path (a file or a folder; null: any)
WITH run AS (
    SELECT r.snapshot_id, CAST(100 - r.quality_score AS double precision) AS lost
      FROM analytics.analysis_runs r
     WHERE r.id = CAST(:run AS uuid)
), held AS MATERIALIZED (
    SELECT f.path, i.*, sum(i.effort_minutes) OVER () AS debt
      FROM run
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = run.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     CROSS JOIN LATERAL (
        SELECT * FROM codebase.issue_records v WHERE v.file_version_id = sf.file_version_id
        UNION ALL
        SELECT * FROM codebase.issue_records l WHERE l.linkage_id = sf.linkage_id
     ) i
     WHERE i.effort_minutes > 0
)
SELECT run.lost * CAST(h.effort_minutes / h.debt AS double precision) AS points,
       CAST(h.effort_minutes AS double precision) AS minutes,
       h.rule_id AS rule,
       CAST(h.severity AS text) AS severity,
       h.path,
       nullif(h.symbol, '') AS symbol,
       coalesce(h.start_line, 1) AS start_line,
       h.message,
       encode(h.fingerprint, 'hex') AS fingerprint
  FROM held h
 CROSS JOIN run
 WHERE (CAST(:rule AS text) IS NULL OR h.rule_id = CAST(:rule AS text))
   AND (CAST(:path AS text) IS NULL
        OR h.path = CAST(:path AS text)
        OR starts_with(h.path, rtrim(CAST(:path AS text), '/') || '/'))
 ORDER BY h.effort_minutes DESC, h.path, h.start_line, h.rule_id, h.fingerprint

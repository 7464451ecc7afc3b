-- Issues that only one of two runs has: new in the second, fixed since the first. Issues of relations
-- count only where both runs have relations. :before uuid, :after uuid
WITH trees AS MATERIALIZED (
    SELECT r.id = CAST(:after AS uuid) AS is_after,
           f.path,
           sf.file_version_id,
           CASE WHEN (SELECT bool_and(depth = 'graph') FROM analytics.analysis_runs
                       WHERE id IN (CAST(:before AS uuid), CAST(:after AS uuid)))
                THEN sf.linkage_id
            END AS linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id IN (CAST(:before AS uuid), CAST(:after AS uuid))
), held AS MATERIALIZED (
    SELECT t.is_after, t.path, i.*
      FROM trees t JOIN codebase.issue_records i ON i.file_version_id = t.file_version_id
     UNION ALL
    SELECT t.is_after, t.path, i.*
      FROM trees t JOIN codebase.issue_records i ON i.linkage_id = t.linkage_id
), one_sided AS (
    SELECT fingerprint FROM held GROUP BY fingerprint HAVING count(DISTINCT is_after) = 1
)
SELECT CASE WHEN h.is_after THEN 'new' ELSE 'fixed' END AS change,
       encode(h.fingerprint, 'hex') AS fingerprint,
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
       CASE WHEN h.is_after THEN 'new' END AS lifecycle
  FROM held h
  JOIN one_sided USING (fingerprint)
 WHERE CAST(:before AS uuid) <> CAST(:after AS uuid)
 ORDER BY h.severity DESC, h.path, h.start_line, h.rule_id, h.fingerprint

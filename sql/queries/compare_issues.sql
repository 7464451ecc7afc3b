-- Issues that are not in both of two runs: new in the second; gone from the first, fixed or accepted in the
-- code since. Issues of relations count only where both runs have relations. :before uuid, :after uuid
WITH changes AS MATERIALIZED (
    SELECT CASE WHEN m.before_id IS NULL THEN 'new'
                WHEN m.accepted_id IS NULL THEN 'fixed'
                ELSE 'accepted'
            END AS change,
           coalesce(m.after_id, m.before_id) AS issue_id,
           m.accepted_id
      FROM analytics.analysis_runs b
      JOIN analytics.analysis_runs a ON a.id = CAST(:after AS uuid)
     CROSS JOIN LATERAL codebase.issue_matches(b.snapshot_id, a.snapshot_id) m
     WHERE b.id = CAST(:before AS uuid)
       AND (m.before_id IS NULL OR m.after_id IS NULL)
), listed AS (
    SELECT c.change, i.*, NULL AS reason
      FROM changes c JOIN codebase.issue_records i ON i.id = c.issue_id
     WHERE c.accepted_id IS NULL
     UNION ALL
    SELECT c.change, i.*
      FROM changes c JOIN codebase.accepted_issues i ON i.id = c.accepted_id
)
SELECT i.change,
       encode(i.fingerprint, 'hex') AS fingerprint,
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
       CASE WHEN i.change = 'new' THEN 'new' END AS lifecycle,
       i.reason AS accepted
  FROM listed i
  LEFT JOIN codebase.linkages l ON l.id = i.linkage_id
  JOIN codebase.file_versions v ON v.id = coalesce(i.file_version_id, l.file_version_id)
  JOIN codebase.files f ON f.id = v.file_id
 ORDER BY i.severity DESC, f.path, i.start_line, i.rule_id, i.fingerprint

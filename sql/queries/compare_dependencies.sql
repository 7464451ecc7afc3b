-- Which files started or stopped to depend on which in the second run, through relations of any kind.
-- :before uuid, :after uuid, :moved_from and :moved_to text[]: paths of the same file on either side
WITH moves AS (
    SELECT old.id AS before, new.id AS after
      FROM unnest(CAST(:moved_from AS text[]), CAST(:moved_to AS text[])) AS m (before, after)
      JOIN analytics.analysis_runs r ON r.id = CAST(:after AS uuid)
      JOIN codebase.files old ON old.codebase_id = r.codebase_id AND old.path = m.before
      JOIN codebase.files new ON new.codebase_id = r.codebase_id AND new.path = m.after
), before AS (
    SELECT coalesce(m.after, sf.file_id) AS file_id, sf.linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      LEFT JOIN moves m ON m.before = sf.file_id
     WHERE r.id = CAST(:before AS uuid)
), after AS (
    SELECT sf.file_id, sf.linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
     WHERE r.id = CAST(:after AS uuid)
), touched AS MATERIALIZED (
    SELECT coalesce(before.file_id, after.file_id) AS file_id,
           before.linkage_id AS before,
           after.linkage_id AS after
      FROM before
      FULL JOIN after ON after.file_id = before.file_id
     WHERE before.linkage_id IS DISTINCT FROM after.linkage_id
), sides AS (
    SELECT t.file_id, e.is_after,
           CASE WHEN e.is_after THEN e.target_file_id ELSE coalesce(m.after, e.target_file_id) END AS target_file_id
      FROM touched t
     CROSS JOIN LATERAL (
        SELECT DISTINCT target_file_id, linkage_id IS NOT DISTINCT FROM t.after AS is_after
          FROM codebase.linkage_edges
         WHERE linkage_id IN (t.before, t.after)
           AND target_file_id IS NOT NULL
     ) e
      LEFT JOIN moves m ON m.before = e.target_file_id
)
SELECT source.path AS source,
       target.path AS target,
       CASE WHEN bool_or(s.is_after) THEN 'started' ELSE 'stopped' END AS change
  FROM sides s
  JOIN codebase.files source ON source.id = s.file_id
  JOIN codebase.files target ON target.id = s.target_file_id
 WHERE s.file_id <> s.target_file_id
 GROUP BY source.path, target.path
HAVING bool_and(s.is_after) = bool_or(s.is_after)
 ORDER BY change, source.path, target.path

-- Relations that are new or gone in the second run; how often and on which line does not count.
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
    SELECT t.file_id, e.kind, e.source_symbol, e.target, e.is_after,
           CASE WHEN e.is_after THEN e.target_file_id ELSE coalesce(m.after, e.target_file_id) END AS target_file_id
      FROM touched t
     CROSS JOIN LATERAL (
        SELECT kind, source_symbol, target_file_id,
               coalesce(target_symbol, external_name, '') AS target,
               linkage_id IS NOT DISTINCT FROM t.after AS is_after
          FROM codebase.linkage_edges
         WHERE linkage_id IN (t.before, t.after)
        OFFSET 0  -- along the key: most neighbours differ in a few files only
     ) e
      LEFT JOIN moves m ON m.before = e.target_file_id
), differing AS (
    SELECT file_id, kind, source_symbol, target_file_id, target, bool_or(is_after) AS is_new
      FROM sides
     GROUP BY file_id, kind, source_symbol, target_file_id, target
    HAVING bool_and(is_after) = bool_or(is_after)
)
SELECT d.kind,
       source.path AS source_path,
       coalesce(d.source_symbol, '') AS source,
       target.path AS target_path,
       d.target,
       CASE WHEN d.is_new THEN 'new' ELSE 'gone' END AS change
  FROM differing d
  JOIN codebase.files source ON source.id = d.file_id
  LEFT JOIN codebase.files target ON target.id = d.target_file_id
 ORDER BY source.path, source, target.path NULLS LAST, d.target, d.kind

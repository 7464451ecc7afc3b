-- Files that are new, gone, moved, or of other content in the second run. :before uuid,
-- :after uuid, :moved_from and :moved_to text[]: paths of the same file on either side
WITH moves AS (
    SELECT old.id AS before, new.id AS after
      FROM unnest(CAST(:moved_from AS text[]), CAST(:moved_to AS text[])) AS m (before, after)
      JOIN analytics.analysis_runs r ON r.id = CAST(:after AS uuid)
      JOIN codebase.files old ON old.codebase_id = r.codebase_id AND old.path = m.before
      JOIN codebase.files new ON new.codebase_id = r.codebase_id AND new.path = m.after
), before AS (
    SELECT coalesce(m.after, sf.file_id) AS file_id, m.before AS moved_from, v.blob_sha256
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.file_versions v ON v.id = sf.file_version_id
      LEFT JOIN moves m ON m.before = sf.file_id
     WHERE r.id = CAST(:before AS uuid)
), after AS (
    SELECT sf.file_id, v.blob_sha256
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.file_versions v ON v.id = sf.file_version_id
     WHERE r.id = CAST(:after AS uuid)
)
SELECT f.path,
       CASE WHEN before.file_id IS NULL THEN 'new'
            WHEN after.file_id IS NULL THEN 'gone'
            WHEN old.id IS NOT NULL THEN 'moved'
            ELSE 'changed'
        END AS change,
       old.path AS before
  FROM before
  FULL JOIN after ON after.file_id = before.file_id
  JOIN codebase.files f ON f.id = coalesce(before.file_id, after.file_id)
  LEFT JOIN codebase.files old ON old.id = before.moved_from
 WHERE old.id IS NOT NULL
    OR before.blob_sha256 IS DISTINCT FROM after.blob_sha256
 ORDER BY f.path

-- Files that are new, gone, or of other content in the second run. :before uuid, :after uuid
WITH before AS (
    SELECT sf.file_id, v.blob_sha256
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.file_versions v ON v.id = sf.file_version_id
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
            ELSE 'changed'
        END AS change
  FROM before
  FULL JOIN after ON after.file_id = before.file_id
  JOIN codebase.files f ON f.id = coalesce(before.file_id, after.file_id)
 WHERE before.blob_sha256 IS DISTINCT FROM after.blob_sha256
 ORDER BY f.path

-- The SHA-256 of each file of a run. :run uuid
SELECT f.path,
       v.blob_sha256
  FROM analytics.analysis_runs r
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
  JOIN codebase.files f ON f.id = sf.file_id
  JOIN codebase.file_versions v ON v.id = sf.file_version_id
 WHERE r.id = CAST(:run AS uuid)

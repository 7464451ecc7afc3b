-- Which file of a run depends on which, through relations of any kind. :run uuid
SELECT DISTINCT f.path AS source, t.path AS target
  FROM analytics.analysis_runs r
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
  JOIN codebase.files f ON f.id = sf.file_id
  JOIN codebase.linkage_edges e ON e.linkage_id = sf.linkage_id
  JOIN codebase.files t ON t.id = e.target_file_id
 WHERE r.id = CAST(:run AS uuid)
   AND t.id <> f.id
 ORDER BY 1, 2

-- Imports between files of a run that are in an import cycle, each with the number of files in that. :run uuid
WITH members AS MATERIALIZED (
    SELECT r.snapshot_id, f.id, f.path, CAST(p.metrics ->> 'import_cycle_size' AS integer) AS size
      FROM analytics.analysis_runs r
      JOIN codebase.snapshots s ON s.id = r.snapshot_id
     CROSS JOIN LATERAL jsonb_each(s.structure -> 'files') AS p (path, metrics)
      JOIN codebase.files f ON f.codebase_id = r.codebase_id AND f.path = p.path
     WHERE r.id = CAST(:run AS uuid)
       AND p.metrics ? 'import_cycle_size'
)
SELECT DISTINCT source.path AS source, target.path AS target, source.size
  FROM members source
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = source.snapshot_id AND sf.file_id = source.id
  JOIN codebase.linkage_edges e ON e.linkage_id = sf.linkage_id AND e.kind = 'import'
  JOIN members target ON target.id = e.target_file_id AND target.size = source.size AND target.id <> source.id
 ORDER BY source.path, target.path

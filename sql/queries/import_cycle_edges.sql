-- Imports between files of a run that are in an import cycle, each with the number of files in that. :run uuid
WITH members AS MATERIALIZED (
    SELECT sf.linkage_id, f.id, f.path, CAST(p.metrics ->> 'import_cycle_size' AS integer) AS size
      FROM analytics.analysis_runs r
      JOIN codebase.snapshots s ON s.id = r.snapshot_id
     CROSS JOIN LATERAL jsonb_each(s.structure -> 'files') AS p (path, metrics)
      JOIN codebase.files f ON f.codebase_id = r.codebase_id AND f.path = p.path
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = s.id AND sf.file_id = f.id
     WHERE r.id = CAST(:run AS uuid)
       AND p.metrics ? 'import_cycle_size'
), imports AS MATERIALIZED ( -- before they are joined again: how many members there are cannot be estimated
    SELECT DISTINCT m.id, m.path, m.size, e.target_file_id
      FROM members m
      JOIN codebase.linkage_edges e ON e.linkage_id = m.linkage_id AND e.kind = 'import'
)
SELECT i.path AS source, target.path AS target, i.size
  FROM imports i
  JOIN members target ON target.id = i.target_file_id AND target.size = i.size AND target.id <> i.id
 ORDER BY source, target

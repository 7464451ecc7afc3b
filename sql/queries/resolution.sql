-- How many calls, imports and base classes of a run lead to a known target, and how many do not. :run uuid
SELECT coalesce(sum(l.resolved_count), 0) AS resolved,
       coalesce(sum(l.unresolved_count), 0) AS unresolved
  FROM analytics.analysis_runs r
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
  JOIN codebase.linkages l ON l.id = sf.linkage_id
 WHERE r.id = CAST(:run AS uuid)

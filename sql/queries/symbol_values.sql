-- Values of one symbol by metric name: of its bytes, of all relations and of what was reported of this run.
-- :run uuid, :path, :key
SELECT s.kind,
       codebase.symbol_values(s)
       || coalesce(p.structure -> 'symbols' -> f.path -> CAST(:key AS text), '{}')
       || coalesce(told.metrics, '{}') AS values
  FROM analytics.analysis_runs r
  JOIN codebase.snapshots p ON p.id = r.snapshot_id
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = p.id
  JOIN codebase.files f ON f.id = sf.file_id
  JOIN codebase.symbols s ON s.file_version_id = sf.file_version_id
 CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(m.metric_name, m.value_numeric) AS metrics
      FROM analytics.metrics m
     WHERE m.analysis_run_id = r.id
       AND m.scope = 'symbol'
       AND m.scope_identifier = f.path || ':' || CAST(:key AS text)
  ) told
 WHERE r.id = CAST(:run AS uuid)
   AND f.path = CAST(:path AS text)
   AND codebase.symbol_key(s.qualified_name, s.duplicate_ordinal) = CAST(:key AS text)

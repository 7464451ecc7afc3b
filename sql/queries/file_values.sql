-- Values of a run's files by metric name: of their bytes, of their relations and of what was reported of
-- this run; and those of the symbols in each, as a list of [kind, values].
-- :run uuid, :place (a file's path, or a folder's; null: all)
SELECT f.path,
       codebase.file_values(v)
       || coalesce(l.metrics, '{}')
       || coalesce(p.structure -> 'files' -> f.path, '{}')
       || coalesce(told.metrics, '{}') AS values,
       coalesce(inside.symbols, '[]') AS symbols
  FROM analytics.analysis_runs r
  JOIN codebase.snapshots p ON p.id = r.snapshot_id
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = p.id
  JOIN codebase.files f ON f.id = sf.file_id
  JOIN codebase.file_versions v ON v.id = sf.file_version_id
  LEFT JOIN codebase.linkages l ON l.id = sf.linkage_id
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(
               s.kind,
               codebase.symbol_values(s)
               || coalesce(p.structure -> 'symbols' -> f.path
                           -> codebase.symbol_key(s.qualified_name, s.duplicate_ordinal), '{}')
           )) AS symbols
      FROM codebase.symbols s
     WHERE s.file_version_id = v.id AND s.kind <> 'variable'
  ) inside ON true
  LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(m.metric_name, m.value_numeric) AS metrics
      FROM analytics.metrics m
     WHERE m.analysis_run_id = r.id AND m.scope = 'file' AND m.scope_identifier = f.path
  ) told ON true
 WHERE r.id = CAST(:run AS uuid)
   AND (CAST(:place AS text) IS NULL
        OR f.path = CAST(:place AS text)
        OR starts_with(f.path, CAST(:place AS text) || '/'))
 ORDER BY f.path

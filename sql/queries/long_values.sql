-- Every value of a run: of the codebase, of its files and of their symbols, those of reports included. :run uuid
WITH chosen AS (
    SELECT r.id, r.metrics, r.snapshot_id, p.structure
      FROM analytics.analysis_runs r
      JOIN codebase.snapshots p ON p.id = r.snapshot_id
     WHERE r.id = CAST(:run AS uuid)
), versions AS (
    SELECT f.path, v, l.metrics AS linked, chosen.structure
      FROM chosen
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = chosen.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
      JOIN codebase.file_versions v ON v.id = sf.file_version_id
      LEFT JOIN codebase.linkages l ON l.id = sf.linkage_id
), places AS (
    SELECT 'codebase' AS scope, '' AS path, '' AS symbol, chosen.metrics AS values
      FROM chosen
     UNION ALL
    SELECT 'file', path, '',
           codebase.file_values(v) || coalesce(linked, '{}') || coalesce(structure -> 'files' -> path, '{}')
      FROM versions
     UNION ALL
    SELECT 'symbol', path, key,
           codebase.symbol_values(s) || coalesce(structure -> 'symbols' -> path -> key, '{}')
      FROM versions
      JOIN codebase.symbols s ON s.file_version_id = (v).id AND s.kind <> 'variable'
     CROSS JOIN LATERAL codebase.symbol_key(s.qualified_name, s.duplicate_ordinal) AS key
)
SELECT p.scope, p.path, p.symbol, e.key AS metric, CAST(e.value AS double precision) AS value
  FROM places p
 CROSS JOIN LATERAL jsonb_each(p.values) e
 WHERE jsonb_typeof(e.value) = 'number'
 UNION ALL
SELECT m.scope,
       CASE WHEN m.scope = 'file' THEN m.scope_identifier ELSE split_part(m.scope_identifier, ':', 1) END,
       CASE WHEN m.scope = 'file' THEN '' ELSE substr(m.scope_identifier, strpos(m.scope_identifier, ':') + 1) END,
       m.metric_name,
       CAST(m.value_numeric AS double precision)
  FROM analytics.metrics m
 WHERE m.analysis_run_id = CAST(:run AS uuid)
   AND m.scope IN ('file', 'symbol')
   AND m.value_numeric IS NOT NULL
 ORDER BY 1, 2, 3, 4

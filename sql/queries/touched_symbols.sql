-- Symbols of a run that are new or of another shape than in an earlier one, with the values of both by metric
-- name, and what is reported of the coverage of each. One that moved is not new: it is known by its name where
-- just one such symbol is gone elsewhere, else by its content.
-- :before uuid (null: nothing was there before), :after uuid
WITH before AS (
    SELECT sf.file_id, sf.file_version_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
     WHERE r.id = CAST(:before AS uuid)
), after AS (
    SELECT sf.file_id, sf.file_version_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
     WHERE r.id = CAST(:after AS uuid)
), touched AS MATERIALIZED (
    SELECT coalesce(before.file_id, after.file_id) AS file_id,
           before.file_version_id AS before,
           after.file_version_id AS after
      FROM before
      FULL JOIN after ON after.file_id = before.file_id
     WHERE before.file_version_id IS DISTINCT FROM after.file_version_id
), sides AS MATERIALIZED (
    SELECT t.file_id, s.*
      FROM touched t
     CROSS JOIN LATERAL (
        SELECT file_version_id IS NOT DISTINCT FROM t.after AS is_after,
               codebase.symbol_key(qualified_name, duplicate_ordinal) AS key,
               kind,
               start_line,
               end_line,
               structure_sha256,
               codebase.symbol_shape(symbols) AS shape,
               codebase.symbol_values(symbols) AS values
          FROM codebase.symbols
         WHERE file_version_id IN (t.before, t.after)
        OFFSET 0  -- along the key
     ) s
), alone AS MATERIALIZED (
    SELECT s.*,
           count(*) OVER (PARTITION BY s.is_after, s.kind, s.key) AS namesakes,
           row_number() OVER (PARTITION BY s.is_after, s.kind, s.structure_sha256
                              ORDER BY s.file_id, s.start_line, s.key) AS place
      FROM sides s
     WHERE NOT EXISTS (
        SELECT FROM sides o
         WHERE o.file_id = s.file_id AND o.key = s.key AND o.kind = s.kind AND o.is_after <> s.is_after)
), pairs AS (
    SELECT n.file_id, n.key, n.kind, n.start_line, n.end_line, n.shape, n.values,
           o.shape AS shape_before, o.values AS values_before
      FROM sides n
      JOIN sides o
        ON o.file_id = n.file_id AND o.key = n.key AND o.kind = n.kind AND NOT o.is_after
     WHERE n.is_after
     UNION ALL
    SELECT n.file_id, n.key, n.kind, n.start_line, n.end_line, n.shape, n.values,
           coalesce(named.shape, same.shape), coalesce(named.values, same.values)
      FROM alone n
      LEFT JOIN alone named
        ON NOT named.is_after AND named.kind = n.kind AND named.key = n.key
       AND named.namesakes = 1 AND n.namesakes = 1
      LEFT JOIN alone same
        ON NOT same.is_after AND same.kind = n.kind AND same.place = n.place
       AND same.structure_sha256 = n.structure_sha256
     WHERE n.is_after
)
SELECT f.path,
       p.key,
       p.kind,
       coalesce(p.start_line, 1) AS start_line,
       coalesce(p.end_line, p.start_line, 1) AS end_line,
       p.values || coalesce(told.metrics, '{}') AS values,
       p.values_before
  FROM pairs p
  JOIN codebase.files f ON f.id = p.file_id
  LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(m.metric_name, m.value_numeric) AS metrics
      FROM analytics.metrics m
     WHERE m.analysis_run_id = CAST(:after AS uuid)
       AND m.scope = 'symbol'
       AND m.scope_identifier = f.path || ':' || p.key
  ) told ON true
 WHERE p.shape_before IS DISTINCT FROM p.shape
 ORDER BY f.path, p.start_line, p.key

-- Symbols that are new, gone, or of another shape in the second run. :before uuid, :after uuid
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
), sides AS (
    SELECT t.file_id, s.*
      FROM touched t
     CROSS JOIN LATERAL (
        SELECT qualified_name, duplicate_ordinal, kind, start_line, cyclomatic_complexity,
               codebase.symbol_shape(symbols) AS shape,
               file_version_id IS NOT DISTINCT FROM t.after AS is_after
          FROM codebase.symbols
         WHERE file_version_id IN (t.before, t.after)
        OFFSET 0  -- along the key: most neighbours differ in a few files only
     ) s
), paired AS (
    SELECT file_id,
           qualified_name,
           duplicate_ordinal,
           bool_or(NOT is_after) AS is_before,
           bool_or(is_after) AS is_after,
           min(kind) FILTER (WHERE NOT is_after) AS kind_before,
           min(kind) FILTER (WHERE is_after) AS kind_after,
           min(cyclomatic_complexity) FILTER (WHERE NOT is_after) AS cyclomatic_before,
           min(cyclomatic_complexity) FILTER (WHERE is_after) AS cyclomatic_after,
           min(start_line) AS start_line
      FROM sides
     GROUP BY file_id, qualified_name, duplicate_ordinal
    HAVING bool_and(is_after) = bool_or(is_after)
        OR min(shape) <> max(shape)
)
SELECT f.path,
       p.qualified_name
       || CASE WHEN p.duplicate_ordinal > 0 THEN '#' || p.duplicate_ordinal ELSE '' END AS key,
       coalesce(p.kind_after, p.kind_before) AS kind,
       CASE WHEN NOT p.is_before THEN 'new' WHEN NOT p.is_after THEN 'gone' ELSE 'changed' END AS change,
       p.cyclomatic_before,
       p.cyclomatic_after
  FROM paired p
  JOIN codebase.files f ON f.id = p.file_id
 ORDER BY f.path, p.start_line, key

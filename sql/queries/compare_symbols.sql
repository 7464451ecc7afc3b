-- Symbols that are new, gone, or of another shape in the second run. :before uuid,
-- :after uuid, :moved_from and :moved_to text[]: paths of the same file on either side
WITH moves AS (
    SELECT old.id AS before, new.id AS after
      FROM unnest(CAST(:moved_from AS text[]), CAST(:moved_to AS text[])) AS m (before, after)
      JOIN analytics.analysis_runs r ON r.id = CAST(:after AS uuid)
      JOIN codebase.files old ON old.codebase_id = r.codebase_id AND old.path = m.before
      JOIN codebase.files new ON new.codebase_id = r.codebase_id AND new.path = m.after
), before AS (
    SELECT coalesce(m.after, sf.file_id) AS file_id, m.before AS moved_from, sf.file_version_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      LEFT JOIN moves m ON m.before = sf.file_id
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
        SELECT qualified_name, duplicate_ordinal, kind, start_line, end_line, cyclomatic_complexity,
               encode(structure_sha256, 'hex') AS structure,
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
           min(start_line) AS start_line,
           max(end_line) AS end_line,
           min(structure) AS structure
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
       p.cyclomatic_after,
       coalesce(p.start_line, 1) AS start_line,
       coalesce(p.end_line, p.start_line, 1) AS end_line,
       p.structure
  FROM paired p
  JOIN codebase.files f ON f.id = p.file_id
 ORDER BY f.path, p.start_line, key

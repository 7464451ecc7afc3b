-- Where a reference to a symbol or file may point to. How it matched: 1 path, 2 `path:key`, 3 key,
-- 4 end of a `path:key`, 5 name, 6 name in any case. Only the strongest kind of match is told.
-- :run uuid, :reference
WITH tree AS MATERIALIZED (
    SELECT f.path, sf.file_version_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id = CAST(:run AS uuid)
), place AS (
    SELECT path, '' AS key, CASE WHEN path = CAST(:reference AS text) THEN 1 END AS how FROM tree
     UNION ALL
    SELECT tree.path,
           named.key,
           CASE WHEN tree.path || ':' || named.key = CAST(:reference AS text) THEN 2
                WHEN named.key = CAST(:reference AS text) THEN 3
                WHEN right('/' || tree.path || ':' || named.key, length(:reference) + 1)
                     = '/' || CAST(:reference AS text) THEN 4
                WHEN s.name = CAST(:reference AS text) THEN 5
                WHEN lower(s.name) = lower(:reference) THEN 6
            END
      FROM tree
      JOIN codebase.symbols s ON s.file_version_id = tree.file_version_id
     CROSS JOIN LATERAL (
        SELECT s.qualified_name
               || CASE WHEN s.duplicate_ordinal > 0 THEN '#' || s.duplicate_ordinal ELSE '' END AS key
     ) named
), matched AS MATERIALIZED (
    SELECT * FROM place WHERE how IS NOT NULL
)
SELECT path, key, how
  FROM matched
 WHERE how = (SELECT min(how) FROM matched)
 ORDER BY path, key

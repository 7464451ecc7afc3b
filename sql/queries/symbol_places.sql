-- Where a reference to a symbol or file may point to: each place with the keys that share its name there
-- (overloads, redefinitions), in source order; a file has none. How it matched: 1 path, 2 `path:key`,
-- 3 key, 4 end of a `path:key`, 5 name, 6 name in any case. Only the strongest kind of match is told.
-- :run uuid, :reference
WITH tree AS MATERIALIZED (
    SELECT f.path, sf.file_version_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id = CAST(:run AS uuid)
), symbol AS (
    SELECT tree.path, s.name, s.qualified_name, s.ordinal,
           s.qualified_name
           || CASE WHEN s.duplicate_ordinal > 0 THEN '#' || s.duplicate_ordinal ELSE '' END AS key
      FROM tree
     CROSS JOIN LATERAL (
        SELECT name, qualified_name, duplicate_ordinal, ordinal
          FROM codebase.symbols
         WHERE file_version_id = tree.file_version_id
        OFFSET 0  -- file by file along the key: only a small part of all stored versions is wanted
     ) s
), place AS (
    SELECT path, '' AS title, NULL AS key, 0 AS ordinal,
           CASE WHEN path = CAST(:reference AS text) THEN 1 END AS how
      FROM tree
     UNION ALL
    SELECT path, title, key, ordinal,
           CASE WHEN path || ':' || title = CAST(:reference AS text) THEN 2
                WHEN title = CAST(:reference AS text) THEN 3
                WHEN right('/' || path || ':' || title, length(:reference) + 1)
                     = '/' || CAST(:reference AS text) THEN 4
                WHEN name = CAST(:reference AS text) THEN 5
                WHEN lower(name) = lower(:reference) THEN 6
            END
      FROM symbol
     CROSS JOIN LATERAL (
        SELECT CASE WHEN strpos(:reference, '#') > 0 THEN key ELSE qualified_name END AS title
     ) wanted
), matched AS MATERIALIZED (
    SELECT * FROM place WHERE how IS NOT NULL
)
SELECT path, title, array_remove(array_agg(key ORDER BY ordinal), NULL) AS keys
  FROM matched
 WHERE how = (SELECT min(how) FROM matched)
 GROUP BY path, title
 ORDER BY path, title

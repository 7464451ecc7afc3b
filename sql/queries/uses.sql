-- What the symbols of a file that have these keys use; with no key, what the file uses elsewhere.
-- :run uuid, :path, :keys text[]
WITH tree AS MATERIALIZED (
    SELECT f.path, sf.file_id, sf.linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id = CAST(:run AS uuid)
)
SELECT e.kind,
       target.path,
       coalesce(e.target_symbol, e.external_name, '') AS symbol,
       sum(e.occurrences) AS occurrences,
       min(e.first_line) AS first_line
  FROM tree source
  JOIN codebase.linkage_edges e ON e.linkage_id = source.linkage_id
  LEFT JOIN tree target ON target.file_id = e.target_file_id
 WHERE source.path = CAST(:path AS text)
   AND CASE WHEN cardinality(CAST(:keys AS text[])) = 0
            THEN e.target_file_id IS DISTINCT FROM source.file_id
            ELSE e.source_symbol = ANY (CAST(:keys AS text[]))
        END
 GROUP BY e.kind, target.path, coalesce(e.target_symbol, e.external_name, '')
 ORDER BY target.path NULLS LAST, symbol, e.kind

-- What a symbol uses; with an empty key, what its file uses elsewhere. :run uuid, :path, :key
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
   AND CASE WHEN CAST(:key AS text) = '' THEN e.target_file_id IS DISTINCT FROM source.file_id
            ELSE e.source_symbol = CAST(:key AS text)
        END
 GROUP BY e.kind, target.path, coalesce(e.target_symbol, e.external_name, '')
 ORDER BY target.path NULLS LAST, symbol, e.kind

-- Who uses the symbols of a file that have these keys; with no key, who uses anything of it from elsewhere.
-- :run uuid, :path, :keys text[]
WITH tree AS MATERIALIZED (
    SELECT f.path, f.organization_id, sf.file_id, sf.linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id = CAST(:run AS uuid)
)
SELECT e.kind,
       source.path,
       coalesce(e.source_symbol, '') AS symbol,
       sum(e.occurrences) AS occurrences,
       min(e.first_line) AS first_line
  FROM tree target
  JOIN codebase.linkage_edges e
    ON e.organization_id = target.organization_id AND e.target_file_id = target.file_id
  JOIN tree source ON source.linkage_id = e.linkage_id
 WHERE target.path = CAST(:path AS text)
   AND CASE WHEN cardinality(CAST(:keys AS text[])) = 0 THEN source.file_id <> target.file_id
            ELSE e.target_symbol = ANY (CAST(:keys AS text[]))
        END
 GROUP BY e.kind, source.path, coalesce(e.source_symbol, '')
 ORDER BY source.path, symbol, e.kind

-- Of each recorded commit, the earliest first, in how many files an issue stands; of relations only where there are.
-- :codebase uuid, :fingerprint (hex digits), :path (null: any), :relations boolean
WITH held AS MATERIALIZED (
    SELECT sf.snapshot_id, count(*) AS places
      FROM codebase.issue_records i
      JOIN codebase.snapshot_files sf ON sf.file_version_id = i.file_version_id OR sf.linkage_id = i.linkage_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE i.fingerprint = decode(CAST(:fingerprint AS text), 'hex')
       AND f.codebase_id = CAST(:codebase AS uuid)
       AND (CAST(:path AS text) IS NULL OR f.path = CAST(:path AS text))
     GROUP BY sf.snapshot_id
)
SELECT k.sha AS commit,
       k.parent_shas AS parents,
       k.committed_at,
       coalesce(k.author_name, '') AS author,
       rtrim(split_part(ltrim(k.message, E' \t\r\n'), E'\n', 1)) AS subject,
       max(coalesce(held.places, 0)) AS places
  FROM analytics.analysis_runs r
  JOIN codebase.commits k ON k.id = r.commit_id
  LEFT JOIN held ON held.snapshot_id = r.snapshot_id
 WHERE r.codebase_id = CAST(:codebase AS uuid)
   AND NOT r.is_working_tree
   AND r.status IN ('completed', 'partial')
   AND (r.depth = 'graph' OR NOT CAST(:relations AS boolean))
 GROUP BY k.id
 ORDER BY k.committed_at, k.id

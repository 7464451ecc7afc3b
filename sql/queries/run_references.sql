-- The run that a reference means, one for each codebase (and commit, when it is the start of a hash).
-- How it matched: 1 id, 2 short id, 3 latest, 4 branch, 5 commit. Only the strongest kind of match is told.
-- :reference, :id uuid (null unless the reference is one), :language, :codebase uuid, :provider,
-- :repository (null: any), :elsewhere boolean (as in another repository: by id or commit only)
WITH matched AS (
    SELECT r.id,
           r.short_id,
           r.codebase_id,
           c.repository_id,
           p.full_name || CASE WHEN c.root_path <> '' THEN '/' || c.root_path ELSE '' END AS codebase,
           c.language,
           r.branch,
           r.depth,
           k.sha,
           r.is_working_tree,
           r.started_at,
           coalesce(k.committed_at, r.started_at) AS at,
           CASE WHEN r.id = CAST(:id AS uuid) THEN 1
                WHEN lower(r.short_id) = lower(:reference) THEN 2
                WHEN r.snapshot_id IS NULL
                  OR r.superseded_by IS NOT NULL
                  OR r.status NOT IN ('completed', 'partial') THEN NULL
                WHEN CAST(:reference AS text) = 'latest' AND CAST(:elsewhere AS boolean) IS NOT TRUE THEN 3
                WHEN r.branch = CAST(:reference AS text) AND CAST(:elsewhere AS boolean) IS NOT TRUE THEN 4
                WHEN length(:reference) >= 4 AND starts_with(k.sha, lower(:reference)) THEN 5
            END AS how
      FROM analytics.analysis_runs r
      JOIN codebase.codebases c ON c.organization_id = r.organization_id AND c.id = r.codebase_id
      JOIN projects.repositories p
        ON p.organization_id = c.organization_id AND p.id = c.repository_id
      LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
     WHERE (CAST(:language AS text) IS NULL OR c.language = CAST(:language AS text))
       AND (CAST(:codebase AS uuid) IS NULL OR c.id = CAST(:codebase AS uuid))
       AND (CAST(:provider AS text) IS NULL OR p.provider = CAST(:provider AS text))
       AND (CAST(:repository AS text) IS NULL
            OR p.full_name = CAST(:repository AS text)
            OR p.full_name || '/' || c.root_path = CAST(:repository AS text))
       AND c.deleted_at IS NULL
       AND p.deleted_at IS NULL
)
SELECT DISTINCT ON (codebase_id, CASE WHEN how = 5 THEN sha END) *
  FROM matched
 WHERE how = (SELECT min(how) FROM matched)
 ORDER BY codebase_id,
          CASE WHEN how = 5 THEN sha END,
          how = 5 AND is_working_tree,
          at DESC,
          depth = 'graph' DESC,
          started_at DESC

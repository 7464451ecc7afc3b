-- The finished run of a commit, or of the working tree on it: of its depths and configurations the ones
-- wanted, else the deepest and newest. A working tree's is its last, as deep as that is.
-- :codebase uuid, :sha, :tree boolean (of the working tree), :depth (null: any), :configuration bytea (null: any)
SELECT r.id
  FROM analytics.analysis_runs r
  JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
 WHERE r.codebase_id = CAST(:codebase AS uuid)
   AND k.sha = CAST(:sha AS text)
   AND r.is_working_tree = CAST(:tree AS boolean)
   AND r.superseded_by IS NULL
   AND r.status IN ('completed', 'partial')
   AND r.snapshot_id IS NOT NULL
 ORDER BY CASE WHEN r.is_working_tree THEN r.started_at END DESC,
          coalesce(r.depth = CAST(:depth AS text), r.depth = 'graph') DESC,
          coalesce(r.configuration_digest = CAST(:configuration AS bytea), true) DESC,
          r.started_at DESC
 LIMIT 1

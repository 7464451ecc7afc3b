-- The newest complete state of a codebase, on one branch or on any; of one commit's depths the graph.
-- :codebase uuid, :branch (null: any)
SELECT r.id
  FROM analytics.analysis_runs r
  LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
 WHERE r.codebase_id = CAST(:codebase AS uuid)
   AND (CAST(:branch AS text) IS NULL OR r.branch = CAST(:branch AS text))
   AND r.superseded_by IS NULL
   AND r.status IN ('completed', 'partial')
   AND r.snapshot_id IS NOT NULL
 ORDER BY coalesce(k.committed_at, r.started_at) DESC,
          r.depth = 'graph' DESC,
          r.started_at DESC
 LIMIT 1

-- The finished and failed runs of a codebase, as far as their keeping is concerned. :codebase uuid, :tagged (hashes)
SELECT r.id,
       r.branch,
       r.depth,
       r.is_working_tree,
       coalesce(CASE WHEN NOT r.is_working_tree THEN k.committed_at END, r.started_at) AS at,
       r.metadata -> 'gate' ->> 'status' AS gate,
       coalesce(k.sha = ANY (CAST(:tagged AS text[])), false) AND NOT r.is_working_tree AS is_tagged,
       coalesce(CAST(r.metadata ->> 'pinned' AS boolean), false) AS is_pinned
  FROM analytics.analysis_runs r
  LEFT JOIN codebase.commits k ON k.id = r.commit_id
 WHERE r.codebase_id = CAST(:codebase AS uuid)
   AND r.status <> 'running'
 ORDER BY at, r.started_at, r.id -- commits of one second, in the order of their recording

-- How many commits of a codebase are recorded at each depth. :codebase uuid
SELECT r.depth, count(DISTINCT r.commit_id) AS commits
  FROM analytics.analysis_runs r
 WHERE r.codebase_id = CAST(:codebase AS uuid)
   AND r.commit_id IS NOT NULL
   AND NOT r.is_working_tree
   AND r.status IN ('completed', 'partial')
 GROUP BY r.depth
 ORDER BY commits DESC, r.depth

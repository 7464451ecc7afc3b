-- How many issues two runs share. Issues of relations count only where both runs have relations.
-- :before uuid, :after uuid
SELECT count(*) AS issues
  FROM analytics.analysis_runs b
  JOIN analytics.analysis_runs a ON a.id = CAST(:after AS uuid)
 CROSS JOIN LATERAL codebase.issue_matches(b.snapshot_id, a.snapshot_id) m
 WHERE b.id = CAST(:before AS uuid)
   AND m.before_id IS NOT NULL
   AND m.after_id IS NOT NULL

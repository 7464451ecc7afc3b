-- The highest and the lowest that a branch ever had of a measure: of the runs of a run's branch at its depth, with its
-- rules, limits and score. :run uuid, :measure
SELECT max(each.value) AS highest, min(each.value) AS lowest
  FROM analytics.analysis_runs b
  JOIN analytics.analysis_runs r
    ON r.codebase_id = b.codebase_id
   AND r.branch IS NOT DISTINCT FROM b.branch
   AND r.depth = b.depth
   AND r.configuration_digest = b.configuration_digest
   AND r.score_model IS NOT DISTINCT FROM b.score_model
   AND r.status IN ('completed', 'partial')
   AND NOT r.is_working_tree
 CROSS JOIN LATERAL (
    SELECT CAST(CASE CAST(:measure AS text)
                    WHEN 'score' THEN r.quality_score
                    WHEN 'issues' THEN r.issue_count
                    WHEN 'debt' THEN r.technical_debt_minutes
                    ELSE CAST(r.metrics ->> CAST(:measure AS text) AS numeric)
                END AS double precision) AS value
 ) each
 WHERE b.id = CAST(:run AS uuid)

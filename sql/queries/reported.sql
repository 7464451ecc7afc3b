-- What other tools reported of a run: findings, tools, tests, notes; null when nothing was given. :run uuid
SELECT r.metadata -> 'reported' AS reported
  FROM analytics.analysis_runs r
 WHERE r.id = CAST(:run AS uuid)

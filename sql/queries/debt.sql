-- The technical debt of a run, and its rating. :run uuid
SELECT CAST(coalesce(technical_debt_minutes, 0) AS double precision) AS debt_minutes,
       CAST(coalesce(technical_debt_ratio, 0) AS double precision) AS debt_ratio,
       analytics.debt_rating(coalesce(technical_debt_ratio, 0)) AS debt_rating
  FROM analytics.analysis_runs
 WHERE id = CAST(:run AS uuid)

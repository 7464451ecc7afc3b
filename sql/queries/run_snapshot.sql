-- The snapshot of a run; null while it has none. :run uuid
SELECT snapshot_id FROM analytics.analysis_runs WHERE id = CAST(:run AS uuid)

-- What a run's row says beyond its summary: how it was made, what failed, what took how long. :run uuid
SELECT r.completed_at,
       r.tool_name,
       r.tool_version,
       coalesce(r.files_analyzed, 0) AS files_analyzed,
       coalesce(r.files_reused, 0) AS files_reused,
       coalesce(r.files_failed, 0) AS files_failed,
       coalesce(r.resolved_count, 0) AS resolved,
       coalesce(r.unresolved_count, 0) AS unresolved,
       CAST(r.technical_debt_minutes AS double precision) AS debt_minutes,
       CAST(r.technical_debt_ratio AS double precision) AS debt_ratio,
       analytics.debt_rating(r.technical_debt_ratio) AS debt_rating,
       r.metrics,
       r.failures,
       r.notes,
       r.graph_summary,
       r.seconds,
       r.metadata,
       r.error_message
  FROM analytics.analysis_runs r
 WHERE r.id = CAST(:run AS uuid)

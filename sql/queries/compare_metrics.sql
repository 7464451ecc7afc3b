-- Every metric of either run for the whole codebase, and which way it improves; comparable where both
-- runs measured it by one definition. :before uuid, :after uuid
WITH before AS (
    SELECT metric_name, definition_version, value_numeric FROM analytics.metrics
     WHERE analysis_run_id = CAST(:before AS uuid) AND scope = 'codebase' AND value_numeric IS NOT NULL
), after AS (
    SELECT metric_name, definition_version, value_numeric FROM analytics.metrics
     WHERE analysis_run_id = CAST(:after AS uuid) AND scope = 'codebase' AND value_numeric IS NOT NULL
)
SELECT coalesce(before.metric_name, after.metric_name) AS metric,
       CAST(before.value_numeric AS double precision) AS before,
       CAST(after.value_numeric AS double precision) AS after,
       coalesce(before.definition_version = after.definition_version, false) AS comparable,
       d.direction
  FROM before
  FULL JOIN after ON after.metric_name = before.metric_name
  LEFT JOIN analytics.metric_definitions d
    ON d.metric_name = split_part(coalesce(before.metric_name, after.metric_name), '.', 1)
   AND d.definition_version = coalesce(before.definition_version, after.definition_version)
 ORDER BY metric

-- Every metric of either run for the whole codebase, and which way it improves; comparable where both
-- runs measured it by one definition. :before uuid, :after uuid
WITH before AS (
    SELECT organization_id, metric_name, definition_version, value_numeric FROM analytics.metrics
     WHERE analysis_run_id = CAST(:before AS uuid) AND scope = 'codebase' AND value_numeric IS NOT NULL
), after AS (
    SELECT organization_id, metric_name, definition_version, value_numeric FROM analytics.metrics
     WHERE analysis_run_id = CAST(:after AS uuid) AND scope = 'codebase' AND value_numeric IS NOT NULL
)
SELECT coalesce(before.metric_name, after.metric_name) AS metric,
       CAST(before.value_numeric AS double precision) AS before,
       CAST(after.value_numeric AS double precision) AS after,
       coalesce(before.definition_version = after.definition_version, false) AS comparable,
       d.direction
  FROM before
  FULL JOIN after ON after.metric_name = before.metric_name
  LEFT JOIN LATERAL (
    -- A mean or extreme improves the way its metric does.
    SELECT direction
      FROM analytics.metric_definitions
     WHERE organization_id = coalesce(before.organization_id, after.organization_id)
       AND metric_name IN (
               coalesce(before.metric_name, after.metric_name),
               regexp_replace(coalesce(before.metric_name, after.metric_name), '_(mean|max|min)$', '')
           )
     ORDER BY metric_name = coalesce(before.metric_name, after.metric_name) DESC,
              definition_version = coalesce(after.definition_version, before.definition_version) DESC
     LIMIT 1
  ) d ON true
 ORDER BY metric

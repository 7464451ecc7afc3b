-- One run for every recorded state, oldest first, with the versions of the metrics whose definition changed: of a
-- commit's depths the graph, of its configurations the last. Working trees are left out unless there is no
-- git. Null means no restriction.
-- :repository uuid, :codebase uuid, :days (analysed within)
WITH state AS MATERIALIZED (
    SELECT DISTINCT ON (r.codebase_id, r.branch, coalesce(CAST(r.commit_id AS text), CAST(r.id AS text)))
           r.id,
           r.organization_id,
           r.metrics,
           coalesce(k.committed_at, r.started_at) AS at,
           r.started_at
      FROM analytics.analysis_runs r
      JOIN codebase.codebases c ON c.organization_id = r.organization_id AND c.id = r.codebase_id
      LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
     WHERE r.status IN ('completed', 'partial')
       AND r.snapshot_id IS NOT NULL
       AND (r.commit_id IS NULL OR NOT r.is_working_tree)
       AND (CAST(:repository AS uuid) IS NULL OR c.repository_id = CAST(:repository AS uuid))
       AND (CAST(:codebase AS uuid) IS NULL OR c.id = CAST(:codebase AS uuid))
       AND (CAST(:days AS integer) IS NULL
            OR r.started_at >= now() - make_interval(days => CAST(:days AS integer)))
       AND c.deleted_at IS NULL
     ORDER BY r.codebase_id,
              r.branch,
              coalesce(CAST(r.commit_id AS text), CAST(r.id AS text)),
              r.depth = 'graph' DESC,
              r.started_at DESC
), redefined AS MATERIALIZED ( -- most often none, and a run has a hundred metrics
    SELECT m.metric_name
      FROM state
      JOIN analytics.metrics m ON m.analysis_run_id = state.id
     WHERE m.scope = 'codebase'
     GROUP BY m.metric_name
    HAVING min(m.definition_version) <> max(m.definition_version)
), versions AS (
    SELECT m.analysis_run_id, jsonb_object_agg(m.metric_name, m.definition_version) AS versions
      FROM redefined
      JOIN analytics.metrics m ON m.metric_name = redefined.metric_name
      JOIN state ON state.id = m.analysis_run_id
     WHERE m.scope = 'codebase'
     GROUP BY m.analysis_run_id
)
SELECT state.id, state.metrics, versions.versions
  FROM state
  LEFT JOIN versions ON versions.analysis_run_id = state.id
 ORDER BY state.at, state.started_at, state.id

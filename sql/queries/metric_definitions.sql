-- What the metrics of a run mean: of those with a value, and of those measured of files, in the version it
-- was recorded with; of others that could have a value, in the last. :run uuid
WITH this AS (
    SELECT * FROM analytics.analysis_runs WHERE id = CAST(:run AS uuid)
), extractor AS (
    SELECT e.definitions
      FROM this
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = this.snapshot_id
      JOIN codebase.file_versions v ON v.id = sf.file_version_id
      JOIN codebase.extractors e ON e.organization_id = v.organization_id AND e.id = v.extractor_id
     LIMIT 1  -- a snapshot holds files of one extractor only
), used AS (
    SELECT substr(each.key, length('metric:') + 1) AS metric_name, each.value AS definition_version
      FROM extractor
     CROSS JOIN jsonb_each_text(extractor.definitions) each
     WHERE starts_with(each.key, 'metric:')
     UNION
    SELECT m.metric_name, m.definition_version
      FROM this
      JOIN analytics.metrics m
        ON m.organization_id = this.organization_id AND m.analysis_run_id = this.id
), unused AS (
    SELECT d.metric_name, max(d.definition_version) AS definition_version
      FROM this
      JOIN analytics.metric_definitions d ON d.organization_id = this.organization_id
     WHERE d.metric_name NOT IN (SELECT metric_name FROM used)
       AND NOT EXISTS (SELECT
                         FROM codebase.extractors e
                        WHERE e.organization_id = d.organization_id
                          AND e.definitions ? ('metric:' || d.metric_name))
     GROUP BY d.metric_name
), known AS (
    SELECT * FROM used UNION ALL SELECT * FROM unused
)
SELECT d.metric_name AS name,
       coalesce(d.title, d.metric_name) AS title,
       coalesce(d.category, 'other') AS category,
       coalesce(d.unit, '') AS unit,
       d.direction,
       d.rollup,
       d.weight,
       d.kinds,
       d.scope,
       d.description AS definition,
       d.source,
       d.definition_version AS version
  FROM this
  JOIN analytics.metric_definitions d ON d.organization_id = this.organization_id
  JOIN known USING (metric_name, definition_version)
 ORDER BY d.metric_name

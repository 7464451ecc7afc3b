-- The files of a run, or one file version on its own.
-- :run uuid (null: none), :version bigint (null: none), :pattern (a LIKE pattern on the path; null: all)
WITH tree AS MATERIALIZED (
    SELECT f.path, v.*, sf.linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
      JOIN codebase.file_versions v ON v.id = sf.file_version_id
     WHERE r.id = CAST(:run AS uuid)
       AND (CAST(:pattern AS text) IS NULL OR f.path LIKE CAST(:pattern AS text))
     UNION ALL
    SELECT f.path, v.*, NULL
      FROM codebase.file_versions v
      JOIN codebase.files f ON f.id = v.file_id
     WHERE v.id = CAST(:version AS bigint)
), found AS (
    SELECT path, count(*) AS issues
      FROM (
          SELECT t.path FROM tree t JOIN codebase.issue_records i ON i.file_version_id = t.id
          UNION ALL
          SELECT t.path FROM tree t JOIN codebase.issue_records i ON i.linkage_id = t.linkage_id
      ) every
     GROUP BY path
)
SELECT path,
       t.language,
       t.parse_status,
       coalesce(t.lines_physical, 0) AS lines,
       coalesce(t.lines_source, 0) AS lines_source,
       coalesce(t.lines_comment, 0) AS lines_comment,
       coalesce(t.lines_blank, 0) AS lines_blank,
       coalesce(t.function_count, 0) AS functions,
       coalesce(t.class_count, 0) AS classes,
       t.cyclomatic_complexity AS cyclomatic,
       t.cognitive_complexity AS cognitive,
       coalesce(found.issues, 0) AS issues,
       CAST(lines.value_numeric AS double precision) AS line_coverage,
       CAST(branches.value_numeric AS double precision) AS branch_coverage
  FROM tree t
  LEFT JOIN found USING (path)
  LEFT JOIN analytics.metrics lines
    ON lines.analysis_run_id = CAST(:run AS uuid) AND lines.scope = 'file'
   AND lines.scope_identifier = path AND lines.metric_name = 'line_coverage'
  LEFT JOIN analytics.metrics branches
    ON branches.analysis_run_id = CAST(:run AS uuid) AND branches.scope = 'file'
   AND branches.scope_identifier = path AND branches.metric_name = 'branch_coverage'
 ORDER BY path

-- What a run's summary counts, recounted from the stored rows. :run uuid
WITH this AS (
    SELECT snapshot_id FROM analytics.analysis_runs WHERE id = CAST(:run AS uuid)
), tree AS MATERIALIZED (
    SELECT sf.* FROM this JOIN codebase.snapshot_files sf ON sf.snapshot_id = this.snapshot_id
), found AS (
    SELECT i.severity FROM tree JOIN codebase.issue_records i ON i.file_version_id = tree.file_version_id
     UNION ALL
    SELECT i.severity FROM tree JOIN codebase.issue_records i ON i.linkage_id = tree.linkage_id
)
SELECT (SELECT count(*) FROM tree) AS files,
       (SELECT coalesce(sum(v.lines_physical), 0)
          FROM tree JOIN codebase.file_versions v ON v.id = tree.file_version_id) AS lines,
       (SELECT count(*)
          FROM tree JOIN codebase.symbols s ON s.file_version_id = tree.file_version_id) AS symbols,
       (SELECT count(*)
          FROM tree JOIN codebase.linkage_edges e ON e.linkage_id = tree.linkage_id) AS edges,
       (SELECT coalesce(sum(l.resolved_count), 0)
          FROM tree JOIN codebase.linkages l ON l.id = tree.linkage_id) AS resolved,
       (SELECT coalesce(sum(l.unresolved_count), 0)
          FROM tree JOIN codebase.linkages l ON l.id = tree.linkage_id) AS unresolved,
       (SELECT count(*) FROM found) AS issues,
       (SELECT count(*) FROM found WHERE severity = 'critical') AS critical_issues,
       (SELECT count(*)
          FROM tree JOIN codebase.accepted_issues i ON i.file_version_id = tree.file_version_id)
       + (SELECT count(*)
            FROM tree JOIN codebase.accepted_issues i ON i.linkage_id = tree.linkage_id)
           AS accepted_issues

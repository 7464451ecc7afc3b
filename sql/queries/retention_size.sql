-- What would be left to nobody without some runs of a codebase: rows, and their bytes without indexes.
-- :codebase uuid, :runs uuid[] (without these; none: what all of it takes)
WITH live AS MATERIALIZED (
    SELECT DISTINCT r.snapshot_id AS id
      FROM analytics.analysis_runs r
     WHERE r.codebase_id = CAST(:codebase AS uuid)
       AND r.snapshot_id IS NOT NULL
       AND cardinality(CAST(:runs AS uuid[])) > 0
       AND r.id <> ALL (CAST(:runs AS uuid[]))
), dead AS MATERIALIZED (
    SELECT s.id, pg_column_size(s.*) AS bytes
      FROM codebase.snapshots s
     WHERE s.codebase_id = CAST(:codebase AS uuid)
       AND s.id NOT IN (SELECT id FROM live)
), members AS MATERIALIZED (
    SELECT m.file_version_id, count(*) AS rows, sum(pg_column_size(m.*)) AS bytes
      FROM dead
      JOIN codebase.snapshot_files m ON m.snapshot_id = dead.id
     GROUP BY m.file_version_id
), versions AS MATERIALIZED (
    SELECT v.id, pg_column_size(v.*) AS bytes
      FROM members
      JOIN codebase.file_versions v ON v.id = members.file_version_id
     WHERE NOT EXISTS (SELECT FROM codebase.snapshot_files m
                         JOIN live ON live.id = m.snapshot_id
                        WHERE m.file_version_id = v.id)
), inside AS (
    SELECT (SELECT sum(pg_column_size(y.*)) FROM codebase.symbols y WHERE y.file_version_id = versions.id) AS symbols,
           (SELECT sum(pg_column_size(i.*)) FROM codebase.issue_records i WHERE i.file_version_id = versions.id) AS issues
      FROM versions
), linked AS MATERIALIZED (
    SELECT DISTINCT m.linkage_id AS id
      FROM dead
      JOIN codebase.snapshot_files m ON m.snapshot_id = dead.id
     WHERE m.linkage_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM codebase.snapshot_files x
                         JOIN live ON live.id = x.snapshot_id
                        WHERE x.linkage_id = m.linkage_id)
), relations AS (
    SELECT pg_column_size(l.*) AS bytes,
           (SELECT sum(pg_column_size(e.*)) FROM codebase.linkage_edges e WHERE e.linkage_id = l.id) AS edges,
           (SELECT sum(pg_column_size(i.*)) FROM codebase.issue_records i WHERE i.linkage_id = l.id) AS issues
      FROM linked
      JOIN codebase.linkages l ON l.id = linked.id
), told AS (
    SELECT r.id, pg_column_size(r.*) AS bytes,
           (SELECT sum(pg_column_size(m.*)) FROM analytics.metrics m WHERE m.analysis_run_id = r.id) AS metrics
      FROM analytics.analysis_runs r
     WHERE r.codebase_id = CAST(:codebase AS uuid)
       AND (cardinality(CAST(:runs AS uuid[])) = 0 OR r.id = ANY (CAST(:runs AS uuid[])))
)
SELECT (SELECT count(*) FROM told) AS runs,
       (SELECT count(*) FROM dead) AS snapshots,
       (SELECT count(*) FROM versions) AS file_versions,
       CAST(coalesce((SELECT sum(bytes + coalesce(metrics, 0)) FROM told), 0)
            + coalesce((SELECT sum(bytes) FROM dead), 0)
            + coalesce((SELECT sum(bytes) FROM members), 0)
            + coalesce((SELECT sum(bytes) FROM versions), 0)
            + coalesce((SELECT sum(coalesce(symbols, 0) + coalesce(issues, 0)) FROM inside), 0)
            + coalesce((SELECT sum(bytes + coalesce(edges, 0) + coalesce(issues, 0)) FROM relations), 0)
            AS bigint) AS bytes

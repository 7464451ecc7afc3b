-- How many issues two runs share. Issues of relations count only where both runs have relations.
-- :before uuid, :after uuid
WITH trees AS MATERIALIZED (
    SELECT r.id AS run_id,
           sf.file_version_id,
           CASE WHEN (SELECT bool_and(depth = 'graph') FROM analytics.analysis_runs
                       WHERE id IN (CAST(:before AS uuid), CAST(:after AS uuid)))
                THEN sf.linkage_id
            END AS linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
     WHERE r.id IN (CAST(:before AS uuid), CAST(:after AS uuid))
), held AS (
    SELECT t.run_id, i.fingerprint
      FROM trees t JOIN codebase.issue_records i ON i.file_version_id = t.file_version_id
     UNION ALL
    SELECT t.run_id, i.fingerprint
      FROM trees t JOIN codebase.issue_records i ON i.linkage_id = t.linkage_id
), shared AS (
    SELECT fingerprint FROM held WHERE run_id = CAST(:before AS uuid)
     INTERSECT
    SELECT fingerprint FROM held WHERE run_id = CAST(:after AS uuid)
)
SELECT count(*) AS issues FROM shared

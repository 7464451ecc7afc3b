-- The stored version of a file: the one in a run, or the one with these very bytes; the newest run that
-- holds it (if one still does), and its metrics: of its bytes, and of its relations in that run.
-- :run uuid, or :codebase uuid, :blob_sha256 bytea and :extractor bytea (its fingerprint; null: any); :path
WITH version AS MATERIALIZED (
    SELECT sf.file_version_id AS id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id = CAST(:run AS uuid)
       AND f.path = CAST(:path AS text)
     UNION ALL
    SELECT v.id
      FROM codebase.files f
      JOIN codebase.file_versions v ON v.file_id = f.id
     WHERE f.codebase_id = CAST(:codebase AS uuid)
       AND f.path = CAST(:path AS text)
       AND v.blob_sha256 = CAST(:blob_sha256 AS bytea)
       AND (CAST(:extractor AS bytea) IS NULL
            OR v.extractor_id = (SELECT e.id
                                   FROM codebase.extractors e
                                  WHERE e.fingerprint = CAST(:extractor AS bytea)))
)
SELECT v.id,
       r.id AS run_id,
       r.short_id,
       codebase.file_values(v) || coalesce(l.metrics, '{}') AS metrics
  FROM version
  JOIN codebase.file_versions v ON v.id = version.id
  LEFT JOIN codebase.snapshot_files sf ON sf.file_version_id = v.id
  LEFT JOIN analytics.analysis_runs r
    ON r.snapshot_id = sf.snapshot_id AND r.status IN ('completed', 'partial')
  LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
  LEFT JOIN codebase.linkages l ON l.id = sf.linkage_id
 ORDER BY v.extractor_id DESC,
          r.id IS NULL,
          coalesce(k.committed_at, r.started_at) DESC,
          r.depth = 'graph' DESC,
          r.started_at DESC,
          v.id DESC
 LIMIT 1

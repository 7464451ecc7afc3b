-- What decided the results of a run: versions of metrics and rules, the rules' limits; and all of it in one
-- digest. :run uuid
SELECT r.configuration_digest AS digest,
       coalesce(e.definitions, '{}') AS definitions
  FROM analytics.analysis_runs r
  LEFT JOIN LATERAL (
    SELECT v.extractor_id
      FROM codebase.snapshot_files sf
      JOIN codebase.file_versions v ON v.id = sf.file_version_id
     WHERE sf.snapshot_id = r.snapshot_id
     LIMIT 1  -- a snapshot holds files of one extractor only
  ) one ON true
  LEFT JOIN codebase.extractors e ON e.organization_id = r.organization_id AND e.id = one.extractor_id
 WHERE r.id = CAST(:run AS uuid)

-- The other languages in which a run's folder is recorded, as of the same commit or of a later one.
-- :run uuid
SELECT DISTINCT c.language
  FROM analytics.analysis_runs this
  JOIN codebase.codebases own
    ON own.organization_id = this.organization_id AND own.id = this.codebase_id
  LEFT JOIN codebase.commits known
    ON known.organization_id = this.organization_id AND known.id = this.commit_id
  JOIN codebase.codebases c
    ON c.organization_id = own.organization_id
   AND c.repository_id = own.repository_id
   AND c.root_path = own.root_path
   AND c.language <> own.language
   AND c.deleted_at IS NULL
  JOIN analytics.analysis_runs r ON r.organization_id = c.organization_id AND r.codebase_id = c.id
  LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
 WHERE this.id = CAST(:run AS uuid)
   AND r.superseded_by IS NULL
   AND r.status IN ('completed', 'partial')
   AND r.snapshot_id IS NOT NULL
   AND (k.sha IS NOT DISTINCT FROM known.sha
        OR coalesce(k.committed_at, r.started_at) > coalesce(known.committed_at, this.started_at))
 ORDER BY c.language

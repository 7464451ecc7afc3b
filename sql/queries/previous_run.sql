-- The run to compare a run with: the state of the same codebase and branch before it, at the same depth
-- if there is one. A working tree is never what a commit follows; without git, every earlier run counts.
-- :run uuid
WITH this AS (
    SELECT r.*, coalesce(k.committed_at, r.started_at) AS at
      FROM analytics.analysis_runs r
      LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
     WHERE r.id = CAST(:run AS uuid)
)
SELECT r.id
  FROM this
  JOIN analytics.analysis_runs r
    ON r.codebase_id = this.codebase_id AND r.branch IS NOT DISTINCT FROM this.branch
  LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
 CROSS JOIN LATERAL (
    SELECT coalesce(k.committed_at, r.started_at) AS at,
           r.commit_id IS NOT NULL AND NOT r.is_working_tree AS is_clean
 ) state
 WHERE r.id <> this.id
   AND r.status IN ('completed', 'partial')
   AND r.snapshot_id IS NOT NULL
   AND (state.at, r.started_at) < (this.at, this.started_at)
   AND CASE WHEN this.commit_id IS NULL THEN r.commit_id IS NULL
            WHEN this.is_working_tree THEN r.superseded_by IS NULL
            ELSE state.is_clean AND r.commit_id <> this.commit_id
        END
 ORDER BY r.depth = this.depth DESC,
          state.is_clean DESC,
          state.at DESC,
          r.configuration_digest = this.configuration_digest DESC,
          r.started_at DESC
 LIMIT 1

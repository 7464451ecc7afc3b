-- Recorded runs with their totals, newest state of the code first. Null means no restriction.
-- :runs uuid[] (those very runs, superseded ones too), :codebase uuid, :provider, :repository (full
-- name, with or without the root path), :branch, :days (analysed within), :finished boolean (only those), :limit
SELECT r.id,
       r.short_id,
       r.codebase_id,
       p.full_name || CASE WHEN c.root_path <> '' THEN '/' || c.root_path ELSE '' END AS codebase,
       c.language,
       r.branch,
       k.sha AS commit,
       rtrim(split_part(ltrim(k.message, E' \t\r\n'), E'\n', 1)) AS commit_subject,
       k.committed_at,
       r.is_working_tree,
       r.depth,
       CAST(r.status AS text) AS status,
       r.started_at,
       coalesce(s.file_count, 0) AS files,
       coalesce(r.lines_analyzed, 0) AS lines,
       coalesce(r.symbol_count, 0) AS symbols,
       coalesce(r.edge_count, 0) AS edges,
       coalesce(r.issue_count, 0) AS issues,
       CAST(r.quality_score AS double precision) AS quality_score,
       r.grade,
       r.score_model,
       CASE WHEN r.depth = 'graph'
            THEN CAST(r.resolved_count AS double precision)
                 / nullif(r.resolved_count + r.unresolved_count, 0)
        END AS resolution_rate,
       c.repository_id,
       left(encode(r.configuration_digest, 'hex'), 6) AS configuration,
       coalesce(r.accepted_issue_count, 0) AS accepted_issues,
       c.root_path
  FROM analytics.analysis_runs r
  JOIN codebase.codebases c ON c.organization_id = r.organization_id AND c.id = r.codebase_id
  JOIN projects.repositories p ON p.organization_id = c.organization_id AND p.id = c.repository_id
  LEFT JOIN codebase.commits k ON k.organization_id = r.organization_id AND k.id = r.commit_id
  LEFT JOIN codebase.snapshots s ON s.organization_id = r.organization_id AND s.id = r.snapshot_id
 WHERE (CAST(:runs AS uuid[]) IS NULL OR r.id = ANY (CAST(:runs AS uuid[])))
   AND (CAST(:runs AS uuid[]) IS NOT NULL OR r.superseded_by IS NULL OR r.commit_id IS NULL)
   AND (CAST(:codebase AS uuid) IS NULL OR r.codebase_id = CAST(:codebase AS uuid))
   AND (CAST(:provider AS text) IS NULL OR p.provider = CAST(:provider AS text))
   AND (CAST(:repository AS text) IS NULL
        OR p.full_name = CAST(:repository AS text)
        OR p.full_name || '/' || c.root_path = CAST(:repository AS text))
   AND (CAST(:branch AS text) IS NULL OR r.branch = CAST(:branch AS text))
   AND (CAST(:days AS integer) IS NULL
        OR r.started_at >= now() - make_interval(days => CAST(:days AS integer)))
   AND (r.status IN ('completed', 'partial') OR NOT coalesce(CAST(:finished AS boolean), false))
   AND c.deleted_at IS NULL
   AND p.deleted_at IS NULL
 ORDER BY coalesce(k.committed_at, r.started_at) DESC,
          r.depth = 'graph' DESC,
          r.started_at DESC,
          r.id
 LIMIT CAST(:limit AS integer)

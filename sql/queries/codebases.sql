-- The codebases of a repository: one for each language family.
-- :provider (null: any), :full_name, :root_path ('' is the whole repository)
SELECT c.id,
       c.repository_id,
       c.project_id,
       p.full_name AS repository,
       c.name,
       c.language,
       c.root_path,
       count(r.id) AS runs
  FROM codebase.codebases c
  JOIN projects.repositories p ON p.organization_id = c.organization_id AND p.id = c.repository_id
  LEFT JOIN analytics.analysis_runs r
    ON r.organization_id = c.organization_id AND r.codebase_id = c.id AND r.superseded_by IS NULL
 WHERE p.full_name = CAST(:full_name AS text)
   AND (CAST(:provider AS text) IS NULL OR p.provider = CAST(:provider AS text))
   AND c.root_path = CAST(:root_path AS text)
   AND c.deleted_at IS NULL
   AND p.deleted_at IS NULL
 GROUP BY c.id, p.id
 ORDER BY c.language, c.id

-- Symbols of a run: exact names first, then those exact but for case, then names that start so, then
-- names that contain it; of equals exported definitions first, variables last. With how many others of
-- the codebase use each, and how many it uses, by call, reference or inheritance; overloads and
-- redefinitions count as one, so each of them has the figures of all.
-- Of one file version on its own when :version is given instead of :run.
-- :run uuid, :version bigint, :query (part of a key, or a whole `path:key`; any case; null: all),
-- :path, :key, :kind (null: any), :anonymous boolean (nameless functions too), :limit
WITH tree AS MATERIALIZED (
    SELECT f.path, sf.file_id, sf.file_version_id, sf.linkage_id
      FROM analytics.analysis_runs r
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
      JOIN codebase.files f ON f.id = sf.file_id
     WHERE r.id = CAST(:run AS uuid)
     UNION ALL
    SELECT f.path, f.id, v.id, NULL
      FROM codebase.file_versions v
      JOIN codebase.files f ON f.id = v.file_id
     WHERE v.id = CAST(:version AS bigint)
), picked AS MATERIALIZED (
    SELECT tree.path, tree.file_id, tree.linkage_id, s.*,
           CASE WHEN coalesce(wanted.name, '') = '' THEN 0
                WHEN wanted.exact IN (s.name, s.key, tree.path || ':' || s.key) THEN 1
                WHEN wanted.name IN (lower(s.name), lower(s.key), lower(tree.path || ':' || s.key)) THEN 2
                WHEN starts_with(lower(s.name), wanted.name)
                  OR starts_with(lower(s.key), wanted.name) THEN 3
                ELSE 4
            END AS likeness,
           CASE WHEN coalesce(wanted.name, '') = '' THEN 0
                WHEN s.is_exported AND s.kind <> 'variable' THEN 1
                WHEN s.kind <> 'variable' THEN 2
                ELSE 3
            END AS standing
      FROM tree
     CROSS JOIN (SELECT CAST(:query AS text) AS exact, lower(CAST(:query AS text)) AS name) wanted
     CROSS JOIN LATERAL (
        SELECT *,
               qualified_name
               || CASE WHEN duplicate_ordinal > 0 THEN '#' || duplicate_ordinal ELSE '' END AS key
          FROM codebase.symbols
         WHERE file_version_id = tree.file_version_id
           AND (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS text))
           AND (CAST(:anonymous AS boolean) OR name <> '<anonymous>')
        OFFSET 0  -- file by file along the key: only a small part of all stored versions is wanted
     ) s
     WHERE (CAST(:path AS text) IS NULL OR tree.path = CAST(:path AS text))
       AND (CAST(:key AS text) IS NULL OR s.key = CAST(:key AS text))
       AND (wanted.name IS NULL
            OR strpos(lower(s.key), wanted.name) > 0
            OR lower(tree.path || ':' || s.key) = wanted.name)
     ORDER BY likeness, standing, path, start_line, ordinal
     LIMIT CAST(:limit AS integer)
), named AS MATERIALIZED (
    SELECT p.*, alike.keys, p.path || ':' || p.key AS place
      FROM picked p
     CROSS JOIN LATERAL (
        SELECT array_agg(s.qualified_name
                         || CASE WHEN s.duplicate_ordinal > 0 THEN '#' || s.duplicate_ordinal ELSE '' END
               ) AS keys
          FROM codebase.symbols s
         WHERE s.file_version_id = p.file_version_id AND s.qualified_name = p.qualified_name
     ) alike
), fans_in AS (
    SELECT p.path, p.key, count(DISTINCT (e.linkage_id, coalesce(e.source_symbol, ''))) AS users
      FROM named p
      JOIN codebase.linkage_edges e
        ON e.organization_id = p.organization_id
       AND e.target_file_id = p.file_id
       AND e.target_symbol = ANY (p.keys)
     WHERE e.linkage_id IN (SELECT linkage_id FROM tree)
       AND e.kind IN ('call', 'reference', 'inherit')
       AND (e.linkage_id <> p.linkage_id OR (e.source_symbol = ANY (p.keys)) IS NOT TRUE)
     GROUP BY p.path, p.key
)
SELECT p.path,
       p.key,
       p.kind,
       p.name,
       parent.qualified_name
       || CASE WHEN parent.duplicate_ordinal > 0 THEN '#' || parent.duplicate_ordinal ELSE '' END
          AS parent,
       p.signature,
       p.start_line,
       p.end_line,
       coalesce(p.lines, p.end_line - p.start_line + 1) AS lines,
       p.is_exported,
       p.docstring,
       p.parameter_count AS parameters,
       p.cyclomatic_complexity AS cyclomatic,
       p.cognitive_complexity AS cognitive,
       p.nesting_depth AS nesting,
       CASE WHEN p.linkage_id IS NOT NULL THEN coalesce(fans_in.users, 0) END AS fan_in,
       CASE WHEN p.linkage_id IS NOT NULL THEN fan_out.used END AS fan_out,
       CAST(lines.value_numeric AS double precision) AS line_coverage,
       CAST(branches.value_numeric AS double precision) AS branch_coverage
  FROM named p
  LEFT JOIN codebase.symbols parent
    ON parent.file_version_id = p.file_version_id AND parent.ordinal = p.parent_ordinal
  LEFT JOIN fans_in ON fans_in.path = p.path AND fans_in.key = p.key
  LEFT JOIN LATERAL (
    SELECT count(DISTINCT (e.target_file_id, e.target_symbol)) AS used
      FROM codebase.linkage_edges e
     WHERE e.linkage_id = p.linkage_id
       AND e.source_symbol = ANY (p.keys)
       AND e.target_file_id IS NOT NULL
       AND e.kind IN ('call', 'reference', 'inherit')
       AND (e.target_file_id <> p.file_id OR e.target_symbol <> ALL (p.keys))
  ) fan_out ON true
  LEFT JOIN analytics.metrics lines
    ON lines.analysis_run_id = CAST(:run AS uuid) AND lines.scope = 'symbol'
   AND lines.scope_identifier = p.place AND lines.metric_name = 'line_coverage'
  LEFT JOIN analytics.metrics branches
    ON branches.analysis_run_id = CAST(:run AS uuid) AND branches.scope = 'symbol'
   AND branches.scope_identifier = p.place AND branches.metric_name = 'branch_coverage'
 ORDER BY p.likeness, p.standing, p.path, p.start_line, p.ordinal

-- The files of a run with the functions in them, outer ones before those inside; a file without any has one
-- row with nulls. :run uuid, :kinds text[] (of symbols, that are functions)
SELECT f.path,
       s.qualified_name
       || CASE WHEN s.duplicate_ordinal > 0 THEN '#' || s.duplicate_ordinal ELSE '' END AS key,
       s.start_line,
       s.end_line
  FROM analytics.analysis_runs r
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
  JOIN codebase.files f ON f.id = sf.file_id
  LEFT JOIN codebase.symbols s
    ON s.file_version_id = sf.file_version_id AND s.kind = ANY (CAST(:kinds AS text[]))
 WHERE r.id = CAST(:run AS uuid)
 ORDER BY f.path, s.ordinal

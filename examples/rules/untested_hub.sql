-- Much of the codebase stands on it, and no test uses it directly.
-- rule: untested_hub
-- title: Much used, and not tested
-- severity: warning
-- category: structure
-- key: path, symbol
-- minutes: 30
-- limit: users = 5
SELECT e.file_path AS path,
       e.symbol_key AS symbol,
       e.start_line,
       e.end_line,
       u.users AS measured,
       :users AS limit,
       format('%s others use `%s`, and no test does', u.users, e.qualified_name) AS message
  FROM codebase.code_elements e
  JOIN (
    SELECT r.target_path, r.target_symbol, count(DISTINCT (r.source_path, r.source_symbol)) AS users,
           bool_or(f.is_test) AS is_tested
      FROM codebase.code_relationships r
      JOIN analytics.file_analysis f ON f.analysis_run_id = :run AND f.file_path = r.source_path
     WHERE r.snapshot_id = :snapshot AND r.kind = 'call'
     GROUP BY r.target_path, r.target_symbol
  ) u ON u.target_path = e.file_path AND u.target_symbol = e.symbol_key
 WHERE e.snapshot_id = :snapshot
   AND u.users > :users
   AND NOT u.is_tested
 ORDER BY u.users DESC, e.file_path, e.start_line

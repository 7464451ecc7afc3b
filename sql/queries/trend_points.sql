-- One value for each recorded commit, the earliest first: of the whole codebase, of a file, or of a symbol in it.
-- Of a commit's configurations the last; one depth at a time. `definition` says by what it was measured.
-- :codebase uuid, :depth, :metric, :path (null: the codebase), :key (null: the file), :since timestamptz (null: any),
-- :names jsonb: the file's other paths, by commit
SELECT r.id,
       r.short_id,
       k.sha AS commit,
       k.committed_at,
       rtrim(split_part(ltrim(k.message, E' \t\r\n'), E'\n', 1)) AS subject,
       k.author_name AS author,
       CASE WHEN CAST(:path AS text) IS NOT NULL THEN inside.value
            WHEN CAST(:metric AS text) = 'quality_score' THEN CAST(r.quality_score AS double precision)
            WHEN CAST(:metric AS text) = 'issues' THEN r.issue_count
            WHEN CAST(:metric AS text) = 'debt_minutes' THEN r.technical_debt_minutes
            ELSE CAST(r.metrics ->> CAST(:metric AS text) AS double precision)
        END AS value,
       CASE WHEN CAST(:metric AS text) IN ('quality_score', 'issues', 'debt_minutes')
            THEN coalesce(r.score_model, '') || ' ' || left(encode(r.configuration_digest, 'hex'), 6)
            ELSE (SELECT m.definition_version FROM analytics.metrics m
                   WHERE m.analysis_run_id = r.id AND m.scope = 'codebase' AND m.scope_identifier = ''
                     AND m.metric_name = CAST(:metric AS text))
        END AS definition
  FROM (
    SELECT DISTINCT ON (r.commit_id) r.*
      FROM analytics.analysis_runs r
     WHERE r.codebase_id = CAST(:codebase AS uuid)
       AND r.depth = CAST(:depth AS text)
       AND r.commit_id IS NOT NULL
       AND NOT r.is_working_tree
       AND r.status IN ('completed', 'partial')
     ORDER BY r.commit_id, r.started_at DESC
  ) r
  JOIN codebase.commits k ON k.id = r.commit_id
  JOIN codebase.snapshots p ON p.id = r.snapshot_id
  LEFT JOIN LATERAL (
    SELECT CAST((CASE WHEN CAST(:key AS text) IS NULL
                      THEN codebase.file_values(v) || coalesce(p.structure -> 'files' -> f.path, '{}')
                      ELSE codebase.symbol_values(s)
                           || coalesce(p.structure -> 'symbols' -> f.path -> CAST(:key AS text), '{}')
                  END) ->> CAST(:metric AS text) AS double precision) AS value
      FROM codebase.files f
      JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id AND sf.file_id = f.id
      JOIN codebase.file_versions v ON v.id = sf.file_version_id
      LEFT JOIN codebase.symbols s
        ON s.file_version_id = v.id AND CAST(:key AS text) IS NOT NULL
       AND codebase.symbol_key(s.qualified_name, s.duplicate_ordinal) = CAST(:key AS text)
     WHERE CAST(:path AS text) IS NOT NULL
       AND f.codebase_id = r.codebase_id
       AND f.path = coalesce(CAST(:names AS jsonb) ->> k.sha, CAST(:path AS text))
  ) inside ON true
 WHERE CAST(:since AS timestamptz) IS NULL OR k.committed_at >= CAST(:since AS timestamptz)
 ORDER BY k.committed_at, k.id

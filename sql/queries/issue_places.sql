-- What is known by a fingerprint, or by how it begins: each with the files it ever stood in.
-- :codebase uuid, :fingerprint (hex digits)
SELECT encode(i.fingerprint, 'hex') AS fingerprint,
       f.path,
       min(i.rule_id) AS rule,
       max(i.title) AS title,
       bool_or(i.linkage_id IS NOT NULL) AS is_of_relations
  FROM codebase.files f
  JOIN codebase.file_versions v ON v.file_id = f.id
  LEFT JOIN codebase.linkages l ON l.file_version_id = v.id
  JOIN codebase.issue_records i ON i.file_version_id = v.id OR i.linkage_id = l.id
 WHERE f.codebase_id = CAST(:codebase AS uuid)
   AND starts_with(encode(i.fingerprint, 'hex'), CAST(:fingerprint AS text))
 GROUP BY i.fingerprint, f.path
 ORDER BY 1, 2

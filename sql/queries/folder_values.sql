-- Values that a folder has of its own, which follow from all relations and from no roll-up, by metric name;
-- null where a metric is one of these, and not defined of this folder. :run uuid, :place (a folder's path)
SELECT coalesce(jsonb_object_agg(own.metric_name, p.structure -> 'folders' -> CAST(:place AS text) -> own.metric_name), '{}')
       AS values
  FROM analytics.analysis_runs r
  JOIN codebase.snapshots p ON p.id = r.snapshot_id
 CROSS JOIN LATERAL (
    SELECT DISTINCT jsonb_object_keys(folder.value) AS metric_name
      FROM jsonb_each(p.structure -> 'folders') folder
  ) own
 WHERE r.id = CAST(:run AS uuid)

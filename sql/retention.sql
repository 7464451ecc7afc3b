-- The statements that drop runs and pin them.
-- Each section is one statement; parameters are :name.

-- pass_on --
-- What a dropped run superseded is superseded by what superseded that; to be repeated until nothing is left.
UPDATE analytics.analysis_runs r SET superseded_by = d.superseded_by
FROM analytics.analysis_runs d
WHERE r.superseded_by = d.id AND d.id = ANY(:runs) AND r.id <> ALL(:runs);

-- detach --
UPDATE analytics.analysis_runs SET superseded_by = NULL WHERE id = ANY(:runs) AND superseded_by IS NOT NULL;

-- drop_runs --
DELETE FROM analytics.analysis_runs WHERE id = ANY(:runs) AND status <> 'running';

-- pin --
UPDATE analytics.analysis_runs SET metadata = metadata || jsonb_build_object('pinned', CAST(:pinned AS boolean))
WHERE id = :run_id;

-- 12_ops: everything an operator calls: health, alerts, jobs, upkeep, rollback.
-- It asks the catalogs what is installed, so that a module that comes later is watched as those before it are.

CREATE SCHEMA ops AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA ops IS 'Health, alerts, jobs, upkeep, rollback';
GRANT USAGE ON SCHEMA ops TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- functions: schedules, as cron writes them

CREATE FUNCTION ops.schedule_field(p_field text, p_low integer, p_high integer) RETURNS integer[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_part text;
    v_found text[];
    v_all integer[] := '{}';
    v_from integer;
    v_to integer;
BEGIN
    FOREACH v_part IN ARRAY string_to_array(p_field, ',') LOOP
        v_found := regexp_match(v_part, '^(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?$');
        v_from := coalesce(v_found[1]::integer, p_low);
        v_to := coalesce(v_found[2]::integer, CASE WHEN v_found[1] IS NULL OR v_found[3] IS NOT NULL THEN p_high ELSE v_from END);
        IF v_found IS NULL OR v_from < p_low OR v_to > p_high OR v_from > v_to THEN
            RAISE EXCEPTION 'the schedule''s field % is none of numbers from % to %', quote_literal(p_field), p_low, p_high
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Write minute hour day month weekday, as cron takes them: */15 * * * *';
        END IF;
        v_all := v_all || ARRAY(SELECT generate_series(v_from, v_to, coalesce(v_found[3]::integer, 1)));
    END LOOP;
    RETURN v_all;
END
$$;
COMMENT ON FUNCTION ops.schedule_field(text, integer, integer) IS 'The numbers that one field of a cron schedule stands for';

CREATE FUNCTION ops.schedule_day_matches(p_schedule text, p_day date) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_fields text[] := string_to_array(p_schedule, ' ');
    v_in_month boolean := extract(day FROM p_day)::integer = ANY (ops.schedule_field(v_fields[3], 1, 31));
    v_in_week boolean := extract(dow FROM p_day)::integer = ANY (ops.schedule_field(v_fields[5], 0, 6));
BEGIN
    RETURN extract(month FROM p_day)::integer = ANY (ops.schedule_field(v_fields[4], 1, 12))
        -- As cron does: where both days are named, either will do.
        AND CASE WHEN '*' IN (v_fields[3], v_fields[5]) THEN v_in_month AND v_in_week ELSE v_in_month OR v_in_week END;
END
$$;
COMMENT ON FUNCTION ops.schedule_day_matches(text, date) IS 'Whether a cron schedule has times on a day';

CREATE FUNCTION ops.due_times(p_schedule text, p_at timestamptz, p_count integer DEFAULT 1) RETURNS SETOF timestamptz LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    WITH fields AS (SELECT string_to_array(p_schedule, ' ') AS f),
    days AS (
        SELECT d.day FROM (SELECT (p_at AT TIME ZONE 'UTC')::date - n AS day FROM generate_series(0, 1500) AS n) d
        WHERE ops.schedule_day_matches(p_schedule, d.day) ORDER BY d.day DESC LIMIT p_count + 1
    )
    SELECT t.at FROM fields
    CROSS JOIN days
    CROSS JOIN LATERAL unnest(ops.schedule_field(f[2], 0, 23)) AS hour
    CROSS JOIN LATERAL unnest(ops.schedule_field(f[1], 0, 59)) AS minute
    CROSS JOIN LATERAL (SELECT (days.day + make_interval(hours => hour, mins => minute)) AT TIME ZONE 'UTC' AS at) t
    WHERE t.at <= p_at ORDER BY t.at DESC LIMIT p_count;
END;
COMMENT ON FUNCTION ops.due_times(text, timestamptz, integer) IS 'The last p_count times, in UTC, at which a cron schedule fell due, the latest first';

CREATE FUNCTION ops.next_due(p_schedule text, p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    WITH fields AS (SELECT string_to_array(p_schedule, ' ') AS f),
    days AS (
        SELECT d.day FROM (SELECT (p_at AT TIME ZONE 'UTC')::date + n AS day FROM generate_series(0, 1500) AS n) d
        WHERE ops.schedule_day_matches(p_schedule, d.day) ORDER BY d.day LIMIT 2
    )
    SELECT min(t.at) FROM fields
    CROSS JOIN days
    CROSS JOIN LATERAL unnest(ops.schedule_field(f[2], 0, 23)) AS hour
    CROSS JOIN LATERAL unnest(ops.schedule_field(f[1], 0, 59)) AS minute
    CROSS JOIN LATERAL (SELECT (days.day + make_interval(hours => hour, mins => minute)) AT TIME ZONE 'UTC' AS at) t
    WHERE t.at > p_at;
END;
COMMENT ON FUNCTION ops.next_due(text, timestamptz) IS 'When a cron schedule falls due next after a moment, in UTC; null when not within four years';

-- tables

CREATE TABLE ops.maintenance_jobs (
    name base.slug CONSTRAINT maintenance_jobs_pkey PRIMARY KEY,
    schedule text NOT NULL CONSTRAINT maintenance_jobs_schedule_shape CHECK (schedule ~ '^\S+( \S+){4}$' AND ops.next_due(schedule, '2000-01-01 UTC') IS NOT NULL),
    function_call text NOT NULL CONSTRAINT maintenance_jobs_function_call_shape CHECK (function_call ~ '^\w+\([^;]*\)(; \w+\([^;]*\))*$'),
    description text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
CALL base.describe('ops.maintenance_jobs', 'What has to be done again and again, and when', $$
    name: What to call it
    schedule: Minute, hour, day, month, weekday, as cron takes them, in UTC
    function_call: Functions of the modules to call, one after the other; one that no installed module has is passed over
    description: What it is for
    enabled: Whether it is done
$$);

CREATE TABLE ops.job_runs (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT job_runs_pkey PRIMARY KEY,
    job base.slug NOT NULL CONSTRAINT job_runs_job_fkey REFERENCES ops.maintenance_jobs ON DELETE CASCADE,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    completed_at timestamptz,
    duration_ms integer GENERATED ALWAYS AS ((extract(epoch FROM completed_at - started_at) * 1000)::integer) STORED,
    status text NOT NULL CONSTRAINT job_runs_status_check CHECK (status IN ('completed', 'failed', 'not available')),
    result jsonb NOT NULL DEFAULT '{}',
    error_message text,
    runner text NOT NULL CONSTRAINT job_runs_runner_check CHECK (runner IN ('pg_cron', 'maintain', 'manual'))
);
CREATE INDEX job_runs_job_idx ON ops.job_runs (job, started_at);
CALL base.describe('ops.job_runs', 'Each time a job was done, and how that ended', $$
    job: The job
    started_at: When it began
    completed_at: When it ended
    duration_ms: How long it took
    status: completed, failed, or not available: no installed module has its functions
    result: What each function returned, by name
    error_message: Why it failed
    runner: Who did it
$$);

CREATE TABLE ops.alert_thresholds (
    alert_type text CONSTRAINT alert_thresholds_pkey PRIMARY KEY,
    description text NOT NULL,
    comparison text NOT NULL DEFAULT '>' CONSTRAINT alert_thresholds_comparison_check CHECK (comparison IN ('>', '<')),
    warning numeric,
    critical numeric,
    unit text NOT NULL,
    min_samples integer NOT NULL DEFAULT 0,
    enabled boolean NOT NULL DEFAULT true,
    CONSTRAINT alert_thresholds_some_limit CHECK (coalesce(warning, critical) IS NOT NULL)
);
CALL base.describe('ops.alert_thresholds', 'Where a figure begins to be a worry; change them here', $$
    alert_type: The figure, as observations() names it
    description: What it is
    comparison: Whether too much or too little is bad
    warning: Crossed, it is a warning
    critical: Crossed, it is critical
    unit: Of the figure
    min_samples: It says nothing when it stands on fewer
    enabled: Whether it is looked at
$$);

CREATE TABLE ops.alerts (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT alerts_pkey PRIMARY KEY,
    alert_type text NOT NULL CONSTRAINT alerts_alert_type_fkey REFERENCES ops.alert_thresholds ON DELETE CASCADE,
    subject text NOT NULL DEFAULT '',
    severity text NOT NULL CONSTRAINT alerts_severity_check CHECK (severity IN ('warning', 'critical')),
    message text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    opened_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    acknowledged_at timestamptz,
    resolved_at timestamptz
);
CREATE UNIQUE INDEX alerts_open_key ON ops.alerts (alert_type, subject) WHERE resolved_at IS NULL;
CALL base.describe('ops.alerts', 'Alerts from when a threshold was first found crossed until it no longer is', $$
    alert_type: The threshold
    subject: What it is about, where there are several: a table, a job
    severity: warning or critical, as last seen
    message: A line for people
    details: The figure and the threshold
    opened_at: First seen
    last_seen_at: Last seen
    acknowledged_at: When somebody took care of it
    resolved_at: When it was over; null while it is not
$$);

CREATE TABLE ops.system_health_checks (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    check_timestamp timestamptz NOT NULL DEFAULT now(),
    check_name text NOT NULL,
    status base.health_status NOT NULL,
    check_details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT system_health_checks_pkey PRIMARY KEY (id, check_timestamp)
) PARTITION BY RANGE (check_timestamp);
CREATE INDEX system_health_checks_name_idx ON ops.system_health_checks (check_name, check_timestamp);
CALL base.describe('ops.system_health_checks', 'What system_health() said, each time it was asked by run_health_checks()', $$
    check_timestamp: When
    check_name: The component, and overall: the worst of all
    status: What was found
    check_details: The figures behind it
$$);

GRANT SELECT ON ops.maintenance_jobs, ops.job_runs, ops.alert_thresholds, ops.alerts, ops.system_health_checks TO graph_sitter_app;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ops.maintenance_jobs
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('name');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON ops.alert_thresholds
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry('alert_type');
CREATE TRIGGER notify AFTER INSERT OR UPDATE OF resolved_at ON ops.alerts
    FOR EACH ROW EXECUTE FUNCTION base.notify_change('graph_sitter_alerts');

-- functions: jobs

CREATE FUNCTION ops.module_function(p_name text) RETURNS text LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT min(format('%I.%I', n.nspname, p.proname)) FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proname = p_name AND base.module_of(n.nspname) IS NOT NULL;
END;
COMMENT ON FUNCTION ops.module_function(text) IS 'The full name of an installed module''s function; null when none has it';

CREATE FUNCTION ops.job_functions(p_function_call text) RETURNS TABLE (call text, function text) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.call, ops.module_function(split_part(c.call, '(', 1))
    FROM unnest(string_to_array(p_function_call, '; ')) WITH ORDINALITY AS c (call, position) ORDER BY c.position;
END;
COMMENT ON FUNCTION ops.job_functions(text) IS 'The calls of a job, each with its function''s full name, or null when it is not installed';

CREATE FUNCTION ops.run_job(p_name text, p_runner text DEFAULT 'manual') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_job ops.maintenance_jobs;
    v_run ops.job_runs;
    v_call record;
    v_rows jsonb;
BEGIN
    SELECT * INTO v_job FROM ops.maintenance_jobs j WHERE j.name = p_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no job %', p_name USING ERRCODE = 'undefined_object', HINT = 'ops.maintenance_jobs lists them.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('graph_sitter.job:' || p_name, 0)) THEN
        RETURN jsonb_build_object('job', p_name, 'status', 'skipped', 'error', 'it is being done by another runner');
    END IF;
    v_run.started_at := clock_timestamp();
    v_run.status := 'not available';
    v_run.result := '{}';
    BEGIN
        FOR v_call IN SELECT * FROM ops.job_functions(v_job.function_call) LOOP
            CONTINUE WHEN v_call.function IS NULL;
            EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(r)), ''[]'') FROM %s%s AS r', v_call.function,
                substr(v_call.call, strpos(v_call.call, '('))) INTO v_rows;
            v_run.result := v_run.result || jsonb_build_object(v_call.call, v_rows);
            v_run.status := 'completed';
        END LOOP;
    EXCEPTION WHEN OTHERS THEN
        v_run.status := 'failed';
        v_run.error_message := format('%s: %s', v_call.call, SQLERRM);
    END;
    INSERT INTO ops.job_runs (job, started_at, completed_at, status, result, error_message, runner)
    VALUES (p_name, v_run.started_at, clock_timestamp(), v_run.status, v_run.result, v_run.error_message, p_runner)
    RETURNING * INTO v_run;
    RETURN jsonb_build_object('job', p_name, 'status', v_run.status, 'result', v_run.result, 'error', v_run.error_message,
        'duration_ms', v_run.duration_ms);
END
$$;
COMMENT ON FUNCTION ops.run_job(text, text) IS
    'Do one job now, unless another runner is doing it, and note how it ended; a job that fails leaves nothing but that note';

CREATE VIEW ops.job_status AS
SELECT j.name AS job, j.schedule, j.enabled,
    EXISTS (SELECT FROM ops.job_functions(j.function_call) f WHERE f.function IS NOT NULL) AS is_available,
    r.last_run_at, r.last_success_at, l.status AS last_status, l.error_message AS last_error,
    ops.next_due(j.schedule, now()) AS next_due_at,
    coalesce(d.times[1] > coalesce(r.last_run_at, j.created_at), false) AS is_due,
    -- Whoever runs the jobs comes by when they can, not every minute.
    CASE WHEN coalesce(r.last_success_at, j.created_at) > now() - interval '1 hour' THEN 0
         ELSE (SELECT count(*) FROM unnest(d.times) AS t WHERE t > coalesce(r.last_success_at, j.created_at)) END AS periods_missed
FROM ops.maintenance_jobs j
LEFT JOIN LATERAL (SELECT max(r.started_at) AS last_run_at, max(r.started_at) FILTER (WHERE r.status = 'completed') AS last_success_at
                   FROM ops.job_runs r WHERE r.job = j.name) r ON true
LEFT JOIN LATERAL (SELECT r.status, r.error_message FROM ops.job_runs r WHERE r.job = j.name ORDER BY r.started_at DESC LIMIT 1) l ON true
CROSS JOIN LATERAL (SELECT ARRAY(SELECT ops.due_times(j.schedule, now(), 3)) AS times) d;
CALL base.describe('ops.job_status', 'Where each job stands', $$
    job: The job
    schedule: When it falls due
    enabled: Whether it is done
    is_available: Whether an installed module has one of its functions
    last_run_at: When it was last begun
    last_success_at: When it was last begun and succeeded
    last_status: How it last ended
    last_error: Why it last failed
    next_due_at: When it falls due next
    is_due: Whether it fell due since it was last begun
    periods_missed: How often it fell due since it last succeeded, up to 3; 0 within an hour
$$);

CREATE FUNCTION ops.install_scheduled_jobs() RETURNS TABLE (job text, status text) LANGUAGE plpgsql AS $$
DECLARE
    v_job ops.maintenance_jobs;
BEGIN
    FOR v_job IN SELECT * FROM ops.maintenance_jobs j WHERE j.enabled ORDER BY j.name LOOP
        job := v_job.name;
        SELECT CASE WHEN f.status = 'healthy' THEN 'scheduled' ELSE format('%s: %s', f.status, f.detail) END INTO status
        FROM base.feature_status() f WHERE f.feature = 'pg_cron';
        IF status = 'scheduled' THEN
            EXECUTE 'SELECT cron.schedule($1, $2, $3)' USING 'graph-sitter ' || job, v_job.schedule,
                format('SET ROLE graph_sitter_maintenance; SELECT ops.run_job(%L, ''pg_cron'')', job);
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.install_scheduled_jobs() IS 'Give the enabled jobs to pg_cron, or say why it cannot have them';

-- functions: health

CREATE FUNCTION ops.availability(p_period interval DEFAULT '30 days')
RETURNS TABLE (expected bigint, healthy bigint, missing bigint, availability_percent numeric) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH slots AS (
        SELECT date_bin('5 minutes', c.check_timestamp, '2000-01-01 UTC') AS slot, bool_and(c.status <> 'critical') AS up
        FROM ops.system_health_checks c
        WHERE c.check_name = 'overall' AND c.check_timestamp > now() - p_period GROUP BY 1
    ), counted AS (
        SELECT count(*) AS seen, count(*) FILTER (WHERE up) AS up,
            extract(epoch FROM date_bin('5 minutes', now(), '2000-01-01 UTC') - min(slot))::bigint / 300 + 1 AS expected
        FROM slots
    )
    SELECT c.expected, CASE WHEN c.seen > 0 THEN c.up END, c.expected - c.seen, round(100.0 * c.up / c.expected, 2) FROM counted c;
END;
COMMENT ON FUNCTION ops.availability(interval) IS
    'How many of the five minutes since the first check of the period had a check that was not critical; a missing check counts as down. Nulls without any check';

CREATE FUNCTION ops.partition_state() RETURNS TABLE (table_name text, days_ahead numeric, stray_rows bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_default regclass;
BEGIN
    FOR table_name IN SELECT p.table_name FROM base.data_retention_policies p
                      WHERE p.partition_interval IS NOT NULL AND to_regclass(p.table_name) IS NOT NULL ORDER BY 1 LOOP
        SELECT round((extract(epoch FROM max(p.upper_end) - now()) / 86400)::numeric, 1), max(p.partition::oid) FILTER (WHERE p.is_default)
        INTO days_ahead, v_default FROM base.partitions(table_name::regclass) p;
        SELECT s.n_live_tup INTO stray_rows FROM pg_catalog.pg_stat_all_tables s WHERE s.relid = v_default;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.partition_state() IS
    'How many days ahead each partitioned table has partitions, and about how many rows stray in its default partition';

CREATE FUNCTION ops.query_figures() RETURNS TABLE (mean_ms numeric, slow_statements bigint, statements bigint, reason text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_schema name := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                      WHERE e.extname = 'pg_stat_statements');
BEGIN
    SELECT f.detail INTO reason FROM base.feature_status() f WHERE f.feature = 'pg_stat_statements';
    IF v_schema IS NOT NULL AND EXISTS (SELECT FROM base.feature_status() f WHERE f.feature = 'pg_stat_statements' AND f.status = 'healthy') THEN
        EXECUTE format($q$
            SELECT round((sum(total_exec_time) / nullif(sum(calls), 0))::numeric, 3),
                count(*) FILTER (WHERE mean_exec_time > 5000 AND calls > 5), count(*)
            FROM %I.pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) $q$, v_schema)
            INTO mean_ms, slow_statements, statements;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION ops.query_figures() IS
    'Mean time of a statement, and how many statements take more than 5 s on average, from pg_stat_statements; nulls and the reason without it';

CREATE FUNCTION ops.observations() RETURNS TABLE (alert_type text, subject text, value numeric, samples bigint) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT 'high_connection_usage', '', round(100.0 * sum(d.numbackends) / current_setting('max_connections')::integer, 1), sum(d.numbackends)
    FROM pg_catalog.pg_stat_database d
    UNION ALL
    SELECT 'database_size', '', round(pg_database_size(current_database()) / 1e9, 3), 1
    UNION ALL
    SELECT 'query_time_average', '', q.mean_ms, q.statements FROM ops.query_figures() q WHERE q.mean_ms IS NOT NULL
    UNION ALL
    SELECT 'slow_queries_detected', '', q.slow_statements, q.statements FROM ops.query_figures() q WHERE q.slow_statements IS NOT NULL
    UNION ALL
    SELECT 'partitions_missing', p.table_name, coalesce(p.days_ahead, 0), 1 FROM ops.partition_state() p
    UNION ALL
    SELECT 'rows_outside_partitions', p.table_name, p.stray_rows, 1 FROM ops.partition_state() p
    UNION ALL
    SELECT 'job_overdue', j.job, j.periods_missed, 1 FROM ops.job_status j WHERE j.enabled AND j.is_available
    UNION ALL
    SELECT 'availability', '', a.availability_percent, a.expected FROM ops.availability() a WHERE a.expected IS NOT NULL;
    IF to_regclass('events.events') IS NOT NULL THEN
        RETURN QUERY EXECUTE $q$
            SELECT w.alert_type, '', w.value, e.waiting FROM (
                SELECT count(*) AS waiting, extract(epoch FROM now() - min(received_at)) / 3600 AS hours
                FROM events.events WHERE status IN ('pending', 'processing', 'retrying')) e
            CROSS JOIN LATERAL (VALUES ('event_processing_backlog', e.waiting::numeric), ('event_processing_age', round(e.hours, 1))) w (alert_type, value)
            WHERE w.value IS NOT NULL $q$;
    END IF;
    IF to_regclass('tasks.tasks') IS NOT NULL THEN
        RETURN QUERY EXECUTE $q$
            SELECT 'high_task_failure_rate', '', round(100.0 * count(*) FILTER (WHERE status IN ('failed', 'timed_out')) / count(*), 1), count(*)
            FROM tasks.tasks WHERE completed_at > now() - interval '1 hour' AND status IN ('completed', 'partial', 'failed', 'timed_out')
            HAVING count(*) > 0 $q$;
    END IF;
END
$$;
COMMENT ON FUNCTION ops.observations() IS 'The figures that thresholds are held against, as they are now; what cannot be measured has no row';

CREATE FUNCTION ops.critical_alerts()
RETURNS TABLE (alert_type text, severity text, message text, details jsonb, detected_at timestamptz) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT t.alert_type, s.severity,
        format('%s%s: %s %s, %s %s', t.description, CASE WHEN o.subject <> '' THEN ' of ' || o.subject ELSE '' END, o.value, t.unit,
            CASE t.comparison WHEN '>' THEN 'more than' ELSE 'less than' END, s.bound),
        jsonb_build_object('subject', o.subject, 'value', o.value, 'unit', t.unit, 'threshold', s.bound, 'samples', o.samples), now()
    FROM ops.observations() o
    JOIN ops.alert_thresholds t ON t.alert_type = o.alert_type AND t.enabled AND o.samples >= t.min_samples
    CROSS JOIN LATERAL (
        SELECT b.severity, b.bound FROM (VALUES ('critical', t.critical), ('warning', t.warning)) b (severity, bound)
        WHERE CASE t.comparison WHEN '>' THEN o.value > b.bound ELSE o.value < b.bound END
        ORDER BY b.severity LIMIT 1) s
    ORDER BY s.severity, t.alert_type, o.subject;
END;
COMMENT ON FUNCTION ops.critical_alerts() IS 'The thresholds that are crossed now, the critical ones first';

CREATE FUNCTION ops.raise_alerts() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.alerts', 0));
    WITH found AS MATERIALIZED (
        SELECT c.alert_type, c.details ->> 'subject' AS subject, c.severity, c.message, c.details FROM ops.critical_alerts() c
    ), closed AS (
        UPDATE ops.alerts a SET resolved_at = now()
        WHERE a.resolved_at IS NULL AND NOT EXISTS (SELECT FROM found f WHERE f.alert_type = a.alert_type AND f.subject = a.subject)
    ), opened AS (
        INSERT INTO ops.alerts AS a (alert_type, subject, severity, message, details) SELECT * FROM found
        ON CONFLICT (alert_type, subject) WHERE resolved_at IS NULL
        DO UPDATE SET severity = excluded.severity, message = excluded.message, details = excluded.details, last_seen_at = now()
        RETURNING 1
    )
    SELECT count(*) INTO v_count FROM opened;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION ops.raise_alerts() IS
    'Open an alert for every threshold that is newly crossed, refresh those that still are, close those that are not; how many are open';

CREATE FUNCTION ops.worst(p_statuses text[]) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN 'critical' = ANY (p_statuses) THEN 'critical' WHEN 'warning' = ANY (p_statuses) THEN 'warning'
            WHEN 'healthy' = ANY (p_statuses) THEN 'healthy' ELSE 'unknown' END;
COMMENT ON FUNCTION ops.worst(text[]) IS 'The worst of some statuses; what is not available is no finding';

CREATE FUNCTION ops.object_findings() RETURNS TABLE (module text, kind text, name text, finding text) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(o.module, c.module), coalesce(o.kind, c.kind), coalesce(o.name, c.name),
        CASE WHEN c.name IS NULL THEN 'missing' WHEN o.name IS NULL THEN 'added' ELSE 'changed' END
    FROM base.schema_objects o
    FULL JOIN base.catalog_objects() c ON c.kind = o.kind AND c.name = o.name
    WHERE o.definition_digest IS DISTINCT FROM sha256(convert_to(c.definition, 'UTF8'));
END;
COMMENT ON FUNCTION ops.object_findings() IS 'Objects that differ from the manifest: missing, changed, or added';

CREATE FUNCTION ops.system_health() RETURNS TABLE (component text, status text, details jsonb, checked_at timestamptz) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH findings AS MATERIALIZED (SELECT * FROM ops.object_findings()),
    alerts AS MATERIALIZED (SELECT * FROM ops.critical_alerts()),
    figures AS MATERIALIZED (SELECT * FROM ops.observations()),
    watched (component, alert_types) AS (VALUES
        ('connections', ARRAY['high_connection_usage']), ('storage', ARRAY['database_size']), ('queries', ARRAY['query_time_average', 'slow_queries_detected']),
        ('partitions', ARRAY['partitions_missing', 'rows_outside_partitions']),
        ('event backlog', ARRAY['event_processing_backlog', 'event_processing_age']), ('jobs', ARRAY['job_overdue']),
        ('task failures', ARRAY['high_task_failure_rate']), ('availability', ARRAY['availability']))
    SELECT m.module,
        CASE WHEN EXISTS (SELECT FROM findings f WHERE f.module = m.module AND f.finding = 'missing') THEN 'critical'
             WHEN EXISTS (SELECT FROM findings f WHERE f.module = m.module AND f.finding = 'changed') THEN 'warning' ELSE 'healthy' END,
        jsonb_build_object('objects', (SELECT count(*) FROM base.schema_objects o WHERE o.module = m.module),
            'findings', (SELECT coalesce(jsonb_agg(concat_ws(' ', f.kind, f.name, 'is', f.finding) ORDER BY f.kind, f.name), '[]')
                         FROM findings f WHERE f.module = m.module)), now()
    FROM (SELECT DISTINCT l.module FROM base.schema_migrations l WHERE l.rolled_back_at IS NULL) m
    UNION ALL
    SELECT w.component,
        CASE WHEN NOT EXISTS (SELECT FROM figures f WHERE f.alert_type = ANY (w.alert_types)) THEN 'no data'
             ELSE coalesce((SELECT min(a.severity) FROM alerts a WHERE a.alert_type = ANY (w.alert_types)), 'healthy') END,
        jsonb_build_object('findings', (SELECT coalesce(jsonb_agg(a.message), '[]') FROM alerts a WHERE a.alert_type = ANY (w.alert_types)),
            'figures', (SELECT coalesce(jsonb_object_agg(trim(concat_ws(' ', f.alert_type, f.subject)), f.value), '{}')
                        FROM figures f WHERE f.alert_type = ANY (w.alert_types))), now()
    FROM watched w
    UNION ALL
    SELECT 'feature ' || f.feature, f.status::text, jsonb_build_object('detail', f.detail), now() FROM base.feature_status() f;
END;
COMMENT ON FUNCTION ops.system_health() IS
    'Every installed module and every part of the server that is watched, with what was found; no data where there is nothing to judge by';

CREATE FUNCTION ops.run_health_checks() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    INSERT INTO ops.system_health_checks (check_name, status, check_details)
    WITH found AS (SELECT h.component, CASE h.status WHEN 'no data' THEN 'unknown' ELSE h.status END AS status, h.details FROM ops.system_health() h)
    SELECT f.component, f.status::base.health_status, f.details FROM found f
    UNION ALL
    -- That checks were missed, or a figure is bad, is told by availability itself, not fed back into it.
    SELECT 'overall', ops.worst(array_agg(f.status))::base.health_status, '{}' FROM found f WHERE f.component <> 'availability';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION ops.run_health_checks() IS 'Store what system_health() says now; how many rows';

CREATE FUNCTION ops.database_health_summary() RETURNS TABLE (check_type text, status text, metrics jsonb, checked_at timestamptz) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH server AS (SELECT * FROM pg_catalog.pg_stat_database d WHERE d.datname = current_database()),
    alerts AS MATERIALIZED (SELECT * FROM ops.critical_alerts())
    SELECT 'connections', coalesce((SELECT min(a.severity) FROM alerts a WHERE a.alert_type = 'high_connection_usage'), 'healthy'),
        jsonb_build_object('active_connections', (SELECT sum(d.numbackends) FROM pg_catalog.pg_stat_database d),
            'max_connections', current_setting('max_connections')::integer), now()
    UNION ALL
    SELECT 'storage', coalesce((SELECT min(a.severity) FROM alerts a WHERE a.alert_type = 'database_size'), 'healthy'),
        jsonb_build_object('database_size_gb', round(pg_database_size(current_database()) / 1e9, 3)), now()
    UNION ALL
    SELECT 'deadlocks', CASE WHEN s.deadlocks > 0 THEN 'warning' ELSE 'healthy' END,
        jsonb_build_object('deadlocks_count', s.deadlocks, 'since', s.stats_reset), now() FROM server s
    UNION ALL
    SELECT 'cache', CASE WHEN s.blks_hit + s.blks_read < 10000 THEN 'no data' WHEN s.blks_hit < 0.9 * (s.blks_hit + s.blks_read) THEN 'warning' ELSE 'healthy' END,
        jsonb_build_object('cache_hit_ratio', round(s.blks_hit::numeric / nullif(s.blks_hit + s.blks_read, 0), 4)), now() FROM server s
    UNION ALL
    SELECT 'queries', CASE WHEN q.mean_ms IS NULL THEN 'not available' ELSE coalesce((
            SELECT min(a.severity) FROM alerts a WHERE a.alert_type IN ('query_time_average', 'slow_queries_detected')), 'healthy') END,
        jsonb_build_object('avg_query_time_ms', q.mean_ms, 'slow_queries_count', q.slow_statements, 'source', q.reason), now()
    FROM ops.query_figures() q;
END;
COMMENT ON FUNCTION ops.database_health_summary() IS 'Figures of the server, each with a status; no data before there is enough to judge by';

CREATE FUNCTION ops.get_system_health() RETURNS jsonb LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH health AS MATERIALIZED (SELECT * FROM ops.system_health())
    SELECT jsonb_build_object(
        'status', ops.worst(array_agg(h.status)), 'timestamp', now(),
        'database_modules', jsonb_object_agg(h.component, h.status = 'healthy') FILTER (WHERE base.module_of(h.component::name) IS NOT NULL)
            || jsonb_build_object('organizations', bool_and(h.status = 'healthy') FILTER (WHERE h.component = 'base')),
        'performance_metrics', jsonb_build_object(
            'active_connections', (SELECT d.numbackends FROM pg_catalog.pg_stat_database d WHERE d.datname = current_database()),
            'database_size_mb', round(pg_database_size(current_database()) / 1048576.0, 1),
            'query_performance', (SELECT CASE s.status WHEN 'healthy' THEN 'optimal' WHEN 'warning' THEN 'degraded' ELSE s.status END
                                  FROM ops.database_health_summary() s WHERE s.check_type = 'queries')))
    FROM health h;
END;
COMMENT ON FUNCTION ops.get_system_health() IS 'system_health() in one document; modules are true when all their objects are there unchanged';

CREATE FUNCTION ops.validate_schema_integrity() RETURNS TABLE (check_name text, status text, details text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH relations AS (
        SELECT c.oid, c.relkind, c.relispartition, c.relrowsecurity AND c.relforcerowsecurity AS is_secured, c.oid::regclass::text AS name
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE base.module_of(n.nspname) IS NOT NULL
    ), tenants AS (
        SELECT r.* FROM relations r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attname = 'organization_id'
        WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition
    ), objects AS MATERIALIZED (SELECT * FROM ops.object_findings()),
    defects (check_name, defect) AS (
        SELECT 'objects are ' || k.finding, concat_ws(' ', o.kind, o.name)
        FROM (VALUES ('missing'), ('changed'), ('added')) k (finding) LEFT JOIN objects o ON o.finding = k.finding
        UNION ALL
        SELECT 'constraints are validated', (SELECT string_agg(format('%s.%s', k.conrelid::regclass, k.conname), ', ')
            FROM pg_catalog.pg_constraint k JOIN relations r ON r.oid = k.conrelid WHERE NOT k.convalidated)
        UNION ALL
        SELECT 'indexes are valid', (SELECT string_agg(i.indexrelid::regclass::text, ', ')
            FROM pg_catalog.pg_index i JOIN relations r ON r.oid = i.indrelid WHERE NOT i.indisvalid)
        UNION ALL
        SELECT 'row security is forced on tenant tables', (SELECT string_agg(t.name, ', ') FROM tenants t WHERE NOT t.is_secured)
        UNION ALL
        SELECT 'tenant tables have their policy', (SELECT string_agg(t.name, ', ') FROM tenants t
            WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'tenant'))
        UNION ALL
        SELECT 'definer functions pin their search path', (SELECT string_agg(p.oid::regprocedure::text, ', ')
            FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE base.module_of(n.nspname) IS NOT NULL AND p.prosecdef
              AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false))
        UNION ALL
        SELECT 'partitions are made ahead', (SELECT string_agg(p.table_name, ', ') FROM ops.partition_state() p WHERE coalesce(p.days_ahead, 0) < 7)
        UNION ALL
        SELECT 'the ledger knows every module', (SELECT string_agg(n.nspname, ', ') FROM pg_catalog.pg_namespace n
            WHERE base.module_of(n.nspname) IS NOT NULL
              AND NOT EXISTS (SELECT FROM base.schema_migrations m WHERE m.module = n.nspname AND m.rolled_back_at IS NULL))
    )
    SELECT replace(d.check_name, 'objects are ', 'no object is '),
        CASE WHEN string_agg(nullif(d.defect, ''), ', ') IS NULL THEN 'PASS' ELSE 'FAIL' END, coalesce(string_agg(nullif(d.defect, ''), ', '), '')
    FROM defects d GROUP BY d.check_name ORDER BY d.check_name;
END;
COMMENT ON FUNCTION ops.validate_schema_integrity() IS 'Whether the schema is what was installed and keeps its rules; each check that fails names the objects';

-- functions: what is in the rows, and what would make them faster to find

CREATE FUNCTION ops.reference_findings() RETURNS TABLE (table_name text, orphans bigint, strangers bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_key record;
    v_orphans bigint;
    v_strangers bigint;
BEGIN
    FOR v_key IN
        SELECT k.conrelid::regclass AS here, k.confrelid::regclass AS there, format('%I.%I', n.nspname, c.relname) AS name,
            string_agg(format('h.%I IS NOT NULL', f.attname), ' AND ') AS filled,
            string_agg(format('t.%I = h.%I', t.attname, f.attname), ' AND ') AS matches,
            string_agg(format('t.%I = h.%I', t.attname, f.attname), ' AND ') FILTER (WHERE f.attname <> 'organization_id') AS matches_but_tenant,
            bool_or(f.attname = 'organization_id') AND count(*) > 1 AS has_tenant
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND NOT c.relispartition
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND base.module_of(n.nspname) IS NOT NULL
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (here, there)
        JOIN pg_catalog.pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = pair.here
        JOIN pg_catalog.pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = pair.there
        WHERE k.contype = 'f' AND k.conparentid = 0 GROUP BY k.oid, n.nspname, c.relname ORDER BY n.nspname, c.relname
    LOOP
        EXECUTE format('SELECT count(*) FROM %s h WHERE %s AND NOT EXISTS (SELECT FROM %s t WHERE %s)',
            v_key.here, v_key.filled, v_key.there, v_key.matches) INTO v_orphans;
        v_strangers := 0;
        IF v_orphans > 0 AND v_key.has_tenant THEN
            EXECUTE format('SELECT count(*) FROM %s h WHERE %s AND NOT EXISTS (SELECT FROM %s t WHERE %s) AND EXISTS (SELECT FROM %s t WHERE %s)',
                v_key.here, v_key.filled, v_key.there, v_key.matches, v_key.there, v_key.matches_but_tenant) INTO v_strangers;
        END IF;
        table_name := v_key.name;
        orphans := v_orphans - v_strangers;
        strangers := v_strangers;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.reference_findings() IS
    'For each reference between tables: rows that refer to nothing, and rows that refer to another organization''s row';

CREATE FUNCTION ops.dangling_secret_refs() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_column record;
    v_count bigint;
    v_all bigint := 0;
BEGIN
    FOR v_column IN
        SELECT c.oid::regclass AS name, a.attname, CASE WHEN c.oid = 'base.organizations'::regclass THEN 'id' ELSE 'organization_id' END AS tenant
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        WHERE a.atttypid = 'base.secret_ref'::regtype AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT a.attisdropped
    LOOP
        EXECUTE format('SELECT count(*) FROM %s h WHERE h.%I LIKE ''secret:%%'' AND NOT EXISTS (SELECT FROM base.secrets s '
                       'WHERE s.organization_id = h.%I AND ''secret:'' || s.name = h.%I AND s.revoked_at IS NULL)',
            v_column.name, v_column.attname, v_column.tenant, v_column.attname) INTO v_count;
        v_all := v_all + v_count;
    END LOOP;
    RETURN v_all;
END
$$;
COMMENT ON FUNCTION ops.dangling_secret_refs() IS 'How many references to a secret name one that is not there or revoked';

CREATE FUNCTION ops.data_integrity_checks()
RETURNS TABLE (check_name text, status text, issue_count bigint, description text, checked_at timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_check record;
    v_references jsonb := (SELECT coalesce(jsonb_object_agg(r.table_name, jsonb_build_array(r.orphans, r.strangers)), '{}') FROM (
        SELECT f.table_name, sum(f.orphans) AS orphans, sum(f.strangers) AS strangers FROM ops.reference_findings() f GROUP BY 1) r);
BEGIN
    checked_at := now();
    FOR v_check IN
        SELECT * FROM (VALUES
            ('orphaned_tasks', NULL, 'Tasks that refer to nothing', (v_references #>> '{tasks.tasks,0}')::bigint),
            ('orphaned_events', NULL, 'Details and deliveries of events that are not there',
                (SELECT sum((r.value ->> 0)::bigint) FROM jsonb_each(v_references) r WHERE r.key LIKE 'events.%')),
            ('orphaned_rows', NULL, 'Other rows that refer to nothing',
                (SELECT sum((r.value ->> 0)::bigint) FROM jsonb_each(v_references) r WHERE r.key NOT LIKE 'events.%' AND r.key <> 'tasks.tasks')),
            ('cross_tenant_references', NULL, 'Rows that refer to another organization''s row', (SELECT sum((r.value ->> 1)::bigint) FROM jsonb_each(v_references) r)),
            ('invalid_task_dependencies', 'tasks.task_dependencies', 'Tasks that wait for themselves, over however many others', NULL),
            ('missing_required_fields', 'tasks.tasks', 'Tasks without a title', NULL),
            ('duplicate_slugs', 'projects.projects', 'Live projects that share a slug within an organization', NULL),
            ('snapshot_digests', 'codebase.snapshots', 'Of the last 20 snapshots, those that are not what their digest says', NULL),
            ('dangling_secret_refs', NULL, 'References to secrets that are not there or revoked', ops.dangling_secret_refs()),
            ('rows_in_default_partitions', NULL, 'Rows outside of every partition', (SELECT sum(p.stray_rows) FROM ops.partition_state() p)),
            ('unpartitioned_future', NULL, 'Tables with less than 7 days of partitions ahead',
                (SELECT count(*) FROM ops.partition_state() p WHERE coalesce(p.days_ahead, 0) < 7))
        ) c (name, relation, told, found)
    LOOP
        check_name := v_check.name;
        description := v_check.told;
        issue_count := v_check.found;
        IF to_regclass(v_check.relation) IS NOT NULL THEN
            EXECUTE CASE v_check.name
                WHEN 'invalid_task_dependencies' THEN 'WITH RECURSIVE reach (task, goal) AS (
                        SELECT task_id, depends_on_task_id FROM tasks.task_dependencies
                        UNION SELECT r.task, d.depends_on_task_id FROM reach r JOIN tasks.task_dependencies d ON d.task_id = r.goal)
                    SELECT count(DISTINCT task) FROM reach WHERE task = goal'
                WHEN 'missing_required_fields' THEN 'SELECT count(*) FROM tasks.tasks WHERE title !~ ''\S'''
                WHEN 'duplicate_slugs' THEN 'SELECT coalesce(sum(n - 1), 0)::bigint FROM (SELECT count(*) AS n FROM projects.projects
                    WHERE deleted_at IS NULL GROUP BY organization_id, slug HAVING count(*) > 1) s'
                WHEN 'snapshot_digests' THEN 'SELECT count(*) FROM (SELECT id, digest FROM codebase.snapshots ORDER BY id DESC LIMIT 20) s
                    WHERE codebase.snapshot_digest(s.id) IS DISTINCT FROM s.digest'
                END INTO issue_count;
        END IF;
        status := CASE WHEN issue_count > 0 THEN 'FAIL' WHEN issue_count = 0 THEN 'PASS' ELSE 'not available' END;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.data_integrity_checks() IS
    'Defects that constraints make impossible unless somebody switched them off, and what no constraint can say; each counted';

CREATE FUNCTION ops.data_quality_metrics()
RETURNS TABLE (table_name text, total_records bigint, active_records bigint, records_last_24h bigint, is_estimate boolean, quality_score numeric,
    last_check timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_table record;
    v_bad jsonb := (SELECT coalesce(jsonb_object_agg(b.table_name, b.bad), '{}') FROM (
        SELECT f.table_name, sum(f.orphans + f.strangers) AS bad FROM ops.reference_findings() f GROUP BY 1) b);
BEGIN
    last_check := (SELECT max(r.started_at) FROM ops.job_runs r WHERE r.job = 'data-integrity' AND r.status = 'completed');
    FOR v_table IN
        SELECT format('%I.%I', n.nspname, c.relname) AS name, (SELECT sum(greatest(p.reltuples, 0))::bigint FROM pg_catalog.pg_class p
                WHERE p.oid = c.oid OR p.oid IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid)) AS estimate,
            CASE WHEN bool_or(a.attname = 'deleted_at') THEN 'deleted_at IS NULL' ELSE 'true' END AS is_active
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND base.module_of(n.nspname) IS NOT NULL
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        GROUP BY c.oid, n.nspname, c.relname
        HAVING bool_or(a.attname = 'id' AND a.atttypid = 'uuid'::regtype) AND bool_or(a.attname = 'created_at')
        ORDER BY 1
    LOOP
        table_name := v_table.name;
        is_estimate := v_table.estimate > 1000000;
        IF is_estimate THEN
            total_records := v_table.estimate;
            active_records := NULL;
            records_last_24h := NULL;
        ELSE
            EXECUTE format('SELECT count(*), count(*) FILTER (WHERE %s), count(*) FILTER (WHERE created_at > now() - interval ''1 day'') FROM %s',
                v_table.is_active, v_table.name) INTO total_records, active_records, records_last_24h;
        END IF;
        quality_score := round(100.0 * (1 - least((v_bad ->> v_table.name)::numeric / nullif(total_records, 0), 1)), 2);
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.data_quality_metrics() IS
    'How many rows each table of entities has, and what share of them refers to rows that are there and their own; above a million rows the total is the server''s estimate, and the rest null';

CREATE FUNCTION ops.performance_optimization_recommendations()
RETURNS TABLE (recommendation_id text, category text, priority text, title text, description text, sql_command text, estimated_impact text,
    risk_level text, generated_at timestamptz) LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH ours AS (
        SELECT c.oid, c.oid::regclass::text AS name, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE base.module_of(n.nspname) IS NOT NULL AND NOT c.relispartition AND c.relkind IN ('r', 'p')
    ), parts AS (
        SELECT o.oid, o.name, coalesce(i.inhrelid, o.oid) AS part FROM ours o LEFT JOIN pg_inherits i ON i.inhparent = o.oid
    ), figures AS (
        SELECT p.oid, p.name, sum(s.seq_scan) AS seq_scan, sum(s.seq_tup_read) AS read, sum(s.idx_scan) AS idx_scan,
            sum(s.n_live_tup) AS live, sum(s.n_dead_tup) AS dead
        FROM parts p JOIN pg_stat_all_tables s ON s.relid = p.part GROUP BY p.oid, p.name
    ), found (id, category, priority, title, description, command, impact, risk) AS (
        SELECT 'unindexed:' || k.conname, 'index', 'high', format('%s has a reference without an index', o.name),
            format('%s: deleting from %s reads all of it', k.conname, k.confrelid::regclass),
            format('CREATE INDEX ON %s (%s)', o.name, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.position)
                FROM unnest(k.conkey) WITH ORDINALITY AS u (number, position)
                JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number)), NULL, 'low'
        FROM pg_constraint k JOIN ours o ON o.oid = k.conrelid
        WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT EXISTS (
            SELECT FROM pg_index i
            -- The organization narrows nothing: the column after it decides.
            CROSS JOIN LATERAL (SELECT array_remove(k.conkey, (
                SELECT a.attnum FROM pg_attribute a
                WHERE a.attrelid = k.conrelid AND a.attname = 'organization_id' AND cardinality(k.conkey) > 1)) AS columns) own
            WHERE i.indrelid = k.conrelid AND (string_to_array(i.indkey::text, ' ')::smallint[])[1:2] && own.columns)
        UNION ALL
        SELECT 'scanned:' || f.name, 'query', 'normal', format('%s is read from end to end', f.name),
            format('%s scans of all rows, %s by an index', f.seq_scan, coalesce(f.idx_scan, 0)), format('ANALYZE %s', f.name),
            format('%s rows read', f.read), 'low'
        FROM figures f WHERE f.seq_scan > 2 * coalesce(f.idx_scan, 0) AND f.read > 10000
        UNION ALL
        SELECT 'unused:' || i.indexrelid::regclass, 'index', 'low', format('%s is not used', i.indexrelid::regclass),
            format('No scan since %s', d.stats_reset), format('DROP INDEX %s', i.indexrelid::regclass),
            format('%s bytes', pg_relation_size(i.indexrelid)), 'medium'
        FROM pg_index i JOIN ours o ON o.oid = i.indrelid
        JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid AND s.idx_scan = 0
        JOIN pg_stat_database d ON d.datname = current_database() AND d.stats_reset < now() - interval '7 days'
        WHERE NOT i.indisunique AND pg_relation_size(i.indexrelid) > 1048576
        UNION ALL
        SELECT 'dead:' || f.name, 'upkeep', 'normal', format('%s holds dead rows', f.name), format('%s of %s rows are dead', f.dead, f.live + f.dead),
            format('VACUUM (ANALYZE) %s', f.name), NULL, 'low'
        FROM figures f WHERE f.live + f.dead > 1000 AND f.dead > 0.2 * (f.live + f.dead)
        UNION ALL
        SELECT 'setting:' || s.name, 'server', 'normal', format('%s is small', s.name), format('%s is %s', s.name, current_setting(s.name)),
            format('ALTER SYSTEM SET %s = %L', s.name, w.value), NULL, 'medium'
        FROM (VALUES ('shared_buffers', 268435456, '256MB'), ('work_mem', 16777216, '16MB')) w (name, least, value)
        JOIN pg_settings s ON s.name = w.name AND pg_size_bytes(current_setting(s.name)) < w.least
    )
    SELECT f.id, f.category, f.priority, f.title, f.description, f.command, coalesce(f.impact, 'not measured'), f.risk, now()
    FROM found f ORDER BY array_position(ARRAY['high', 'normal', 'low'], f.priority), f.id;
END;
COMMENT ON FUNCTION ops.performance_optimization_recommendations() IS
    'What the server''s figures say would help, the most pressing first, with the statement that does it; impact only where it was measured';

-- functions: upkeep

CREATE FUNCTION ops.cleanup_old_data(retention_days integer DEFAULT 90) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_table text;
    v_cleaned jsonb := '{}';
    v_dropped bigint := 0;
    v_found record;
    v_status text := 'ok';
BEGIN
    IF coalesce(retention_days, 0) < 1 THEN
        RAISE EXCEPTION 'data cannot be kept for % days', coalesce(retention_days::text, 'no')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 1 or more.';
    END IF;
    FOREACH v_table IN ARRAY ARRAY['integrations.integration_events', 'analytics.system_metrics'] LOOP
        CONTINUE WHEN to_regclass(v_table) IS NULL;
        SELECT sum(r.rows_removed) AS rows, sum(r.partitions_dropped) AS partitions, string_agg(r.status, '; ') FILTER (WHERE r.status <> 'ok') AS trouble
        INTO v_found FROM base.apply_retention(v_table, make_interval(days => retention_days)) r;
        v_cleaned := v_cleaned || jsonb_build_object(split_part(v_table, '.', 2), coalesce(v_found.rows, 0));
        v_dropped := v_dropped + coalesce(v_found.partitions, 0);
        v_status := coalesce(v_found.trouble, v_status);
        EXECUTE format('ANALYZE %s', v_table);
    END LOOP;
    RETURN jsonb_build_object('status', v_status, 'timestamp', now(), 'retention_days', retention_days,
        'cleaned_records', v_cleaned, 'partitions_dropped', v_dropped);
END
$$;
COMMENT ON FUNCTION ops.cleanup_old_data(integer) IS 'Let raw metrics and integration events older than so many days leave, whatever their policy says; what left';

CREATE FUNCTION ops.rollback_schema_version(target_version text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_later base.schema_migrations[];
    v_step base.schema_migrations;
BEGIN
    LOCK TABLE base.schema_migrations IN SHARE ROW EXCLUSIVE MODE;
    IF NOT EXISTS (SELECT FROM base.schema_migrations m WHERE m.version = target_version AND m.rolled_back_at IS NULL) THEN
        RAISE EXCEPTION 'the version % is not applied here', target_version USING ERRCODE = 'undefined_object',
            HINT = (SELECT 'Applied are: ' || string_agg(DISTINCT m.version, ', ') FROM base.schema_migrations m WHERE m.rolled_back_at IS NULL);
    END IF;
    v_later := ARRAY(SELECT m FROM base.schema_migrations m WHERE m.version > target_version AND m.rolled_back_at IS NULL ORDER BY m.version DESC, m.id DESC);
    FOREACH v_step IN ARRAY v_later LOOP
        IF coalesce(v_step.rollback_sql, '') !~ '\S' THEN
            RAISE EXCEPTION 'the version % cannot be undone: nothing says how', v_step.version
                USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'graph-sitter-db db downgrade, of the release that applied it, may know.';
        END IF;
        EXECUTE v_step.rollback_sql;
        UPDATE base.schema_migrations m SET rolled_back_at = now() WHERE m.id = v_step.id;
    END LOOP;
    IF cardinality(v_later) > 0 THEN
        -- The migration tool numbers the versions without a gap.
        UPDATE base.alembic_version SET version_num = (
            SELECT lpad(count(DISTINCT m.version)::text, 4, '0') FROM base.schema_migrations m WHERE m.rolled_back_at IS NULL);
        PERFORM base.refresh_schema_objects();
    END IF;
    RETURN cardinality(v_later) > 0;
END
$$;
COMMENT ON FUNCTION ops.rollback_schema_version(text) IS
    'Undo every version after this one, newest first, all or nothing, by the statements stored with each; false when it is the newest';

REVOKE EXECUTE ON FUNCTION ops.run_job(text, text), ops.install_scheduled_jobs(), ops.run_health_checks(), ops.raise_alerts(),
    ops.cleanup_old_data(integer), ops.rollback_schema_version(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.run_job(text, text), ops.install_scheduled_jobs(), ops.run_health_checks(), ops.raise_alerts(),
    ops.cleanup_old_data(integer), ops.rollback_schema_version(text) TO graph_sitter_maintenance;

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION ops.refresh_analytics_views() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_view record;
    v_count integer := 0;
BEGIN
    FOR v_view IN
        SELECT c.oid::regclass AS name, CASE WHEN c.relispopulated AND EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL) THEN 'CONCURRENTLY' ELSE '' END AS how
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'm' AND base.module_of(n.nspname) IS NOT NULL ORDER BY base.module_of(n.nspname), c.relname
    LOOP
        BEGIN
            EXECUTE format('REFRESH MATERIALIZED VIEW %s %s', v_view.how, v_view.name);
            v_count := v_count + 1;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING '% is not refreshed: %', v_view.name, SQLERRM;
        END;
    END LOOP;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION ops.refresh_analytics_views() IS
    'Fill every materialized view anew, while it is read where it was filled before; how many. One that fails does not stop the others';

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

CREATE VIEW ops.open_alerts AS
SELECT a.id, a.alert_type, a.subject, a.severity, a.message, a.opened_at, a.last_seen_at, a.acknowledged_at
FROM ops.alerts a WHERE a.resolved_at IS NULL;
CALL base.describe('ops.open_alerts', 'Alerts that are not over', $$
    alert_type: The threshold
    subject: What it is about
    severity: warning or critical
    message: A line for people
    opened_at: First seen
    last_seen_at: Last seen
    acknowledged_at: When somebody took care of it
$$);

-- data and partitions

INSERT INTO ops.alert_thresholds (alert_type, description, comparison, warning, critical, unit, min_samples) VALUES
    ('high_connection_usage', 'Connections in use', '>', 80, 95, '%', 0),
    ('database_size', 'Size of the database', '>', 100, 200, 'GB', 0),
    ('query_time_average', 'Mean time of a statement', '>', 1000, 2000, 'ms', 1),
    ('slow_queries_detected', 'Statements of more than 5 s on average', '>', 5, NULL, 'statements', 1),
    ('partitions_missing', 'Partitions made ahead', '<', 7, 1, 'days', 0),
    ('rows_outside_partitions', 'Rows outside of every partition', '>', 0, NULL, 'rows', 0),
    ('job_overdue', 'Times the job fell due since it last succeeded', '>', 2, NULL, 'times', 0),
    ('availability', 'Checks that were not critical, in 30 days', '<', 99.9, NULL, '%', 288),
    ('event_processing_backlog', 'Events that wait', '>', 1000, NULL, 'events', 0),
    ('event_processing_age', 'Age of the oldest event that waits', '>', 24, NULL, 'hours', 0),
    ('high_task_failure_rate', 'Tasks that failed, of those ended in the last hour', '>', NULL, 20, '%', 11);

INSERT INTO ops.maintenance_jobs (name, schedule, function_call, description) VALUES
    ('process-events', '* * * * *', 'process_integration_events(1000); process_pending_events(1000)', 'Process what has happened'),
    ('expire-tasks', '* * * * *', 'expire_timed_out_tasks()', 'End tasks whose time is up'),
    ('health-monitoring', '*/5 * * * *', 'run_health_checks(); raise_alerts()', 'Note how things are, open and close alerts'),
    ('refresh-analytics-views', '*/15 * * * *', 'refresh_analytics_views()', 'Fill the materialized views anew'),
    ('cleanup-context', '15 * * * *', 'cleanup_expired_context_data()', 'Remove context that has expired'),
    ('cleanup-artifacts', '45 * * * *', 'cleanup_expired_artifacts()', 'Remove artifacts that have expired'),
    ('create-partitions', '0 0 1 * *', 'ensure_partitions()', 'Make partitions ahead'),
    ('expire-predictions', '0 1 * * *', 'expire_old_predictions()', 'End predictions whose time is up'),
    ('cleanup-learning-events', '0 2 * * 0', 'cleanup_old_learning_events()', 'Let old learning events leave'),
    ('cleanup-events', '30 2 * * *', 'cleanup_old_events()', 'Let old events leave, as their types say'),
    ('validate-schema-integrity', '0 3 * * *', 'validate_schema_integrity()', 'Compare the schema with what was installed'),
    ('data-integrity', '0 4 * * *', 'data_integrity_checks()', 'Look for rows that no constraint would have let in'),
    ('cleanup-old-data', '0 3 * * 0', 'cleanup_old_data(90)', 'Let old metrics and integration events leave'),
    ('retention', '30 3 * * *', 'apply_retention(); ensure_partitions()', 'Let old rows leave as the policies say, and make partitions ahead'),
    ('baselines', '0 5 * * *', 'recompute_performance_baselines()', 'Compute anew what is usual'),
    ('schedule-retraining', '0 6 * * *', 'schedule_retraining()', 'Plan the training of models that need it');

CREATE TABLE ops.system_health_checks_default PARTITION OF ops.system_health_checks DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval) VALUES
    ('ops.system_health_checks', 'check_timestamp', '365 days', 'drop', '1 month'),
    ('ops.job_runs', 'started_at', '90 days', 'delete', NULL);

CALL base.finish_schema('ops');
DO $$ BEGIN PERFORM base.ensure_partitions('ops.system_health_checks'); END $$;
CALL base.record_module('ops', 'Health, alerts, jobs, upkeep, rollback');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- A workflow from its definition to its end: build, then test and lint side by side, then release.
-- Run it where the schema is installed: psql -v ON_ERROR_STOP=1 -f examples/workflow.sql
-- Every ASSERT says what must be so at that point. Nothing stays: the end takes it all back.

BEGIN;
SET LOCAL ROLE graph_sitter_app;
SELECT base.set_current_organization(base.create_organization('An example', 'example-workflow'));

-- What can be done, and how often it is tried again

INSERT INTO tasks.task_definitions (name, slug, task_type, command_template, max_retries, retry_delay_seconds) VALUES
    ('Build', 'build', 'custom', 'make build', 0, 60),
    ('Lint', 'lint', 'code_review', 'make lint', 0, 60),
    ('Test', 'test', 'testing', 'make test', 2, 60),
    ('Release', 'release', 'deployment', 'make release', 0, 60),
    ('Announce', 'announce', 'notification', 'make announce', 0, 60);

-- The steps, and what they wait for

INSERT INTO tasks.workflows (name, max_parallel_tasks) VALUES ('Release', 2);
INSERT INTO tasks.workflow_tasks (workflow_id, step_key, step_order, task_definition_id, depends_on, condition, on_failure)
SELECT w.id, d.slug, s.place, d.id, s.depends_on, s.condition, s.on_failure
FROM (VALUES
    (1, 'build', ARRAY[]::text[], NULL::jsonpath, 'stop'),
    (2, 'test', ARRAY['build'], NULL, 'stop'),
    (3, 'lint', ARRAY['build'], NULL, 'continue'),
    (4, 'release', ARRAY['test', 'lint'], NULL, 'stop'),
    (5, 'announce', ARRAY['release'], '$.announce', 'stop')
) AS s (place, slug, depends_on, condition, on_failure)
JOIN tasks.task_definitions d USING (slug)
CROSS JOIN tasks.workflows w;

-- The input decides which steps run; the others are skipped.

SELECT tasks.start_workflow(w.id, '{"version": "1.2.0", "announce": false}') FROM tasks.workflows w WHERE w.name = 'Release';

DO $$ BEGIN
    ASSERT (SELECT count(*) FROM tasks.tasks WHERE status = 'pending') = 4, 'four steps are to be done';
    ASSERT (SELECT status FROM tasks.tasks WHERE step_key = 'announce') = 'skipped', 'nobody asked for an announcement';
END $$;

-- A worker is given what can be done now: at first only the build.

SELECT title, command, arguments FROM tasks.claim_tasks('worker-1', 10);

DO $$ BEGIN
    ASSERT (SELECT array_agg(step_key) FROM tasks.tasks WHERE status = 'running') = ARRAY['build'], 'all else waits for the build';
END $$;

SELECT tasks.finish_task(t.id, true, '{"artifact": "dist/app.whl"}') FROM tasks.tasks t WHERE t.step_key = 'build';

-- Then two things at a time. Lint may fail; the tests are tried again, a minute later.

SELECT title, command FROM tasks.claim_tasks('worker-1', 10);
SELECT tasks.finish_task(t.id, false, p_error => '3 warnings') FROM tasks.tasks t WHERE t.step_key = 'lint';
SELECT tasks.finish_task(t.id, false, p_error => 'network down') FROM tasks.tasks t WHERE t.step_key = 'test';

DO $$ BEGIN
    ASSERT (SELECT status FROM tasks.tasks WHERE step_key = 'lint') = 'failed', 'lint has no retry';
    ASSERT (SELECT next_retry_at - now() FROM tasks.tasks WHERE step_key = 'test' AND status = 'retrying') = '1 minute', 'the tests have two';
    ASSERT NOT EXISTS (SELECT FROM tasks.claim_tasks('worker-1', 10)), 'the minute is not over, and the release waits for the tests';
END $$;

UPDATE tasks.tasks SET next_retry_at = now() WHERE step_key = 'test';  -- a minute later
SELECT title, retry_count FROM tasks.claim_tasks('worker-2', 10);
SELECT tasks.finish_task(t.id, true, '{"tests": 120}') FROM tasks.tasks t WHERE t.step_key = 'test';
SELECT title FROM tasks.claim_tasks('worker-2', 10);
SELECT tasks.finish_task(t.id, true) FROM tasks.tasks t WHERE t.step_key = 'release';

-- How it went

SELECT workflow, status, total_tasks, completed_tasks, skipped_tasks, failed_tasks, completion_percentage FROM tasks.workflow_execution_summary;
SELECT t.step_key, e.attempt, e.status, e.worker, e.error_message
FROM tasks.task_executions e JOIN tasks.tasks t ON t.id = e.task_id ORDER BY e.id;

DO $$ BEGIN
    ASSERT (SELECT (status, completed_tasks, skipped_tasks, failed_tasks, completion_percentage) FROM tasks.workflow_execution_summary)
        = ('partial'::base.run_status, 3::bigint, 1::bigint, 1::bigint, 80.00), 'it ran to its end, though lint failed';
    ASSERT (SELECT array_agg(e.status::text ORDER BY e.attempt) FROM tasks.task_executions e JOIN tasks.tasks t ON t.id = e.task_id
            WHERE t.step_key = 'test') = ARRAY['failed', 'completed'], 'the second attempt at the tests succeeded';
END $$;

ROLLBACK;

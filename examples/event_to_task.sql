-- A pull request is opened: a review task is made, a worker takes it, and the subscriber's programs are told.
-- psql -X -v ON_ERROR_STOP=1 -f examples/event_to_task.sql     (leaves nothing behind)

BEGIN;
SET LOCAL ROLE graph_sitter_app;
SELECT base.set_current_organization(base.create_organization('Event to task', 'example-event-to-task'));

-- Who wants what: a task for every pull request that is opened and no draft, a webhook for whatever is urgent.
WITH review AS (
    INSERT INTO tasks.task_definitions (name, slug, task_type, max_retries)
    VALUES ('Review', 'review', 'code_review', 2) RETURNING id
)
INSERT INTO events.event_subscriptions (name, sources, type_patterns, filter, delivery_method, task_definition_id)
SELECT 'reviews', '{github}', '{pull_request}', '$.action == "opened" && $.draft == false', 'task', id FROM review;
INSERT INTO events.event_subscriptions (name, min_priority, delivery_method, delivery_config)
VALUES ('pager', 'urgent', 'webhook', '{"url": "https://pager.example.org", "token": "env:PAGER_TOKEN"}');

-- GitHub delivers; the second delivery comes twice.
SELECT events.record_event('github', 'pull_request', '{"action": "opened", "draft": true, "number": 1}', p_deduplication_key => 'delivery-1');
SELECT events.record_event('github', 'pull_request', '{"action": "opened", "draft": false, "number": 2}',
    p_priority => 'urgent', p_deduplication_key => 'delivery-2', p_refs => '{"title": "PR 2", "actor": "ada"}')
FROM generate_series(1, 2);

SELECT events.process_pending_events(100) AS processed;

-- A worker takes what there is to do and reports; a sender does the same with deliveries.
SELECT t.title, t.priority, t.arguments -> 'data' ->> 'number' AS pull_request FROM tasks.claim_tasks('worker-1', 10) t;
SELECT tasks.finish_task(t.id, true, '{"findings": 0}') FROM tasks.tasks t WHERE t.status = 'running';
SELECT d.id AS delivery, events.complete_event_delivery(d.id, true, '{"status": 200}') FROM events.claim_event_deliveries('webhook') d;

SELECT * FROM events.subscription_performance ORDER BY name;

DO $$
BEGIN
    ASSERT (SELECT count(*) FROM events.events) = 2, 'the redelivery was recognised';
    ASSERT (SELECT bool_and(e.status = 'processed') FROM events.events e), 'everything was processed';
    ASSERT (SELECT array_agg(t.title || ', ' || t.priority || ', ' || t.status) FROM tasks.tasks t) = '{"Review: PR 2, urgent, completed"}',
        'one task was made, as urgent as its event, and completed';
    ASSERT (SELECT array_agg(s.name || ' ' || s.delivered ORDER BY s.name) FROM events.subscription_performance s) = '{"pager 1","reviews 1"}',
        'each subscriber was told once';
END
$$;
ROLLBACK;

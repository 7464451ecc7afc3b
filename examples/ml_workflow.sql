-- A model from its training to its retraining: trained, tested, deployed, judged by what came, and found to have drifted.
-- psql -X -v ON_ERROR_STOP=1 -f examples/ml_workflow.sql     (leaves nothing behind)

BEGIN;
SET LOCAL ROLE graph_sitter_app;
SELECT base.set_current_organization(base.create_organization('An example', 'example-ml-workflow'));

-- A model, its data, and a training of three epochs

INSERT INTO learning.training_datasets (name, version, dataset_type, record_count) VALUES ('commits', '2026.01', 'git_history', 12000);
INSERT INTO learning.ml_models (name, version, model_type, framework, hyperparameters)
VALUES ('bug_classifier', 'v1.0', 'classification', 'scikit-learn', '{"n_estimators": 100, "max_depth": 10}');
INSERT INTO learning.model_training_sessions (model_id, dataset_id, total_epochs)
SELECT m.id, d.id, 3 FROM learning.ml_models m CROSS JOIN learning.training_datasets d;
UPDATE learning.model_training_sessions
SET current_epoch = 3, progress_percentage = 100, loss_history = '[0.9, 0.5, 0.4]', status = 'completed';

-- Tested on data kept back, and put into use

INSERT INTO learning.model_evaluations (model_id, evaluation_dataset_id, evaluation_type, metrics, accuracy)
SELECT m.id, d.id, 'test', '{"f1": 0.88}', 0.90 FROM learning.ml_models m CROSS JOIN learning.training_datasets d;
UPDATE learning.ml_models SET status = 'active', accuracy = 0.90;
INSERT INTO learning.model_deployments (model_id, environment, status, deployed_at, performance_baseline)
SELECT m.id, 'production', 'active', now(), '{"accuracy": 0.90}' FROM learning.ml_models m;

-- Forty files are said to hold a bug or not. What came says how right that was.

INSERT INTO learning.predictions (model_id, prediction_type, target_entity_type, target_entity_id, predicted_value, confidence_score, confidence_interval)
SELECT m.id, 'bug_likelihood', 'code_file', 'file' || n, '{"probability": 0.8}', 0.8, '{"lower": 0.7, "upper": 0.9}'
FROM learning.ml_models m CROSS JOIN generate_series(1, 40) AS n;

DO $$ BEGIN
    ASSERT (SELECT drift FROM learning.model_performance) = 'not enough data', 'nothing is said before anything came';
END $$;

INSERT INTO learning.learning_feedback (prediction_id, feedback_type, feedback_score)
SELECT p.id, 'accuracy', CASE WHEN substr(p.target_entity_id, 5)::integer % 10 < 7 THEN 1 ELSE 0 END FROM learning.predictions p;

SELECT name, version, offline_accuracy, online_accuracy, scored, relative_drop, drift FROM learning.model_performance;

DO $$ BEGIN
    ASSERT (SELECT offline_accuracy = 0.9 AND online_accuracy = 0.7 AND drift = 'drifted' FROM learning.model_performance),
        'seven of ten were right, which is more than a fifth less than nine';
    ASSERT (SELECT count(*) FROM learning.predictions WHERE status = 'invalidated') = 12, 'three of ten were wrong';
END $$;

-- Maintenance makes a task of it, once; a worker trains the next version from this one.

SET LOCAL ROLE graph_sitter_maintenance;
SELECT learning.schedule_retraining() AS scheduled;
SELECT learning.schedule_retraining() AS scheduled_again;
SET LOCAL ROLE graph_sitter_app;

SELECT title, priority, arguments ->> 'current_accuracy' AS accuracy FROM tasks.claim_tasks('trainer', 10);
UPDATE learning.model_deployments SET status = 'inactive', retired_at = now();
INSERT INTO learning.ml_models (name, version, model_type, framework, status, accuracy, parent_model_id)
SELECT m.name, 'v1.1', m.model_type, m.framework, 'active', 0.92, m.id FROM learning.ml_models m;
INSERT INTO learning.model_deployments (model_id, environment, status, deployed_at, performance_baseline)
SELECT m.id, 'production', 'active', now(), '{"accuracy": 0.92}' FROM learning.ml_models m WHERE m.version = 'v1.1';
SELECT tasks.finish_task(t.id, true, '{"version": "v1.1"}') FROM tasks.tasks t;

-- Every change on the way is a learning event: any state can be told again.

SELECT event_subtype, entity_type, count(*) FROM learning.learning_events WHERE event_type = 'entity_change' GROUP BY 1, 2 ORDER BY 2, 1;

DO $$ BEGIN
    ASSERT (SELECT array_agg(title || ', ' || status) FROM tasks.tasks) = ARRAY['Retrain bug_classifier v1.0, completed'], 'one task was made, and done';
    ASSERT (SELECT bool_and(learning.replay_entity('learning.ml_models', m.id::text) = to_jsonb(m) - 'encrypted_data') FROM learning.ml_models m),
        'the changes of each model lead to what it is';
END $$;

ROLLBACK;

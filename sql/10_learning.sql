-- 10_learning: models and what became of their predictions, patterns that were found and patterns that work, recommendations,
-- experiments, and the time series of learning events that ties them together.

CREATE SCHEMA learning AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA learning IS 'Models, patterns, predictions, recommendations, A/B tests, learning events';
GRANT USAGE ON SCHEMA learning TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables: models

CREATE TABLE learning.ml_models (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT ml_models_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT ml_models_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    version text NOT NULL,
    model_type text NOT NULL
        CONSTRAINT ml_models_model_type_check CHECK (model_type IN ('pattern_recognition', 'optimization', 'prediction', 'classification', 'regression')),
    framework text,
    algorithm text,
    model_data jsonb NOT NULL DEFAULT '{}',
    encrypted_data bytea,
    encryption_key_id text,
    artifact_uri text,
    artifact_sha256 base.sha256,
    hyperparameters jsonb NOT NULL DEFAULT '{}',
    training_config jsonb NOT NULL DEFAULT '{}',
    performance_metrics jsonb NOT NULL DEFAULT '{}',
    accuracy base.probability,
    status text NOT NULL DEFAULT 'training'
        CONSTRAINT ml_models_status_check CHECK (status IN ('training', 'active', 'deprecated', 'archived')),
    parent_model_id uuid,
    created_by uuid DEFAULT base.current_user_id() CONSTRAINT ml_models_created_by_fkey REFERENCES base.users,
    CONSTRAINT ml_models_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT ml_models_parent_model_fkey FOREIGN KEY (organization_id, parent_model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT ml_models_version_key UNIQUE (organization_id, name, version),
    CONSTRAINT ml_models_encryption_check CHECK ((encrypted_data IS NULL) = (encryption_key_id IS NULL))
);
CREATE INDEX ml_models_status_idx ON learning.ml_models (status, model_type);
CREATE INDEX ml_models_parent_model_idx ON learning.ml_models (parent_model_id) WHERE parent_model_id IS NOT NULL;
CREATE INDEX ml_models_created_by_idx ON learning.ml_models (created_by) WHERE created_by IS NOT NULL;
CALL base.describe('learning.ml_models', 'Machine-learning models, by version', $$
    name: What people call it
    version: Which edition of it
    model_type: What it is for
    framework: What it was made with
    algorithm: How it works
    model_data: Whatever of it may be read
    encrypted_data: What of it may not, encrypted by the application; the key never comes here
    encryption_key_id: Which key it was encrypted with
    artifact_uri: Where its file is
    artifact_sha256: SHA-256 of that file
    hyperparameters: Settings of the algorithm
    training_config: Settings of its training
    performance_metrics: Measured values, by name
    accuracy: Its accuracy off line, on data kept back for that
    status: Whether it is in use
    parent_model_id: The model it was made from
    created_by: Who made it; null for a service
$$);

CREATE TABLE learning.training_datasets (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT training_datasets_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT training_datasets_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    version text NOT NULL,
    dataset_type text NOT NULL,
    source_type text,
    data_schema jsonb NOT NULL DEFAULT '{}',
    storage_location text,
    content_sha256 base.sha256,
    size_bytes bigint CONSTRAINT training_datasets_size_bytes_check CHECK (size_bytes >= 0),
    record_count bigint CONSTRAINT training_datasets_record_count_check CHECK (record_count >= 0),
    quality_score base.score,
    preprocessing_config jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT training_datasets_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT training_datasets_version_key UNIQUE (organization_id, name, version)
);
CALL base.describe('learning.training_datasets', 'Data that models are trained and tested with, by version', $$
    name: What people call it
    version: Which edition of it
    dataset_type: What kind of data it is
    source_type: Where it comes from
    data_schema: What a record holds
    storage_location: Where it is kept
    content_sha256: SHA-256 of it
    size_bytes: Its size
    record_count: How many records it has
    quality_score: How good it is, where that was measured
    preprocessing_config: How it was prepared
$$);

CREATE TABLE learning.model_training_sessions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT model_training_sessions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    model_id uuid NOT NULL,
    dataset_id uuid NOT NULL,
    status base.run_status NOT NULL DEFAULT 'running',
    training_start timestamptz NOT NULL DEFAULT now(),
    training_end timestamptz,
    progress_percentage base.score NOT NULL DEFAULT 0,
    current_epoch integer NOT NULL DEFAULT 0,
    total_epochs integer,
    loss_history jsonb NOT NULL DEFAULT '[]',
    validation_metrics jsonb NOT NULL DEFAULT '{}',
    resource_usage jsonb NOT NULL DEFAULT '{}',
    error_log text,
    CONSTRAINT model_training_sessions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT model_training_sessions_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT model_training_sessions_dataset_fkey FOREIGN KEY (organization_id, dataset_id)
        REFERENCES learning.training_datasets (organization_id, id),
    CONSTRAINT model_training_sessions_end_check CHECK (training_end >= training_start),
    CONSTRAINT model_training_sessions_epochs_check CHECK (current_epoch BETWEEN 0 AND coalesce(total_epochs, current_epoch))
);
CREATE INDEX model_training_sessions_status_idx ON learning.model_training_sessions (status, training_start);
CREATE INDEX model_training_sessions_model_idx ON learning.model_training_sessions (model_id);
CREATE INDEX model_training_sessions_dataset_idx ON learning.model_training_sessions (dataset_id);
CALL base.describe('learning.model_training_sessions', 'Trainings of a model', $$
    model_id: The model
    dataset_id: What it is trained with
    status: Where it stands
    training_start: When it began
    training_end: When it ended
    progress_percentage: How far it is
    current_epoch: The epoch it is in
    total_epochs: Epochs it is to have
    loss_history: Loss by epoch
    validation_metrics: Measured values, by name
    resource_usage: What it took
    error_log: Why it failed
$$);

CREATE TABLE learning.model_evaluations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT model_evaluations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    model_id uuid NOT NULL,
    evaluation_dataset_id uuid,
    evaluation_type text NOT NULL
        CONSTRAINT model_evaluations_evaluation_type_check CHECK (evaluation_type IN ('validation', 'test', 'production', 'cross_validation')),
    metrics jsonb NOT NULL,
    accuracy base.probability,
    confusion_matrix jsonb,
    feature_importance jsonb,
    evaluation_timestamp timestamptz NOT NULL DEFAULT now(),
    evaluation_duration_ms bigint CONSTRAINT model_evaluations_evaluation_duration_ms_check CHECK (evaluation_duration_ms >= 0),
    evaluator_version text,
    notes text,
    CONSTRAINT model_evaluations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT model_evaluations_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT model_evaluations_evaluation_dataset_fkey FOREIGN KEY (organization_id, evaluation_dataset_id)
        REFERENCES learning.training_datasets (organization_id, id)
);
CREATE INDEX model_evaluations_model_idx ON learning.model_evaluations (model_id, evaluation_timestamp);
CREATE INDEX model_evaluations_evaluation_dataset_idx ON learning.model_evaluations (evaluation_dataset_id) WHERE evaluation_dataset_id IS NOT NULL;
CALL base.describe('learning.model_evaluations', 'Measurements of a model', $$
    model_id: The model
    evaluation_dataset_id: What it was measured on
    evaluation_type: What kind of measurement it is
    metrics: Measured values, by name
    accuracy: Share of right answers
    confusion_matrix: Answers by what would have been right
    feature_importance: How much each feature counts
    evaluation_timestamp: When
    evaluation_duration_ms: How long it took
    evaluator_version: Of the program that measured
    notes: In words
$$);

CREATE TABLE learning.model_deployments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT model_deployments_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    model_id uuid NOT NULL,
    environment text NOT NULL
        CONSTRAINT model_deployments_environment_check CHECK (environment IN ('development', 'staging', 'production')),
    status text NOT NULL DEFAULT 'deploying'
        CONSTRAINT model_deployments_status_check CHECK (status IN ('deploying', 'active', 'inactive', 'failed')),
    deployed_at timestamptz,
    retired_at timestamptz,
    deployment_config jsonb NOT NULL DEFAULT '{}',
    performance_baseline jsonb NOT NULL DEFAULT '{}',
    rollback_model_id uuid,
    deployed_by uuid DEFAULT base.current_user_id() CONSTRAINT model_deployments_deployed_by_fkey REFERENCES base.users,
    CONSTRAINT model_deployments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT model_deployments_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT model_deployments_rollback_model_fkey FOREIGN KEY (organization_id, rollback_model_id)
        REFERENCES learning.ml_models (organization_id, id)
);
CREATE INDEX model_deployments_model_idx ON learning.model_deployments (model_id);
CREATE INDEX model_deployments_rollback_model_idx ON learning.model_deployments (rollback_model_id) WHERE rollback_model_id IS NOT NULL;
CREATE INDEX model_deployments_deployed_by_idx ON learning.model_deployments (deployed_by) WHERE deployed_by IS NOT NULL;
CALL base.describe('learning.model_deployments', 'Where a model is, or was, in use', $$
    model_id: The model
    environment: Where
    status: Whether it is
    deployed_at: Since when
    retired_at: Until when
    deployment_config: How it is run
    performance_baseline: What it reached when it was deployed, such as accuracy
    rollback_model_id: What takes its place when it fails
    deployed_by: Who deployed it; null for a service
$$);

CREATE TABLE learning.feature_store (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT feature_store_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT feature_store_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    feature_name text NOT NULL,
    feature_version text NOT NULL,
    feature_type text NOT NULL
        CONSTRAINT feature_store_feature_type_check CHECK (feature_type IN ('numerical', 'categorical', 'text', 'embedding', 'boolean')),
    description text,
    computation_logic text,
    data_source text,
    update_frequency text
        CONSTRAINT feature_store_update_frequency_check CHECK (update_frequency IN ('real_time', 'hourly', 'daily', 'weekly', 'monthly')),
    last_updated timestamptz,
    feature_statistics jsonb NOT NULL DEFAULT '{}',
    quality_metrics jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT feature_store_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT feature_store_version_key UNIQUE (organization_id, feature_name, feature_version)
);
CALL base.describe('learning.feature_store', 'Features that models learn from', $$
    feature_name: What people call it
    feature_version: Which edition of it
    feature_type: What kind of value it is
    description: What it tells
    computation_logic: How it is computed
    data_source: From what
    update_frequency: How often
    last_updated: When it last was
    feature_statistics: How its values are spread
    quality_metrics: How good they are
$$);

CREATE TABLE learning.model_feature_dependencies (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    model_id uuid NOT NULL,
    feature_id uuid NOT NULL,
    importance_score base.probability,
    is_required boolean NOT NULL DEFAULT true,
    CONSTRAINT model_feature_dependencies_pkey PRIMARY KEY (model_id, feature_id),
    CONSTRAINT model_feature_dependencies_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT model_feature_dependencies_feature_fkey FOREIGN KEY (organization_id, feature_id)
        REFERENCES learning.feature_store (organization_id, id)
);
CALL base.describe('learning.model_feature_dependencies', 'Which features a model needs', $$
    model_id: The model
    feature_id: The feature
    importance_score: How much it counts
    is_required: Whether the model can do without
$$);

-- tables: what was found and foreseen

CREATE TABLE learning.identified_patterns (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT identified_patterns_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT identified_patterns_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    pattern_type text NOT NULL
        CONSTRAINT identified_patterns_pattern_type_check CHECK (pattern_type IN ('code_smell', 'performance_bottleneck', 'usage_pattern', 'security_vulnerability', 'design_pattern', 'anti_pattern')),
    pattern_name text NOT NULL,
    pattern_description text,
    detection_algorithm text,
    confidence_score base.probability,
    pattern_signature jsonb NOT NULL DEFAULT '{}',
    pattern_rules jsonb NOT NULL DEFAULT '{}',
    occurrence_frequency bigint NOT NULL DEFAULT 0,
    first_detected timestamptz,
    last_detected timestamptz,
    severity_level text
        CONSTRAINT identified_patterns_severity_level_check CHECK (severity_level IN ('low', 'medium', 'high', 'critical')),
    impact_metrics jsonb NOT NULL DEFAULT '{}',
    remediation_suggestions jsonb NOT NULL DEFAULT '[]',
    auto_fix_available boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT 'active'
        CONSTRAINT identified_patterns_status_check CHECK (status IN ('active', 'resolved', 'ignored', 'false_positive', 'investigating')),
    category_tags text[] NOT NULL DEFAULT '{}',
    CONSTRAINT identified_patterns_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT identified_patterns_name_key UNIQUE (organization_id, pattern_type, pattern_name)
);
CREATE INDEX identified_patterns_signature_idx ON learning.identified_patterns USING gin (pattern_signature);
CREATE INDEX identified_patterns_last_detected_idx ON learning.identified_patterns (last_detected);
CALL base.describe('learning.identified_patterns', 'Patterns that were seen', $$
    pattern_type: What kind of pattern it is
    pattern_name: What people call it
    pattern_description: What it is
    detection_algorithm: How it is found
    confidence_score: How sure that is
    pattern_signature: What it is known by
    pattern_rules: When it is one
    occurrence_frequency: How often it was ever seen, whether or not the occurrences are still kept
    first_detected: When it was first seen
    last_detected: When it last was
    severity_level: How bad it is
    impact_metrics: What it costs
    remediation_suggestions: What helps
    auto_fix_available: Whether a program can mend it
    status: What is thought of it
    category_tags: Words to find it by
$$);

CREATE TABLE learning.pattern_occurrences (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    metadata jsonb NOT NULL DEFAULT '{}',
    detection_timestamp timestamptz NOT NULL DEFAULT now(),
    pattern_id uuid NOT NULL,
    source_type text NOT NULL,
    source_id text NOT NULL,
    location_data jsonb NOT NULL DEFAULT '{}',
    context_data jsonb NOT NULL DEFAULT '{}',
    detection_model_id uuid,
    analysis_run_id uuid,
    confidence_score base.probability,
    severity_override text
        CONSTRAINT pattern_occurrences_severity_override_check CHECK (severity_override IN ('low', 'medium', 'high', 'critical')),
    resolution_status text NOT NULL DEFAULT 'open'
        CONSTRAINT pattern_occurrences_resolution_status_check CHECK (resolution_status IN ('open', 'in_progress', 'resolved', 'wont_fix', 'duplicate')),
    resolution_timestamp timestamptz,
    resolution_method text,
    resolution_notes text,
    CONSTRAINT pattern_occurrences_pkey PRIMARY KEY (id, detection_timestamp),
    CONSTRAINT pattern_occurrences_pattern_fkey FOREIGN KEY (organization_id, pattern_id)
        REFERENCES learning.identified_patterns (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT pattern_occurrences_detection_model_fkey FOREIGN KEY (organization_id, detection_model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT pattern_occurrences_analysis_run_fkey FOREIGN KEY (organization_id, analysis_run_id)
        REFERENCES analytics.analysis_runs (organization_id, id),
    CONSTRAINT pattern_occurrences_resolution_check CHECK (resolution_timestamp >= detection_timestamp)
) PARTITION BY RANGE (detection_timestamp);
CREATE INDEX pattern_occurrences_pattern_idx ON learning.pattern_occurrences (pattern_id, detection_timestamp);
CREATE INDEX pattern_occurrences_source_idx ON learning.pattern_occurrences (source_type, source_id);
CREATE INDEX pattern_occurrences_detection_model_idx ON learning.pattern_occurrences (detection_model_id) WHERE detection_model_id IS NOT NULL;
CREATE INDEX pattern_occurrences_analysis_run_idx ON learning.pattern_occurrences (analysis_run_id) WHERE analysis_run_id IS NOT NULL;
CALL base.describe('learning.pattern_occurrences', 'Where patterns were seen', $$
    detection_timestamp: When
    pattern_id: The pattern
    source_type: What it was seen in, such as code_file
    source_id: Which of those
    location_data: Where in it, such as line_start and line_end
    context_data: What was around it
    detection_model_id: The model that saw it
    analysis_run_id: The analysis that saw it
    confidence_score: How sure that is
    severity_override: How bad it is here, where that differs
    resolution_status: What became of it
    resolution_timestamp: When
    resolution_method: How
    resolution_notes: In words
$$);

CREATE TABLE learning.predictions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT predictions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    model_id uuid NOT NULL,
    prediction_type text NOT NULL
        CONSTRAINT predictions_prediction_type_check CHECK (prediction_type IN ('performance_degradation', 'bug_likelihood', 'optimization_opportunity', 'resource_usage', 'user_behavior', 'system_failure', 'custom')),
    target_entity_type text,
    target_entity_id text,
    predicted_value jsonb NOT NULL DEFAULT '{}',
    confidence_score base.probability,
    confidence_interval jsonb,
    input_features jsonb NOT NULL DEFAULT '{}',
    prediction_horizon interval,
    prediction_timestamp timestamptz NOT NULL DEFAULT now(),
    prediction_expires_at timestamptz,
    actual_outcome jsonb,
    outcome_timestamp timestamptz,
    accuracy_score base.probability,
    status text NOT NULL DEFAULT 'active'
        CONSTRAINT predictions_status_check CHECK (status IN ('active', 'validated', 'invalidated', 'expired', 'monitoring')),
    priority_score base.score,
    action_recommended jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT predictions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT predictions_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id)
);
CREATE INDEX predictions_model_idx ON learning.predictions (model_id, prediction_timestamp);
CREATE INDEX predictions_target_idx ON learning.predictions (target_entity_type, target_entity_id);
CREATE INDEX predictions_expires_idx ON learning.predictions (prediction_expires_at) WHERE status = 'active';
CALL base.describe('learning.predictions', 'What models foresaw, and what came', $$
    model_id: The model
    prediction_type: What it is about
    target_entity_type: What kind of thing, such as code_file
    target_entity_id: Which of those
    predicted_value: What was foreseen
    confidence_score: How sure the model was
    confidence_interval: Within which bounds, lower and upper
    input_features: From what
    prediction_horizon: How far ahead
    prediction_timestamp: When
    prediction_expires_at: Until when it says anything
    actual_outcome: What came
    outcome_timestamp: When that was known
    accuracy_score: How right it was: the mean of its feedback
    status: What is known of it
    priority_score: How much it matters
    action_recommended: What to do about it
$$);

CREATE TABLE learning.recommendations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT recommendations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT recommendations_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    recommendation_type text NOT NULL
        CONSTRAINT recommendations_recommendation_type_check CHECK (recommendation_type IN ('code_optimization', 'refactoring', 'security_fix', 'performance_improvement', 'documentation', 'testing', 'maintenance')),
    title text NOT NULL,
    description text,
    target_entity_type text,
    target_entity_id text,
    recommendation_data jsonb NOT NULL DEFAULT '{}',
    confidence_score base.probability,
    impact_score base.score,
    effort_score base.score,
    priority_score base.score,
    source_pattern_id uuid,
    source_prediction_id uuid,
    generated_by_model_id uuid,
    analysis_run_id uuid,
    status text NOT NULL DEFAULT 'pending'
        CONSTRAINT recommendations_status_check CHECK (status IN ('pending', 'reviewing', 'accepted', 'rejected', 'implemented', 'expired')),
    implemented_at timestamptz,
    expires_at timestamptz,
    user_feedback jsonb NOT NULL DEFAULT '{}',
    assigned_to uuid CONSTRAINT recommendations_assigned_to_fkey REFERENCES base.users,
    task_id uuid,
    CONSTRAINT recommendations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT recommendations_source_pattern_fkey FOREIGN KEY (organization_id, source_pattern_id)
        REFERENCES learning.identified_patterns (organization_id, id),
    CONSTRAINT recommendations_source_prediction_fkey FOREIGN KEY (organization_id, source_prediction_id)
        REFERENCES learning.predictions (organization_id, id),
    CONSTRAINT recommendations_generated_by_model_fkey FOREIGN KEY (organization_id, generated_by_model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT recommendations_analysis_run_fkey FOREIGN KEY (organization_id, analysis_run_id)
        REFERENCES analytics.analysis_runs (organization_id, id),
    CONSTRAINT recommendations_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id)
);
CREATE INDEX recommendations_status_idx ON learning.recommendations (status, priority_score DESC);
CREATE INDEX recommendations_target_idx ON learning.recommendations (target_entity_type, target_entity_id);
CREATE INDEX recommendations_source_pattern_idx ON learning.recommendations (source_pattern_id) WHERE source_pattern_id IS NOT NULL;
CREATE INDEX recommendations_source_prediction_idx ON learning.recommendations (source_prediction_id) WHERE source_prediction_id IS NOT NULL;
CREATE INDEX recommendations_generated_by_model_idx ON learning.recommendations (generated_by_model_id) WHERE generated_by_model_id IS NOT NULL;
CREATE INDEX recommendations_analysis_run_idx ON learning.recommendations (analysis_run_id) WHERE analysis_run_id IS NOT NULL;
CREATE INDEX recommendations_assigned_to_idx ON learning.recommendations (assigned_to) WHERE assigned_to IS NOT NULL;
CREATE INDEX recommendations_task_idx ON learning.recommendations (task_id) WHERE task_id IS NOT NULL;
CALL base.describe('learning.recommendations', 'What should be done, and what was', $$
    recommendation_type: What kind of work it is
    title: In a line
    description: In words
    target_entity_type: What kind of thing it is about
    target_entity_id: Which of those
    recommendation_data: What a program needs to do it
    confidence_score: How sure it is that it helps
    impact_score: How much it helps
    effort_score: How much work it is
    priority_score: See calculate_recommendation_priority()
    source_pattern_id: The pattern it follows from
    source_prediction_id: The prediction it follows from
    generated_by_model_id: The model that made it
    analysis_run_id: The analysis it follows from
    status: What became of it
    implemented_at: When it was done
    expires_at: Until when it says anything
    user_feedback: What people said
    assigned_to: Who looks at it
    task_id: The task it became
$$);

CREATE TABLE learning.learning_feedback (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT learning_feedback_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT learning_feedback_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    prediction_id uuid,
    recommendation_id uuid,
    model_id uuid,
    feedback_type text NOT NULL DEFAULT 'accuracy'
        CONSTRAINT learning_feedback_feedback_type_check CHECK (feedback_type IN ('accuracy', 'performance', 'user_satisfaction', 'business_impact', 'system_improvement', 'error_correction', 'model_drift', 'custom')),
    feedback_score base.probability,
    is_positive boolean,
    feedback_value jsonb NOT NULL DEFAULT '{}',
    explanation text,
    provided_by uuid DEFAULT base.current_user_id() CONSTRAINT learning_feedback_provided_by_fkey REFERENCES base.users,
    processed_at timestamptz,
    CONSTRAINT learning_feedback_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT learning_feedback_prediction_fkey FOREIGN KEY (organization_id, prediction_id)
        REFERENCES learning.predictions (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT learning_feedback_recommendation_fkey FOREIGN KEY (organization_id, recommendation_id)
        REFERENCES learning.recommendations (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT learning_feedback_model_fkey FOREIGN KEY (organization_id, model_id)
        REFERENCES learning.ml_models (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT learning_feedback_target_check CHECK (num_nonnulls(prediction_id, recommendation_id, model_id) > 0)
);
CREATE INDEX learning_feedback_prediction_idx ON learning.learning_feedback (prediction_id) WHERE prediction_id IS NOT NULL;
CREATE INDEX learning_feedback_recommendation_idx ON learning.learning_feedback (recommendation_id) WHERE recommendation_id IS NOT NULL;
CREATE INDEX learning_feedback_model_idx ON learning.learning_feedback (model_id) WHERE model_id IS NOT NULL;
CREATE INDEX learning_feedback_provided_by_idx ON learning.learning_feedback (provided_by) WHERE provided_by IS NOT NULL;
CALL base.describe('learning.learning_feedback', 'What people and programs say of predictions, recommendations and models', $$
    prediction_id: The prediction
    recommendation_id: The recommendation
    model_id: The model
    feedback_type: What is judged
    feedback_score: How well it did
    is_positive: Whether it did well
    feedback_value: What was measured
    explanation: In words
    provided_by: Who says so; null for a service
    processed_at: When it was taken into account
$$);

-- tables: what works

CREATE TABLE learning.learning_patterns (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT learning_patterns_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT learning_patterns_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    pattern_name text NOT NULL,
    pattern_type text NOT NULL
        CONSTRAINT learning_patterns_pattern_type_check CHECK (pattern_type IN ('successful_implementation', 'error_resolution', 'optimization_strategy', 'testing_approach', 'deployment_pattern', 'code_structure', 'performance_improvement', 'security_enhancement', 'other')),
    description text,
    pattern_definition jsonb NOT NULL DEFAULT '{}',
    confidence_score base.probability,
    effectiveness_score base.score,
    is_validated boolean NOT NULL DEFAULT false,
    validated_by uuid CONSTRAINT learning_patterns_validated_by_fkey REFERENCES base.users,
    validated_at timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    tags text[] NOT NULL DEFAULT '{}',
    CONSTRAINT learning_patterns_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT learning_patterns_name_key UNIQUE (organization_id, pattern_type, pattern_name)
);
CREATE INDEX learning_patterns_validated_by_idx ON learning.learning_patterns (validated_by) WHERE validated_by IS NOT NULL;
CALL base.describe('learning.learning_patterns', 'Patterns that work', $$
    pattern_name: What people call it
    pattern_type: What it is good for
    description: What it is
    pattern_definition: What a program needs to apply it
    confidence_score: How sure it is that it helps
    effectiveness_score: How well it helped, the latest counting most; see update_pattern_effectiveness()
    is_validated: Whether somebody looked at it
    validated_by: Who
    validated_at: When
    is_active: Whether it is applied
    tags: Words to find it by
$$);

CREATE TABLE learning.pattern_applications (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pattern_applications_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    learning_pattern_id uuid NOT NULL,
    target_type text NOT NULL,
    target_id text NOT NULL,
    applied_configuration jsonb NOT NULL DEFAULT '{}',
    result text NOT NULL DEFAULT 'pending'
        CONSTRAINT pattern_applications_result_check CHECK (result IN ('success', 'failure', 'partial', 'pending')),
    feedback_score base.score,
    outcome_metrics jsonb NOT NULL DEFAULT '{}',
    lessons_learned text,
    applied_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    CONSTRAINT pattern_applications_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT pattern_applications_learning_pattern_fkey FOREIGN KEY (organization_id, learning_pattern_id)
        REFERENCES learning.learning_patterns (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX pattern_applications_pattern_idx ON learning.pattern_applications (learning_pattern_id, applied_at);
CALL base.describe('learning.pattern_applications', 'When such a pattern was applied, and how it went', $$
    learning_pattern_id: The pattern
    target_type: What it was applied to
    target_id: Which of those
    applied_configuration: With which settings
    result: How it went
    feedback_score: How well it helped
    outcome_metrics: Measured values, by name
    lessons_learned: In words
    applied_at: When
    completed_at: When it was known how it went
$$);

CREATE TABLE learning.knowledge_base (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT knowledge_base_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT knowledge_base_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    title text NOT NULL,
    content text NOT NULL,
    category text,
    kind text NOT NULL DEFAULT 'knowledge'
        CONSTRAINT knowledge_base_kind_check CHECK (kind IN ('knowledge', 'insight', 'how_to')),
    tags text[] NOT NULL DEFAULT '{}',
    source_type text,
    source_id text,
    confidence_score base.probability,
    status text NOT NULL DEFAULT 'new'
        CONSTRAINT knowledge_base_status_check CHECK (status IN ('new', 'reviewed', 'implemented', 'obsolete')),
    usage_count integer NOT NULL DEFAULT 0 CONSTRAINT knowledge_base_usage_count_check CHECK (usage_count >= 0),
    last_accessed_at timestamptz,
    search_vector tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B')) STORED,
    CONSTRAINT knowledge_base_organization_id_id_key UNIQUE (organization_id, id)
);
CREATE INDEX knowledge_base_search_idx ON learning.knowledge_base USING gin (search_vector);
CREATE INDEX knowledge_base_tags_idx ON learning.knowledge_base USING gin (tags);
CREATE INDEX knowledge_base_source_idx ON learning.knowledge_base (source_type, source_id);
CALL base.describe('learning.knowledge_base', 'What was learned, in words', $$
    title: In a line
    content: In full
    category: The group it belongs to
    kind: What it is
    tags: Words to find it by
    source_type: What it was learned from
    source_id: Which of those
    confidence_score: How sure it is
    status: What is thought of it
    usage_count: How often it was used
    last_accessed_at: When it last was
    search_vector: Its words, for search_knowledge()
$$);

CREATE TABLE learning.system_adaptations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT system_adaptations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT system_adaptations_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    adaptation_name text NOT NULL,
    adaptation_type text NOT NULL,
    trigger_reason text,
    source_model_id uuid,
    source_learning_pattern_id uuid,
    target_component text,
    adaptation_config jsonb NOT NULL DEFAULT '{}',
    previous_config jsonb NOT NULL DEFAULT '{}',
    baseline_metrics jsonb NOT NULL DEFAULT '{}',
    final_metrics jsonb NOT NULL DEFAULT '{}',
    expected_improvement numeric,
    actual_improvement numeric,
    status text NOT NULL DEFAULT 'proposed'
        CONSTRAINT system_adaptations_status_check CHECK (status IN ('proposed', 'approved', 'deployed', 'monitoring', 'kept', 'rolled_back')),
    approved_by uuid CONSTRAINT system_adaptations_approved_by_fkey REFERENCES base.users,
    implemented_at timestamptz,
    rolled_back_at timestamptz,
    monitoring_days integer NOT NULL DEFAULT 30 CONSTRAINT system_adaptations_monitoring_days_check CHECK (monitoring_days > 0),
    CONSTRAINT system_adaptations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT system_adaptations_source_model_fkey FOREIGN KEY (organization_id, source_model_id)
        REFERENCES learning.ml_models (organization_id, id),
    CONSTRAINT system_adaptations_source_learning_pattern_fkey FOREIGN KEY (organization_id, source_learning_pattern_id)
        REFERENCES learning.learning_patterns (organization_id, id),
    CONSTRAINT system_adaptations_outcome_check CHECK (status NOT IN ('kept', 'rolled_back') OR actual_improvement IS NOT NULL)
);
CREATE INDEX system_adaptations_source_model_idx ON learning.system_adaptations (source_model_id) WHERE source_model_id IS NOT NULL;
CREATE INDEX system_adaptations_source_learning_pattern_idx ON learning.system_adaptations (source_learning_pattern_id) WHERE source_learning_pattern_id IS NOT NULL;
CREATE INDEX system_adaptations_approved_by_idx ON learning.system_adaptations (approved_by) WHERE approved_by IS NOT NULL;
CALL base.describe('learning.system_adaptations', 'Changes to a system on account of what was learned', $$
    adaptation_name: What people call it
    adaptation_type: What kind of change it is
    trigger_reason: Why
    source_model_id: The model that proposed it
    source_learning_pattern_id: The pattern it applies
    target_component: What is changed
    adaptation_config: To what
    previous_config: From what
    baseline_metrics: Measured values before
    final_metrics: Measured values after
    expected_improvement: In per cent
    actual_improvement: In per cent
    status: Where it stands
    approved_by: Who agreed
    implemented_at: When it was made
    rolled_back_at: When it was taken back
    monitoring_days: How long it is watched
$$);

-- tables: experiments

CREATE FUNCTION learning.total_of(p_weights jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT sum(w.value::numeric) FROM jsonb_each_text(p_weights) w);
COMMENT ON FUNCTION learning.total_of(jsonb) IS 'The sum of an object''s values';

CREATE TABLE learning.ab_testing_experiments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT ab_testing_experiments_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT ab_testing_experiments_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    experiment_name text NOT NULL,
    description text,
    hypothesis text,
    subject_type text,
    subject_id text,
    control_variant jsonb NOT NULL DEFAULT '{"name": "control"}',
    treatment_variants jsonb NOT NULL DEFAULT '[]',
    traffic_allocation jsonb NOT NULL DEFAULT '{}',
    target_metrics jsonb NOT NULL DEFAULT '[]',
    status text NOT NULL DEFAULT 'draft'
        CONSTRAINT ab_testing_experiments_status_check CHECK (status IN ('draft', 'running', 'paused', 'completed', 'cancelled')),
    start_date timestamptz,
    end_date timestamptz,
    statistical_power numeric(3,2) NOT NULL DEFAULT 0.80
        CONSTRAINT ab_testing_experiments_statistical_power_check CHECK (statistical_power BETWEEN 0.50 AND 0.99),
    significance_level numeric(3,2) NOT NULL DEFAULT 0.05
        CONSTRAINT ab_testing_experiments_significance_level_check CHECK (significance_level BETWEEN 0.01 AND 0.10),
    minimum_sample_size integer NOT NULL DEFAULT 30
        CONSTRAINT ab_testing_experiments_minimum_sample_size_check CHECK (minimum_sample_size > 1),
    winner_variant text,
    CONSTRAINT ab_testing_experiments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT ab_testing_experiments_name_key UNIQUE (organization_id, experiment_name),
    CONSTRAINT ab_testing_experiments_end_check CHECK (end_date > start_date),
    CONSTRAINT ab_testing_experiments_control_name_check CHECK (control_variant ? 'name'),
    CONSTRAINT ab_testing_experiments_allocation_check CHECK (status = 'draft' AND traffic_allocation = '{}' OR coalesce(learning.total_of(traffic_allocation) = 100, false))
);
CALL base.describe('learning.ab_testing_experiments', 'Comparisons of variants by chance', $$
    experiment_name: What people call it
    description: What it is about
    hypothesis: What is expected
    subject_type: What kind of thing is varied
    subject_id: Which of those
    control_variant: What everything is compared with, by name
    treatment_variants: The others
    traffic_allocation: Per cent of the subjects by variant
    target_metrics: What is measured
    status: Where it stands
    start_date: When it begins
    end_date: When it ends
    statistical_power: Chance to notice a difference
    significance_level: Chance to see one that is none
    minimum_sample_size: Subjects of each variant before anything is said
    winner_variant: The variant that was chosen
$$);

CREATE TABLE learning.ab_testing_assignments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT ab_testing_assignments_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    experiment_id uuid NOT NULL,
    user_id text NOT NULL,
    variant text NOT NULL,
    assignment_timestamp timestamptz NOT NULL DEFAULT now(),
    session_id text,
    CONSTRAINT ab_testing_assignments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT ab_testing_assignments_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES learning.ab_testing_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ab_testing_assignments_user_key UNIQUE (experiment_id, user_id)
);
CALL base.describe('learning.ab_testing_assignments', 'Which subject got which variant', $$
    experiment_id: The experiment
    user_id: The subject
    variant: Its variant
    assignment_timestamp: Since when
    session_id: In which session it came
$$);

CREATE TABLE learning.ab_testing_metrics (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT ab_testing_metrics_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    experiment_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    metric_name text NOT NULL,
    metric_value double precision NOT NULL,
    metric_timestamp timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ab_testing_metrics_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES learning.ab_testing_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ab_testing_metrics_assignment_fkey FOREIGN KEY (organization_id, assignment_id)
        REFERENCES learning.ab_testing_assignments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ab_testing_metrics_once_key UNIQUE (assignment_id, metric_name, metric_timestamp)
);
CREATE INDEX ab_testing_metrics_metric_idx ON learning.ab_testing_metrics (experiment_id, metric_name);
CALL base.describe('learning.ab_testing_metrics', 'What was measured of a subject', $$
    experiment_id: The experiment
    assignment_id: The subject's assignment
    metric_name: What
    metric_value: How much
    metric_timestamp: When
$$);

-- tables: the time series

CREATE TABLE learning.learning_events (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT learning_events_organization_fkey REFERENCES base.organizations,
    metadata jsonb NOT NULL DEFAULT '{}',
    timestamp timestamptz NOT NULL DEFAULT now(),
    event_type text NOT NULL
        CONSTRAINT learning_events_event_type_check CHECK (event_type IN ('model_prediction', 'pattern_detection', 'user_feedback', 'system_optimization', 'error', 'performance_metric', 'entity_change', 'git_operation', 'user_session', 'api_request')),
    event_subtype text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    source_system text NOT NULL DEFAULT 'application',
    entity_type text,
    entity_id text,
    event_data jsonb NOT NULL DEFAULT '{}',
    user_id text,
    session_id text,
    processing_time_ms double precision CONSTRAINT learning_events_processing_time_ms_check CHECK (processing_time_ms >= 0),
    event_size_bytes integer GENERATED ALWAYS AS (octet_length(event_data::text)) STORED,
    correlation_id uuid,
    CONSTRAINT learning_events_pkey PRIMARY KEY (id, timestamp),
    CONSTRAINT learning_events_organization_id_id_key UNIQUE (organization_id, id, timestamp)
) PARTITION BY RANGE (timestamp);
CREATE INDEX learning_events_type_idx ON learning.learning_events (event_type, timestamp);
CREATE INDEX learning_events_entity_idx ON learning.learning_events (entity_type, entity_id, timestamp);
CREATE INDEX learning_events_timestamp_idx ON learning.learning_events USING brin (timestamp);
CALL base.describe('learning.learning_events', 'Everything that can be learned from, as it happened', $$
    timestamp: When
    event_type: What kind of thing
    event_subtype: Which of its kind; of entity_change: insert, update or delete
    recorded_at: When it came here
    source_system: What told it
    entity_type: What kind of thing it is about; of entity_change: the table
    entity_id: Which of those
    event_data: What is told; of entity_change: the row
    user_id: Who did it
    session_id: In which session
    processing_time_ms: How long it took
    event_size_bytes: Size of what is told
    correlation_id: What belongs together
$$);

CREATE TABLE learning.entity_history (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT entity_history_organization_fkey REFERENCES base.organizations,
    changed_at timestamptz NOT NULL,
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    operation text NOT NULL CONSTRAINT entity_history_operation_check CHECK (operation IN ('insert', 'update', 'delete')),
    row_data jsonb NOT NULL DEFAULT '{}',
    learning_event_id bigint NOT NULL,
    CONSTRAINT entity_history_pkey PRIMARY KEY (id, changed_at)
) PARTITION BY RANGE (changed_at);
CREATE INDEX entity_history_entity_idx ON learning.entity_history (entity_type, entity_id, changed_at);
CREATE INDEX entity_history_organization_idx ON learning.entity_history (organization_id, changed_at);
CALL base.describe('learning.entity_history', 'Changes that outlast the learning events that told them', $$
    changed_at: When
    entity_type: The table
    entity_id: The row
    operation: What was done
    row_data: The row after it; before it, if it was deleted
    learning_event_id: The event that told it
$$);

CREATE TABLE learning.learning_events_daily (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT learning_events_daily_organization_fkey REFERENCES base.organizations,
    date date NOT NULL,
    event_type text NOT NULL,
    source_system text NOT NULL,
    n bigint NOT NULL,
    avg_ms double precision,
    p95_ms double precision,
    p99_ms double precision,
    bytes bigint NOT NULL,
    distinct_users bigint NOT NULL,
    distinct_sessions bigint NOT NULL,
    CONSTRAINT learning_events_daily_pkey PRIMARY KEY (organization_id, date, event_type, source_system)
);
CALL base.describe('learning.learning_events_daily', 'Learning events that have left, summed up by day', $$
    date: The day, in UTC
    event_type: What kind of thing
    source_system: What told it
    n: How many
    avg_ms: Mean time they took
    p95_ms: Its 95th percentile
    p99_ms: Its 99th percentile
    bytes: Size of what was told
    distinct_users: How many did them; of a day that left in parts, the most of any part
    distinct_sessions: In how many sessions; likewise
$$);

CREATE TABLE learning.git_operation_learning_events (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT git_operation_learning_events_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    learning_event_id bigint NOT NULL,
    learning_event_at timestamptz NOT NULL,
    git_operation_id text NOT NULL,
    operation_type text NOT NULL
        CONSTRAINT git_operation_learning_events_operation_type_check CHECK (operation_type IN ('commit', 'merge', 'rebase', 'pull_request', 'branch', 'tag')),
    repository_id uuid,
    repository_name text,
    branch_name text,
    commit_hash text,
    author_id text,
    file_changes_count integer CONSTRAINT git_operation_learning_events_file_changes_count_check CHECK (file_changes_count >= 0),
    lines_added integer CONSTRAINT git_operation_learning_events_lines_added_check CHECK (lines_added >= 0),
    lines_deleted integer CONSTRAINT git_operation_learning_events_lines_deleted_check CHECK (lines_deleted >= 0),
    CONSTRAINT git_operation_learning_events_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT git_operation_learning_events_repository_fkey FOREIGN KEY (organization_id, repository_id)
        REFERENCES projects.repositories (organization_id, id),
    CONSTRAINT git_operation_learning_events_event_fkey FOREIGN KEY (organization_id, learning_event_id, learning_event_at)
        REFERENCES learning.learning_events (organization_id, id, timestamp) ON DELETE CASCADE
);
CREATE INDEX git_operation_learning_events_event_idx ON learning.git_operation_learning_events (learning_event_id, learning_event_at);
CREATE INDEX git_operation_learning_events_repository_name_idx ON learning.git_operation_learning_events (repository_name, created_at);
CREATE INDEX git_operation_learning_events_repository_idx ON learning.git_operation_learning_events (repository_id) WHERE repository_id IS NOT NULL;
CALL base.describe('learning.git_operation_learning_events', 'What git did, as part of a learning event', $$
    learning_event_id: The event
    learning_event_at: When it happened
    git_operation_id: Its id
    operation_type: What was done
    repository_id: The repository
    repository_name: Its name
    branch_name: The branch
    commit_hash: The commit
    author_id: Who did it
    file_changes_count: Files changed
    lines_added: Lines added
    lines_deleted: Lines deleted
$$);

CREATE TABLE learning.user_session_learning_events (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT user_session_learning_events_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    learning_event_id bigint NOT NULL,
    learning_event_at timestamptz NOT NULL,
    session_id text NOT NULL,
    user_id text NOT NULL,
    session_start timestamptz NOT NULL DEFAULT now(),
    session_end timestamptz,
    session_duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM session_end - session_start) * 1000)::bigint) STORED,
    actions_count integer CONSTRAINT user_session_learning_events_actions_count_check CHECK (actions_count >= 0),
    platform text
        CONSTRAINT user_session_learning_events_platform_check CHECK (platform IN ('web', 'cli', 'api', 'ide_extension', 'mobile')),
    CONSTRAINT user_session_learning_events_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT user_session_learning_events_end_check CHECK (session_end >= session_start),
    CONSTRAINT user_session_learning_events_event_fkey FOREIGN KEY (organization_id, learning_event_id, learning_event_at)
        REFERENCES learning.learning_events (organization_id, id, timestamp) ON DELETE CASCADE
);
CREATE INDEX user_session_learning_events_event_idx ON learning.user_session_learning_events (learning_event_id, learning_event_at);
CREATE INDEX user_session_learning_events_user_idx ON learning.user_session_learning_events (user_id, created_at);
CALL base.describe('learning.user_session_learning_events', 'What somebody did in a session, as part of a learning event', $$
    learning_event_id: The event
    learning_event_at: When it happened
    session_id: The session
    user_id: Who
    session_start: When it began
    session_end: When it ended
    session_duration_ms: Time between the two
    actions_count: What was done in it
    platform: By which way
$$);

CREATE TABLE learning.api_request_learning_events (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT api_request_learning_events_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    learning_event_id bigint NOT NULL,
    learning_event_at timestamptz NOT NULL,
    request_id text NOT NULL,
    endpoint text,
    http_method text,
    status_code integer CONSTRAINT api_request_learning_events_status_code_check CHECK (status_code BETWEEN 100 AND 599),
    response_time_ms double precision CONSTRAINT api_request_learning_events_response_time_ms_check CHECK (response_time_ms >= 0),
    request_size_bytes bigint CONSTRAINT api_request_learning_events_request_size_bytes_check CHECK (request_size_bytes >= 0),
    response_size_bytes bigint CONSTRAINT api_request_learning_events_response_size_bytes_check CHECK (response_size_bytes >= 0),
    user_id text,
    api_key_id uuid,
    error_type text,
    CONSTRAINT api_request_learning_events_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT api_request_learning_events_api_key_fkey FOREIGN KEY (organization_id, api_key_id)
        REFERENCES base.api_keys (organization_id, id),
    CONSTRAINT api_request_learning_events_event_fkey FOREIGN KEY (organization_id, learning_event_id, learning_event_at)
        REFERENCES learning.learning_events (organization_id, id, timestamp) ON DELETE CASCADE
);
CREATE INDEX api_request_learning_events_event_idx ON learning.api_request_learning_events (learning_event_id, learning_event_at);
CREATE INDEX api_request_learning_events_endpoint_idx ON learning.api_request_learning_events (endpoint, created_at);
CREATE INDEX api_request_learning_events_api_key_idx ON learning.api_request_learning_events (api_key_id) WHERE api_key_id IS NOT NULL;
CALL base.describe('learning.api_request_learning_events', 'A request that was answered, as part of a learning event', $$
    learning_event_id: The event
    learning_event_at: When it happened
    request_id: The request
    endpoint: What was asked
    http_method: By which method
    status_code: What was answered
    response_time_ms: How long it took
    request_size_bytes: Size of the request
    response_size_bytes: Size of the answer
    user_id: Who asked
    api_key_id: With which key
    error_type: What went wrong
$$);

DO $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'learning'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.oid LOOP
        CALL base.secure_table(v_table, p_app => CASE
            WHEN v_table IN ('learning.entity_history'::regclass, 'learning.learning_events_daily'::regclass) THEN 'SELECT'
            WHEN v_table = 'learning.learning_events'::regclass THEN 'SELECT, INSERT' ELSE 'SELECT, INSERT, UPDATE, DELETE' END);
    END LOOP;
END
$$;
CALL base.track_updates('learning');

-- functions: triggers

CREATE FUNCTION learning.keep_training_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status <> OLD.status AND NOT base.run_status_follows(OLD.status, NEW.status) THEN
        RAISE EXCEPTION 'a training that is % cannot become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'model_training_sessions_status_follows';
    END IF;
    NEW.training_end := CASE WHEN base.run_has_ended(NEW.status) THEN coalesce(NEW.training_end, greatest(clock_timestamp(), NEW.training_start)) END;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION learning.keep_training_status() IS 'Trigger: refuse a status that cannot follow the one before; note when a training ended';

CREATE FUNCTION learning.check_one_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_name text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.deployments:' || NEW.organization_id, 0));
    SELECT m.name INTO v_name FROM learning.ml_models m WHERE m.id = NEW.model_id;
    IF EXISTS (SELECT FROM learning.model_deployments d JOIN learning.ml_models m ON m.id = d.model_id
               WHERE d.organization_id = NEW.organization_id AND d.id <> NEW.id AND d.environment = NEW.environment AND d.status = 'active' AND m.name = v_name) THEN
        RAISE EXCEPTION 'a version of % is active in % already', v_name, NEW.environment
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'model_deployments_one_active', HINT = 'Make that one inactive first.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION learning.check_one_deployment() IS 'Trigger: of the versions of one model one is active in an environment';

CREATE FUNCTION learning.count_occurrence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE learning.identified_patterns p SET occurrence_frequency = p.occurrence_frequency + 1,
        first_detected = least(p.first_detected, NEW.detection_timestamp), last_detected = greatest(p.last_detected, NEW.detection_timestamp)
    WHERE p.id = NEW.pattern_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION learning.count_occurrence() IS 'Trigger: count how often a pattern was ever seen';

CREATE FUNCTION learning.process_learning_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE learning.predictions p SET accuracy_score = f.score, outcome_timestamp = coalesce(p.outcome_timestamp, now()),
        status = CASE WHEN f.score >= 0.5 THEN 'validated' ELSE 'invalidated' END
    FROM (SELECT avg(o.feedback_score) AS score FROM learning.learning_feedback o WHERE o.prediction_id = NEW.prediction_id) f
    WHERE p.id = NEW.prediction_id AND f.score IS NOT NULL;
    UPDATE learning.learning_feedback f SET processed_at = clock_timestamp() WHERE f.id = NEW.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION learning.process_learning_feedback() IS
    'Trigger: a prediction is as right as its feedback says on the mean, validated from a half on; the model''s accuracy off line is left alone';

CREATE FUNCTION learning.calculate_recommendation_priority(p_confidence numeric, p_impact numeric, p_effort numeric) RETURNS base.score
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN round(least(100, 100 * p_confidence * (p_impact / 100) / greatest(0.01, p_effort / 100)), 2)::base.score;
COMMENT ON FUNCTION learning.calculate_recommendation_priority(numeric, numeric, numeric) IS
    'What a recommendation is worth: confidence × impact / effort, 100 at most; null while one of them is';

CREATE FUNCTION learning.set_priority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.priority_score := learning.calculate_recommendation_priority(NEW.confidence_score, NEW.impact_score, NEW.effort_score);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION learning.set_priority() IS 'Trigger: the priority of a recommendation follows from its other scores';

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION learning.track_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END) - 'encrypted_data';
BEGIN
    INSERT INTO learning.learning_events (organization_id, timestamp, event_type, event_subtype, source_system, entity_type, entity_id, event_data, user_id)
    VALUES ((v_row ->> 'organization_id')::uuid, clock_timestamp(), 'entity_change', lower(TG_OP), 'database',
        format('%s.%s', TG_TABLE_SCHEMA, TG_TABLE_NAME), v_row ->> 'id', v_row, base.current_user_id()::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION learning.track_change() IS 'Trigger: tell a change, whoever or whatever cascade made it, as a learning event, with the whole row but for what is encrypted';

RESET ROLE;
SET ROLE graph_sitter_owner;

-- triggers

CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON learning.model_training_sessions
    FOR EACH ROW EXECUTE FUNCTION learning.keep_training_status();
CREATE TRIGGER one_active AFTER INSERT OR UPDATE ON learning.model_deployments
    FOR EACH ROW WHEN (NEW.status = 'active') EXECUTE FUNCTION learning.check_one_deployment();
CREATE TRIGGER count AFTER INSERT ON learning.pattern_occurrences
    FOR EACH ROW EXECUTE FUNCTION learning.count_occurrence();
CREATE TRIGGER process AFTER INSERT ON learning.learning_feedback
    FOR EACH ROW EXECUTE FUNCTION learning.process_learning_feedback();
CREATE TRIGGER priority BEFORE INSERT OR UPDATE ON learning.recommendations
    FOR EACH ROW EXECUTE FUNCTION learning.set_priority();
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['ml_models', 'model_training_sessions', 'model_evaluations', 'model_deployments', 'training_datasets', 'identified_patterns',
        'predictions', 'recommendations', 'learning_patterns', 'system_adaptations', 'ab_testing_experiments'] LOOP
        EXECUTE format('CREATE TRIGGER track_change AFTER INSERT OR UPDATE OR DELETE ON learning.%I FOR EACH ROW EXECUTE FUNCTION learning.track_change()', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['ml_models', 'model_deployments', 'recommendations', 'ab_testing_experiments', 'system_adaptations'] LOOP
        EXECUTE format('CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON learning.%I FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry(%s)',
            v_table, CASE v_table WHEN 'ml_models' THEN '''-encrypted_data''' ELSE '' END);
    END LOOP;
END
$$;

-- functions: learning events

CREATE FUNCTION learning.record_learning_event(
    p_event_type text, p_event_data jsonb, p_entity_type text DEFAULT NULL, p_entity_id text DEFAULT NULL,
    p_timestamp timestamptz DEFAULT now(), p_detail jsonb DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_table CONSTANT text := CASE p_event_type WHEN 'git_operation' THEN 'git_operation_learning_events' WHEN 'user_session' THEN 'user_session_learning_events'
                                               WHEN 'api_request' THEN 'api_request_learning_events' END;
    v_id bigint;
BEGIN
    INSERT INTO learning.learning_events (timestamp, event_type, entity_type, entity_id, event_data, user_id, session_id, processing_time_ms)
    VALUES (p_timestamp, p_event_type, p_entity_type, p_entity_id, p_event_data, p_detail ->> 'user_id', p_detail ->> 'session_id',
        (p_detail ->> 'response_time_ms')::double precision)
    RETURNING id INTO v_id;
    IF p_detail IS NOT NULL AND v_table IS NULL THEN
        RAISE EXCEPTION 'events of type % have no details', p_event_type USING ERRCODE = 'invalid_parameter_value';
    ELSIF p_detail IS NOT NULL THEN
        -- Only the columns that are given: the others have their defaults.
        EXECUTE (
            SELECT format('INSERT INTO learning.%I (learning_event_id, learning_event_at, %s) SELECT $1, $2, %2$s FROM jsonb_populate_record(NULL::learning.%1$I, $3)',
                v_table, string_agg(quote_ident(k), ', '))
            FROM jsonb_object_keys(p_detail) AS k) USING v_id, p_timestamp, p_detail;
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION learning.record_learning_event(text, jsonb, text, text, timestamptz, jsonb) IS
    'Record a learning event; p_detail holds columns of the table for git operations, user sessions or API requests';

CREATE FUNCTION learning.replay_entity(p_entity_type text, p_entity_id text, p_at timestamptz DEFAULT 'infinity') RETURNS jsonb LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN c.operation <> 'delete' THEN c.row_data END FROM (
        SELECT e.timestamp AS at, e.id, e.event_subtype AS operation, e.event_data AS row_data FROM learning.learning_events e
        WHERE e.entity_type = p_entity_type AND e.entity_id = p_entity_id AND e.event_type = 'entity_change'
        UNION ALL
        SELECT h.changed_at, h.learning_event_id, h.operation, h.row_data FROM learning.entity_history h
        WHERE h.entity_type = p_entity_type AND h.entity_id = p_entity_id
    ) c WHERE c.at <= p_at ORDER BY c.at DESC, c.id DESC LIMIT 1;
END;
COMMENT ON FUNCTION learning.replay_entity(text, text, timestamptz) IS
    'A row as its changes tell it at a moment; null before it was made and after it was deleted';

-- functions: predictions and drift

CREATE FUNCTION learning.expire_old_predictions() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    UPDATE learning.predictions p SET status = 'expired' WHERE p.status = 'active' AND p.prediction_expires_at <= now();
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION learning.expire_old_predictions() IS 'Active predictions whose time is over expire; how many';

CREATE FUNCTION learning.model_drift(p_model_id uuid DEFAULT NULL, p_window interval DEFAULT '7 days')
RETURNS TABLE (model_id uuid, baseline_accuracy numeric, current_accuracy numeric, relative_drop numeric, drifted boolean, samples bigint, verdict text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH measured AS (
        SELECT m.id, coalesce(
                (SELECT (d.performance_baseline ->> 'accuracy')::numeric FROM learning.model_deployments d
                 WHERE d.model_id = m.id AND d.status = 'active' ORDER BY d.environment = 'production' DESC, d.deployed_at DESC NULLS LAST LIMIT 1),
                (SELECT e.accuracy FROM learning.model_evaluations e
                 WHERE e.model_id = m.id AND e.evaluation_type = 'test' AND e.accuracy IS NOT NULL ORDER BY e.evaluation_timestamp DESC LIMIT 1)) AS baseline,
            p.accuracy, p.n
        FROM learning.ml_models m
        CROSS JOIN LATERAL (
            SELECT avg(p.accuracy_score) AS accuracy, count(p.accuracy_score) AS n FROM learning.predictions p
            WHERE p.model_id = m.id AND coalesce(p.outcome_timestamp, p.prediction_timestamp) > now() - p_window
        ) p
        WHERE m.id = p_model_id OR p_model_id IS NULL
    ), dropped AS (
        SELECT m.*, (m.baseline - m.accuracy) / nullif(m.baseline, 0) AS share, m.n >= 30 AND m.baseline > 0 AS is_known FROM measured m
    )
    SELECT d.id, round(d.baseline, 4), round(d.accuracy, 4), round(d.share, 4), CASE WHEN d.is_known THEN d.share > 0.2 END, d.n,
        CASE WHEN d.n < 30 THEN 'not enough data' WHEN d.baseline IS NULL THEN 'no baseline' WHEN d.share > 0.2 THEN 'drifted' ELSE 'stable' END
    FROM dropped d ORDER BY d.id;
END;
COMMENT ON FUNCTION learning.model_drift(uuid, interval) IS
    'Whether a model, or each, has become more than a fifth less right than its active deployment''s baseline or else its latest test; said from 30 judged predictions in the window on';

CREATE FUNCTION learning.drift_for_readers(p_model_id uuid) RETURNS TABLE (relative_drop numeric, verdict text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT d.relative_drop, d.verdict FROM learning.model_drift(p_model_id) d;
END;
COMMENT ON FUNCTION learning.drift_for_readers(uuid) IS 'Drift of a model of the session''s organization, also for those who may read views only';

-- functions: what works

CREATE FUNCTION learning.update_pattern_effectiveness(
    p_learning_pattern_id uuid, p_result text, p_feedback base.score DEFAULT NULL, p_target_type text DEFAULT 'unspecified', p_target_id text DEFAULT '')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO learning.pattern_applications (organization_id, learning_pattern_id, target_type, target_id, result, feedback_score, completed_at)
    SELECT l.organization_id, l.id, p_target_type, p_target_id, p_result, p_feedback, CASE WHEN p_result <> 'pending' THEN now() END
    FROM learning.learning_patterns l WHERE l.id = p_learning_pattern_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no learning pattern %', p_learning_pattern_id USING ERRCODE = 'no_data_found';
    END IF;
    UPDATE learning.learning_patterns l SET effectiveness_score = round(coalesce(0.7 * l.effectiveness_score + 0.3 * p_feedback, p_feedback), 2)
    WHERE l.id = p_learning_pattern_id AND p_feedback IS NOT NULL;
END
$$;
COMMENT ON FUNCTION learning.update_pattern_effectiveness(uuid, text, base.score, text, text) IS
    'Record how applying a pattern went; its effectiveness is the first feedback, and then 0.7 of what it was and 0.3 of the new';

CREATE FUNCTION learning.search_knowledge(p_query text, p_limit integer DEFAULT 20) RETURNS TABLE (id uuid, title text, rank real) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT k.id, k.title, ts_rank(k.search_vector, q.query) FROM learning.knowledge_base k, websearch_to_tsquery('english', p_query) AS q (query)
    WHERE k.search_vector @@ q.query AND k.deleted_at IS NULL AND k.status <> 'obsolete'
    ORDER BY 3 DESC, k.title LIMIT p_limit;
END;
COMMENT ON FUNCTION learning.search_knowledge(text, integer) IS 'What is known of that, best first; words as for a search engine: "a phrase", or, -not';

-- functions: experiments

CREATE FUNCTION learning.assign_ab_variant(p_experiment_id uuid, p_subject text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_experiment learning.ab_testing_experiments;
BEGIN
    SELECT * INTO v_experiment FROM learning.ab_testing_experiments e WHERE e.id = p_experiment_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no experiment %', p_experiment_id USING ERRCODE = 'no_data_found';
    END IF;
    IF v_experiment.status = 'running' THEN
        INSERT INTO learning.ab_testing_assignments (organization_id, experiment_id, user_id, variant)
        VALUES (v_experiment.organization_id, p_experiment_id, p_subject,
            base.assign_variant(p_experiment_id::text, p_subject, v_experiment.traffic_allocation))
        ON CONFLICT (experiment_id, user_id) DO NOTHING;
    END IF;
    RETURN (SELECT a.variant FROM learning.ab_testing_assignments a WHERE a.experiment_id = p_experiment_id AND a.user_id = p_subject);
END
$$;
COMMENT ON FUNCTION learning.assign_ab_variant(uuid, text) IS
    'The variant of a subject, which stays when shares change; null for a new subject of an experiment that does not run';

CREATE FUNCTION learning.log_gamma(p_x double precision) RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v_x double precision := p_x;
    v_shift double precision := 0;
BEGIN
    -- Stirling's series, which the server has no function for before 18: exact to 1e-13 from 10 on, where the recurrence leads.
    WHILE v_x < 10 LOOP
        v_shift := v_shift + ln(v_x);
        v_x := v_x + 1;
    END LOOP;
    RETURN (v_x - 0.5) * ln(v_x) - v_x + 0.5 * ln(2 * pi()) + 1 / (12 * v_x) - 1 / (360 * v_x ^ 3) + 1 / (1260 * v_x ^ 5) - 1 / (1680 * v_x ^ 7)
        + 1 / (1188 * v_x ^ 9) - v_shift;
END
$$;
COMMENT ON FUNCTION learning.log_gamma(double precision) IS 'The logarithm of the gamma function of a positive number';

CREATE FUNCTION learning.incomplete_beta(p_x double precision, p_a double precision, p_b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v_c double precision := 1;
    v_d double precision;
    v_term double precision;
    v_product double precision;
BEGIN
    IF p_x <= 0 OR p_x >= 1 THEN
        RETURN (p_x >= 1)::integer;
    ELSIF p_x > (p_a + 1) / (p_a + p_b + 2) THEN
        RETURN 1 - learning.incomplete_beta(1 - p_x, p_b, p_a);
    END IF;
    -- The continued fraction, from its beginning on (Lentz's way).
    v_d := 1 / (1 - (p_a + p_b) * p_x / (p_a + 1));
    v_product := v_d;
    FOR m IN 1..500 LOOP
        v_term := m * (p_b - m) * p_x / ((p_a + 2 * m - 1) * (p_a + 2 * m));
        v_d := 1 / (1 + v_term * v_d);
        v_c := 1 + v_term / v_c;
        v_product := v_product * v_c * v_d;
        v_term := -(p_a + m) * (p_a + p_b + m) * p_x / ((p_a + 2 * m) * (p_a + 2 * m + 1));
        v_d := 1 / (1 + v_term * v_d);
        v_c := 1 + v_term / v_c;
        v_product := v_product * v_c * v_d;
        EXIT WHEN abs(v_c * v_d - 1) < 1e-14;
    END LOOP;
    RETURN exp(greatest(-700, learning.log_gamma(p_a + p_b) - learning.log_gamma(p_a) - learning.log_gamma(p_b) + p_a * ln(p_x) + p_b * ln(1 - p_x)))
        * v_product / p_a;
END
$$;
COMMENT ON FUNCTION learning.incomplete_beta(double precision, double precision, double precision) IS 'The regularized incomplete beta function I_x(a, b)';

CREATE FUNCTION learning.student_p_value(p_t double precision, p_degrees double precision) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    -- Bounded, because the server refuses squares that are too small or too large; by the smaller part, because the larger rounds to 1.
    SELECT CASE WHEN b.square < p_degrees THEN 1 - learning.incomplete_beta(b.square / (p_degrees + b.square), 0.5, p_degrees / 2)
                ELSE learning.incomplete_beta(p_degrees / (p_degrees + b.square), p_degrees / 2, 0.5) END
    FROM (SELECT least(greatest(abs(p_t), 1e-150), 1e150) ^ 2 AS square) b;
END;
COMMENT ON FUNCTION learning.student_p_value(double precision, double precision) IS
    'How likely a value of Student''s t distribution is at least this far from zero';

CREATE FUNCTION learning.ab_test_results(p_experiment_id uuid, p_metric text)
RETURNS TABLE (variant text, n bigint, mean double precision, stddev double precision, lift_percent double precision, p_value double precision,
    significant boolean, verdict text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH subjects AS (
        -- One value for each subject: several measurements of one do not tell as much as those of several.
        SELECT a.variant, avg(m.metric_value) AS value FROM learning.ab_testing_metrics m
        JOIN learning.ab_testing_assignments a ON a.id = m.assignment_id
        WHERE m.experiment_id = p_experiment_id AND m.metric_name = p_metric
        GROUP BY a.id, a.variant
    ), arms AS (
        SELECT v.name, e.control_variant ->> 'name' AS control, e.significance_level AS level, e.minimum_sample_size AS least,
            count(s.value) AS n, avg(s.value) AS mean, stddev_samp(s.value) AS stddev, var_samp(s.value) / nullif(count(s.value), 0) AS spread
        FROM learning.ab_testing_experiments e
        CROSS JOIN LATERAL (SELECT k.key AS name FROM jsonb_each(e.traffic_allocation) k UNION SELECT e.control_variant ->> 'name') v
        LEFT JOIN subjects s ON s.variant = v.name
        WHERE e.id = p_experiment_id GROUP BY v.name, e.id
    ), tested AS (
        SELECT a.*, c.mean AS base, c.n AS base_n, a.name = a.control AS is_control,
            CASE WHEN a.name = a.control THEN NULL
                 -- Without any spread a difference is one, however few show it.
                 WHEN a.spread + c.spread = 0 THEN (a.mean = c.mean)::integer
                 ELSE learning.student_p_value((a.mean - c.mean) / sqrt(a.spread + c.spread),
                     1 / (greatest(a.spread / (a.spread + c.spread), 1e-100) ^ 2 / (a.n - 1) + greatest(c.spread / (a.spread + c.spread), 1e-100) ^ 2 / (c.n - 1))) END AS p
        FROM arms a LEFT JOIN arms c ON c.name = a.control
    )
    SELECT t.name, t.n, t.mean, t.stddev, CASE WHEN NOT t.is_control THEN 100 * (t.mean - t.base) / nullif(abs(t.base), 0) END, t.p,
        CASE WHEN NOT t.is_control AND least(t.n, t.base_n) >= t.least THEN t.p < t.level END,
        CASE WHEN t.is_control THEN 'control' WHEN least(t.n, t.base_n) < t.least THEN 'insufficient data'
             WHEN t.p >= t.level THEN 'no difference' WHEN t.mean > t.base THEN 'higher' ELSE 'lower' END
    FROM tested t ORDER BY NOT t.is_control, t.name;
END;
COMMENT ON FUNCTION learning.ab_test_results(uuid, text) IS
    'Each variant beside the control by the mean of its subjects: Welch''s t-test, two-sided, from minimum_sample_size subjects of both on';

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION learning.rollup_learning_events(p_relation regclass, p_before timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format($statement$
        INSERT INTO learning.learning_events_daily AS d (organization_id, date, event_type, source_system, n, avg_ms, p95_ms, p99_ms, bytes, distinct_users, distinct_sessions)
        SELECT e.organization_id, (e.timestamp AT TIME ZONE 'UTC')::date, e.event_type, e.source_system, count(*), avg(e.processing_time_ms),
            percentile_cont(0.95) WITHIN GROUP (ORDER BY e.processing_time_ms), percentile_cont(0.99) WITHIN GROUP (ORDER BY e.processing_time_ms),
            sum(e.event_size_bytes), count(DISTINCT e.user_id), count(DISTINCT e.session_id)
        FROM ONLY %s e WHERE e.timestamp < $1
        GROUP BY 1, 2, 3, 4
        ON CONFLICT ON CONSTRAINT learning_events_daily_pkey DO UPDATE SET
            n = d.n + excluded.n, bytes = d.bytes + excluded.bytes,
            avg_ms = coalesce((d.avg_ms * d.n + excluded.avg_ms * excluded.n) / (d.n + excluded.n), d.avg_ms, excluded.avg_ms),
            p95_ms = greatest(d.p95_ms, excluded.p95_ms), p99_ms = greatest(d.p99_ms, excluded.p99_ms),
            distinct_users = greatest(d.distinct_users, excluded.distinct_users), distinct_sessions = greatest(d.distinct_sessions, excluded.distinct_sessions)
    $statement$, p_relation) USING p_before;
    EXECUTE format($statement$
        INSERT INTO learning.entity_history (organization_id, changed_at, entity_type, entity_id, operation, row_data, learning_event_id)
        SELECT e.organization_id, e.timestamp, e.entity_type, e.entity_id, e.event_subtype, e.event_data, e.id
        FROM ONLY %s e WHERE e.timestamp < $1 AND e.event_type = 'entity_change'
    $statement$, p_relation) USING p_before;
END
$$;
COMMENT ON FUNCTION learning.rollup_learning_events(regclass, timestamptz) IS
    'Add the events that are about to leave to learning_events_daily, and the changes they tell to entity_history';

CREATE FUNCTION learning.cleanup_old_learning_events() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT sum(r.rows_removed) FROM base.apply_retention('learning.learning_events') r);
END
$$;
COMMENT ON FUNCTION learning.cleanup_old_learning_events() IS
    'Let old learning events leave, summed up by day and their changes kept, as their policy says; how many left';

CREATE FUNCTION learning.schedule_retraining() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_count integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.retraining', 0));
    INSERT INTO tasks.task_definitions (organization_id, name, slug, task_type)
    SELECT DISTINCT m.organization_id, 'Retrain a model', 'retrain-model'::base.slug, 'maintenance'::tasks.task_type
    FROM learning.model_drift() d JOIN learning.ml_models m ON m.id = d.model_id WHERE d.drifted AND m.status = 'active'
    ON CONFLICT DO NOTHING;
    INSERT INTO tasks.tasks (organization_id, title, task_definition_id, priority, arguments)
    SELECT m.organization_id, format('Retrain %s %s', m.name, m.version), t.id, 'high',
        jsonb_build_object('model_id', m.id, 'baseline_accuracy', d.baseline_accuracy, 'current_accuracy', d.current_accuracy)
    FROM learning.model_drift() d
    JOIN learning.ml_models m ON m.id = d.model_id AND m.status = 'active'
    JOIN tasks.task_definitions t ON t.organization_id = m.organization_id AND t.slug = 'retrain-model' AND t.version = '1.0.0'
    WHERE d.drifted AND NOT EXISTS (
        SELECT FROM tasks.tasks k WHERE k.organization_id = m.organization_id AND k.task_definition_id = t.id
          AND k.arguments ->> 'model_id' = m.id::text AND NOT base.run_has_ended(k.status) AND k.deleted_at IS NULL);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION learning.schedule_retraining() IS 'Make a task to retrain each active model that drifted and has no such task open; how many';

REVOKE EXECUTE ON FUNCTION learning.rollup_learning_events(regclass, timestamptz), learning.cleanup_old_learning_events(), learning.schedule_retraining() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION learning.cleanup_old_learning_events(), learning.schedule_retraining() TO graph_sitter_owner;

-- materialized views: of all organizations, hence behind views that show one

CREATE MATERIALIZED VIEW learning.daily_learning_metrics_mv AS
SELECT e.organization_id, e.date, e.event_type, e.source_system, sum(e.n)::bigint AS n, sum(e.avg_ms * e.n) / nullif(sum(e.n) FILTER (WHERE e.avg_ms IS NOT NULL), 0) AS avg_ms,
    max(e.p95_ms) AS p95_ms, max(e.p99_ms) AS p99_ms, sum(e.bytes)::bigint AS bytes, max(e.distinct_users) AS unique_users, max(e.distinct_sessions) AS unique_sessions
FROM (
    SELECT d.organization_id, d.date, d.event_type, d.source_system, d.n, d.avg_ms, d.p95_ms, d.p99_ms, d.bytes, d.distinct_users, d.distinct_sessions
    FROM learning.learning_events_daily d
    UNION ALL
    SELECT l.organization_id, (l.timestamp AT TIME ZONE 'UTC')::date, l.event_type, l.source_system, count(*), avg(l.processing_time_ms),
        percentile_cont(0.95) WITHIN GROUP (ORDER BY l.processing_time_ms), percentile_cont(0.99) WITHIN GROUP (ORDER BY l.processing_time_ms),
        sum(l.event_size_bytes), count(DISTINCT l.user_id), count(DISTINCT l.session_id)
    FROM learning.learning_events l GROUP BY 1, 2, 3, 4
) e
WHERE e.date > (now() AT TIME ZONE 'UTC')::date - 90
GROUP BY 1, 2, 3, 4;
CREATE UNIQUE INDEX daily_learning_metrics_mv_key ON learning.daily_learning_metrics_mv (organization_id, date, event_type, source_system);
GRANT SELECT ON learning.daily_learning_metrics_mv TO graph_sitter_owner;
CALL base.describe('learning.daily_learning_metrics_mv', 'Learning events of the last 90 days by day, those that have left too; of all organizations', $$
    date: The day, in UTC
    event_type: What kind of thing
    source_system: What told it
    n: How many
    avg_ms: Mean time they took
    p95_ms: Its 95th percentile; of a day that left in parts, the highest of any
    p99_ms: Its 99th percentile; likewise
    bytes: Size of what was told
    unique_users: How many did them; of a day that left in parts, the most of any
    unique_sessions: In how many sessions; likewise
$$);

CREATE MATERIALIZED VIEW learning.pattern_analytics_summary_mv AS
SELECT p.organization_id, p.pattern_type, coalesce(p.severity_level, 'unrated') AS severity_level, count(*) AS pattern_count,
    sum(p.occurrence_frequency)::bigint AS total_occurrences, round(avg(p.confidence_score), 4) AS avg_confidence,
    sum(o.resolved)::bigint AS resolved, sum(o.open)::bigint AS open,
    round((sum(o.hours) / nullif(sum(o.timed), 0))::numeric, 2) AS avg_resolution_hours, max(p.last_detected) AS last_detected
FROM learning.identified_patterns p
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE o.resolution_status = 'resolved') AS resolved,
        count(*) FILTER (WHERE o.resolution_status IN ('open', 'in_progress')) AS open, count(o.resolution_timestamp) AS timed,
        sum(extract(epoch FROM o.resolution_timestamp - o.detection_timestamp)) / 3600 AS hours
    FROM learning.pattern_occurrences o WHERE o.pattern_id = p.id
) o
GROUP BY 1, 2, 3;
CREATE UNIQUE INDEX pattern_analytics_summary_mv_key ON learning.pattern_analytics_summary_mv (organization_id, pattern_type, severity_level);
GRANT SELECT ON learning.pattern_analytics_summary_mv TO graph_sitter_owner;
CALL base.describe('learning.pattern_analytics_summary_mv', 'Patterns by type and severity; of all organizations', $$
    pattern_type: What kind of pattern
    severity_level: How bad; unrated where nobody said
    pattern_count: Patterns
    total_occurrences: How often they were ever seen
    avg_confidence: Mean confidence of the patterns
    resolved: Kept occurrences that are resolved
    open: Kept occurrences that are not
    avg_resolution_hours: Mean time from being seen to being resolved
    last_detected: When one was last seen
$$);

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

CREATE VIEW learning.daily_learning_metrics AS
SELECT m.date, m.event_type, m.source_system, m.n, m.avg_ms, m.p95_ms, m.p99_ms, m.bytes, m.unique_users, m.unique_sessions, m.organization_id
FROM learning.daily_learning_metrics_mv m WHERE m.organization_id = (SELECT base.current_organization_id());
CALL base.describe('learning.daily_learning_metrics', 'Learning events of the last 90 days by day, as of the last refresh', $$
    date: The day, in UTC
    event_type: What kind of thing
    source_system: What told it
    n: How many
    avg_ms: Mean time they took
    p95_ms: Its 95th percentile
    p99_ms: Its 99th percentile
    bytes: Size of what was told
    unique_users: How many did them
    unique_sessions: In how many sessions
$$);

CREATE VIEW learning.pattern_analytics_summary AS
SELECT m.pattern_type, m.severity_level, m.pattern_count, m.total_occurrences, m.avg_confidence, m.resolved, m.open, m.avg_resolution_hours, m.last_detected,
    m.organization_id
FROM learning.pattern_analytics_summary_mv m WHERE m.organization_id = (SELECT base.current_organization_id());
CALL base.describe('learning.pattern_analytics_summary', 'Patterns by type and severity, as of the last refresh', $$
    pattern_type: What kind of pattern
    severity_level: How bad; unrated where nobody said
    pattern_count: Patterns
    total_occurrences: How often they were ever seen
    avg_confidence: Mean confidence of the patterns
    resolved: Kept occurrences that are resolved
    open: Kept occurrences that are not
    avg_resolution_hours: Mean time from being seen to being resolved
    last_detected: When one was last seen
$$);

CREATE VIEW learning.model_performance AS
SELECT m.id AS model_id, m.name, m.version, m.status, m.accuracy AS offline_accuracy, p.online_accuracy, p.predictions, p.scored, f.feedback_count, f.feedback_mean,
    p.last_prediction_at, d.relative_drop, d.verdict AS drift, m.organization_id
FROM learning.ml_models m
CROSS JOIN LATERAL (
    SELECT count(*) AS predictions, count(p.accuracy_score) AS scored, round(avg(p.accuracy_score), 4) AS online_accuracy, max(p.prediction_timestamp) AS last_prediction_at
    FROM learning.predictions p WHERE p.model_id = m.id
) p
CROSS JOIN LATERAL (
    SELECT count(*) AS feedback_count, round(avg(f.feedback_score), 4) AS feedback_mean FROM learning.learning_feedback f
    WHERE f.model_id = m.id OR f.prediction_id IN (SELECT p.id FROM learning.predictions p WHERE p.model_id = m.id)
) f
LEFT JOIN LATERAL learning.drift_for_readers(m.id) d ON true;
CALL base.describe('learning.model_performance', 'How each model does, off line and on line', $$
    model_id: The model
    name: What people call it
    version: Which edition of it
    status: Whether it is in use
    offline_accuracy: On data kept back for that
    online_accuracy: Mean of its judged predictions
    predictions: Its predictions
    scored: Those of them that are judged
    feedback_count: What was said of it and of them
    feedback_mean: Mean score of that
    last_prediction_at: When it last predicted
    relative_drop: How much less right it is than its baseline, as a share; see model_drift()
    drift: drifted, stable, no baseline, or not enough data
$$);

CREATE VIEW learning.learning_pattern_success AS
SELECT l.id AS learning_pattern_id, l.pattern_type, l.pattern_name, count(a.id) AS applications,
    round(100.0 * count(*) FILTER (WHERE a.result = 'success') / nullif(count(*) FILTER (WHERE a.result <> 'pending'), 0), 2) AS success_rate,
    l.effectiveness_score, l.organization_id
FROM learning.learning_patterns l LEFT JOIN learning.pattern_applications a ON a.learning_pattern_id = l.id
GROUP BY l.id;
CALL base.describe('learning.learning_pattern_success', 'How each pattern that works does', $$
    learning_pattern_id: The pattern
    pattern_type: What it is good for
    pattern_name: What people call it
    applications: How often it was applied
    success_rate: Per cent that succeeded of those that ended; null before the first
    effectiveness_score: How well it helped, the latest counting most
$$);

CREATE VIEW learning.adaptation_effectiveness AS
SELECT a.adaptation_type, a.target_component, count(*) AS adaptations, count(*) FILTER (WHERE a.status = 'kept') AS kept,
    round(avg(a.expected_improvement), 2) AS expected_improvement, round(avg(a.actual_improvement), 2) AS actual_improvement, a.organization_id
FROM learning.system_adaptations a GROUP BY a.adaptation_type, a.target_component, a.organization_id;
CALL base.describe('learning.adaptation_effectiveness', 'What changes on account of what was learned brought', $$
    adaptation_type: What kind of change
    target_component: What was changed
    adaptations: How often
    kept: How often it was kept
    expected_improvement: Mean of what was expected, in per cent
    actual_improvement: Mean of what came, in per cent, of those where it was measured
$$);

-- data and partitions

CREATE TABLE learning.learning_events_default PARTITION OF learning.learning_events DEFAULT;
CREATE TABLE learning.entity_history_default PARTITION OF learning.entity_history DEFAULT;
CREATE TABLE learning.pattern_occurrences_default PARTITION OF learning.pattern_occurrences DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval, rollup_function) VALUES
    ('learning.learning_events', 'timestamp', '30 days', 'summarize', '1 month', 'learning.rollup_learning_events'),
    ('learning.entity_history', 'changed_at', '730 days', 'drop', '1 month', NULL),
    ('learning.pattern_occurrences', 'detection_timestamp', '90 days', 'drop', '1 month', NULL);

CALL base.finish_schema('learning');
DO $$ BEGIN PERFORM base.ensure_partitions('learning.learning_events'), base.ensure_partitions('learning.entity_history'), base.ensure_partitions('learning.pattern_occurrences'); END $$;
CALL base.record_module('learning', 'Models, patterns, predictions, recommendations, experiments, learning events');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

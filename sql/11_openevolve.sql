-- 11_openevolve: evolutionary search over programs, evaluation of components, context of whole code bases, and the record of errors
-- from which a system learns to heal itself.

CREATE SCHEMA openevolve AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA openevolve IS 'Evolution experiments, evaluations, context analysis, error reports and self-healing';
GRANT USAGE ON SCHEMA openevolve TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- tables: experiments

CREATE TABLE openevolve.evolution_experiments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evolution_experiments_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT evolution_experiments_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    description text,
    problem_definition jsonb NOT NULL,
    objective_function jsonb NOT NULL,
    population_size integer NOT NULL DEFAULT 50
        CONSTRAINT evolution_experiments_population_size_check CHECK (population_size > 0),
    max_generations integer NOT NULL DEFAULT 100
        CONSTRAINT evolution_experiments_max_generations_check CHECK (max_generations > 0),
    current_generation integer NOT NULL DEFAULT 0,
    status base.run_status NOT NULL DEFAULT 'pending',
    best_score numeric(14,6),
    convergence_threshold numeric,
    mutation_rate base.probability NOT NULL DEFAULT 0.1,
    crossover_rate base.probability NOT NULL DEFAULT 0.8,
    selection_strategy text NOT NULL DEFAULT 'tournament'
        CONSTRAINT evolution_experiments_selection_strategy_check CHECK (selection_strategy IN ('tournament', 'roulette', 'rank', 'elitist')),
    llm_config jsonb NOT NULL DEFAULT '{}',
    evaluation_config jsonb NOT NULL DEFAULT '{}',
    experiment_metadata jsonb NOT NULL DEFAULT '{}',
    codebase_id uuid,
    started_at timestamptz,
    completed_at timestamptz,
    created_by uuid DEFAULT base.current_user_id() CONSTRAINT evolution_experiments_created_by_fkey REFERENCES base.users,
    CONSTRAINT evolution_experiments_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT evolution_experiments_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id),
    CONSTRAINT evolution_experiments_current_generation_check CHECK (current_generation BETWEEN 0 AND max_generations),
    CONSTRAINT evolution_experiments_ends_after_start_check CHECK (completed_at >= started_at)
);
CREATE INDEX evolution_experiments_status_idx ON openevolve.evolution_experiments (status, started_at);
CREATE INDEX evolution_experiments_codebase_idx ON openevolve.evolution_experiments (codebase_id) WHERE codebase_id IS NOT NULL;
CREATE INDEX evolution_experiments_created_by_idx ON openevolve.evolution_experiments (created_by) WHERE created_by IS NOT NULL;
CALL base.describe('openevolve.evolution_experiments', 'Searches for a better program', $$
    name: What people call it
    description: In words
    problem_definition: What is to be solved
    objective_function: What better means
    population_size: Individuals of a generation
    max_generations: Generations at most
    current_generation: The newest generation; kept by a trigger
    status: Where it stands
    best_score: The highest fitness of any individual; kept by a trigger
    convergence_threshold: Below which improvement it stops
    mutation_rate: How often a program is changed
    crossover_rate: How often two are mixed
    selection_strategy: How parents are chosen
    llm_config: Which language model, and how
    evaluation_config: How individuals are judged
    experiment_metadata: Whatever else is known, free in form
    codebase_id: The codebase it is about
    started_at: When it began
    completed_at: When it ended
    created_by: Who made it; null for a service
$$);

CREATE TABLE openevolve.evolution_generations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evolution_generations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    experiment_id uuid NOT NULL,
    generation_number integer NOT NULL CONSTRAINT evolution_generations_generation_number_check CHECK (generation_number >= 0),
    population_data jsonb NOT NULL DEFAULT '{}',
    generation_stats jsonb NOT NULL DEFAULT '{}',
    diversity_metrics jsonb NOT NULL DEFAULT '{}',
    convergence_metrics jsonb NOT NULL DEFAULT '{}',
    selection_pressure base.probability,
    generation_start timestamptz NOT NULL DEFAULT now(),
    generation_end timestamptz,
    mutation_count integer NOT NULL DEFAULT 0 CONSTRAINT evolution_generations_mutation_count_check CHECK (mutation_count >= 0),
    crossover_count integer NOT NULL DEFAULT 0
        CONSTRAINT evolution_generations_crossover_count_check CHECK (crossover_count >= 0),
    CONSTRAINT evolution_generations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT evolution_generations_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES openevolve.evolution_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT evolution_generations_end_check CHECK (generation_end >= generation_start),
    CONSTRAINT evolution_generations_number_key UNIQUE (experiment_id, generation_number),
    CONSTRAINT evolution_generations_experiment_id_id_key UNIQUE (organization_id, experiment_id, id)
);
CALL base.describe('openevolve.evolution_generations', 'Generations of an experiment', $$
    experiment_id: The experiment
    generation_number: Which of its generations
    population_data: Whatever is told of all its individuals
    generation_stats: See calculate_generation_stats(); kept by a trigger
    diversity_metrics: How different its individuals are
    convergence_metrics: How much it is better than the one before
    selection_pressure: How few became parents
    generation_start: When it began
    generation_end: When it ended
    mutation_count: Changes
    crossover_count: Mixtures
$$);

CREATE TABLE openevolve.evolution_individuals (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evolution_individuals_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    generation_id uuid NOT NULL,
    experiment_id uuid NOT NULL,
    individual_index integer NOT NULL CONSTRAINT evolution_individuals_individual_index_check CHECK (individual_index >= 0),
    genotype jsonb NOT NULL,
    phenotype text,
    fitness_score numeric(14,6),
    evaluation_metrics jsonb NOT NULL DEFAULT '{}',
    parent_ids uuid[] NOT NULL DEFAULT '{}',
    mutation_applied jsonb NOT NULL DEFAULT '{}',
    crossover_applied jsonb NOT NULL DEFAULT '{}',
    evaluation_time_ms double precision CONSTRAINT evolution_individuals_evaluation_time_ms_check CHECK (evaluation_time_ms >= 0),
    evaluation_status text NOT NULL DEFAULT 'pending'
        CONSTRAINT evolution_individuals_evaluation_status_check CHECK (evaluation_status IN ('pending', 'evaluating', 'completed', 'failed', 'timeout')),
    error_log text,
    code_complexity_metrics jsonb NOT NULL DEFAULT '{}',
    evaluated_at timestamptz,
    CONSTRAINT evolution_individuals_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT evolution_individuals_generation_fkey FOREIGN KEY (organization_id, experiment_id, generation_id)
        REFERENCES openevolve.evolution_generations (organization_id, experiment_id, id) ON DELETE CASCADE,
    CONSTRAINT evolution_individuals_index_key UNIQUE (generation_id, individual_index)
);
CREATE INDEX evolution_individuals_fitness_idx ON openevolve.evolution_individuals (experiment_id, fitness_score DESC);
CALL base.describe('openevolve.evolution_individuals', 'Programs that were tried', $$
    generation_id: The generation
    experiment_id: Its experiment; filled in
    individual_index: Which of the generation; filled in with the next that is free
    genotype: What it is made of
    phenotype: The program
    fitness_score: How good it is; null until that is known
    evaluation_metrics: Measured values, by name
    parent_ids: What it comes from
    mutation_applied: How it was changed
    crossover_applied: How it was mixed
    evaluation_time_ms: How long judging it took
    evaluation_status: Where judging it stands; completed as soon as it has a fitness
    error_log: Why that failed
    code_complexity_metrics: How complex the program is
    evaluated_at: When it was judged
$$);

CREATE TABLE openevolve.code_evaluations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT code_evaluations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    individual_id uuid NOT NULL,
    evaluation_type text NOT NULL
        CONSTRAINT code_evaluations_evaluation_type_check CHECK (evaluation_type IN ('functional', 'performance', 'quality', 'security', 'integration')),
    test_suite_id text,
    test_cases_passed integer NOT NULL DEFAULT 0
        CONSTRAINT code_evaluations_test_cases_passed_check CHECK (test_cases_passed >= 0),
    test_cases_failed integer NOT NULL DEFAULT 0
        CONSTRAINT code_evaluations_test_cases_failed_check CHECK (test_cases_failed >= 0),
    test_cases_total integer NOT NULL DEFAULT 0 CONSTRAINT code_evaluations_test_cases_total_check CHECK (test_cases_total >= 0),
    execution_time_ms double precision CONSTRAINT code_evaluations_execution_time_ms_check CHECK (execution_time_ms >= 0),
    memory_usage_mb double precision CONSTRAINT code_evaluations_memory_usage_mb_check CHECK (memory_usage_mb >= 0),
    cpu_usage_percent double precision CONSTRAINT code_evaluations_cpu_usage_percent_check CHECK (cpu_usage_percent >= 0),
    correctness_score base.score,
    efficiency_score base.score,
    maintainability_score base.score,
    security_score base.score,
    detailed_results jsonb NOT NULL DEFAULT '{}',
    evaluation_timestamp timestamptz NOT NULL DEFAULT now(),
    evaluator_version text,
    CONSTRAINT code_evaluations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT code_evaluations_individual_fkey FOREIGN KEY (organization_id, individual_id)
        REFERENCES openevolve.evolution_individuals (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT code_evaluations_cases_check CHECK (test_cases_passed + test_cases_failed <= test_cases_total)
);
CREATE INDEX code_evaluations_individual_idx ON openevolve.code_evaluations (individual_id);
CALL base.describe('openevolve.code_evaluations', 'What tests and measurements said of an individual', $$
    individual_id: The individual
    evaluation_type: What was judged
    test_suite_id: By which tests
    test_cases_passed: Tests that passed
    test_cases_failed: Tests that did not
    test_cases_total: All tests
    execution_time_ms: How long it ran
    memory_usage_mb: Memory it took
    cpu_usage_percent: Processor it took
    correctness_score: Whether it is right
    efficiency_score: Whether it is fast
    maintainability_score: Whether it can be understood
    security_score: Whether it is safe
    detailed_results: By test
    evaluation_timestamp: When
    evaluator_version: Of the program that judged
$$);

CREATE TABLE openevolve.llm_interactions (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT llm_interactions_organization_fkey REFERENCES base.organizations,
    metadata jsonb NOT NULL DEFAULT '{}',
    timestamp timestamptz NOT NULL DEFAULT now(),
    experiment_id uuid,
    individual_id uuid,
    interaction_type text NOT NULL
        CONSTRAINT llm_interactions_interaction_type_check CHECK (interaction_type IN ('code_generation', 'mutation', 'crossover', 'evaluation', 'analysis')),
    llm_model text NOT NULL,
    prompt_template text,
    prompt_text text NOT NULL,
    response_text text,
    token_count_input integer CONSTRAINT llm_interactions_token_count_input_check CHECK (token_count_input >= 0),
    token_count_output integer CONSTRAINT llm_interactions_token_count_output_check CHECK (token_count_output >= 0),
    response_time_ms double precision CONSTRAINT llm_interactions_response_time_ms_check CHECK (response_time_ms >= 0),
    cost_usd numeric(12,6) CONSTRAINT llm_interactions_cost_usd_check CHECK (cost_usd >= 0),
    success boolean NOT NULL DEFAULT true,
    error_message text,
    CONSTRAINT llm_interactions_pkey PRIMARY KEY (id, timestamp),
    CONSTRAINT llm_interactions_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES openevolve.evolution_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT llm_interactions_individual_fkey FOREIGN KEY (organization_id, individual_id)
        REFERENCES openevolve.evolution_individuals (organization_id, id) ON DELETE CASCADE
) PARTITION BY RANGE (timestamp);
CREATE INDEX llm_interactions_experiment_idx ON openevolve.llm_interactions (experiment_id, timestamp);
CREATE INDEX llm_interactions_organization_idx ON openevolve.llm_interactions (organization_id, timestamp);
CREATE INDEX llm_interactions_individual_idx ON openevolve.llm_interactions (individual_id) WHERE individual_id IS NOT NULL;
CALL base.describe('openevolve.llm_interactions', 'What a language model was asked, and what that took', $$
    timestamp: When
    experiment_id: The experiment
    individual_id: The individual
    interaction_type: What for
    llm_model: Which model
    prompt_template: What the prompt was made of
    prompt_text: The prompt
    response_text: The answer
    token_count_input: Tokens sent
    token_count_output: Tokens that came back
    response_time_ms: How long it took
    cost_usd: What it cost, in US dollars
    success: Whether there was an answer
    error_message: Why not
$$);

-- tables: components

CREATE TABLE openevolve.evaluations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT evaluations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT evaluations_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    evaluation_type text NOT NULL,
    target_type text NOT NULL,
    target_id text NOT NULL,
    configuration jsonb NOT NULL DEFAULT '{}',
    constraints jsonb NOT NULL DEFAULT '{}',
    status base.run_status NOT NULL DEFAULT 'pending',
    started_at timestamptz,
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    effectiveness_score base.score,
    improvement_metrics jsonb NOT NULL DEFAULT '{}',
    generated_solutions jsonb NOT NULL DEFAULT '[]',
    selected_solution jsonb NOT NULL DEFAULT '{}',
    experiment_id uuid,
    error_message text,
    retry_count integer NOT NULL DEFAULT 0 CONSTRAINT evaluations_retry_count_check CHECK (retry_count >= 0),
    max_retries integer NOT NULL DEFAULT 3 CONSTRAINT evaluations_max_retries_check CHECK (max_retries >= 0),
    CONSTRAINT evaluations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT evaluations_experiment_fkey FOREIGN KEY (organization_id, experiment_id)
        REFERENCES openevolve.evolution_experiments (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT evaluations_ends_after_start_check CHECK (completed_at >= started_at)
);
CREATE INDEX evaluations_target_idx ON openevolve.evaluations (target_type, target_id);
CREATE INDEX evaluations_experiment_idx ON openevolve.evaluations (experiment_id) WHERE experiment_id IS NOT NULL;
CALL base.describe('openevolve.evaluations', 'Evaluations of a component, and what would make it better', $$
    name: What people call it
    evaluation_type: What is judged
    target_type: What kind of component
    target_id: Which of those
    configuration: How it is judged
    constraints: What has to stay
    status: Where it stands
    started_at: When it began
    completed_at: When it ended
    duration_ms: Time between the two
    effectiveness_score: How good the component is
    improvement_metrics: What would be gained, by name
    generated_solutions: What could be done
    selected_solution: What was chosen
    experiment_id: The experiment that looks for solutions
    error_message: Why it failed
    retry_count: How often it was tried again
    max_retries: How often it may be
$$);

CREATE TABLE openevolve.context_analysis (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT context_analysis_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT context_analysis_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    evaluation_id uuid,
    codebase_id uuid,
    snapshot_id bigint,
    file_path text,
    scope text NOT NULL DEFAULT 'codebase'
        CONSTRAINT context_analysis_scope_check CHECK (scope IN ('codebase', 'file', 'class', 'function')),
    depth text NOT NULL DEFAULT 'standard'
        CONSTRAINT context_analysis_depth_check CHECK (depth IN ('overview', 'standard', 'comprehensive')),
    code_structure jsonb NOT NULL DEFAULT '{}',
    dependencies jsonb NOT NULL DEFAULT '{}',
    patterns jsonb NOT NULL DEFAULT '{}',
    complexity_metrics jsonb NOT NULL DEFAULT '{}',
    semantic_graph jsonb NOT NULL DEFAULT '{}',
    function_relationships jsonb NOT NULL DEFAULT '{}',
    data_flow jsonb NOT NULL DEFAULT '{}',
    control_flow jsonb NOT NULL DEFAULT '{}',
    quality_indicators jsonb NOT NULL DEFAULT '{}',
    performance_profile jsonb NOT NULL DEFAULT '{}',
    potential_issues jsonb NOT NULL DEFAULT '[]',
    improvement_opportunities jsonb NOT NULL DEFAULT '[]',
    optimization_suggestions jsonb NOT NULL DEFAULT '[]',
    started_at timestamptz,
    completed_at timestamptz,
    CONSTRAINT context_analysis_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT context_analysis_evaluation_fkey FOREIGN KEY (organization_id, evaluation_id)
        REFERENCES openevolve.evaluations (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT context_analysis_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id),
    CONSTRAINT context_analysis_snapshot_fkey FOREIGN KEY (organization_id, snapshot_id)
        REFERENCES codebase.snapshots (organization_id, id),
    CONSTRAINT context_analysis_ends_after_start_check CHECK (completed_at >= started_at)
);
CREATE INDEX context_analysis_codebase_idx ON openevolve.context_analysis (codebase_id, created_at);
CREATE INDEX context_analysis_evaluation_idx ON openevolve.context_analysis (evaluation_id) WHERE evaluation_id IS NOT NULL;
CREATE INDEX context_analysis_snapshot_idx ON openevolve.context_analysis (snapshot_id) WHERE snapshot_id IS NOT NULL;
CALL base.describe('openevolve.context_analysis', 'What is known of the code around a component', $$
    evaluation_id: The evaluation it is for
    codebase_id: The codebase
    snapshot_id: The state of it
    file_path: The file, where it is about one
    scope: How much is looked at
    depth: How closely
    code_structure: What the code consists of
    dependencies: What it needs
    patterns: What recurs in it
    complexity_metrics: How complex it is
    semantic_graph: What it means
    function_relationships: What calls what
    data_flow: Where values go
    control_flow: What comes after what
    quality_indicators: How good it is
    performance_profile: How fast it is
    potential_issues: What may be wrong
    improvement_opportunities: What may be better
    optimization_suggestions: What may be faster
    started_at: When it began
    completed_at: When it ended
$$);

-- tables: errors

CREATE TABLE openevolve.error_reports (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT error_reports_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT error_reports_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    evaluation_id uuid,
    task_id uuid,
    codebase_id uuid,
    error_type text NOT NULL
        CONSTRAINT error_reports_error_type_check CHECK (error_type IN ('syntax_error', 'logic_error', 'runtime_error', 'performance_issue', 'security_vulnerability', 'dependency_issue', 'configuration_error', 'integration_failure', 'data_inconsistency', 'resource_exhaustion', 'unknown')),
    classified_by text NOT NULL DEFAULT 'rule'
        CONSTRAINT error_reports_classified_by_check CHECK (classified_by IN ('rule', 'model', 'person')),
    error_code text,
    error_message text NOT NULL,
    fingerprint base.sha256 NOT NULL,
    occurrences integer NOT NULL DEFAULT 1 CONSTRAINT error_reports_occurrences_check CHECK (occurrences > 0),
    stack_trace text,
    environment_info jsonb NOT NULL DEFAULT '{}',
    reproduction_steps text[] NOT NULL DEFAULT '{}',
    severity base.severity_level NOT NULL DEFAULT 'error',
    impact_assessment jsonb NOT NULL DEFAULT '{}',
    root_cause_analysis jsonb NOT NULL DEFAULT '{}',
    resolution_status text NOT NULL DEFAULT 'open'
        CONSTRAINT error_reports_resolution_status_check CHECK (resolution_status IN ('open', 'investigating', 'retrying', 'resolved', 'unrecoverable', 'wont_fix')),
    resolution_steps text[] NOT NULL DEFAULT '{}',
    prevention_measures jsonb NOT NULL DEFAULT '[]',
    first_occurred_at timestamptz NOT NULL DEFAULT now(),
    last_occurred_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    CONSTRAINT error_reports_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT error_reports_evaluation_fkey FOREIGN KEY (organization_id, evaluation_id)
        REFERENCES openevolve.evaluations (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT error_reports_task_fkey FOREIGN KEY (organization_id, task_id)
        REFERENCES tasks.tasks (organization_id, id),
    CONSTRAINT error_reports_codebase_fkey FOREIGN KEY (organization_id, codebase_id)
        REFERENCES codebase.codebases (organization_id, id),
    CONSTRAINT error_reports_occurred_check CHECK (last_occurred_at >= first_occurred_at),
    CONSTRAINT error_reports_resolved_check CHECK ((resolution_status = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE UNIQUE INDEX error_reports_fingerprint_key ON openevolve.error_reports (organization_id, fingerprint) WHERE resolution_status IN ('open', 'investigating', 'retrying');
CREATE INDEX error_reports_type_idx ON openevolve.error_reports (error_type, resolution_status);
CREATE INDEX error_reports_evaluation_idx ON openevolve.error_reports (evaluation_id) WHERE evaluation_id IS NOT NULL;
CREATE INDEX error_reports_task_idx ON openevolve.error_reports (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX error_reports_codebase_idx ON openevolve.error_reports (codebase_id) WHERE codebase_id IS NOT NULL;
CALL base.describe('openevolve.error_reports', 'Errors, each once however often it comes, and what became of them', $$
    evaluation_id: The evaluation it came in
    task_id: The task it came in
    codebase_id: The codebase concerned
    error_type: What kind of error it is
    classified_by: Who says so
    error_code: Its code, where it has one
    error_message: The message
    fingerprint: By which it is known when it comes again
    occurrences: How often it came
    stack_trace: Where it came from, the last time
    environment_info: What was around it
    reproduction_steps: How to make it come
    severity: How bad it is
    impact_assessment: What it does
    root_cause_analysis: Its cause, evidence and confidence
    resolution_status: What became of it
    resolution_steps: How it was mended
    prevention_measures: What keeps it from coming again
    first_occurred_at: When it first came
    last_occurred_at: When it last came
    resolved_at: When it was mended
$$);

CREATE TABLE openevolve.recovery_attempts (
    id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT recovery_attempts_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    error_report_id uuid NOT NULL,
    strategy text NOT NULL
        CONSTRAINT recovery_attempts_strategy_check CHECK (strategy IN ('retry', 'rollback', 'reconfigure', 'restart', 'patch', 'escalate')),
    learning_pattern_id uuid,
    started_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    outcome text CONSTRAINT recovery_attempts_outcome_check CHECK (outcome IN ('succeeded', 'failed', 'abandoned')),
    details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT recovery_attempts_error_report_fkey FOREIGN KEY (organization_id, error_report_id)
        REFERENCES openevolve.error_reports (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT recovery_attempts_learning_pattern_fkey FOREIGN KEY (organization_id, learning_pattern_id)
        REFERENCES learning.learning_patterns (organization_id, id),
    CONSTRAINT recovery_attempts_end_check CHECK (completed_at >= started_at)
);
CREATE INDEX recovery_attempts_error_report_idx ON openevolve.recovery_attempts (error_report_id);
CREATE INDEX recovery_attempts_learning_pattern_idx ON openevolve.recovery_attempts (learning_pattern_id) WHERE learning_pattern_id IS NOT NULL;
CALL base.describe('openevolve.recovery_attempts', 'What was tried against an error', $$
    error_report_id: The error
    strategy: What was tried
    learning_pattern_id: On account of which pattern
    started_at: When it began
    completed_at: When it ended
    outcome: How; null while it goes on
    details: What was seen
$$);

DO $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'openevolve'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.oid LOOP
        CALL base.secure_table(v_table);
    END LOOP;
END
$$;
CALL base.track_updates('openevolve');

-- functions: experiments

CREATE FUNCTION openevolve.fill_in_individual() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- Locked: individuals that come at the same moment get different places.
        SELECT g.experiment_id INTO NEW.experiment_id FROM openevolve.evolution_generations g WHERE g.id = NEW.generation_id FOR UPDATE;
        NEW.individual_index := coalesce(NEW.individual_index,
            (SELECT max(i.individual_index) + 1 FROM openevolve.evolution_individuals i WHERE i.generation_id = NEW.generation_id), 0);
    END IF;
    IF NEW.fitness_score IS NOT NULL AND NEW.evaluation_status IN ('pending', 'evaluating') THEN
        NEW.evaluation_status := 'completed';
        NEW.evaluated_at := coalesce(NEW.evaluated_at, clock_timestamp());
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION openevolve.fill_in_individual() IS 'Trigger: an individual belongs to its generation''s experiment, has a place in it, and is judged when it has a fitness';

CREATE FUNCTION openevolve.calculate_generation_stats(p_generation_id uuid) RETURNS jsonb LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT jsonb_build_object('n', count(*), 'best', max(i.fitness_score), 'worst', min(i.fitness_score), 'mean', round(avg(i.fitness_score), 6),
        'variance', round(var_pop(i.fitness_score), 6), 'median', percentile_cont(0.5) WITHIN GROUP (ORDER BY i.fitness_score),
        'diversity', round(count(DISTINCT i.genotype)::numeric / nullif(count(*), 0), 4))
    FROM openevolve.evolution_individuals i WHERE i.generation_id = p_generation_id AND i.fitness_score IS NOT NULL;
END;
COMMENT ON FUNCTION openevolve.calculate_generation_stats(uuid) IS
    'Number, best, worst, mean, variance and median of the fitness of judged individuals, and the share of genotypes that are different';

CREATE FUNCTION openevolve.follow_individuals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_generations uuid[];
    v_experiments uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.generation_id), array_agg(DISTINCT n.experiment_id) INTO v_generations, v_experiments FROM now_there n;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.generation_id), array_agg(DISTINCT o.experiment_id) INTO v_generations, v_experiments FROM was_there o;
    ELSE
        SELECT array_agg(DISTINCT x.generation_id), array_agg(DISTINCT x.experiment_id) INTO v_generations, v_experiments
        FROM (SELECT n.generation_id, n.experiment_id FROM now_there n UNION SELECT o.generation_id, o.experiment_id FROM was_there o) x;
    END IF;
    UPDATE openevolve.evolution_generations g SET generation_stats = openevolve.calculate_generation_stats(g.id)
    WHERE g.id = ANY (v_generations) AND g.generation_stats IS DISTINCT FROM openevolve.calculate_generation_stats(g.id);
    UPDATE openevolve.evolution_experiments e SET best_score = b.best
    FROM unnest(v_experiments) AS x (id)
    CROSS JOIN LATERAL (SELECT max(i.fitness_score) AS best FROM openevolve.evolution_individuals i WHERE i.experiment_id = x.id) b
    WHERE e.id = x.id AND e.best_score IS DISTINCT FROM b.best;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION openevolve.follow_individuals() IS 'Trigger: figures of generations and experiments equal a recount of their individuals';

CREATE FUNCTION openevolve.follow_generations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE openevolve.evolution_experiments e
    SET current_generation = (SELECT coalesce(max(g.generation_number), 0) FROM openevolve.evolution_generations g WHERE g.experiment_id = e.id)
    WHERE e.id = CASE TG_OP WHEN 'DELETE' THEN OLD.experiment_id ELSE NEW.experiment_id END;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION openevolve.follow_generations() IS 'Trigger: an experiment is at its newest generation';

-- functions: context and errors

CREATE FUNCTION openevolve.calculate_context_completeness(p_context_analysis_id uuid) RETURNS base.score LANGUAGE sql STABLE
RETURN (
    SELECT (100.0 * count(*) FILTER (WHERE p.part NOT IN ('{}', '[]')) / count(*))::base.score
    FROM openevolve.context_analysis c
    CROSS JOIN unnest(ARRAY[c.code_structure, c.dependencies, c.patterns, c.complexity_metrics, c.semantic_graph, c.function_relationships, c.data_flow,
        c.control_flow]) AS p (part)
    WHERE c.id = p_context_analysis_id GROUP BY c.id);
COMMENT ON FUNCTION openevolve.calculate_context_completeness(uuid) IS
    'Share of the eight parts, from code_structure to control_flow, in which there is anything; null when there is no such analysis';

CREATE FUNCTION openevolve.classify_error(p_message text, p_stack text DEFAULT NULL) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((
    SELECT r.error_type FROM (VALUES
        -- The first that fits: what names its kind goes before what only hints at it.
        (1, 'security_vulnerability', '\mCVE-\d|vulnerab|(sql|command|code|script|header|log) injection|cross-site|xss\M|csrf|path traversal|directory traversal|insecure|hard-?coded (password|secret|credential)|untrusted (data|input)|certificate verify failed|self.signed certificate'),
        (2, 'syntax_error', 'SyntaxError|IndentationError|TabError|syntax error|unexpected token|unexpected indent|unexpected end of (input|file)|unterminated (string|template)|invalid syntax|ParseError|parse error|expected an indented block|missing \) after'),
        (3, 'resource_exhaustion', 'MemoryError|out of memory|OutOfMemory|\mOOM\M|cannot allocate memory|no space left|disk (is )?full|disk quota|too many open files|too many (connections|clients)|heap limit|stack size exceeded|RecursionError|maximum recursion|resource exhausted|quota exceeded|rate limit'),
        (4, 'dependency_issue', 'ModuleNotFoundError|ImportError|No module named|Cannot find module|module not found|cannot import name|ERESOLVE|peer dep|unmet dependency|No matching distribution|version conflict|ResolutionImpossible|package .* (is )?not found|shared librar'),
        (5, 'data_inconsistency', 'violates (foreign key|unique|check|not-null|exclusion) constraint|IntegrityError|duplicate key|checksum|integrity check|inconsistent|corrupt|UnicodeDecodeError|JSONDecodeError|unexpected end of JSON|not valid JSON|schema validation'),
        (6, 'performance_issue', '\mslow (query|request|test)|statement timeout|took (longer|too long)|performance (regression|degrad)|deadlock|lock wait timeout|event loop (is )?blocked|exceeded (the )?(time|latency) (limit|budget)|latency'),
        (7, 'integration_failure', 'ECONNREFUSED|ECONNRESET|ETIMEDOUT|\mENOTFOUND|connection (refused|reset|aborted|timed out)|ConnectionError|could not connect|Max retries exceeded|name resolution|getaddrinfo|bad gateway|service unavailable|gateway time-?out|\m50[234]\M|webhook|socket hang up|read timed out'),
        (8, 'configuration_error', 'environment variable|not configured|configuration|config(ur)?\w* (file|error|option|value)|invalid (option|setting)|missing (required )?(setting|option|argument)|unknown option|unrecognized arguments|permission denied|EACCES|authentication failed|invalid credentials|\m40[13]\M'),
        (9, 'logic_error', 'AssertionError|assertion failed|assert(ion)? |expected .* (but )?(got|received|was)|invariant|unreachable|wrong (result|answer)|off.by.one|infinite loop'),
        (10, 'runtime_error', 'TypeError|ValueError|KeyError|IndexError|AttributeError|NameError|ReferenceError|RangeError|ZeroDivisionError|division by zero|FileNotFoundError|ENOENT|null pointer|NullPointer|undefined is not|segmentation fault|RuntimeError|StopIteration|NotImplementedError|panic|unhandled (exception|rejection)|core dumped')
    ) AS r (place, error_type, pattern)
    WHERE concat_ws(E'\n', p_message, (SELECT t.line FROM regexp_split_to_table(trim(E'\n' FROM p_stack), '\n') WITH ORDINALITY AS t (line, n) ORDER BY t.n DESC LIMIT 1)) ~* r.pattern
    ORDER BY r.place LIMIT 1), 'unknown');
COMMENT ON FUNCTION openevolve.classify_error(text, text) IS
    'What kind of error this is, by words of its message and of the last line of its stack; the first kind of the list that fits, else unknown';

CREATE FUNCTION openevolve.error_fingerprint(p_message text, p_stack text) RETURNS base.sha256 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(convert_to(concat_ws(E'\n',
    regexp_replace(regexp_replace(p_message, '"[^"]*"|''[^'']*''|`[^`]*`', '?', 'g'), '0x[0-9a-f]+|\d+', '#', 'gi'),
    regexp_replace(p_stack, '0x[0-9a-f]+|\d+', '#', 'gi')), 'UTF8'))::base.sha256;
COMMENT ON FUNCTION openevolve.error_fingerprint(text, text) IS
    'By which an error is known again: its message and stack without numbers and addresses, the message without what is quoted';

CREATE FUNCTION openevolve.record_error(p_message text, p_stack text DEFAULT NULL, p_context jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO openevolve.error_reports AS e (error_type, error_code, error_message, fingerprint, stack_trace, severity,
        evaluation_id, task_id, codebase_id, environment_info)
    VALUES (openevolve.classify_error(p_message, p_stack), p_context ->> 'error_code', p_message, openevolve.error_fingerprint(p_message, p_stack), p_stack,
        coalesce(p_context ->> 'severity', 'error')::base.severity_level, (p_context ->> 'evaluation_id')::uuid, (p_context ->> 'task_id')::uuid,
        (p_context ->> 'codebase_id')::uuid, p_context - ARRAY['error_code', 'severity', 'evaluation_id', 'task_id', 'codebase_id'])
    ON CONFLICT (organization_id, fingerprint) WHERE resolution_status IN ('open', 'investigating', 'retrying') DO UPDATE SET
        occurrences = e.occurrences + 1, last_occurred_at = now(), stack_trace = excluded.stack_trace, severity = greatest(e.severity, excluded.severity)
    RETURNING e.id;
END;
COMMENT ON FUNCTION openevolve.record_error(text, text, jsonb) IS
    'Record an error, or count it when it is known and not mended; p_context may hold error_code, severity, evaluation_id, task_id, codebase_id, and what was around it';

CREATE FUNCTION openevolve.follow_recovery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE openevolve.error_reports e SET
        resolution_status = CASE WHEN NEW.outcome = 'succeeded' THEN 'resolved' WHEN f.failures >= 3 THEN 'unrecoverable' ELSE 'retrying' END,
        resolved_at = CASE WHEN NEW.outcome = 'succeeded' THEN coalesce(NEW.completed_at, now()) END
    FROM (SELECT count(*) FILTER (WHERE a.outcome = 'failed') AS failures FROM openevolve.recovery_attempts a WHERE a.error_report_id = NEW.error_report_id) f
    WHERE e.id = NEW.error_report_id AND e.resolution_status IN ('open', 'investigating', 'retrying');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION openevolve.follow_recovery() IS 'Trigger: an error is resolved by an attempt that succeeds, and unrecoverable after three that failed';

CREATE FUNCTION openevolve.next_recovery_action(p_error_report_id uuid) RETURNS TABLE (strategy text, learning_pattern_id uuid, confidence numeric) LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH report AS (
        SELECT e.*, (SELECT count(*) FROM openevolve.recovery_attempts a WHERE a.error_report_id = e.id AND a.strategy = 'retry') AS retries
        FROM openevolve.error_reports e WHERE e.id = p_error_report_id
    ), past AS (
        SELECT a.strategy, a.learning_pattern_id, avg((a.outcome = 'succeeded')::integer) AS success
        FROM report r JOIN openevolve.error_reports o ON o.organization_id = r.organization_id AND o.error_type = r.error_type
        JOIN openevolve.recovery_attempts a ON a.error_report_id = o.id AND a.outcome IN ('succeeded', 'failed')
        GROUP BY a.strategy, a.learning_pattern_id
    ), choices AS (
        SELECT 1 AS place, p.strategy, p.learning_pattern_id, p.success
        FROM report r CROSS JOIN past p JOIN learning.learning_patterns l ON l.id = p.learning_pattern_id AND l.is_validated AND l.is_active
        WHERE p.success > 0 AND NOT EXISTS (
            SELECT FROM openevolve.recovery_attempts a WHERE a.error_report_id = r.id AND a.learning_pattern_id = p.learning_pattern_id AND a.outcome = 'failed')
        UNION ALL
        SELECT 2, 'retry', NULL, (SELECT p.success FROM past p WHERE p.strategy = 'retry' AND p.learning_pattern_id IS NULL) FROM report r WHERE r.retries < 2
        UNION ALL
        SELECT 3, 'escalate', NULL, NULL FROM report
    )
    SELECT c.strategy, c.learning_pattern_id, round(c.success, 4) FROM choices c CROSS JOIN report r
    WHERE r.resolution_status IN ('open', 'investigating', 'retrying') OR (r.resolution_status = 'unrecoverable' AND c.place = 3)
    ORDER BY c.place, c.success DESC NULLS LAST, c.learning_pattern_id LIMIT 1;
END;
COMMENT ON FUNCTION openevolve.next_recovery_action(uuid) IS
    'What to try next: the validated pattern that mended most errors of this type and has not failed here, else a retry, twice at most, else a person; the confidence is the measured share that succeeded. No row for an error that is mended';

CREATE FUNCTION openevolve.openevolve_health() RETURNS jsonb LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH experiments AS (
        SELECT e.name, e.status, e.completed_at, e.status = 'running' AND now() - interval '1 hour' > greatest(e.started_at,
            (SELECT max(g.created_at) FROM openevolve.evolution_generations g WHERE g.experiment_id = e.id),
            (SELECT max(greatest(i.created_at, i.evaluated_at)) FROM openevolve.evolution_individuals i WHERE i.experiment_id = e.id)) AS is_stalled
        FROM openevolve.evolution_experiments e
    ), figures AS (
        SELECT count(*) AS n, count(*) FILTER (WHERE e.status = 'running') AS running,
            coalesce(jsonb_agg(e.name ORDER BY e.name) FILTER (WHERE e.is_stalled), '[]') AS stalled,
            round(100.0 * count(*) FILTER (WHERE e.status IN ('failed', 'timed_out') AND e.completed_at > now() - interval '30 days')
                / nullif(count(*) FILTER (WHERE base.run_has_ended(e.status) AND e.completed_at > now() - interval '30 days'), 0), 2) AS failure_rate
        FROM experiments e
    ), errors AS (
        SELECT coalesce(jsonb_object_agg(x.error_type, x.n), '{}') AS by_type
        FROM (SELECT r.error_type, count(*) AS n FROM openevolve.error_reports r
              WHERE r.resolution_status IN ('open', 'investigating', 'retrying') GROUP BY r.error_type) x
    )
    SELECT jsonb_build_object(
        'status', CASE WHEN f.stalled <> '[]' OR f.failure_rate > 20 OR x.by_type <> '{}' THEN 'warning' WHEN f.n = 0 THEN 'no data' ELSE 'healthy' END,
        'running_experiments', f.running, 'stalled_experiments', f.stalled, 'failure_rate_percent', f.failure_rate, 'open_errors', x.by_type)
    FROM figures f CROSS JOIN errors x;
END;
COMMENT ON FUNCTION openevolve.openevolve_health() IS
    'Whether experiments that run come on (within an hour), how many of those that ended in 30 days failed, and which errors are open; a warning for the first, for more than a fifth, and for the last';

-- triggers

CREATE TRIGGER fill_in BEFORE INSERT OR UPDATE ON openevolve.evolution_individuals
    FOR EACH ROW EXECUTE FUNCTION openevolve.fill_in_individual();
CREATE TRIGGER figures_insert AFTER INSERT ON openevolve.evolution_individuals
    REFERENCING NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION openevolve.follow_individuals();
CREATE TRIGGER figures_update AFTER UPDATE ON openevolve.evolution_individuals
    REFERENCING OLD TABLE AS was_there NEW TABLE AS now_there FOR EACH STATEMENT EXECUTE FUNCTION openevolve.follow_individuals();
CREATE TRIGGER figures_delete AFTER DELETE ON openevolve.evolution_individuals
    REFERENCING OLD TABLE AS was_there FOR EACH STATEMENT EXECUTE FUNCTION openevolve.follow_individuals();
CREATE TRIGGER newest AFTER INSERT OR DELETE OR UPDATE OF generation_number ON openevolve.evolution_generations
    FOR EACH ROW EXECUTE FUNCTION openevolve.follow_generations();
CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON openevolve.evolution_experiments
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER run_status BEFORE INSERT OR UPDATE ON openevolve.evaluations
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER follow AFTER INSERT OR UPDATE OF outcome ON openevolve.recovery_attempts
    FOR EACH ROW EXECUTE FUNCTION openevolve.follow_recovery();
CREATE TRIGGER track_change AFTER INSERT OR UPDATE OR DELETE ON openevolve.evolution_experiments
    FOR EACH ROW EXECUTE FUNCTION learning.track_change();
CREATE TRIGGER track_change AFTER INSERT OR UPDATE OR DELETE ON openevolve.evolution_generations
    FOR EACH ROW EXECUTE FUNCTION learning.track_change();
CREATE TRIGGER track_change AFTER INSERT OR UPDATE OR DELETE ON openevolve.evaluations
    FOR EACH ROW EXECUTE FUNCTION learning.track_change();

RESET ROLE;
SET ROLE graph_sitter_maintenance;

CREATE FUNCTION openevolve.summarize_experiments(p_relation regclass, p_before timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format($statement$
        INSERT INTO learning.knowledge_base (organization_id, title, content, category, kind, source_type, source_id)
        SELECT e.organization_id, format('Experiment %%s', e.name),
            format('%%s after %%s generations, best score %%s; best program:%%s', e.status, e.current_generation, coalesce(e.best_score::text, 'unknown'), E'\n' || (
                SELECT i.phenotype FROM openevolve.evolution_individuals i
                WHERE i.experiment_id = e.id AND i.fitness_score IS NOT NULL ORDER BY i.fitness_score DESC, i.id LIMIT 1)),
            'evolution', 'insight', 'openevolve.evolution_experiments', e.id::text
        FROM ONLY %s e WHERE e.completed_at < $1
    $statement$, p_relation) USING p_before;
END
$$;
COMMENT ON FUNCTION openevolve.summarize_experiments(regclass, timestamptz) IS 'Put what experiments found that are about to leave into the knowledge base';
REVOKE EXECUTE ON FUNCTION openevolve.summarize_experiments(regclass, timestamptz) FROM PUBLIC;

-- a materialized view: of all organizations, hence behind a view that shows one

CREATE MATERIALIZED VIEW openevolve.evolution_experiment_summary_mv AS
SELECT e.id AS experiment_id, e.organization_id, e.name, e.status, g.generations, i.individuals, i.avg_fitness, i.max_fitness, i.min_fitness, i.evaluation_ms,
    l.llm_cost_usd
FROM openevolve.evolution_experiments e
CROSS JOIN LATERAL (SELECT count(*) AS generations FROM openevolve.evolution_generations g WHERE g.experiment_id = e.id) g
CROSS JOIN LATERAL (
    SELECT count(*) AS individuals, avg(i.fitness_score) AS avg_fitness, max(i.fitness_score) AS max_fitness, min(i.fitness_score) AS min_fitness,
        sum(i.evaluation_time_ms) AS evaluation_ms
    FROM openevolve.evolution_individuals i WHERE i.experiment_id = e.id
) i
CROSS JOIN LATERAL (SELECT sum(l.cost_usd) AS llm_cost_usd FROM openevolve.llm_interactions l WHERE l.experiment_id = e.id) l;
CREATE UNIQUE INDEX evolution_experiment_summary_mv_key ON openevolve.evolution_experiment_summary_mv (experiment_id);
GRANT SELECT ON openevolve.evolution_experiment_summary_mv TO graph_sitter_owner;
CALL base.describe('openevolve.evolution_experiment_summary_mv', 'How each experiment goes; of all organizations', $$
    experiment_id: The experiment
    name: What people call it
    status: Where it stands
    generations: Its generations
    individuals: Its individuals
    avg_fitness: Mean fitness of those that are judged
    max_fitness: The best
    min_fitness: The worst
    evaluation_ms: Time that judging them took
    llm_cost_usd: What language models cost, in US dollars; null when none was asked
$$);

RESET ROLE;
SET ROLE graph_sitter_owner;

-- views

CREATE VIEW openevolve.evolution_experiment_summary AS
SELECT m.experiment_id, m.name, m.status, m.generations, m.individuals, m.avg_fitness, m.max_fitness, m.min_fitness, m.evaluation_ms, m.llm_cost_usd, m.organization_id
FROM openevolve.evolution_experiment_summary_mv m WHERE m.organization_id = (SELECT base.current_organization_id());
CALL base.describe('openevolve.evolution_experiment_summary', 'How each experiment goes, as of the last refresh', $$
    experiment_id: The experiment
    name: What people call it
    status: Where it stands
    generations: Its generations
    individuals: Its individuals
    avg_fitness: Mean fitness of those that are judged
    max_fitness: The best
    min_fitness: The worst
    evaluation_ms: Time that judging them took
    llm_cost_usd: What language models cost, in US dollars; null when none was asked
$$);

CREATE VIEW openevolve.error_summary AS
SELECT e.error_type, e.severity, count(*) AS errors, count(*) FILTER (WHERE e.resolution_status IN ('open', 'investigating', 'retrying')) AS open,
    count(*) FILTER (WHERE e.resolution_status = 'resolved') AS resolved, sum(e.occurrences)::bigint AS occurrences,
    round((avg(extract(epoch FROM e.resolved_at - e.first_occurred_at)) / 3600)::numeric, 2) AS mean_hours_to_resolve, e.organization_id
FROM openevolve.error_reports e GROUP BY e.error_type, e.severity, e.organization_id;
CALL base.describe('openevolve.error_summary', 'Errors by type and severity', $$
    error_type: What kind of error
    severity: How bad
    errors: Different errors
    open: Those that nothing became of yet
    resolved: Those that were mended
    occurrences: How often they came
    mean_hours_to_resolve: Mean time from coming first to being mended
$$);

CREATE VIEW openevolve.recovery_effectiveness AS
SELECT a.strategy, e.error_type, count(*) AS attempts,
    round(100.0 * count(*) FILTER (WHERE a.outcome = 'succeeded') / nullif(count(*) FILTER (WHERE a.outcome IN ('succeeded', 'failed')), 0), 2) AS success_rate,
    a.organization_id
FROM openevolve.recovery_attempts a JOIN openevolve.error_reports e ON e.id = a.error_report_id
GROUP BY a.strategy, e.error_type, a.organization_id;
CALL base.describe('openevolve.recovery_effectiveness', 'What helps against which errors', $$
    strategy: What was tried
    error_type: Against what kind of error
    attempts: How often
    success_rate: Per cent that succeeded of those that succeeded or failed; null before the first
$$);

CREATE VIEW openevolve.unrecoverable_error_rate AS
SELECT (e.first_occurred_at AT TIME ZONE 'UTC')::date AS day, count(*) AS errors,
    count(*) FILTER (WHERE e.resolution_status = 'unrecoverable') AS unrecoverable,
    round(100.0 * count(*) FILTER (WHERE e.resolution_status = 'unrecoverable') / count(*), 2) AS percent, e.organization_id
FROM openevolve.error_reports e GROUP BY 1, e.organization_id;
CALL base.describe('openevolve.unrecoverable_error_rate', 'How many of a day''s errors could not be mended', $$
    day: The day they first came, in UTC
    errors: Different errors
    unrecoverable: Those of them that could not be mended
    percent: Share of those
$$);

-- data and partitions

CREATE TABLE openevolve.llm_interactions_default PARTITION OF openevolve.llm_interactions DEFAULT;
INSERT INTO base.data_retention_policies (table_name, time_column, retention, strategy, partition_interval, rollup_function) VALUES
    ('openevolve.llm_interactions', 'timestamp', '365 days', 'drop', '1 month', NULL),
    ('openevolve.evolution_experiments', 'completed_at', '365 days', 'summarize', NULL, 'openevolve.summarize_experiments');

CALL base.finish_schema('openevolve');
DO $$ BEGIN PERFORM base.ensure_partitions('openevolve.llm_interactions'); END $$;
CALL base.record_module('openevolve', 'Evolution experiments, evaluations, context, errors and recovery');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

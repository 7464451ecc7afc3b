-- Programs evolve: three generations of a sorting function, judged, the best kept, the cost known, and an error on the way mended.
-- psql -X -v ON_ERROR_STOP=1 -f examples/evolution_experiment.sql     (leaves nothing behind)

BEGIN;
SET LOCAL ROLE graph_sitter_app;
SELECT base.set_current_organization(base.create_organization('An example', 'example-evolution'));

INSERT INTO openevolve.evolution_experiments (name, problem_definition, objective_function, population_size, max_generations)
VALUES ('optimize_sorting', '{"task": "sort a list of numbers"}', '{"maximize": "speed", "keep": "correctness"}', 4, 10);
UPDATE openevolve.evolution_experiments SET status = 'running';

-- Four programs in each of three generations; one of the last is not judged yet.

INSERT INTO openevolve.evolution_generations (experiment_id, generation_number)
SELECT e.id, n FROM openevolve.evolution_experiments e CROSS JOIN generate_series(0, 2) AS n;
INSERT INTO openevolve.evolution_individuals (generation_id, genotype, phenotype, fitness_score)
SELECT g.id, jsonb_build_object('params', p.params), p.program, p.fitness
FROM (VALUES
    (0, 'bubble', 'for i in …: for j in …', 0.10), (0, 'bubble', 'for i in …: for j in …', 0.10), (0, 'insertion', 'for i in …', 0.20), (0, 'merge', 'merge(a, b)', 0.60),
    (1, 'merge', 'merge(a, b)', 0.60), (1, 'quick', 'quick(x, pivot)', 0.70), (1, 'heap', 'heapify(x)', 0.65), (1, 'insertion', 'for i in …', 0.20),
    (2, 'quick', 'quick(x, median of three)', 0.80), (2, 'built-in', 'x.sort()', 0.95), (2, 'merge', 'merge(a, b)', 0.60), (2, 'radix', 'by digit', NULL)
) AS p (number, params, program, fitness)
JOIN openevolve.evolution_generations g ON g.generation_number = p.number
ORDER BY p.number, p.fitness;
INSERT INTO openevolve.llm_interactions (experiment_id, interaction_type, llm_model, prompt_text, token_count_input, token_count_output, cost_usd)
SELECT e.id, 'mutation', 'some-model', 'Make this faster: …', 900, 300, 0.02 FROM openevolve.evolution_experiments e CROSS JOIN generate_series(1, 5);

SELECT generation_number, generation_stats FROM openevolve.evolution_generations ORDER BY 1;

DO $$ BEGIN
    ASSERT (SELECT current_generation = 2 AND best_score = 0.95 FROM openevolve.evolution_experiments), 'the experiment knows where it is';
    ASSERT (SELECT array_agg((generation_stats ->> 'best')::numeric ORDER BY generation_number) FROM openevolve.evolution_generations)
        = ARRAY[0.60, 0.70, 0.95], 'each generation is better than the one before';
    ASSERT (SELECT (generation_stats ->> 'n')::integer FROM openevolve.evolution_generations WHERE generation_number = 2) = 3, 'one is not judged';
    ASSERT (SELECT (generation_stats ->> 'diversity')::numeric FROM openevolve.evolution_generations WHERE generation_number = 0) = 0.75, 'two are alike';
END $$;

-- The evaluator fails, twice with one error. What is tried next follows from what helped before.

SELECT openevolve.record_error('MemoryError', 'Traceback …' || E'\n  File "evaluate.py", line ' || n || E', in run\nMemoryError') FROM generate_series(30, 31) AS n;
SELECT n.strategy, n.confidence FROM openevolve.error_reports e CROSS JOIN LATERAL openevolve.next_recovery_action(e.id) n;
INSERT INTO openevolve.recovery_attempts (error_report_id, strategy, outcome, completed_at)
SELECT e.id, 'retry', 'succeeded', now() FROM openevolve.error_reports e;

DO $$ BEGIN
    ASSERT (SELECT error_type = 'resource_exhaustion' AND occurrences = 2 AND resolution_status = 'resolved' FROM openevolve.error_reports),
        'it is one error, known for what it is, and mended';
    ASSERT (SELECT success_rate FROM openevolve.recovery_effectiveness) = 100, 'the retry helped';
END $$;

UPDATE openevolve.evolution_experiments SET status = 'completed';
SET LOCAL ROLE graph_sitter_maintenance;
REFRESH MATERIALIZED VIEW openevolve.evolution_experiment_summary_mv;
SET LOCAL ROLE graph_sitter_app;
SELECT name, status, generations, individuals, max_fitness, llm_cost_usd FROM openevolve.evolution_experiment_summary;
SELECT openevolve.openevolve_health();

DO $$ BEGIN
    ASSERT (SELECT generations = 3 AND individuals = 12 AND llm_cost_usd = 0.1 FROM openevolve.evolution_experiment_summary),
        'five questions cost ten cents, however many programs there are';
    ASSERT openevolve.openevolve_health() ->> 'status' = 'healthy', 'nothing is stuck, and no error is open';
END $$;

ROLLBACK;

-- Two wordings of one prompt on equal shares of the files to review: which is better, and is that more than chance?
-- psql -X -v ON_ERROR_STOP=1 -f examples/prompt_ab_test.sql     (leaves nothing behind)

BEGIN;
SET LOCAL ROLE graph_sitter_app;
SELECT base.set_current_organization(base.create_organization('Prompt A/B test', 'example-prompt-ab-test'));

INSERT INTO prompts.prompt_templates (name, slug, status, category, template_content, required_variables, variables, conditions)
VALUES ('Review', 'review', 'active', 'code_review', 'Review {{path}} in {{tone}} words.', '{path}', '{"tone": {"default": "a few"}}', NULL);
INSERT INTO prompts.prompt_variations (template_id, variation_name, template_content, traffic_percentage, is_active)
SELECT t.id, 'stepwise', 'List the risks of {{path}}, then judge each.', 50, true FROM prompts.prompt_templates t;

-- 400 files: each gets its wording, the same whenever it is asked for. In place of a model, the stepwise wording succeeds for seven files
-- of eight, the template for one of two.
WITH chosen AS (
    SELECT n, prompts.select_prompt_template('review', '{"language": "python"}') AS template_id FROM generate_series(1, 400) AS n
), assigned AS (
    SELECT c.*, prompts.assign_prompt_variation(c.template_id, 'src/file_' || c.n || '.py') AS variation_id FROM chosen c
)
INSERT INTO prompts.prompt_executions (template_id, variation_id, input_variables, rendered_prompt, model_name, status, cost_usd)
SELECT a.template_id, a.variation_id, jsonb_build_object('path', 'src/file_' || a.n || '.py'), r.prompt, 'a-model',
    CASE WHEN a.n % CASE WHEN a.variation_id IS NULL THEN 2 ELSE 8 END = 0 THEN 'failed' ELSE 'completed' END::base.run_status, 0.01
FROM assigned a
CROSS JOIN LATERAL prompts.render_prompt(a.template_id, jsonb_build_object('path', 'src/file_' || a.n || '.py'), a.variation_id) r;

SELECT r.* FROM prompts.prompt_templates t CROSS JOIN LATERAL prompts.variation_results(t.id) r;

DO $$
DECLARE
    v_result record;
BEGIN
    SELECT r.* INTO STRICT v_result FROM prompts.prompt_templates t CROSS JOIN LATERAL prompts.variation_results(t.id) r WHERE r.variation = 'stepwise';
    ASSERT v_result.executions BETWEEN 160 AND 240, 'the shares were kept';
    ASSERT v_result.verdict = 'better' AND v_result.p_value < 0.05 AND v_result.lift_percent > 0, 'the difference was seen';
    ASSERT (SELECT count(*) FROM prompts.prompt_executions e WHERE e.rendered_prompt = 'Review ' || (e.input_variables ->> 'path') || ' in a few words.')
        = 400 - v_result.executions, 'the default was filled in';
    ASSERT (SELECT bool_and(prompts.assign_prompt_variation(e.template_id, e.input_variables ->> 'path') IS NOT DISTINCT FROM e.variation_id)
            FROM prompts.prompt_executions e), 'a file keeps its wording';
END
$$;
ROLLBACK;

-- 06_prompts: reusable prompt templates with variables, chosen by condition, tested in variations,
-- fed from cached context, judged by feedback.

CREATE SCHEMA prompts AUTHORIZATION graph_sitter_owner;
SET ROLE graph_sitter_owner;
COMMENT ON SCHEMA prompts IS 'Prompt templates, conditional selection, A/B variations, context';
GRANT USAGE ON SCHEMA prompts TO graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance;

-- functions: what a text with variables is

CREATE FUNCTION prompts.variables_of(p_content text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT m[1] FROM regexp_matches(p_content, '\{\{\s*(\w+)\s*\}\}', 'g') AS m);
COMMENT ON FUNCTION prompts.variables_of(text) IS 'The variables that a text mentions, written {{name}}, as often as it does';

CREATE FUNCTION prompts.fill_in(p_content text, p_values jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    -- In one go: what a value contains is never taken for a variable.
    SELECT string_agg(t.piece || coalesce(p_values ->> (prompts.variables_of(p_content))[t.number], ''), '' ORDER BY t.number)
    FROM regexp_split_to_table(p_content, '\{\{\s*\w+\s*\}\}') WITH ORDINALITY AS t (piece, number);
END;
COMMENT ON FUNCTION prompts.fill_in(text, jsonb) IS 'The text with its variables replaced by the values of these names, or by nothing';

-- tables

CREATE TABLE prompts.prompt_templates (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT prompt_templates_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT prompt_templates_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    slug base.slug NOT NULL,
    version text NOT NULL DEFAULT '1.0.0' CONSTRAINT prompt_templates_version_shape CHECK (version ~ '^\d{1,9}\.\d{1,9}\.\d{1,9}$'),
    status text NOT NULL DEFAULT 'draft' CONSTRAINT prompt_templates_status_check
        CHECK (status IN ('draft', 'active', 'deprecated', 'archived')),
    prompt_type text NOT NULL DEFAULT 'user' CONSTRAINT prompt_templates_prompt_type_check
        CHECK (prompt_type IN ('system', 'user', 'assistant', 'function', 'template', 'context')),
    category text NOT NULL DEFAULT 'custom' CONSTRAINT prompt_templates_category_check CHECK (category IN (
        'code_generation', 'code_review', 'debugging', 'refactoring', 'testing', 'documentation', 'analysis', 'explanation',
        'optimization', 'security', 'custom')),
    template_content text NOT NULL,
    system_prompt text,
    variables jsonb NOT NULL DEFAULT '{}',
    required_variables text[] NOT NULL DEFAULT '{}',
    conditions jsonpath,
    condition_rank integer NOT NULL DEFAULT 0,
    model_name text,
    model_parameters jsonb NOT NULL DEFAULT '{}',
    max_context_length integer NOT NULL DEFAULT 4000 CONSTRAINT prompt_templates_max_context_length_check CHECK (max_context_length > 0),
    created_by uuid DEFAULT base.current_user_id() CONSTRAINT prompt_templates_created_by_fkey REFERENCES base.users,
    CONSTRAINT prompt_templates_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT prompt_templates_required_variables_check
        CHECK (required_variables <@ prompts.variables_of(concat(template_content, system_prompt)))
);
CREATE UNIQUE INDEX prompt_templates_slug_key ON prompts.prompt_templates (organization_id, slug, version) WHERE deleted_at IS NULL;
CREATE INDEX prompt_templates_active_idx ON prompts.prompt_templates (organization_id, slug) WHERE status = 'active';
CREATE INDEX prompt_templates_created_by_idx ON prompts.prompt_templates (created_by);
CALL base.describe('prompts.prompt_templates', 'Prompts with variables, in versions and for different conditions', $$
    name: What people call it
    slug: What programs call it; shared by its versions and by those for other conditions
    version: Three numbers
    status: Only active ones are chosen
    prompt_type: The part it plays in a conversation
    category: What it is for
    template_content: The text; {{name}} stands for a variable
    system_prompt: What the model is told about itself, with variables too
    variables: By name: an object with description and default
    required_variables: Those that have to be given; the text mentions each
    conditions: What the context must fulfil, such as $.language == "python"; null: the fallback
    condition_rank: Of several whose conditions hold, the highest is taken
    model_name: The model it was written for
    model_parameters: Settings for the model
    max_context_length: Characters of context that may go with it
    created_by: Who wrote it; null for a service
$$);

CREATE TABLE prompts.prompt_variations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT prompt_variations_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    template_id uuid NOT NULL,
    variation_name text NOT NULL CONSTRAINT prompt_variations_name_check CHECK (variation_name <> 'base'),
    template_content text NOT NULL,
    system_prompt text,
    model_parameters jsonb NOT NULL DEFAULT '{}',
    traffic_percentage base.score NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT false,
    CONSTRAINT prompt_variations_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT prompt_variations_template_id_id_key UNIQUE (organization_id, template_id, id),
    CONSTRAINT prompt_variations_name_key UNIQUE (template_id, variation_name),
    CONSTRAINT prompt_variations_template_fkey FOREIGN KEY (organization_id, template_id)
        REFERENCES prompts.prompt_templates (organization_id, id) ON DELETE CASCADE
);
CALL base.describe('prompts.prompt_variations', 'Other wordings of a template, tried on a share of its subjects', $$
    template_id: The template
    variation_name: What people call it; "base" is the template itself
    template_content: The text instead
    system_prompt: What the model is told about itself instead; null: as in the template
    model_parameters: Settings that differ from the template's
    traffic_percentage: Its share while it is active; what all leave goes to the template
    is_active: Whether it is tried
$$);

CREATE TABLE prompts.prompt_executions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT prompt_executions_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb NOT NULL DEFAULT '{}',
    short_id text NOT NULL DEFAULT base.generate_short_id(),
    template_id uuid NOT NULL,
    variation_id uuid,
    project_id uuid,
    repository_id uuid,
    task_id uuid,
    status base.run_status NOT NULL DEFAULT 'running',
    input_variables jsonb NOT NULL DEFAULT '{}',
    rendered_prompt text NOT NULL,
    model_name text NOT NULL,
    model_parameters jsonb NOT NULL DEFAULT '{}',
    response_text text,
    response_data jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    duration_ms bigint GENERATED ALWAYS AS (round(extract(epoch FROM completed_at - started_at) * 1000)::bigint) STORED,
    token_count_input integer CONSTRAINT prompt_executions_token_count_input_check CHECK (token_count_input >= 0),
    token_count_output integer CONSTRAINT prompt_executions_token_count_output_check CHECK (token_count_output >= 0),
    cost_usd numeric(12,6) CONSTRAINT prompt_executions_cost_check CHECK (cost_usd >= 0),
    effectiveness_score base.score,
    error_message text,
    executed_by uuid DEFAULT base.current_user_id() CONSTRAINT prompt_executions_executed_by_fkey REFERENCES base.users,
    CONSTRAINT prompt_executions_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT prompt_executions_short_id_key UNIQUE (organization_id, short_id),
    CONSTRAINT prompt_executions_end_check CHECK (completed_at >= started_at),
    CONSTRAINT prompt_executions_template_fkey FOREIGN KEY (organization_id, template_id)
        REFERENCES prompts.prompt_templates (organization_id, id),
    CONSTRAINT prompt_executions_variation_fkey FOREIGN KEY (organization_id, template_id, variation_id)
        REFERENCES prompts.prompt_variations (organization_id, template_id, id),
    CONSTRAINT prompt_executions_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES projects.projects (organization_id, id),
    CONSTRAINT prompt_executions_repository_fkey FOREIGN KEY (organization_id, repository_id) REFERENCES projects.repositories (organization_id, id),
    CONSTRAINT prompt_executions_task_fkey FOREIGN KEY (organization_id, task_id) REFERENCES tasks.tasks (organization_id, id)
);
CREATE INDEX prompt_executions_template_idx ON prompts.prompt_executions (template_id, started_at);
CREATE INDEX prompt_executions_variation_idx ON prompts.prompt_executions (variation_id) WHERE variation_id IS NOT NULL;
CREATE INDEX prompt_executions_project_idx ON prompts.prompt_executions (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX prompt_executions_repository_idx ON prompts.prompt_executions (repository_id) WHERE repository_id IS NOT NULL;
CREATE INDEX prompt_executions_task_idx ON prompts.prompt_executions (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX prompt_executions_executed_by_idx ON prompts.prompt_executions (executed_by);
CALL base.describe('prompts.prompt_executions', 'One prompt sent to one model, and what came back', $$
    short_id: Eight characters to call it by
    template_id: The template
    variation_id: The variation of it; null: the template itself
    project_id: The project it was for
    repository_id: The repository it was for
    task_id: The task it was part of
    status: completed is a success; failed and timed_out are not
    input_variables: Values of the variables
    rendered_prompt: What was sent
    model_name: To which model
    model_parameters: With which settings
    response_text: What came back
    response_data: The same in parts
    started_at: When it was sent
    completed_at: When the answer was there, or given up
    duration_ms: Time between the two
    token_count_input: Tokens sent
    token_count_output: Tokens that came back
    cost_usd: What it cost, in US dollars
    effectiveness_score: How far it served, where that was judged
    error_message: Why it failed
    executed_by: Who had it sent; null for a service
$$);

CREATE TABLE prompts.prompt_feedback (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT prompt_feedback_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    execution_id uuid NOT NULL,
    rating smallint NOT NULL CONSTRAINT prompt_feedback_rating_check CHECK (rating BETWEEN 1 AND 5),
    accuracy_rating smallint CONSTRAINT prompt_feedback_accuracy_rating_check CHECK (accuracy_rating BETWEEN 1 AND 5),
    relevance_rating smallint CONSTRAINT prompt_feedback_relevance_rating_check CHECK (relevance_rating BETWEEN 1 AND 5),
    completeness_rating smallint CONSTRAINT prompt_feedback_completeness_rating_check CHECK (completeness_rating BETWEEN 1 AND 5),
    clarity_rating smallint CONSTRAINT prompt_feedback_clarity_rating_check CHECK (clarity_rating BETWEEN 1 AND 5),
    feedback_text text,
    source text NOT NULL DEFAULT 'manual' CONSTRAINT prompt_feedback_source_check CHECK (source IN ('manual', 'automatic')),
    provided_by uuid DEFAULT base.current_user_id() CONSTRAINT prompt_feedback_provided_by_fkey REFERENCES base.users,
    CONSTRAINT prompt_feedback_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT prompt_feedback_execution_fkey FOREIGN KEY (organization_id, execution_id)
        REFERENCES prompts.prompt_executions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX prompt_feedback_execution_idx ON prompts.prompt_feedback (execution_id);
CREATE UNIQUE INDEX prompt_feedback_once_key ON prompts.prompt_feedback (provided_by, execution_id) WHERE source = 'manual';
CREATE INDEX prompt_feedback_provided_by_idx ON prompts.prompt_feedback (provided_by);
CALL base.describe('prompts.prompt_feedback', 'What people or programs thought of an answer; a person says so once', $$
    execution_id: The prompt that was answered
    rating: 1 (useless) to 5 (excellent)
    accuracy_rating: Whether it was right, 1 to 5
    relevance_rating: Whether it was to the point, 1 to 5
    completeness_rating: Whether anything was missing, 1 to 5
    clarity_rating: Whether it could be understood, 1 to 5
    feedback_text: In words
    source: manual: a person; automatic: a program
    provided_by: Who; null for a service
$$);

CREATE TABLE prompts.context_sources (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT context_sources_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id()
        CONSTRAINT context_sources_organization_fkey REFERENCES base.organizations,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    name text NOT NULL,
    source_type text NOT NULL CONSTRAINT context_sources_source_type_check
        CHECK (source_type IN ('code', 'documentation', 'conversation', 'file', 'database', 'api', 'web', 'custom')),
    config jsonb NOT NULL DEFAULT '{}',
    credentials_ref base.secret_ref,
    processor text,
    max_content_length integer NOT NULL DEFAULT 10000 CONSTRAINT context_sources_max_content_length_check CHECK (max_content_length > 0),
    cache_minutes integer DEFAULT 60 CONSTRAINT context_sources_cache_minutes_check CHECK (cache_minutes > 0),
    is_active boolean NOT NULL DEFAULT true,
    CONSTRAINT context_sources_organization_id_id_key UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX context_sources_name_key ON prompts.context_sources (organization_id, name) WHERE deleted_at IS NULL;
CALL base.describe('prompts.context_sources', 'Where the context of prompts is fetched from', $$
    name: What people call it
    source_type: What kind of place it is
    config: How to get there, without secrets
    credentials_ref: Where its credentials are found
    processor: The program that fetches it
    max_content_length: Characters kept of each text
    cache_minutes: How long a fetched text may be used; null: for ever
    is_active: Whether it is used
$$);

CREATE TABLE prompts.context_data (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT context_data_pkey PRIMARY KEY,
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    context_source_id uuid NOT NULL,
    content_key text NOT NULL,
    content_sha256 base.sha256,
    content_text text,
    content_data jsonb NOT NULL DEFAULT '{}',
    size_bytes integer GENERATED ALWAYS AS (coalesce(octet_length(content_text), 0) + octet_length(content_data::text)) STORED,
    expires_at timestamptz,
    access_count bigint NOT NULL DEFAULT 0 CONSTRAINT context_data_access_count_check CHECK (access_count >= 0),
    last_accessed_at timestamptz,
    CONSTRAINT context_data_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT context_data_content_key_key UNIQUE (context_source_id, content_key),
    CONSTRAINT context_data_context_source_fkey FOREIGN KEY (organization_id, context_source_id)
        REFERENCES prompts.context_sources (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX context_data_expires_at_idx ON prompts.context_data (expires_at);
CALL base.describe('prompts.context_data', 'Context as it was fetched, for as long as it may be used', $$
    context_source_id: Where it is from
    content_key: What it is there, such as a path or an address
    content_sha256: SHA-256 of its text
    content_text: Its text
    content_data: The same in parts
    size_bytes: Bytes of both
    expires_at: Unusable from then on; null: never
    access_count: How often fetch_context() returned it
    last_accessed_at: When it last did
$$);

CREATE TABLE prompts.prompt_context_mappings (
    organization_id uuid NOT NULL DEFAULT base.current_organization_id(),
    template_id uuid NOT NULL,
    context_source_id uuid NOT NULL,
    is_required boolean NOT NULL DEFAULT false,
    priority integer NOT NULL DEFAULT 100,
    max_length integer CONSTRAINT prompt_context_mappings_max_length_check CHECK (max_length > 0),
    filter jsonpath,
    CONSTRAINT prompt_context_mappings_pkey PRIMARY KEY (template_id, context_source_id),
    CONSTRAINT prompt_context_mappings_template_fkey FOREIGN KEY (organization_id, template_id)
        REFERENCES prompts.prompt_templates (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT prompt_context_mappings_context_source_fkey FOREIGN KEY (organization_id, context_source_id)
        REFERENCES prompts.context_sources (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX prompt_context_mappings_context_source_idx ON prompts.prompt_context_mappings (context_source_id);
CALL base.describe('prompts.prompt_context_mappings', 'Which context goes with which template', $$
    template_id: The template
    context_source_id: The source of the context
    is_required: Whether the prompt makes no sense without it
    priority: Lower ones come first, while there is room
    max_length: Characters of it at most
    filter: Which of its content_data is meant
$$);

CALL base.secure_table('prompts.prompt_templates');
CALL base.secure_table('prompts.prompt_variations');
CALL base.secure_table('prompts.prompt_executions');
CALL base.secure_table('prompts.prompt_feedback');
CALL base.secure_table('prompts.context_sources');
CALL base.secure_table('prompts.context_data');
CALL base.secure_table('prompts.prompt_context_mappings');

-- functions: triggers

CREATE FUNCTION prompts.check_prompt_traffic() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_total numeric;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('graph_sitter.prompt_traffic:' || NEW.organization_id, 0));
    SELECT sum(v.traffic_percentage) INTO v_total FROM prompts.prompt_variations v WHERE v.template_id = NEW.template_id AND v.is_active;
    IF v_total > 100 THEN
        RAISE EXCEPTION 'the active variations of the template % would get % %% of its traffic', NEW.template_id, v_total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'prompt_variations_traffic_check', HINT = 'Lower a traffic_percentage first.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION prompts.check_prompt_traffic() IS 'Trigger: the active variations of a template get no more than all of its traffic';

CREATE FUNCTION prompts.digest_context() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.content_sha256 := sha256(convert_to(NEW.content_text, 'UTF8'));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION prompts.digest_context() IS 'Trigger: the digest of a text is computed where the text is stored';

-- triggers

CREATE TRIGGER digest BEFORE INSERT OR UPDATE OF content_text, content_sha256 ON prompts.context_data
    FOR EACH ROW EXECUTE FUNCTION prompts.digest_context();
CREATE TRIGGER keep_status BEFORE INSERT OR UPDATE ON prompts.prompt_executions
    FOR EACH ROW EXECUTE FUNCTION base.keep_run_status();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.prompt_templates
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.prompt_variations
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.prompt_executions
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('duration_ms');
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.prompt_feedback
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.context_sources
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column();
CREATE TRIGGER updated_at BEFORE UPDATE ON prompts.context_data
    FOR EACH ROW EXECUTE FUNCTION base.update_updated_at_column('size_bytes');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON prompts.prompt_templates
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON prompts.prompt_variations
    FOR EACH ROW EXECUTE FUNCTION base.create_audit_log_entry();
CREATE TRIGGER check_traffic AFTER INSERT OR UPDATE ON prompts.prompt_variations
    FOR EACH ROW WHEN (NEW.is_active) EXECUTE FUNCTION prompts.check_prompt_traffic();

-- functions: choosing and filling in

CREATE FUNCTION prompts.select_prompt_template(p_slug text, p_context jsonb DEFAULT '{}') RETURNS uuid LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT t.id FROM prompts.prompt_templates t
    WHERE t.organization_id = base.current_organization_id() AND t.slug = p_slug AND t.status = 'active' AND t.deleted_at IS NULL
      AND base.filter_holds(t.conditions, p_context)
    ORDER BY t.conditions IS NULL, t.condition_rank DESC, string_to_array(t.version, '.')::integer[] DESC
    LIMIT 1;
END;
COMMENT ON FUNCTION prompts.select_prompt_template(text, jsonb) IS
    'The active template of this name whose conditions the context fulfils: the highest rank, then the newest version; else one without conditions; else null';

CREATE FUNCTION prompts.assign_prompt_variation(p_template_id uuid, p_subject text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM prompts.prompt_templates t WHERE t.id = p_template_id) THEN
        RAISE EXCEPTION 'there is no prompt template %', p_template_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN (
        SELECT nullif(base.assign_variant(p_template_id::text, p_subject, jsonb_object_agg(w.variant, w.weight)), 'base')::uuid
        FROM (
            SELECT v.id::text AS variant, v.traffic_percentage AS weight FROM prompts.prompt_variations v
            WHERE v.template_id = p_template_id AND v.is_active
            UNION ALL
            SELECT 'base', 100 - coalesce(sum(v.traffic_percentage), 0) FROM prompts.prompt_variations v
            WHERE v.template_id = p_template_id AND v.is_active
        ) w);
END
$$;
COMMENT ON FUNCTION prompts.assign_prompt_variation(uuid, text) IS
    'Which variation a subject gets, the same as long as the shares stay; null: the template itself';

CREATE FUNCTION prompts.render_prompt(p_template_id uuid, p_variables jsonb DEFAULT '{}', p_variation_id uuid DEFAULT NULL)
RETURNS TABLE (system_prompt text, prompt text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_template prompts.prompt_templates;
    v_variation prompts.prompt_variations;
    v_missing text;
    v_values jsonb;
BEGIN
    SELECT * INTO v_template FROM prompts.prompt_templates t WHERE t.id = p_template_id;
    SELECT * INTO v_variation FROM prompts.prompt_variations v WHERE v.id = p_variation_id AND v.template_id = p_template_id;
    IF v_template.id IS NULL OR v_variation.id IS DISTINCT FROM p_variation_id THEN
        RAISE EXCEPTION 'there is no prompt template % with the variation %', p_template_id, p_variation_id USING ERRCODE = 'no_data_found';
    END IF;
    SELECT coalesce(jsonb_object_agg(d.key, d.value -> 'default') FILTER (WHERE d.value ? 'default'), '{}') || jsonb_strip_nulls(p_variables)
    INTO v_values FROM jsonb_each(v_template.variables) d;
    SELECT string_agg(r.name, ', ' ORDER BY r.name) INTO v_missing FROM unnest(v_template.required_variables) AS r (name) WHERE NOT v_values ? r.name;
    IF v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'the prompt % needs values for: %', v_template.slug, v_missing USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY SELECT prompts.fill_in(coalesce(v_variation.system_prompt, v_template.system_prompt), v_values),
        prompts.fill_in(coalesce(v_variation.template_content, v_template.template_content), v_values);
END
$$;
COMMENT ON FUNCTION prompts.render_prompt(uuid, jsonb, uuid) IS
    'What is to be sent: the template, or a variation of it, with these variables, or else their defaults, filled in';

-- functions: context

CREATE FUNCTION prompts.store_context(p_source_id uuid, p_key text, p_text text, p_data jsonb DEFAULT '{}') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
BEGIN
    INSERT INTO prompts.context_data AS c (organization_id, context_source_id, content_key, content_text, content_data, expires_at)
    SELECT s.organization_id, s.id, p_key, left(p_text, s.max_content_length), p_data, now() + s.cache_minutes * interval '1 minute'
    FROM prompts.context_sources s WHERE s.id = p_source_id AND s.deleted_at IS NULL
    ON CONFLICT (context_source_id, content_key) DO UPDATE SET
        content_text = excluded.content_text, content_data = excluded.content_data, expires_at = excluded.expires_at
    RETURNING c.id INTO v_id;
    IF v_id IS NULL THEN
        RAISE EXCEPTION 'there is no context source %', p_source_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION prompts.store_context(uuid, text, text, jsonb) IS
    'Keep what was fetched, in place of what was kept under this key, as long and as much of it as the source says';

CREATE FUNCTION prompts.fetch_context(p_source_id uuid, p_key text) RETURNS SETOF prompts.context_data LANGUAGE sql
BEGIN ATOMIC
    UPDATE prompts.context_data SET access_count = access_count + 1, last_accessed_at = now()
    WHERE context_source_id = p_source_id AND content_key = p_key AND (expires_at IS NULL OR expires_at > now())
    RETURNING context_data.*;
END;
COMMENT ON FUNCTION prompts.fetch_context(uuid, text) IS 'What is kept under this key and may still be used, counted; no row: fetch it anew';

CREATE FUNCTION prompts.cleanup_expired_context_data() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_count integer;
BEGIN
    DELETE FROM prompts.context_data c WHERE c.expires_at <= now();
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION prompts.cleanup_expired_context_data() IS 'Delete context that has expired; how much';

-- functions: how it goes

CREATE FUNCTION prompts.variation_results(p_template_id uuid)
RETURNS TABLE (variation text, executions bigint, success_rate numeric, avg_rating numeric, avg_cost_usd numeric, lift_percent numeric, p_value double precision, verdict text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH ended AS (
        SELECT e.id, e.variation_id, (e.status = 'completed') AS succeeded, e.cost_usd
        FROM prompts.prompt_executions e WHERE e.template_id = p_template_id AND e.status IN ('completed', 'failed', 'timed_out')
    ), arms AS (
        SELECT v.id, v.variation_name AS name FROM prompts.prompt_variations v WHERE v.template_id = p_template_id
        UNION ALL
        SELECT NULL, 'base'
    ), counted AS (
        SELECT a.id, a.name, count(e.id) AS n, count(*) FILTER (WHERE e.succeeded) AS successes, avg(e.cost_usd) AS cost,
            (SELECT avg(f.rating) FROM prompts.prompt_feedback f JOIN ended x ON x.id = f.execution_id WHERE x.variation_id IS NOT DISTINCT FROM a.id) AS rating
        FROM arms a LEFT JOIN ended e ON e.variation_id IS NOT DISTINCT FROM a.id
        GROUP BY a.id, a.name
    ), tested AS (
        SELECT c.*, b.n AS base_n, b.successes AS base_successes,
            CASE WHEN c.id IS NOT NULL THEN base.two_proportion_p_value(c.successes, c.n, b.successes, b.n) END AS p
        FROM counted c CROSS JOIN (SELECT k.n, k.successes FROM counted k WHERE k.id IS NULL) b
    )
    SELECT t.name, t.n, round(t.successes::numeric / nullif(t.n, 0), 4), round(t.rating, 2), round(t.cost, 6),
        CASE WHEN t.id IS NOT NULL THEN
            round(100 * ((t.successes::numeric / nullif(t.n, 0)) / nullif(t.base_successes::numeric / nullif(t.base_n, 0), 0) - 1), 2) END,
        t.p,
        CASE WHEN t.id IS NULL THEN 'base'
             WHEN t.n < 30 OR t.base_n < 30 THEN 'insufficient data'
             WHEN t.p >= 0.05 THEN 'no difference'
             WHEN t.successes * t.base_n > t.base_successes * t.n THEN 'better' ELSE 'worse' END
    FROM tested t ORDER BY t.id IS NOT NULL, t.name;
END;
COMMENT ON FUNCTION prompts.variation_results(uuid) IS
    'Each variation of a template beside the template itself, by executions that ended: a difference counts from 30 of each on, with a two-sided p below 0.05';

CREATE FUNCTION prompts.calculate_template_effectiveness(p_template_id uuid) RETURNS base.score LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH recent AS (
        SELECT e.id, e.status, e.duration_ms FROM prompts.prompt_executions e
        WHERE e.template_id = p_template_id AND e.started_at >= now() - interval '30 days'
    ), parts AS (
        SELECT 40 AS weight, avg((r.status = 'completed')::integer) FILTER (WHERE r.status IN ('completed', 'failed', 'timed_out')) AS share FROM recent r
        UNION ALL
        SELECT 40, (SELECT (avg(f.rating) - 1) / 4 FROM prompts.prompt_feedback f WHERE f.execution_id IN (SELECT r.id FROM recent r))
        UNION ALL
        SELECT 20, greatest(0, 1 - avg(r.duration_ms) FILTER (WHERE r.status = 'completed') / 5000) FROM recent r
        HAVING count(*) FILTER (WHERE r.status = 'completed' AND r.duration_ms IS NOT NULL) > 0
    )
    SELECT round(100 * sum(p.weight * p.share) / nullif(sum(p.weight) FILTER (WHERE p.share IS NOT NULL), 0), 2)::base.score FROM parts p;
END;
COMMENT ON FUNCTION prompts.calculate_template_effectiveness(uuid) IS
    'How well a template served in the last 30 days: success 40, rating 40 (1 counts nothing, 5 all), speed 20 (nothing from a mean of 5 s on); what is unknown is left out of the weights; null without any';

CREATE FUNCTION prompts.effectiveness_for_readers(p_template_id uuid) RETURNS base.score
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN prompts.calculate_template_effectiveness(p_template_id);
COMMENT ON FUNCTION prompts.effectiveness_for_readers(uuid) IS
    'Effectiveness of a template of the session''s organization, also for those who may read views only';

-- views

CREATE VIEW prompts.template_performance AS
SELECT t.id AS template_id, t.slug, t.version, t.status, e.executions, e.successes, e.failures, e.avg_ms, e.tokens, e.cost_usd, f.avg_rating,
    prompts.effectiveness_for_readers(t.id) AS effectiveness, t.organization_id
FROM prompts.prompt_templates t
CROSS JOIN LATERAL (
    SELECT count(*) AS executions, count(*) FILTER (WHERE e.status = 'completed') AS successes,
        count(*) FILTER (WHERE e.status IN ('failed', 'timed_out')) AS failures, round(avg(e.duration_ms)) AS avg_ms,
        sum(coalesce(e.token_count_input, 0) + coalesce(e.token_count_output, 0)) AS tokens, sum(e.cost_usd) AS cost_usd
    FROM prompts.prompt_executions e WHERE e.template_id = t.id
) e
CROSS JOIN LATERAL (
    SELECT round(avg(f.rating), 2) AS avg_rating
    FROM prompts.prompt_feedback f JOIN prompts.prompt_executions e ON e.id = f.execution_id WHERE e.template_id = t.id
) f
WHERE t.deleted_at IS NULL;
CALL base.describe('prompts.template_performance', 'How each live template serves, all its variations together', $$
    template_id: The template
    slug: What programs call it
    version: Its version
    status: Whether it may be chosen
    executions: How often it was sent
    successes: How often it succeeded
    failures: How often it failed or timed out
    avg_ms: Mean time to the answer
    tokens: Tokens sent and received
    cost_usd: What all that cost
    avg_rating: Mean rating; null without any
    effectiveness: See calculate_template_effectiveness()
$$);

CREATE VIEW prompts.context_source_usage AS
SELECT s.id AS context_source_id, s.name, s.source_type, s.is_active,
    (SELECT count(*) FROM prompts.prompt_context_mappings m WHERE m.context_source_id = s.id) AS templates,
    d.entries, d.expired_entries, d.size_bytes, d.accesses, d.last_accessed_at, s.organization_id
FROM prompts.context_sources s
CROSS JOIN LATERAL (
    SELECT count(*) AS entries, count(*) FILTER (WHERE c.expires_at <= now()) AS expired_entries, coalesce(sum(c.size_bytes), 0) AS size_bytes,
        coalesce(sum(c.access_count), 0) AS accesses, max(c.last_accessed_at) AS last_accessed_at
    FROM prompts.context_data c WHERE c.context_source_id = s.id
) d
WHERE s.deleted_at IS NULL;
CALL base.describe('prompts.context_source_usage', 'What is kept from each live source of context, and how much it is used', $$
    context_source_id: The source
    name: What people call it
    source_type: What kind of place it is
    is_active: Whether it is used
    templates: Templates that it goes with
    entries: What is kept from it
    expired_entries: Those of them that wait to be deleted
    size_bytes: Bytes of all
    accesses: How often they were used
    last_accessed_at: When one last was
$$);

CALL base.finish_schema('prompts');
CALL base.record_module('prompts', 'Prompt templates, variations, executions, context');
RESET ROLE;

-- Unqualified names work in every session, where the installing role may say so for the database.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = %s', current_database(), base.search_path());
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- Patterns from being seen to being mended: found in files, recommended by what mending is worth, and what helped remembered.
-- psql -X -v ON_ERROR_STOP=1 -f examples/pattern_detection.sql     (leaves nothing behind)

BEGIN;
SET LOCAL ROLE graph_sitter_app;
SELECT base.set_current_organization(base.create_organization('An example', 'example-pattern-detection'));

-- Two patterns are looked for; one is seen three times, the other once.

INSERT INTO learning.identified_patterns (pattern_type, pattern_name, confidence_score) VALUES ('code_smell', 'long_method', 0.95);
INSERT INTO learning.identified_patterns (pattern_type, pattern_name, confidence_score, severity_level)
VALUES ('security_vulnerability', 'shell_injection', 0.80, 'critical');
INSERT INTO learning.pattern_occurrences (pattern_id, source_type, source_id, location_data, detection_timestamp)
SELECT p.id, 'code_file', o.source_id, o.location_data, now() - interval '4 hours'
FROM (VALUES
    ('long_method', 'file123', '{"line_start": 10, "line_end": 190}'::jsonb),
    ('long_method', 'file124', '{"line_start": 1, "line_end": 120}'),
    ('long_method', 'file125', '{"line_start": 5, "line_end": 99}'),
    ('shell_injection', 'file123', '{"line_start": 44, "line_end": 44}')
) AS o (pattern_name, source_id, location_data)
JOIN learning.identified_patterns p USING (pattern_name);

DO $$ BEGIN
    ASSERT (SELECT array_agg(occurrence_frequency ORDER BY pattern_name) FROM learning.identified_patterns) = ARRAY[3, 1]::bigint[], 'each is counted';
END $$;

-- What to do first follows from how sure, how much and how dear it is.

INSERT INTO learning.recommendations (recommendation_type, title, source_pattern_id, confidence_score, impact_score, effort_score)
SELECT r.kind, r.title, p.id, p.confidence_score, r.impact, r.effort
FROM (VALUES
    ('long_method', 'refactoring', 'Split the long methods', 40, 80),
    ('shell_injection', 'security_fix', 'Pass arguments as a list', 90, 20)
) AS r (pattern_name, kind, title, impact, effort)
JOIN learning.identified_patterns p USING (pattern_name);

SELECT title, priority_score FROM learning.recommendations ORDER BY priority_score DESC;

DO $$ BEGIN
    ASSERT (SELECT array_agg(title ORDER BY priority_score DESC) FROM learning.recommendations)
        = ARRAY['Pass arguments as a list', 'Split the long methods'], 'the sure, large and cheap goes first';
    ASSERT (SELECT priority_score FROM learning.recommendations WHERE recommendation_type = 'refactoring') = 47.50, '100 × 0.95 × 0.4 / 0.8';
END $$;

-- It is done; what helped becomes a pattern that works, and a sentence that is found again.

UPDATE learning.recommendations SET status = 'implemented', implemented_at = now() WHERE recommendation_type = 'security_fix';
UPDATE learning.pattern_occurrences o SET resolution_status = 'resolved', resolution_timestamp = now(), resolution_method = 'rewritten'
FROM learning.identified_patterns p WHERE p.id = o.pattern_id AND p.pattern_name = 'shell_injection';
INSERT INTO learning.learning_patterns (pattern_name, pattern_type, description)
VALUES ('argument_list', 'security_enhancement', 'Programs are run with a list of arguments, never with a line for the shell');
SELECT learning.update_pattern_effectiveness(l.id, 'success', 80, 'code_file', 'file123') FROM learning.learning_patterns l;
SELECT learning.update_pattern_effectiveness(l.id, 'failure', 30, 'code_file', 'file200') FROM learning.learning_patterns l;
INSERT INTO learning.knowledge_base (title, content, kind)
VALUES ('Running programs', 'Give subprocess a list of arguments: no shell, no injection.', 'how_to');

SELECT pattern_name, applications, success_rate, effectiveness_score FROM learning.learning_pattern_success;
SELECT title FROM learning.search_knowledge('shell injection');

-- Figures by type are as of the last refresh.

SET LOCAL ROLE graph_sitter_maintenance;
REFRESH MATERIALIZED VIEW learning.pattern_analytics_summary_mv;
SET LOCAL ROLE graph_sitter_app;

SELECT pattern_type, severity_level, pattern_count, total_occurrences, open, resolved, avg_resolution_hours FROM learning.pattern_analytics_summary ORDER BY 1;

DO $$ BEGIN
    ASSERT (SELECT applications = 2 AND success_rate = 50 AND effectiveness_score = 65 FROM learning.learning_pattern_success),
        'one of two succeeded; 0.7 × 80 + 0.3 × 30';
    ASSERT (SELECT title FROM learning.search_knowledge('shell injection')) = 'Running programs', 'what was learned is found';
    ASSERT (SELECT resolved = 1 AND open = 0 AND avg_resolution_hours = 4 FROM learning.pattern_analytics_summary WHERE severity_level = 'critical'),
        'it took four hours';
END $$;

ROLLBACK;

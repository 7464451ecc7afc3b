"""Prompts: choosing, filling in, trying variations, judging, context."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from math import erfc, sqrt
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import Connection, Session, new_user, value, values


def _insert(app: Connection, table: str, **columns: object) -> UUID:
    statement = sql.SQL("INSERT INTO prompts.{} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
    )
    row = app.execute(statement, list(columns.values())).fetchone()
    assert row
    return UUID(str(row[0]))


def _template(app: Connection, **columns: object) -> UUID:
    given = {"name": "A test", "slug": "review", "status": "active", "template_content": "Review"}
    return _insert(app, "prompt_templates", **given | columns)


def _variation(app: Connection, template: UUID, name: str, share: float = 0) -> UUID:
    return _insert(
        app,
        "prompt_variations",
        template_id=template,
        variation_name=name,
        template_content=name,
        traffic_percentage=share,
        is_active=True,
    )


def _execute(
    app: Connection, template: UUID, status: str, times: int = 1, **columns: object
) -> None:
    for _ in range(times):
        _insert(
            app,
            "prompt_executions",
            template_id=template,
            rendered_prompt="Review",
            model_name="m",
            status=status,
            **columns,
        )


def test_each_condition_reaches_its_template_and_what_is_left_the_fallback(
    acting: Session, acme: UUID
) -> None:
    conditions = {
        "1.0.0": '$.language == "python"',
        "1.1.0": '$.language == "python" && $.lines > 500',
        "1.2.0": '$.labels[*] ? (@ == "security")',
        "1.3.0": None,
    }
    contexts = {
        "1.0.0": {"language": "python", "lines": 20},
        "1.1.0": {"language": "python", "lines": 501},
        "1.2.0": {"language": "go", "labels": ["bug", "security"]},
        "1.3.0": {"language": "go", "lines": "many"},
    }
    with acting(acme) as app:
        known = {
            version: _template(app, version=version, conditions=each, condition_rank=rank)
            for rank, (version, each) in enumerate(conditions.items())
        }
        chosen = {
            version: value(
                app, "SELECT prompts.select_prompt_template('review', %s)", Jsonb(context)
            )
            for version, context in contexts.items()
        }
        assert chosen == known
        assert value(app, "SELECT prompts.select_prompt_template('absent')") is None


def test_of_equal_rank_the_newest_active_version_is_chosen(acting: Session, acme: UUID) -> None:
    choose = "SELECT prompts.select_prompt_template('review')"
    with acting(acme) as app:
        _template(app, version="1.9.0")
        newest = _template(app, version="1.10.0")
        _template(app, version="2.0.0", status="draft")
        assert value(app, choose) == newest
        app.execute(
            "UPDATE prompts.prompt_templates SET deleted_at = now() WHERE id = %s", (newest,)
        )
        assert value(app, choose) != newest


def test_subjects_are_spread_by_weight_and_keep_what_they_got(acting: Session, acme: UUID) -> None:
    spread = """
        SELECT coalesce(v.variation_name, 'base'), count(*) FROM generate_series(1, 10000) AS n
        LEFT JOIN prompts.prompt_variations v
            ON v.id = prompts.assign_prompt_variation(%s, 'subject ' || n)
        GROUP BY 1
    """
    with acting(acme) as app:
        template = _template(app)
        _variation(app, template, "short", 20)
        _variation(app, template, "long", 10)
        found = dict(app.execute(spread, (template,)))
        assert found == dict(app.execute(spread, (template,)))
    for name, share in {"base": 70, "short": 20, "long": 10}.items():
        assert abs(found[name] / 100 - share) < 2, found


def test_without_an_active_variation_everybody_gets_the_template(
    acting: Session, acme: UUID
) -> None:
    assign = "SELECT prompts.assign_prompt_variation(%s, 'me')"
    with acting(acme) as app:
        template = _template(app)
        variation = _variation(app, template, "short", 100)
        assert value(app, assign, template) == variation
        app.execute("UPDATE prompts.prompt_variations SET is_active = false")
        assert value(app, assign, template) is None
    with acting(acme) as app, pytest.raises(errors.NoDataFound):
        app.execute(assign, (uuid4(),))


def test_active_variations_get_no_more_than_all_the_traffic(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        template = _template(app)
        _variation(app, template, "short", 60)
        _variation(app, template, "long", 40)
        # Two that change places at once never exceed it in between.
        app.execute(
            "UPDATE prompts.prompt_variations SET traffic_percentage = 100 - traffic_percentage"
        )
        with pytest.raises(errors.CheckViolation) as refused, app.transaction():
            _variation(app, template, "more", 0.01)
    assert refused.value.diag.constraint_name == "prompt_variations_traffic_check"


def test_sessions_together_give_away_no_more_than_all_the_traffic(
    shared_database: str, acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        template = _template(app)

    def add(number: int) -> bool:
        with psycopg.connect(shared_database) as session:
            session.execute("SET LOCAL ROLE graph_sitter_app")
            session.execute("SELECT base.set_current_organization(%s)", (acme,))
            try:
                _variation(session, template, f"v{number}", 30)
            except errors.CheckViolation:
                session.rollback()
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(add, range(6))) == 3


def test_what_a_template_requires_it_mentions(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        _template(
            app,
            template_content="Review {{ diff }}",
            system_prompt="You know {{language}}",
            required_variables=["diff", "language"],
        )
        with pytest.raises(errors.CheckViolation), app.transaction():
            _template(
                app,
                version="2.0.0",
                template_content="Review {{difference}}",
                required_variables=["diff"],
            )


def test_variables_are_filled_in_once_and_missing_ones_named(acting: Session, acme: UUID) -> None:
    render = "SELECT system_prompt, prompt FROM prompts.render_prompt(%s, %s, %s)"
    with acting(acme) as app:
        template = _template(
            app,
            template_content="{{diff}} in {{ tone }} words, {{diff}}",
            system_prompt="Be {{tone}}",
            required_variables=["diff", "tone"],
            variables=Jsonb({"tone": {"default": "few"}, "diff": {"description": "what changed"}}),
        )
        variation = _variation(app, template, "Only {{diff}}")
        given = Jsonb({"diff": "{{tone}} \\1"})
        row = app.execute(render, (template, given, None)).fetchone()
        assert row == ("Be few", "{{tone}} \\1 in few words, {{tone}} \\1")
        row = app.execute(render, (template, given, variation)).fetchone()
        assert row == ("Be few", "Only {{tone}} \\1")
        with pytest.raises(errors.InvalidParameterValue, match="needs values for: diff"):
            app.execute(render, (template, Jsonb({"tone": "kind"}), None))


def test_a_variation_belongs_to_the_template_it_was_executed_for(
    acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        variation = _variation(app, _template(app, slug="one"), "short")
        with pytest.raises(errors.ForeignKeyViolation), app.transaction():
            _execute(app, _template(app, slug="two"), "completed", variation_id=variation)


def test_results_tell_differences_from_chance(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        template = _template(app)
        _execute(app, template, "completed", 30, cost_usd=0.02)
        _execute(app, template, "timed_out", 70)
        _execute(app, template, "running", 5)
        arms = {"alike": (32, 68), "better": (45, 55), "rare": (9, 1), "worse": (12, 88)}
        for name, (good, bad) in arms.items():
            variation = _variation(app, template, name)
            _execute(app, template, "completed", good, variation_id=variation)
            _execute(app, template, "failed", bad, variation_id=variation)
        _variation(app, template, "unused")
        for rating in (4, 5):
            _insert(
                app,
                "prompt_feedback",
                rating=rating,
                execution_id=value(
                    app, "SELECT id FROM prompts.prompt_executions WHERE variation_id IS NULL"
                ),
            )
        rows = app.execute("SELECT * FROM prompts.variation_results(%s)", (template,)).fetchall()
    assert rows[0][1:5] == (100, *map(Decimal, ("0.3", "4.5", "0.02")))
    verdicts = {name: verdict for name, *_, verdict in rows}
    assert verdicts == {
        "base": "base",
        "alike": "no difference",
        "better": "better",
        "rare": "insufficient data",
        "unused": "insufficient data",
        "worse": "worse",
    }
    for name, executions, rate, _, _, lift, p, _ in rows[1:]:
        if executions:
            good, bad = arms[name]
            assert executions == good + bad
            assert p == pytest.approx(_p_value(good, good + bad, 30, 100), abs=1e-12)
            assert float(lift) == pytest.approx(100 * (float(rate) / 0.3 - 1), abs=0.01)


def _p_value(good: int, n: int, other: int, m: int) -> float:
    pooled = (good + other) / (n + m)
    return erfc(abs(good / n - other / m) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / m) * 2))


@pytest.mark.parametrize(
    ("counts", "p"),
    [
        ((21, 24, 14, 24), 0.0230),  # promotion and gender, Rosen and Jerdee 1974
        ((57, 200745, 142, 201229), 1.9e-9),  # polio vaccine, Francis 1955
        ((5, 10, 5, 10), 1),
        ((10, 10, 7, 7), 1),
        ((0, 0, 5, 10), None),
    ],
)
def test_the_p_value_is_the_published_one(
    connection: Connection, counts: tuple[int, ...], p: float | None
) -> None:
    found = value(connection, "SELECT base.two_proportion_p_value(%s, %s, %s, %s)", *counts)
    assert found == (p if p is None else pytest.approx(p, rel=0.05))


@pytest.mark.parametrize("z", [0, 0.1, 1, 1.96, 4.2, 4.3, 10, 30])
def test_far_out_values_are_as_unlikely_as_they_are(connection: Connection, z: float) -> None:
    found = value(connection, "SELECT base.two_sided_p_value(%s)", float(z))
    assert found == pytest.approx(erfc(z / sqrt(2)), rel=1e-9)
    assert value(connection, "SELECT base.two_sided_p_value(%s)", -float(z)) == found


def test_effectiveness_leaves_out_what_is_unknown(acting: Session, acme: UUID) -> None:
    ask = "SELECT prompts.calculate_template_effectiveness(%s)"
    timed: dict[str, Any] = {
        "started_at": "2100-01-01 00:00:00Z",
        "completed_at": "2100-01-01 00:00:02.5Z",
    }
    with acting(acme) as app:
        template = _template(app)
        assert value(app, ask, template) is None
        _execute(app, template, "completed", **timed)
        assert float(value(app, ask, template)) == pytest.approx(50 / 60 * 100, abs=0.01)
        execution = value(app, "SELECT id FROM prompts.prompt_executions")
        _insert(app, "prompt_feedback", execution_id=execution, rating=2)
        assert value(app, ask, template) == 40 + 10 + 10
        _execute(app, template, "failed")
        assert value(app, ask, template) == 20 + 10 + 10
        row = app.execute(
            "SELECT executions, successes, failures, avg_rating, effectiveness"
            " FROM prompts.template_performance"
        ).fetchone()
    assert row == (2, 1, 1, 2, 40)


def test_a_reader_of_views_is_told_how_templates_serve(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    told = "SELECT executions, effectiveness FROM prompts.template_performance"
    with acting(acme) as app:
        _execute(app, _template(app), "failed")
    with acting(acme, role="graph_sitter_reader") as reader:
        assert reader.execute(told).fetchall() == [(1, 0)]
    with acting(globex, role="graph_sitter_reader") as reader:
        assert reader.execute(told).fetchall() == []


def test_a_prompt_that_ended_stays_as_it_ended(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        _execute(app, _template(app), "failed")
        with pytest.raises(errors.CheckViolation):
            app.execute("UPDATE prompts.prompt_executions SET status = 'completed'")


def test_a_person_judges_an_answer_once(acting: Session, acme: UUID) -> None:
    user = new_user(acting, acme, "member")
    with acting(acme, user) as app:
        _execute(app, _template(app), "completed")
        execution = value(app, "SELECT id FROM prompts.prompt_executions")
        _insert(app, "prompt_feedback", execution_id=execution, rating=5)
        _insert(app, "prompt_feedback", execution_id=execution, rating=1, source="automatic")
        with pytest.raises(errors.UniqueViolation), app.transaction():
            _insert(app, "prompt_feedback", execution_id=execution, rating=1)


def test_expired_context_is_cleaned_and_the_rest_stays(
    acting: Session, acme: UUID, globex: UUID
) -> None:
    expire = "UPDATE prompts.context_data SET expires_at = now() WHERE content_key = 'old'"
    for organization in (acme, globex):
        with acting(organization) as app:
            source = _insert(app, "context_sources", name="docs", source_type="documentation")
            lasting = _insert(
                app, "context_sources", name="law", source_type="file", cache_minutes=None
            )
            for place, key in ((source, "old"), (source, "new"), (lasting, "kept")):
                app.execute("SELECT prompts.store_context(%s, %s, 'text')", (place, key))
            app.execute(expire)
    with acting(acme) as app:
        assert value(app, "SELECT prompts.cleanup_expired_context_data()") == 1
        left = "SELECT content_key FROM prompts.context_data ORDER BY 1"
        assert values(app, left) == ["kept", "new"]
    with acting(globex) as app:
        assert len(values(app, left)) == 3


def test_context_is_kept_as_long_and_as_much_of_it_as_its_source_says(
    acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        source = _insert(
            app,
            "context_sources",
            name="docs",
            source_type="web",
            max_content_length=5,
            cache_minutes=10,
        )
        fetch = "SELECT content_text FROM prompts.fetch_context(%s, 'a')"
        store = "SELECT prompts.store_context(%s, 'a', %s)"
        assert values(app, fetch, source) == []
        first = value(app, store, source, "one two")
        assert values(app, fetch, source) == ["one t"]
        assert value(app, store, source, "three") == first
        assert values(app, fetch, source) == ["three"]
        row = app.execute(
            "SELECT content_sha256 = sha256('three'), expires_at - now() = interval '10 minutes',"
            " size_bytes FROM prompts.context_data"
        ).fetchone()
        assert row == (True, True, 7)
        usage = "SELECT entries, expired_entries, accesses FROM prompts.context_source_usage"
        assert app.execute(usage).fetchone() == (1, 0, 2)
        app.execute("UPDATE prompts.context_data SET expires_at = now()")
        assert values(app, fetch, source) == []
        assert app.execute(usage).fetchone() == (1, 1, 2)


def test_credentials_of_a_source_are_never_in_clear(acting: Session, acme: UUID) -> None:
    given = {"name": "docs", "source_type": "api"}
    with acting(acme) as app:
        _insert(app, "context_sources", **given, credentials_ref="env:DOCS_TOKEN")
        with pytest.raises(errors.CheckViolation), app.transaction():
            _insert(app, "context_sources", **given | {"name": "x"}, credentials_ref="ghp_abc123")

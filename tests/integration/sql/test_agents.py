"""What agents are asked, what they may use, and what is counted."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from psycopg.types.json import Jsonb
from tests.integration.sql.conftest import Connection, Session, insert, value, values


def agent(app: Connection, name: str = "coder", **columns: object) -> UUID:
    given = {"name": name, "agent_type": "code", "capabilities": ("python",), **columns}
    return UUID(str(insert(app, "agents.codegen_agents", **given)))


def ask(app: Connection, who: UUID, priority: str = "normal", **context: object) -> UUID:
    asked = "SELECT agents.queue_agent_task(%s, 'Mend it', %s, %s)"
    return UUID(str(value(app, asked, who, Jsonb(context), priority)))


def claim(app: Connection, who: UUID, limit: int = 1) -> list[UUID]:
    return values(app, "SELECT id FROM agents.claim_agent_tasks(%s, %s)", who, limit)


def finish(app: Connection, task: UUID, success: bool = True, cost: float = 0.5) -> str:
    done = "SELECT agents.finish_agent_task(%s, %s, '{}', 100, 20, %s::numeric)"
    return str(value(app, done, task, success, cost))


def test_an_agent_is_asked_only_what_it_does(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        coder = agent(app)
        assert ask(app, coder, capabilities=["python"])
        with pytest.raises(errors.ObjectNotInPrerequisiteState) as refused, app.transaction():
            ask(app, coder, capabilities=["python", "rust", "go"])
        assert refused.value.diag.message_primary == "the agent coder cannot do: go, rust"
        insert(app, "agents.agent_capabilities", agent_id=coder, capability_name="rust")
        assert ask(app, coder, capabilities=["rust"])
        app.execute("UPDATE agents.codegen_agents SET is_active = false")
        with pytest.raises(errors.ObjectNotInPrerequisiteState) as refused, app.transaction():
            ask(app, coder)
        assert refused.value.diag.message_primary == "the agent coder is not active"
        assert claim(app, coder) == []


def test_the_most_urgent_is_begun_and_no_more_than_may_run(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        coder = agent(app, max_concurrent_tasks=2)
        low, high, normal = (ask(app, coder, each) for each in ("low", "high", "normal"))
        assert claim(app, coder) == [high]
        assert claim(app, coder, 5) == [normal]
        assert claim(app, coder, 5) == []
        assert finish(app, high) == "completed"
        assert claim(app, coder, 5) == [low]


@pytest.mark.parametrize("limit", [{"tokens_per_month": 120}, {"cost_per_month": 0.5}])
def test_nothing_is_begun_once_the_month_s_limit_is_used_up(
    acting: Session, acme: UUID, limit: dict[str, float]
) -> None:
    with acting(acme) as app:
        app.execute("UPDATE base.organizations SET usage_limits = %s", (Jsonb(limit),))
        coder = agent(app)
        first, second = ask(app, coder, "high"), ask(app, coder)
        assert claim(app, coder) == [first]
        finish(app, first)
        assert claim(app, coder) == []
        status = "SELECT status::text FROM agents.agent_tasks WHERE id = %s"
        assert value(app, status, second) == "pending"
        # What was used before this month does not count.
        app.execute(
            "UPDATE agents.agent_tasks SET started_at = started_at - interval '32 days',"
            " completed_at = completed_at - interval '32 days' WHERE id = %s",
            (first,),
        )
        assert claim(app, coder) == [second]


def test_a_failure_is_tried_again_and_all_attempts_are_counted(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        app.execute("""UPDATE base.organizations SET usage_limits = '{"cost_per_month": 10}'""")
        coder = agent(app, model_name="m1")
        task = ask(app, coder)
        app.execute("UPDATE agents.agent_tasks SET max_retries = 1")
        states = []
        for success in (False, False):
            assert claim(app, coder) == [task]
            states.append(finish(app, task, success))
        assert states == ["retrying", "failed"]
        with pytest.raises(errors.ObjectNotInPrerequisiteState), app.transaction():
            finish(app, task)
        cost = app.execute(
            "SELECT agent, model, tasks, tokens, cost_usd, percent_of_monthly_limit"
            " FROM agents.agent_cost_summary"
        ).fetchall()
        assert cost == [("coder", "m1", 1, 240, Decimal("1.0"), Decimal("10.00"))]
        used = app.execute("SELECT tokens_used, cost_estimate FROM agents.agent_tasks").fetchone()
        assert used == (240, Decimal("1.0"))
        summary = "SELECT tasks_by_status, success_rate_percent FROM agents.agent_summary"
        assert app.execute(summary).fetchone() == ({"failed": 1}, 0)


@pytest.mark.parametrize(("success", "ends"), [(True, "completed"), (False, "failed")])
def test_the_task_it_was_for_ends_with_it(
    acting: Session, acme: UUID, success: bool, ends: str
) -> None:
    with acting(acme) as app:
        coder = agent(app)
        task = insert(app, "tasks.tasks", title="Mend", task_type="bug_fix", max_retries=0)
        queued = value(
            app, "SELECT agents.queue_agent_task(%s, 'Mend it', p_task_id => %s)", coder, task
        )
        app.execute("UPDATE agents.agent_tasks SET max_retries = 0")
        assert claim(app, coder) == [queued]
        row = "SELECT status::text, worker FROM tasks.tasks"
        assert app.execute(row).fetchone() == ("running", "agent coder")
        assert finish(app, queued, success) == ends
        assert app.execute(row).fetchone() == (ends, "agent coder")


def test_of_the_capable_the_most_successful_then_the_cheapest_is_selected(
    acting: Session, acme: UUID
) -> None:
    def works(who: UUID, success: bool, cost: float) -> None:
        task = insert(app, "agents.agent_tasks", agent_id=who, prompt="p", max_retries=0)
        assert claim(app, who) == [task]
        finish(app, task, success, cost)

    def selected(*capabilities: str, kind: str = "code") -> UUID | None:
        found = "SELECT agents.select_agent(%s, %s)"
        return value(app, found, kind, list(capabilities))  # type: ignore[no-any-return]

    with acting(acme) as app:
        dear, cheap, poor = (agent(app, name) for name in ("dear", "cheap", "poor"))
        works(dear, True, 2)
        works(cheap, True, 1)
        works(poor, False, 0)
        assert selected("python") == cheap
        app.execute(
            "UPDATE agents.codegen_agents SET max_concurrent_tasks = 1 WHERE id = %s", (cheap,)
        )
        ask(app, cheap)
        assert claim(app, cheap)
        assert selected() == dear
        insert(
            app,
            "agents.agent_capabilities",
            agent_id=dear,
            capability_name="python",
            is_enabled=False,
        )
        assert selected("python") == poor
        assert selected("rust") is None
        assert selected(kind="review") is None


RECOUNT = """
    SELECT a.usage_stats - 'last_used_at' = jsonb_build_object(
        'tasks', count(t.id), 'completed', count(*) FILTER (WHERE t.status = 'completed'),
        'failed', count(*) FILTER (WHERE t.status = 'failed'),
        'tokens', coalesce(sum(t.tokens_used), 0), 'cost', coalesce(sum(t.cost_estimate), 0))
    FROM agents.codegen_agents a LEFT JOIN agents.agent_tasks t ON t.agent_id = a.id
    WHERE a.usage_stats <> '{}' GROUP BY a.id
"""


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "claim", "succeed", "fail", "move", "delete"]),
            st.integers(0, 1),
        ),
        max_size=20,
    )
)
def test_what_an_agent_used_equals_a_recount(
    acting: Session, acme: UUID, steps: list[tuple[str, int]]
) -> None:
    with acting(acme) as app, app.transaction(force_rollback=True):
        both = [agent(app, "a"), agent(app, "b")]
        running = "SELECT id FROM agents.agent_tasks WHERE status = 'running' LIMIT 1"
        for step, which in steps:
            task = value(app, running)
            match step:
                case "ask":
                    ask(app, both[which])
                case "claim":
                    claim(app, both[which])
                case "move":
                    app.execute("UPDATE agents.agent_tasks SET agent_id = %s", (both[which],))
                case "delete":
                    app.execute("DELETE FROM agents.agent_tasks WHERE status = 'retrying'")
                case _ if task:
                    finish(app, task, step == "succeed")
        assert set(values(app, RECOUNT)) <= {True}

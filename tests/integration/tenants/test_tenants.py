"""Two organizations in one database: whatever one asks, calls or tries, the other is not there.

A machine does what comes to its mind, for either organization. All that belongs to one is marked by
its word, and the answers are looked through for the other's word and ids. What is asked within SQL
is asked once more after the other's rows are gone, and must be answered alike.
"""

import inspect
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import click
import psycopg
import pytest
from click.testing import CliRunner
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from tests.integration.tenants import probes
from tests.integration.tenants.probes import ROLES, Function

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.cli.root import root as command_line
from graph_sitter_db.db import modules
from graph_sitter_db.errors import GraphSitterDBError

type Make = Callable[..., Path]
type Answers = dict[str, str]

WORDS = ("acmesecret", "globexsecret")
# The last two are an operator's: they are for all organizations.
WRITING = {"record", "backfill", "flush", "db", "maintain"}
READING = re.compile(r"(?!record|backfill|spool|flush|analyze_|close)[a-z]\w*")
COMMITS = 4


@dataclass
class Tenant:
    word: str
    root: Path
    adapter: CodebaseDBAdapter
    id: UUID
    runs: list[UUID]


@pytest.fixture
def tenants(
    installed_database: str, repository: Make, git: Callable[..., str], write: Callable[..., Path]
) -> Iterator[list[Tenant]]:
    made = []
    for place, word in enumerate(WORDS):  # a folder is told as it was asked for: it bears no word
        root = repository(files(word, 0), name=f"place{place}")
        for number in range(1, COMMITS):
            write(root, files(word, number))
            git(root, "add", "-A")
            git(
                root,
                "commit",
                "-q",
                "-m",
                f"{word} {number}",
                f"--author={word} <{word}@example.org>",
            )
        adapter = CodebaseDBAdapter(installed_database, word)
        (result,) = adapter.record(root, commit="HEAD~1")
        assert result.id
        made.append(Tenant(word, root, adapter, settle(installed_database, word), [result.id]))
    yield made
    for tenant in made:
        tenant.adapter.close()


def files(word: str, number: int) -> Mapping[str, str]:
    body = (
        f"def {word}_{number}(x=[]):\n    # TODO {word}\n    import {word}_outside\n    return x\n"
    )
    return {
        f"{word}.py": body,
        f"{word}_user.py": f"from {word} import {word}_{number}\n\n\ny = {word}_{number}()\n",
    }


def settle(url: str, word: str) -> UUID:
    """What an organization has beside its recordings: people, keys, secrets, metrics, decisions."""
    with psycopg.connect(url) as connection:
        (organization,) = connection.execute(
            "SELECT base.find_organization(%s)", (word,)
        ).fetchone() or (None,)
        connection.execute("SET LOCAL ROLE graph_sitter_app")
        connection.execute("SELECT base.set_current_organization(%s)", (organization,))
        for statement in _BELONGINGS:
            connection.execute(statement, {"word": word})
        connection.execute("RESET ROLE")
        for view in _SUMMARIES:
            connection.execute(f"REFRESH MATERIALIZED VIEW {view}")
    assert isinstance(organization, UUID)
    return organization


class Tenants(RuleBasedStateMachine):
    """One of the two acts; the other must neither be seen nor touched."""

    def __init__(self, url: str, tenants: list[Tenant]) -> None:
        super().__init__()
        self._url, self._tenants = url, tenants
        self._connection = psycopg.connect(url, autocommit=True)

    def teardown(self) -> None:
        self._connection.close()

    @rule(actor=st.sampled_from([0, 1]), back=st.integers(0, COMMITS - 1))
    def record(self, actor: int, back: int) -> None:
        me, _ = self._pair(actor)
        with self._untouched(actor):
            (result,) = me.adapter.record(me.root, commit=f"HEAD~{back}", depth="syntax")
        assert result.id
        me.runs = [*{*me.runs, result.id}]

    @rule(actor=st.sampled_from([0, 1]), role=st.sampled_from(ROLES), seed=st.integers(0, 999))
    def call_every_function(self, actor: int, role: str, seed: int) -> None:
        functions = [
            each
            for each in probes.functions(self._connection, role)
            if each.label not in probes.PASSES
        ]
        self._same_without_the_other(
            actor, role, [each for each in functions if each.is_stable], seed
        )
        with self._connection.transaction(force_rollback=True), self._untouched(actor, role):
            self._clean(actor, self._answers(actor, role, functions, seed))

    @rule(actor=st.sampled_from([0, 1]), role=st.sampled_from(ROLES))
    def read_every_relation(self, actor: int, role: str) -> None:
        self._same_without_the_other(actor, role, [], 0)

    @rule(actor=st.sampled_from([0, 1]))
    def change_every_table(self, actor: int) -> None:
        me, other = self._pair(actor)
        ids = {"me": me.id, "other": other.id}
        changes = [*probes.changes(self._connection, ROLES[0])]
        with (
            self._connection.transaction(force_rollback=True),
            self._untouched(actor),
            self._acting(actor, ROLES[0]),
        ):
            for change in changes:
                self._tried(partial(self._connection.execute, change, ids))

    @rule(actor=st.sampled_from([0, 1]), seed=st.integers(0, 999))
    def ask_every_method(self, actor: int, seed: int) -> None:
        me, _ = self._pair(actor)
        chance = random.Random(seed)
        with self._untouched(actor):
            for name, method in inspect.getmembers(me.adapter, inspect.ismethod):
                parameters = inspect.signature(method).parameters.values()
                if not READING.fullmatch(name) or any(p.annotation == "Any" for p in parameters):
                    continue
                given = {p.name: self._fitting(str(p.annotation), chance) for p in parameters}
                try:
                    answer = repr(method(**given))
                except GraphSitterDBError as error:
                    answer = str(error)
                self._clean(actor, {f"{name}({given})": answer}, given.values())

    @rule(actor=st.sampled_from([0, 1]), seed=st.integers(0, 999))
    def run_every_command(self, actor: int, seed: int) -> None:
        me, _ = self._pair(actor)
        chance = random.Random(seed)
        with self._untouched(actor):
            for name in command_line.list_commands(click.Context(command_line)):
                command = command_line.get_command(click.Context(command_line), name)
                if name in WRITING or command is None:
                    continue
                words = [w for each in command.params for w in self._words(each, chance)]
                where = ["--url", self._url, "--organization", me.word]
                done = CliRunner().invoke(command_line, [name, *where, *words])
                assert done.exception is None or isinstance(
                    done.exception, SystemExit | GraphSitterDBError
                ), (name, words, done.exception)
                told = done.output + str(done.exception or "")
                self._clean(actor, {f"{name} {words}": told}, [*words, me.word])

    def _pair(self, actor: int) -> tuple[Tenant, Tenant]:
        return self._tenants[actor], self._tenants[1 - actor]

    @contextmanager
    def _untouched(self, actor: int, role: str = ROLES[0]) -> Iterator[None]:
        """The other's rows stay as they are; a reader changes nobody's."""
        watched = [self._pair(actor)[1].id]
        if role == "graph_sitter_reader":
            watched.append(self._pair(actor)[0].id)
        before = [probes.held(self._connection, each) for each in watched]
        yield
        assert [probes.held(self._connection, each) for each in watched] == before

    @contextmanager
    def _acting(self, actor: int, role: str) -> Iterator[None]:
        me, _ = self._pair(actor)
        for name, value in (
            ("search_path", modules.search_path()),
            ("role", role),
            ("graph_sitter.organization_id", str(me.id)),
        ):
            self._connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        yield
        self._connection.execute("RESET ROLE")

    def _tried(self, ask: Callable[[], object]) -> str:
        """An answer, or what the server says instead."""
        try:
            with self._connection.transaction():
                return str(ask())
        except psycopg.Error as error:
            return f"{type(error).__name__}: {error}"

    def _same_without_the_other(
        self, actor: int, role: str, functions: list[Function], seed: int
    ) -> None:
        _, other = self._pair(actor)
        with self._connection.transaction(force_rollback=True):
            known = self._known()
            first = self._answers(actor, role, functions, seed, known)
            self._clean(actor, first)
            probes.forget(self._connection, other.id)
            again = self._answers(actor, role, functions, seed, known)
            assert [each for each in first if first[each] != again[each]] == []

    def _answers(
        self,
        actor: int,
        role: str,
        functions: list[Function],
        seed: int,
        known: probes.Values | None = None,
    ) -> Answers:
        """What functions, or else all relations, say; their own arguments are taken out."""
        chance, told = random.Random(seed), {}
        known = known or self._known()
        with self._acting(actor, role):
            for function in functions:
                given = function.arguments(known, chance)
                answer = self._tried(partial(function.call, self._connection, given))
                told[f"{function.label}{given}"] = _without(answer, given)
            if not functions:
                for relation in probes.relations(self._connection, role):
                    told[repr(relation)] = self._tried(
                        partial(probes.rows, self._connection, relation)
                    )
        return told

    def _known(self) -> probes.Values:
        return probes.values(self._connection, [each.id for each in self._tenants])

    def _clean(self, actor: int, answers: Answers, given: Iterable[object] = ()) -> None:
        """No word and no id of the other's, but for what was asked about."""
        me, other = self._pair(actor)
        ids = set(map(str, probes.values(self._connection, [other.id])["uuid"])) | {str(other.id)}
        ids -= set(map(str, probes.values(self._connection, [me.id])["uuid"]))
        for question, answer in answers.items():
            text = _without(answer, given)
            assert other.word not in text, question
            assert not ids & {*_ID.findall(text)}, question

    def _fitting(self, annotation: str, chance: random.Random) -> object:
        """An argument for a parameter, as often of the other's as of one's own."""
        tenant = chance.choice(self._tenants)
        run = chance.choice([*tenant.runs, tenant.id])
        texts = [tenant.word, f"{tenant.word}.py", str(tenant.root), str(run)[:8], "warning", "f"]
        kinds: dict[str, list[object]] = {
            "UUID": [run],
            "Reference": [run, str(run), "latest"],
            "str": list(texts),
            "Path": [tenant.root],
            "int": [1, 50],
            "bool": [True, False],
            "datetime": [datetime(2030, 1, 1, tzinfo=UTC)],
            "Mapping[str,str]": [{}],
            "None": [None],
        }
        parts = annotation.replace(" ", "").split("|")
        assert set(parts) <= {*kinds}, f"say what a {annotation} can be"
        return chance.choice([value for part in parts for value in kinds[part]])

    def _words(self, parameter: click.Parameter, chance: random.Random) -> list[str]:
        """For a command's argument or option."""
        if isinstance(parameter.type, click.Choice):
            value = str(chance.choice(parameter.type.choices))
        elif isinstance(parameter.type, click.IntRange | click.types.IntParamType):
            value = "5"
        else:
            value = str(self._fitting("str | UUID | Path", chance))
        if isinstance(parameter, click.Argument):
            return [value]
        if parameter.name in ("url", "organization", "help") or chance.random() < 0.5:
            return []
        assert isinstance(parameter, click.Option)
        return [parameter.opts[0]] if parameter.is_flag else [parameter.opts[0], value]


@pytest.mark.slow
def test_no_organization_sees_or_touches_another(
    installed_database: str, tenants: list[Tenant]
) -> None:
    run_state_machine_as_test(
        partial(Tenants, installed_database, tenants),  # type: ignore[arg-type]
        settings=settings(
            max_examples=2, stateful_step_count=10, deadline=None, database=None, derandomize=True
        ),
    )


def test_organizations_that_record_and_read_at_once_get_their_own(
    installed_database: str, tenants: list[Tenant]
) -> None:
    def work(tenant: Tenant, back: int) -> str:
        with CodebaseDBAdapter(installed_database, tenant.word) as adapter:
            recorded = adapter.record(tenant.root, commit=f"HEAD~{back}", depth="syntax")
            runs = [run.id for run in adapter.runs(limit=None) if run.id]
            told = [
                (adapter.files(run), adapter.symbols(run, ""), adapter.issues(run)) for run in runs
            ]
        return repr((recorded, told))

    with ThreadPoolExecutor(2 * COMMITS) as pool:
        work_of = [(t, pool.submit(work, t, back)) for back in range(COMMITS) for t in tenants]
    for tenant, done in work_of:
        assert [word in done.result() for word in WORDS] == [word == tenant.word for word in WORDS]


def test_a_function_that_tells_of_others_is_noticed(
    installed_database: str, tenants: list[Tenant]
) -> None:
    with psycopg.connect(installed_database) as connection:
        connection.execute(_LEAK)
    machine = Tenants(installed_database, tenants)
    with pytest.raises(AssertionError):
        machine.call_every_function(0, ROLES[0], 0)
    machine.teardown()


def _without(answer: str, given: Iterable[object]) -> str:
    for each in sorted(map(str, given), key=len, reverse=True):
        answer = answer.replace(each, "")
    return answer


_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BELONGINGS = (
    "SELECT base.ensure_user(%(word)s || '@example.org', %(word)s)",
    "SELECT base.create_api_key(%(word)s)",
    "SELECT base.audit_access(%(word)s, %(word)s, 'read')",
    "SELECT analytics.record_system_metric(%(word)s, 1, 'count', %(word)s)",
    "INSERT INTO analytics.issue_triage (codebase_id, fingerprint, state, comment)"
    " SELECT DISTINCT codebase_id, fingerprint, 'accepted', %(word)s FROM analytics.issues",
    "INSERT INTO projects.projects (name, slug) VALUES (%(word)s::text, %(word)s::text)",
    "INSERT INTO tasks.tasks (title, task_type) VALUES (%(word)s, 'custom')",
    "INSERT INTO prompts.prompt_templates (name, slug, status, template_content)"
    " VALUES (%(word)s::text, %(word)s::text, 'active', %(word)s::text)",
    "INSERT INTO prompts.prompt_executions (template_id, rendered_prompt, model_name, status)"
    " SELECT id, %(word)s, %(word)s, 'completed' FROM prompts.prompt_templates",
    "SELECT events.record_event('custom', %(word)s, p_deduplication_key => %(word)s)",
    "INSERT INTO integrations.linear_integrations (project_id, team_id)"
    " SELECT id, %(word)s FROM projects.projects",
    "SELECT integrations.record_webhook('linear', id, %(word)s, %(word)s, '{}', '{}', true)"
    " FROM integrations.linear_integrations",
    "INSERT INTO agents.codegen_agents (name, agent_type) VALUES (%(word)s, %(word)s)",
    "SELECT agents.queue_agent_task(id, %(word)s) FROM agents.codegen_agents",
    "INSERT INTO learning.ml_models (name, version, model_type, accuracy)"
    " VALUES (%(word)s, '1', 'prediction', 0.5)",
    "INSERT INTO learning.predictions (model_id, prediction_type, accuracy_score)"
    " SELECT id, 'custom', 0.5 FROM learning.ml_models",
    "INSERT INTO learning.identified_patterns (pattern_type, pattern_name)"
    " VALUES ('code_smell', %(word)s)",
    "INSERT INTO learning.knowledge_base (title, content) VALUES (%(word)s, %(word)s)",
    "INSERT INTO openevolve.evolution_experiments (name, problem_definition, objective_function)"
    " VALUES (%(word)s, '{}', '{}')",
    "SELECT openevolve.record_error(%(word)s)",
)
_SUMMARIES = (
    "analytics.repository_quality_overview_mv",
    "analytics.hourly_performance_summary_mv",
    "learning.daily_learning_metrics_mv",
    "learning.pattern_analytics_summary_mv",
    "openevolve.evolution_experiment_summary_mv",
)
_LEAK = """
    CREATE FUNCTION codebase.number_of_files() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
    RETURN (SELECT count(*) FROM codebase.files)
"""

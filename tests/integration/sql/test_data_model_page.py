"""docs/data-model.md says what is so."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from tests.integration.sql.conftest import Connection, File, Recorder, sessions, value, values

PAGE = (Path(__file__).parents[3] / "docs" / "data-model.md").read_text()
EXAMPLES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def recorded(own_connection: Connection) -> Connection:
    """A database in which the examples have something to tell."""
    acting = sessions(own_connection)
    with acting() as app:
        default = UUID(str(value(app, "SELECT base.create_organization('Default', 'default')")))
    parse = File("parse", {"parse": "1"}, [("parse", "src/app.py", "main")], [("deep", 10)])
    main = File("main", {"main": "1"}, [("main", "src/parse.py", "parse")])
    with acting(default) as app:
        recorder = Recorder(app)
        recorder.record({"src/app.py": main}, quality_score=90, score_model="m")
        both = {"src/app.py": main, "src/parse.py": parse}
        run = recorder.record(both, quality_score=80, score_model="m")
        app.execute(
            "INSERT INTO analytics.metrics"
            " (analysis_run_id, scope, scope_identifier, metric_name, value_numeric)"
            " VALUES (%s, 'file', 'src/app.py', 'line_coverage', 75)",
            (run,),
        )
    return own_connection


def test_every_example_runs_and_answers(recorded: Connection) -> None:
    silent = 0
    for statement in _statements():
        cursor = recorded.execute(statement)
        if cursor.description and not cursor.fetchall():
            silent += 1
    # No complex function, and no snapshot or score that is not what it says.
    assert silent == 3


def _statements() -> list[str]:
    return [each for example in EXAMPLES for each in example.split(";\n") if each.strip()]


def test_the_diagram_shows_tables_that_are_there(connection: Connection) -> None:
    diagram = re.findall(r"^    (\w+) \S+ (\w+) :", PAGE, re.MULTILINE)
    assert len(diagram) > 20
    tables = values(
        connection,
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE base.module_of(n.nspname) IS NOT NULL AND relkind IN ('r', 'p')",
    )
    assert {name for pair in diagram for name in pair} <= set(tables)


def test_every_line_between_two_tables_is_a_reference(connection: Connection) -> None:
    references = connection.execute(
        "SELECT a.relname, b.relname FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid"
        " JOIN pg_class b ON b.oid = k.confrelid WHERE k.contype = 'f'"
    ).fetchall()
    held = {frozenset(pair) for pair in references} | {frozenset(("projects", "repositories"))}
    drawn = re.findall(r"^    (\w+) \S+ (\w+) :", PAGE, re.MULTILINE)
    assert [pair for pair in drawn if frozenset(pair) not in held] == []


def test_every_role_and_module_is_named(connection: Connection) -> None:
    for role in values(
        connection, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'graph\\_sitter\\_%'"
    ):
        assert role in PAGE
    for module in values(connection, "SELECT DISTINCT module FROM base.schema_migrations"):
        assert f"_{module}.sql" in PAGE

"""Rules in SQL, asked of stored runs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from graph_sitter_db import query
from graph_sitter_db.errors import UsageError

type Connection = psycopg.Connection[Any]
type Record = Callable[..., UUID]

HEAD = (
    "-- rule: called\n-- title: Called\n-- key: path, symbol\n-- minutes: 3\n-- limit: most = 0\n"
)
CALLED = (
    HEAD
    + """
SELECT target_path AS path, target_symbol AS symbol, count(*) AS measured, :most AS limit,
       format('%s is called 100%% of the time: %s', target_symbol, count(*)) AS message
  FROM codebase.code_relationships
 WHERE snapshot_id = :snapshot AND kind = 'call'
 GROUP BY target_path, target_symbol HAVING count(*) > :most
 ORDER BY target_symbol
"""
)
FILES = {
    "a.py": {"symbols": {"f": "1"}, "edges": [("f", "call", "b.py:g"), ("f", "call", "b.py:h")]},
    "b.py": {"symbols": {"g": "1", "h": "1"}},
}
LESS = FILES | {"a.py": {"symbols": {"f": "2"}, "edges": [("f", "call", "b.py:g")]}}


def found(conn: Connection, run: UUID, text: str = CALLED) -> dict[str | None, str]:
    rule = query.sql_rule(text, "called.sql")
    return {issue.symbol: issue.fingerprint for issue in query.ask_rule(conn, rule, run)}


def test_its_rows_are_issues(conn: Connection, record: Record) -> None:
    rule = query.sql_rule(CALLED, "called.sql")
    first, second = query.ask_rule(conn, rule, record(FILES, 1))
    assert (first.rule, first.title, first.path, first.symbol) == ("called", "Called", "b.py", "g")
    assert first.message == "g is called 100% of the time: 1"
    assert (first.measured, first.limit, first.effort_minutes, first.start_line) == (1, 0, 3, 1)
    assert second.symbol == "h"


def test_a_finding_is_known_again_in_other_runs_by_its_key(
    conn: Connection, record: Record
) -> None:
    before, after = found(conn, record(FILES, 1)), found(conn, record(LESS, 2))
    assert set(after) == {"g"}
    assert after["g"] == before["g"] != before["h"]


def test_it_runs_on_runs_of_the_past(conn: Connection, record: Record) -> None:
    past = record(FILES, 1)
    record(LESS, 2)
    assert set(found(conn, past)) == {"g", "h"}


def test_findings_of_one_key_stay_several(conn: Connection, record: Record) -> None:
    twice = HEAD + "SELECT 'a' AS path, 'f' AS symbol, 'm' AS message FROM generate_series(1, 2)"
    issues = query.ask_rule(conn, query.sql_rule(twice, "twice.sql"), record(FILES, 1))
    assert len({issue.fingerprint for issue in issues}) == 2


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT nothing", "cannot be run: column .nothing. does not exist"),
        ("SELECT 1 FROM a WHERE x = :day", "asks for :day; there are :run, :snapshot and limits"),
        ("SELECT 'a' AS path, 'f' AS symbol", "gives no column message, only path, symbol"),
        ("SELECT 'a' AS path, 'm' AS message", "gives no column symbol"),
        ("SELECT 1 AS path, 'f' AS symbol, 'm' AS message", "column path is 1"),
        ("DELETE FROM codebase.files", "cannot be run: cannot execute DELETE in a read-only"),
        ("SELECT 1; SELECT 2", "cannot be run: cannot insert multiple commands"),
        ("CREATE TABLE t ()", "cannot be run: "),
    ],
)
def test_what_is_wrong_with_a_query_is_said(
    conn: Connection, record: Record, sql: str, words: str
) -> None:
    run = record(FILES, 1)
    if ";" in sql:
        sql = sql.replace("1;", ":most;")
    with pytest.raises(UsageError, match=f"bad.sql.*{words}"):
        query.ask_rule(conn, query.sql_rule(HEAD + sql, "bad.sql"), run)


ROOT = Path(__file__).parents[3]
EXAMPLE = (ROOT / "examples/rules/untested_hub.sql").read_text()
[ON_PAGE] = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/adding-a-rule.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("text", [EXAMPLE, ON_PAGE], ids=["example", "page"])
def test_the_examples_find_a_hub(conn: Connection, record: Record, text: str) -> None:
    users = {f"u{n}": "1" for n in range(11)}
    calls = [(name, "call", "hub.py:hub") for name in users]
    files = {
        "hub.py": {"symbols": {"hub": "1"}},
        "users.py": {"symbols": users, "edges": calls},
    }
    assert set(found(conn, record(files, 1), text)) == {"hub"}
    assert found(conn, record(FILES, 2), text) == {}

"""Each lost point is traced to an issue."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from graph_sitter_db import query

type Connection = psycopg.Connection[Any]
type Record = Callable[..., UUID]

FILES = {
    "a.py": {"symbols": {"f": "1"}, "issues": ["long", "deep", "~hub"]},
    "src/b.py": {"symbols": {"g": "1"}, "issues": ["long"]},
}


def test_the_losses_sum_to_what_the_score_lacks(conn: Connection, record: Record) -> None:
    told = query.explain(conn, record(FILES, 1, score=81.25))
    assert told.lost == pytest.approx(18.75)
    assert sum(loss.points for loss in told.losses) == pytest.approx(18.75, abs=1e-9)
    assert sum(rule.points for rule in told.rules) == pytest.approx(18.75, abs=1e-9)
    worst, *_ = told.rules
    assert (worst.rule, worst.issues) == ("long", 2)


def test_it_can_be_asked_of_a_rule_or_a_place(conn: Connection, record: Record) -> None:
    run = record(FILES, 1, score=60)
    of_rule = query.explain(conn, run, rule="long")
    assert {loss.path for loss in of_rule.losses} == {"a.py", "src/b.py"}
    assert sum(loss.points for loss in of_rule.losses) == pytest.approx(20)
    of_folder = query.explain(conn, run, path="src")
    assert [loss.path for loss in of_folder.losses] == ["src/b.py"]


def test_a_run_without_issues_has_lost_nothing(conn: Connection, record: Record) -> None:
    told = query.explain(conn, record({"a.py": {"symbols": {"f": "1"}}}, 1, score=100))
    assert (told.lost, told.losses, told.rules) == (0, [], [])

"""Scores over time."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from graph_sitter_db import query
from graph_sitter_db.model.keys import Depth

type Connection = psycopg.Connection[Any]
type Record = Callable[..., UUID]


def _file(number: int) -> dict[str, Any]:
    return {"a.py": {"salt": str(number)}}


def test_nothing_and_one_run_are_no_data(conn: Connection, record: Record) -> None:
    assert query.trends(conn).model_dump() == {"direction": "no data", "change": None, "points": []}
    record(_file(1))
    told = query.trends(conn)
    assert (told.direction, told.change, len(told.points)) == ("no data", None, 1)


@pytest.mark.parametrize(
    ("scores", "direction", "change"),
    [
        ([80, 70, 85], "improving", 5),
        ([80, 90, 75.5], "declining", -4.5),
        ([80, 10, 80.2], "stable", 0.2),
    ],
)
def test_the_direction_is_that_from_the_first_state_to_the_last(
    conn: Connection, record: Record, scores: list[float], direction: str, change: float
) -> None:
    for day in reversed(range(len(scores))):
        record(_file(day), day, score=scores[day])
    told = query.trends(conn)
    assert (told.direction, told.change) == (direction, change)
    assert [point.run.quality_score for point in told.points] == scores


def test_each_point_tells_its_change_and_metrics(conn: Connection, record: Record) -> None:
    record(_file(1), 1, score=80, totals={"size": 1})
    record(_file(2), 2, score=75, totals={"size": 2})
    points = query.trends(conn).points
    assert [(point.change, point.metrics) for point in points] == [
        (None, {"size": 1}),
        (-5, {"size": 2}),
    ]


def test_a_point_says_which_definitions_changed_since_the_one_before(
    conn: Connection, record: Record
) -> None:
    totals = {"size": 1, "size_mean": 1, "complexity_max": 2, "files": 3}
    record(_file(1), 1, totals=totals)
    record(_file(2), 2, totals=totals)
    record(_file(3), 3, totals=totals, meaning="2")
    record(_file(4), 4, totals={**totals, "documented": 1}, meaning="2", model="new")
    record(_file(5), 5, totals=totals, meaning="2", branch="aside", model="new")
    told = [point.definitions_changed for point in query.trends(conn).points]
    assert told == [[], [], ["complexity_max", "size"], ["quality_score"], []]


def test_depths_are_not_set_against_each_other(conn: Connection, record: Record) -> None:
    record(_file(1), 1, totals={"size": 1})
    record(_file(2), 2, totals={"size": 1}, depth=Depth.SYNTAX, meaning="2")
    record(_file(3), 3, totals={"size": 1}, meaning="3")
    told = [point.definitions_changed for point in query.trends(conn).points]
    assert told == [[], [], ["size"]]


def test_branches_go_their_own_ways_and_are_weighed_by_lines(
    conn: Connection, record: Record
) -> None:
    record(_file(1), 1, score=80), record(_file(2), 2, score=90)
    aside = {f"{name}.py": {"salt": "3"} for name in "abc"}
    record(aside, 3, score=70, branch="aside")
    record({**aside, "a.py": {}}, 4, score=60, branch="aside")
    told = query.trends(conn)
    assert [point.change for point in told.points] == [None, 10, None, -10]
    assert (told.direction, told.change) == ("declining", -5)


def test_of_one_commit_there_is_one_point(conn: Connection, record: Record) -> None:
    deep = record(_file(1), 1)
    record(_file(1), 1, depth=Depth.SYNTAX)
    record(_file(2), 1, dirty=True)
    assert [point.run.id for point in query.trends(conn).points] == [deep]


def test_scores_of_other_depth_or_model_are_not_set_against_each_other(
    conn: Connection, record: Record
) -> None:
    record(_file(1), 1, score=80)
    record(_file(2), 2, score=70, depth=Depth.SYNTAX)
    record(_file(3), 3, score=60, model="new")
    told = query.trends(conn)
    assert ([point.change for point in told.points], told.direction) == ([None] * 3, "no data")


def test_trends_are_of_what_was_asked_for(conn: Connection, record: Record) -> None:
    here = query.run(conn, record(_file(1), 1))
    record(_file(1), 1, repository="acme/till")
    repository = query.find_codebases(conn, "acme/shop")[0].repository_id
    for told in (
        query.trends(conn, repository_id=repository),
        query.trends(conn, codebase_id=here.codebase_id, days=1),
    ):
        assert [point.run.id for point in told.points] == [here.id]
    assert len(query.trends(conn).points) == 2


def test_without_git_every_state_is_a_point(conn: Connection, record: Record) -> None:
    runs = [record(_file(number), None) for number in range(3)]
    assert [point.run.id for point in query.trends(conn).points] == runs

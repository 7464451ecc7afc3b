"""Every named question fits the schema it is asked of."""

from typing import Any

import psycopg
import pytest

from graph_sitter_db.query.named import names, question


@pytest.mark.parametrize("name", names())
def test_a_question_can_be_planned_on_the_installed_schema(
    conn: psycopg.Connection[Any], name: str
) -> None:
    asked = question(name)
    plan = conn.execute(f"EXPLAIN {asked.sql}", dict.fromkeys(asked.parameters)).fetchall()
    assert plan

"""Comparisons with None, and expressions that look like them."""

import pytest

from graph_sitter_db.detect.rules.none_comparison import RULE
from graph_sitter_db.testing import find


@pytest.mark.parametrize(
    "source",
    [
        "if a == None: pass",
        "while not (a.b != None): pass",
        "assert a[0] == None",
        "b = 1 if None == a else 2",
        "b = [c for c in a if c != None]",
        "b = a == None",
        "b = f(a == None or c)",
        "import sqlalchemy\nif a == None: pass",
    ],
)
def test_where_the_answer_is_taken_as_true_or_false_it_is_reported(source: str) -> None:
    assert len(find(RULE, {"a.py": source + "\n"})) == 1


@pytest.mark.parametrize(
    "source",
    [
        "query.filter(User.left == None)",
        "rows[rows.left != None]",
        "b = (User.left == None) | (User.name == 'a')",
        "from sqlalchemy import Column\nb = User.left == None",
        "import pandas as pd\nb = lambda rows: rows.left != None",
        "if a is None or a == 'None': pass",
    ],
)
def test_what_may_build_a_query_or_a_mask_is_left_alone(source: str) -> None:
    assert not find(RULE, {"a.py": source + "\n"})

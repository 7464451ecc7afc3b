"""What counts as giving a builtin's name away."""

import pytest

from graph_sitter_db.detect.rules.shadowed_builtin import RULE
from graph_sitter_db.testing import find


@pytest.mark.parametrize(
    "source",
    [
        "input = read()",
        "type: str = read()",
        "(first, [*list]) = read()",
        "for id, name in rows: pass",
        "with open(path) as file, lock() as hash: pass",
        "try:\n    run()\nexcept OSError as max:\n    pass",
        "if (next := read()): pass",
        "import numpy as sum",
        "from numpy import absolute as abs",
        "def f():\n    import numpy as map",
        "def f():\n    def filter(a): pass",
        "def f():\n    def g(format): pass",
        "class A:\n    def _f(self, *, format=None): pass",
        "class A:\n    def f(self):\n        id = 1\n        id = 2",
    ],
)
def test_each_way_to_bind_a_name_is_seen_once(source: str) -> None:
    assert len(find(RULE, {"a.py": source + "\n"})) == 1


@pytest.mark.parametrize(
    "source",
    [
        "self.id = row['type'] = 1",
        "int = int",
        "help = license = 1",
        "class A:\n    id = 1\n    def open(self): pass",
        "def f(type):\n    type = type or 1",
        "def open(path): pass",
        "class A:\n    def __init__(self, id): pass",
        "import os.path, input.output as o",
        "from .text import len as size",
        "names = [id for id in rows]",
        "found = max(rows) if type(rows) == list else sum(rows)",
        "from numpy import abs\n__all__ = ['abs']",
    ],
)
def test_what_hides_nothing_or_is_known_to_others_is_left_alone(source: str) -> None:
    assert not find(RULE, {"a.py": source + "\n"})


def test_what_others_know_is_reported_when_asked_for() -> None:
    source = "def open(path, format): pass\n"
    assert len(find(RULE, {"a.py": source}, limits={"public": 1})) == 2

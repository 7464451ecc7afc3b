"""Rules are handed the nodes they ask for."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.extract.conftest import Reader

from graph_sitter_db import languages

PYTHON = """\
import os
try:
    try:
        total = a and (b == c)
    except* ValueError:
        pass
except OSError:  # outer
    for name in (x := names):
        with open(name) as file:
            total: int = 1
def f(a=b == c): return a or b
"""
TYPESCRIPT = """\
import a from "a"
try {
  try { debugger } catch { b!.c!.d }
} catch (e) {
  if (a) { f() } else if (b && c) { x = <any>y || z } // no
}
export const f = (a: any = b!) => a + 1
"""


@pytest.mark.parametrize(
    ("path", "source", "clause"),
    [("a.py", PYTHON, "except_clause"), ("a.ts", TYPESCRIPT, "catch_clause")],
)
def test_every_node_of_a_kept_type_is_handed_out_in_source_order(
    read: Reader, path: str, source: str, clause: str
) -> None:
    facts = read(source, path)
    assert list(facts.nodes(clause))
    for kept in languages.spec(facts.source.language).kept:
        there = [node for node in _all(facts.tree) if node.is_named and node.type == kept]
        assert list(facts.nodes(kept)) == there, kept


def _all(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children:
        yield from _all(child)

"""Roads made by hand, and how often they rise."""

from textwrap import dedent

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure

# The shape of a function that CodeScene reports with 2 blocks of nested logic.
TWO_LOOPS = """
def tables(rows):
    for row in rows:
        if row:
            yield row
    if rows is None:
        return
    for row in rows.values():
        if row:
            yield from tables(row)
"""
FLAT = """
def flat(a):
    if a:
        return 1
    for b in a:
        print(b)
    while a:
        a()
"""
ONE_CHUNK = """
def one(rows):
    for row in rows:
        if not row:
            continue
        for cell in row:
            if cell:
                if cell.deep:
                    print(cell)
        if row.last:
            break
"""
BRANCHES = """
def branches(a):
    if a == 1:
        if a:
            return 1
    elif a == 2:
        while a:
            a()
    else:
        for b in a:
            b()
"""
CASES = """
def cases(a):
    match a:
        case 1:
            if a: return 1
        case 2:
            return 2
        case _:
            for b in a: b()
"""
TRANSPARENT = """
def transparent(a):
    with a:
        try:
            for b in a:
                if b: return b
            while a:
                if a: return a
        except E:
            if a: raise
        finally:
            a()
"""
APART = """
def outer(a):
    if a:
        def inner(b):
            if b:
                if a: return b
        return inner
"""
EXPRESSIONS = """
def expressions(a):
    for b in a:
        c = [d for d in b if d]
        e = 1 if c else 2
        assert e and c
"""


@pytest.mark.parametrize(
    ("source", "bumps"),
    [
        (FLAT, [0]),
        (TWO_LOOPS, [2]),
        (ONE_CHUNK, [1]),
        (BRANCHES, [3]),
        (CASES, [1]),
        (TRANSPARENT, [3]),
        (APART, [0, 1]),
        (EXPRESSIONS, [0]),
    ],
)
def test_bumps_are_blocks_with_blocks_in_them(read: Reader, source: str, bumps: list[int]) -> None:
    measured = measure.measure(read(dedent(source)))
    assert [values["bumps"] for values in measured.symbol_values] == bumps


def test_typescript_has_the_same_road(read: Reader) -> None:
    source = """
    function road(a) {
      for (const b of a) { if (b) { f(b) } else { g(b) } }
      if (a) { a.forEach(b => { if (b) { f(b) } }) } else if (b) { while (b) { b() } }
      switch (a) { case 1: if (b) { f() } break; case 2: do { f() } while (a) }
      try { f() } catch (e) { if (e) { throw e } }
    }
    """
    measured = measure.measure(read(source, "a.ts"))
    assert [values["bumps"] for values in measured.symbol_values] == [4, 0]


def test_a_file_has_the_bumps_of_its_functions(read: Reader) -> None:
    totals = measure.totals([measure.measure(read(TWO_LOOPS + BRANCHES))], {})
    assert (totals["bumps"], totals["bumps_mean"], totals["bumps_max"]) == (5, 2.5, 3)

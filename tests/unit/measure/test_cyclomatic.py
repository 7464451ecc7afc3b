from textwrap import dedent, indent

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure
from graph_sitter_db.model.facts import FileFacts

NAME = "cyclomatic_complexity"


def of(facts: FileFacts, key: str = "f") -> float:
    measured = measure.measure(facts)
    symbol = next(symbol for symbol in facts.symbols if symbol.key == key)
    return measured.symbol_values[symbol.ordinal][NAME]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("match x:\n    case 1: pass\n    case 2: pass\n    case 3: pass\n    case _: pass", 4),
        ("return [x for x in y if a if b]", 4),
        ("assert a and b", 2),
        ("for x in y:\n    if x: pass\nelse: pass", 4),
        ("try: pass\nexcept A: pass\nexcept B: pass\nelse: pass\nfinally: pass", 4),
        ("try: pass\nexcept* A: pass", 2),  # which radon 6.0.1 does not know
        ("with a as b: pass", 1),
        ("return lambda: a or b", 2),
        ("def inner():\n    if a: pass", 1),
    ],
)
def test_python_decisions(read: Reader, body: str, value: int) -> None:
    assert of(read("def f(d=1 if e else 2):\n" + indent(body, "    "))) == value


@pytest.mark.parametrize(
    ("body", "value"),  # the values are those ESLint 9.39 reports
    [
        ("if (a) {} else if (b) {} else {}", 3),
        ("for (;;) {} for (x in y) {} for (x of y) {} while (a) {} do {} while (b)", 6),
        ("try {} catch {} finally {}", 2),
        ("switch (a) { case 1: case 2: break; default: }", 3),
        ("return a ? b : c", 2),
        ("return a && b || c ?? d", 4),
        ("a ||= 1; b &&= 2; c ??= 3", 4),
        ("return a?.b?.[c]?.()", 4),
        ("const { a = 1, b: [c = 2] } = d", 3),
        ("return a.map(b => b ? 1 : 2)", 1),
        ("return a.map(function (b) { return b ? 1 : 2 })", 1),
    ],
)
@pytest.mark.parametrize("path", ["a.ts", "a.tsx", "a.js", "a.jsx"])
def test_typescript_decisions(read: Reader, body: str, value: int, path: str) -> None:
    assert of(read(f"function f(x, y) {{ {body} }}", path)) == value
    assert of(read(f"function f(x, y = 1) {{ {body} }}", path)) == value + 1


def test_a_files_value_is_that_of_its_functions_and_of_what_stands_outside(read: Reader) -> None:
    facts = read(
        dedent("""
        if a or b:
            def f():
                if c: pass
        class A:
            if d: pass
            def m(self):
                def inner(): pass
        """)
    )
    assert measure.measure(facts).values[NAME] == 2 + 2 + 1 + 1 + 1

import math
from collections.abc import Callable
from textwrap import dedent
from typing import Any, NoReturn

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure
from graph_sitter_db.measure.metrics import METRICS
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import Direction, EdgeKind, ParseStatus, Rollup
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.relations import Edge, Failure, Linkage


def metric(
    name: str,
    of_file: Callable[[FileFacts], float | None] | None = None,
    of_symbol: Callable[[Symbol, FileFacts], float | None] | None = None,
) -> Metric:
    return Metric(
        name=name,
        title=name,
        unit="",
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition="",
        source="",
        of_file=of_file,
        of_symbol=of_symbol,
    )


def test_built_in_metrics_have_distinct_names_and_say_what_they_count() -> None:
    assert len({each.name for each in METRICS}) == len(METRICS)
    assert all(each.definition and each.source and each.version for each in METRICS)


@pytest.mark.parametrize(
    ("source", "path", "nesting", "parameters", "returns"),
    [
        (
            "def f(a, *b, c=1, **d):\n if a:\n  for x in y:\n   return 1\n return 2\n",
            "a.py",
            2,
            4,
            2,
        ),
        ("class A:\n def f(self, a): pass\n", "a.py", 0, 1, 0),
        ("class A:\n @staticmethod\n def f(self, a): pass\n", "a.py", 0, 2, 0),
        ("def f():\n try:\n  with a: pass\n except E:\n  while b: pass\n", "a.py", 2, 0, 0),
        ("function f(this: T, a, {b}, ...c) { if (a) { switch (b) {} } return }", "a.ts", 2, 3, 1),
    ],
)
def test_shape_of_functions(
    read: Reader, source: str, path: str, nesting: int, parameters: int, returns: int
) -> None:
    values = measure.measure(read(source, path)).symbol_values[-1]
    assert values["nesting_depth"] == nesting
    assert values["parameter_count"] == parameters
    assert values["return_count"] == returns


def test_a_metric_that_raises_costs_its_own_value_only(read: Reader) -> None:
    def fail(*args: object) -> NoReturn:
        raise ZeroDivisionError("by zero")

    failures: list[Failure] = []
    metrics = [metric("bad", fail, fail), metric("good", lambda facts: 1, lambda s, facts: 2)]
    measured = measure.measure(read("def f(): pass\n"), metrics, failures)
    assert measured.values == {"good": 1}
    assert measured.symbol_values == ({"good": 2},)
    assert [(f.stage, f.name, f.line) for f in failures] == [
        ("metric", "bad", None),
        ("metric", "bad", 1),
    ]
    assert failures[0].message == "ZeroDivisionError: by zero"


def test_undefined_values_are_left_out(read: Reader) -> None:
    measured = measure.measure(read("x = 1\n"), [metric("none", lambda facts: None)])
    assert measured.values == {}


def test_statements_of_levels_sum_to_the_files(read: Reader) -> None:
    facts = read(
        dedent("""
        x = 1
        class A:
            y = 2
            def m(self):
                '''Doc.'''
                if x: return
                elif y: pass
        """)
    )
    assert facts.statements == 8
    assert [symbol.statements for symbol in facts.symbols] == [0, 2, 4]


def test_totals_sum_files_and_spread_functions(read: Reader) -> None:
    files = [
        measure.measure(read("def f(a):\n    if a: pass\n", "a.py")),
        measure.measure(read("def g(): pass\nclass A: pass\n", "b.py")),
    ]
    totals = measure.totals(files, {})
    assert totals["files"] == 2
    assert totals["lines_physical"] == sum(file.values["lines_physical"] for file in files)
    assert (totals["symbols_function"], totals["symbols_class"]) == (2, 1)
    assert totals["cyclomatic_complexity"] == 3
    assert totals["cyclomatic_complexity_mean"] == 1.5
    assert totals["cyclomatic_complexity_max"] == 2
    assert "fan_in_max" not in totals


def test_totals_of_nothing_are_zero() -> None:
    assert measure.totals([], {})["files"] == 0


def edge(kind: EdgeKind, source: str, path: str, target: str, external: str = "") -> Edge:
    return Edge(kind, source, path, target, external, 3, 1)


LINKAGES = {
    "a.py": Linkage(
        "a.py",
        (
            edge(EdgeKind.CALL, "f", "b.py", "g"),
            edge(EdgeKind.REFERENCE, "f", "b.py", "g"),
            edge(EdgeKind.CALL, "f", "a.py", "f"),
            edge(EdgeKind.IMPORT, "", "b.py", "g"),
            edge(EdgeKind.CALL, "f", "", "", "os.path"),
        ),
        resolved=4,
        unresolved=1,
    ),
    "b.py": Linkage("b.py", (edge(EdgeKind.CALL, "h", "b.py", "g"),), resolved=1),
}


def test_fans_count_distinct_others_in_the_codebase() -> None:
    assert measure.fans(LINKAGES) == {
        ("a.py", "f"): (0, 1),
        ("b.py", "g"): (2, 0),
        ("b.py", "h"): (0, 1),
    }


def test_fan_in_and_fan_out_sum_to_the_same() -> None:
    fans = measure.fans(LINKAGES).values()
    assert sum(fan_in for fan_in, _ in fans) == sum(fan_out for _, fan_out in fans)


def test_totals_tell_the_resolution() -> None:
    totals = measure.totals([], LINKAGES)
    assert (totals["edges"], totals["sites_resolved"], totals["sites_unresolved"]) == (6, 5, 1)
    assert (totals["fan_in_max"], totals["fan_out_max"]) == (2, 1)


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, "x", True])
def test_a_value_that_is_no_finite_number_costs_only_itself(read: Reader, value: Any) -> None:
    failures: list[Failure] = []
    metrics = [
        metric("odd", of_file=lambda facts: value, of_symbol=lambda symbol, facts: value),
        metric("sound", of_file=lambda facts: 10**30, of_symbol=lambda symbol, facts: 0.5),
    ]
    measured = measure.measure(read("def f():\n    pass\n", "a.py"), metrics, failures)
    assert measured.values == {"sound": 10**30}
    assert measured.symbol_values == ({"sound": 0.5},)
    assert [(each.name, each.line) for each in failures] == [("odd", None), ("odd", 1)]
    assert all("ValueError: gives " in each.message for each in failures)


@pytest.mark.parametrize("status", [ParseStatus.FAILED, ParseStatus.SKIPPED])
def test_of_a_file_that_was_not_read_nothing_is_known(read: Reader, status: ParseStatus) -> None:
    unread = measure.measure(FileFacts(read("").source, status, "why"))
    assert (unread.values, unread.symbol_values) == ({}, ())
    totals = measure.totals([unread, measure.measure(read("x = 1\n"))], {})
    assert (totals["files"], totals["lines_physical"], totals["comment_density"]) == (2, 1, 0)

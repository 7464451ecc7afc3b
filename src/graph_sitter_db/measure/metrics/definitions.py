"""How many functions and classes."""

from graph_sitter_db.measure.callables import is_callable
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import CLASSES, Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _functions(facts: FileFacts) -> float:
    return sum(map(is_callable, facts.symbols))


def _classes(facts: FileFacts) -> float:
    return sum(symbol.kind in CLASSES for symbol in facts.symbols)


DEFINITIONS = (
    Metric(
        name="function_count",
        title="Functions",
        unit="functions",
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition="Functions, methods and accessors at any depth; overload signatures each.",
        source="graph-sitter-db 1",
        category="size",
        of_file=_functions,
    ),
    Metric(
        name="class_count",
        title="Classes",
        unit="classes",
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition="Classes, interfaces and enums at any depth.",
        source="graph-sitter-db 1",
        category="size",
        of_file=_classes,
    ),
)

"""Cyclomatic complexity of Python: radon."""

from collections.abc import Iterator
from functools import cache

from radon.visitors import (  # type: ignore[import-untyped]  # radon has no type hints
    Class,
    ComplexityVisitor,
    Function,
)
from tests.oracles.comparison import Cell, Comparison, Difference, Reasons, Tally
from tests.oracles.sources import PACKAGES, package, parsed, place, text, values, versioned

from graph_sitter_db.measure.metrics.cyclomatic import CYCLOMATIC
from graph_sitter_db.model.facts import MeasuredFile, Symbol
from graph_sitter_db.model.keys import CALLABLES, SymbolKind

NONE: Reasons[()] = {}
ONLY_OURS: Reasons[Symbol, MeasuredFile] = {
    "radon does not look for methods of classes that are defined in a function": (
        lambda symbol, file: is_in_class_in_function(symbol, file)
    ),
}


@cache
def compare() -> Comparison:
    rows: dict[tuple[Cell, ...], Tally] = {}
    differences: list[Difference] = []
    for name in PACKAGES:
        rows[versioned(name), len(package(name))] = tally = Tally(differences)
        for file in package(name):
            compare_functions(file, tally)
    return Comparison(
        title="Cyclomatic complexity of Python: radon",
        text=f"{versioned('radon')}, and the value for each function of that name in that line.",
        columns=("sources", "files"),
        rows=rows,
        differences=differences,
        reasons=ONLY_OURS,
        least=23_700,
        floor=0.995,
    )


def compare_functions(file: MeasuredFile, tally: Tally) -> None:
    theirs = complexities(text(file))
    for symbol, value in values(file, CYCLOMATIC.name):
        where, other = (
            place(file, symbol.start_line),
            theirs.pop((symbol.name, symbol.start_line), None),
        )
        if other is None:
            tally.one(where, value, None, ONLY_OURS, symbol, file)
        else:
            tally.both(where, value, other, NONE)
    for (_, line), other in theirs.items():
        tally.one(place(file, line), None, other, NONE)


def complexities(code: str) -> dict[tuple[str, int], int]:
    visitor = ComplexityVisitor.from_ast(parsed(code))
    return {(each.name, each.lineno): each.complexity for each in functions(visitor)}


def functions(visitor: ComplexityVisitor) -> Iterator[Function]:
    waiting: list[Class | Function] = [*visitor.functions, *visitor.classes]
    while waiting:
        block = waiting.pop()
        if isinstance(block, Class):
            waiting += [*block.methods, *block.inner_classes]
        else:
            yield block
            waiting += block.closures


def is_in_class_in_function(symbol: Symbol, file: MeasuredFile) -> bool:
    around = [outer.kind for outer in outwards(symbol, file)]
    if SymbolKind.CLASS not in around:
        return False
    return not CALLABLES.isdisjoint(around[around.index(SymbolKind.CLASS) :])


def outwards(symbol: Symbol, file: MeasuredFile) -> Iterator[Symbol]:
    while symbol.parent_ordinal is not None:
        symbol = file.facts.symbols[symbol.parent_ordinal]
        yield symbol

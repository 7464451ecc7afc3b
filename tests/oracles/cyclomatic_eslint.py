"""Cyclomatic complexity of TypeScript and TSX: ESLint's rule `complexity`."""

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from tests.oracles import npm
from tests.oracles.comparison import Cell, Comparison, Difference, Reasons, Tally
from tests.oracles.sources import place, values

from graph_sitter_db.measure.metrics.cyclomatic import CYCLOMATIC
from graph_sitter_db.model.facts import MeasuredFile, Symbol

TREES = ("zod", "react-native-gesture-handler")


class Judged(NamedTuple):
    """What ESLint says of a function; it begins and ends at these bytes."""

    start: int
    end: int
    complexity: int
    kind: str


ONLY_THEIRS: Reasons[Judged] = {
    "arrow functions without a block and without a name are no symbols": (
        lambda function: function.kind == "ArrowExpression"
    ),
    "values of class fields and static blocks are functions to ESLint": (
        lambda function: function.kind.startswith("Class ")
    ),
}
ONLY_OURS: Reasons[Symbol, MeasuredFile] = {
    "signatures of overloads, interfaces and abstract methods are no functions to ESLint": (
        lambda symbol, file: type_of(symbol, file).endswith("_signature")
    ),
}
NONE: Reasons[()] = {}


@cache
def compare() -> Comparison:
    rows: dict[tuple[Cell, ...], Tally] = {}
    differences: list[Difference] = []
    for tree in TREES:
        files = npm.package(tree)
        judged = npm.run("eslint-complexity.mjs", files)
        alone, whole = Tally(differences), Tally(differences)
        for file in files:
            functions = [Judged(*each) for each in judged[f"node_modules/{file.path}"]]
            compare_functions(file, functions, alone)
            compare_with_arrows(file, functions, whole)
        cells = (npm.versioned(tree), len(files))
        rows[*cells, "functions by themselves"] = alone
        rows[*cells, "functions with the arrow functions in them that are no symbols"] = whole
    tools = ", ".join(map(npm.versioned, ("eslint", "@typescript-eslint/parser")))
    return Comparison(
        title="Cyclomatic complexity of TypeScript: ESLint's `complexity`",
        text=f"{tools}, and the value for each function that begins at the same byte.",
        columns=("sources", "files", "values of"),
        rows=rows,
        differences=differences,
        reasons=(*ONLY_THEIRS, *ONLY_OURS),
        least=8_300,
        floor=0.99,
    )


def compare_functions(file: MeasuredFile, functions: Sequence[Judged], tally: Tally) -> None:
    theirs = {each.start: each for each in functions if not each.kind.startswith("Class ")}
    for each in functions:
        if each.kind.startswith("Class "):
            tally.one(at(file, each.start), None, each.complexity, ONLY_THEIRS, each)
    for symbol, value in values(file, CYCLOMATIC.name):
        where, other = place(file, symbol.start_line), theirs.pop(symbol.start_byte, None)
        if other:
            tally.both(where, value, other.complexity, NONE)
        else:
            tally.one(where, value, None, ONLY_OURS, symbol, file)
    for each in theirs.values():
        tally.one(at(file, each.start), None, each.complexity, ONLY_THEIRS, each)


def compare_with_arrows(file: MeasuredFile, functions: Sequence[Judged], tally: Tally) -> None:
    """What such an arrow function decides is found in the function around it, and left out there;
    here it is put in.
    """
    ours = {symbol.start_byte: symbol for symbol, _ in values(file, CYCLOMATIC.name)}
    for start, complexities in with_arrows(functions, ours.keys()).items():
        symbol = ours[start]
        controls = tuple(replace(control, in_lambda=False) for control in symbol.controls)
        assert CYCLOMATIC.of_symbol
        value = CYCLOMATIC.of_symbol(replace(symbol, controls=controls), file.facts)
        theirs = 1 + sum(complexity - 1 for complexity in complexities)
        tally.both(place(file, symbol.start_line), value, theirs, NONE)


def with_arrows(functions: Sequence[Judged], symbols: Set[int]) -> dict[int, list[int]]:
    """By the start of a symbol that has arrow functions inside: its complexity and theirs."""
    found: dict[int, list[int]] = {}
    around: list[tuple[int, int | None]] = []  # what is open: its end, and the symbol it belongs to
    for each in sorted(
        functions, key=lambda each: (each.start, not each.kind.startswith("Class "))
    ):
        while around and around[-1][0] <= each.start:
            around.pop()
        owner = around[-1][1] if around else None
        if each.kind.startswith("Class ") or each.start in symbols:
            owner = None if each.kind.startswith("Class ") else each.start
        if owner is not None:
            found.setdefault(owner, []).append(each.complexity)
        around.append((each.end, owner))
    return {start: complexities for start, complexities in found.items() if len(complexities) > 1}


def type_of(symbol: Symbol, file: MeasuredFile) -> str:
    node = file.facts.tree.descendant_for_byte_range(symbol.start_byte, symbol.end_byte)
    return str(node.type)


def at(file: MeasuredFile, byte: int) -> str:
    return place(file, file.facts.source.content.count(b"\n", 0, byte) + 1)

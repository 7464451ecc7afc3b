"""Cyclomatic complexity of both languages: lizard, which reads tokens instead of syntax."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import lizard  # type: ignore[import-untyped]  # lizard has no type hints
from tests.oracles import npm
from tests.oracles.comparison import Cell, Comparison, Difference, Reasons, Tally
from tests.oracles.cyclomatic_eslint import TREES
from tests.oracles.sources import package, parsed, place, text, values, versioned

from graph_sitter_db.measure.metrics.cyclomatic import CYCLOMATIC
from graph_sitter_db.model.facts import ControlKind, MeasuredFile, Symbol
from graph_sitter_db.model.keys import Language

PACKAGES = ("click", "flask", "jinja2", "pydantic", "rich")
FAILS_ON = "zod/src/v4/classic/tests/union.test.ts"  # with an IndexError of its own

type Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def compare() -> Comparison:
    differences: list[Difference] = []
    trees = [(versioned(name), package(name)) for name in PACKAGES]
    trees += [(npm.versioned(name), npm.package(name)) for name in TREES]
    rows: dict[tuple[Cell, ...], Tally] = {
        (name, len(files)): compare_files(files, differences) for name, files in trees
    }
    return Comparison(
        title="Cyclomatic complexity of both languages: lizard",
        text=f"{versioned('lizard')}, and the value for each function of that name in that line, if"
        " both list it. lizard reads tokens instead of syntax, and is here to show how far that"
        " goes; a reason says which of its known errors the function gives occasion for, not by how"
        f" much. It fails on `{FAILS_ON}`.",
        columns=("sources", "files"),
        rows=rows,
        differences=differences,
        reasons=(*PYTHON, *TYPESCRIPT),
        least=6_800,
        floor=0.93,
    )


def compare_files(files: Iterable[MeasuredFile], differences: list[Difference]) -> Tally:
    tally = Tally(differences)
    for file in files:
        theirs = {} if file.path == FAILS_ON else listed(file)
        definitions = by_line(file)
        for symbol, value in values(file, CYCLOMATIC.name):
            where, other = (
                place(file, symbol.start_line),
                theirs.get((symbol.name, symbol.start_line)),
            )
            if other is None:
                continue
            ccn = other.cyclomatic_complexity
            if definitions:
                tally.both(where, value, ccn, PYTHON, definitions[symbol.start_line])
            else:
                tally.both(where, value, ccn, TYPESCRIPT, symbol, file, other.end_line)
    return tally


def listed(file: MeasuredFile) -> dict[tuple[str, int], Any]:
    found = lizard.analyze_file.analyze_source_code(file.path, text(file)).function_list
    # The first, where several begin in one line.
    return {(each.name.rpartition(".")[2], each.start_line): each for each in reversed(found)}


def by_line(file: MeasuredFile) -> dict[int, Function]:
    """Python's functions."""
    if file.facts.source.language is not Language.PYTHON:
        return {}
    nodes = ast.walk(parsed(text(file)))
    return {node.lineno: node for node in nodes if isinstance(node, FUNCTION)}


def own(function: Function) -> Iterator[ast.AST]:
    """What is in a function, but not in those inside of it."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*FUNCTION, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def has(function: Function, *kinds: type[ast.AST], field: str = "") -> bool:
    nodes = (node for node in own(function) if isinstance(node, kinds))
    return any(not field or getattr(node, field, None) for node in nodes)


LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.Try)

PYTHON: Reasons[Function] = {
    "lizard ends a function at a return type that goes over several lines": (
        lambda function: (
            function.returns is not None and function.returns.lineno != function.returns.end_lineno
        )
    ),
    "lizard counts what an assertion checks, not the assertion": (
        lambda function: has(function, ast.Assert)
    ),
    "lizard does not count the `else` of a loop or of `try`": (
        lambda function: has(function, *LOOPS, field="orelse")
    ),
    "lizard counts `finally`": lambda function: has(function, ast.Try, field="finalbody"),
    "lizard counts `case _`": lambda function: has(function, ast.Match),
}


def holds(symbol: Symbol, *kinds: ControlKind) -> bool:
    return any(control.kind in kinds for control in symbol.controls)


def finds(pattern: str, symbol: Symbol, file: MeasuredFile) -> bool:
    content = file.facts.source.content[symbol.start_byte : symbol.end_byte]
    return re.search(pattern, content.decode("utf-8", "replace")) is not None


TYPESCRIPT: Reasons[Symbol, MeasuredFile, int] = {
    "lizard does not count `?.`": (
        lambda symbol, file, end: holds(symbol, ControlKind.OPTIONAL_CHAIN)
    ),
    "lizard ends a function somewhere else": lambda symbol, file, end: end != symbol.end_line,
    "lizard takes members called `catch` or `case` for keywords": (
        lambda symbol, file, end: finds(r"\.c(atch|ase)\b|\bcatch:", symbol, file)
    ),
    "lizard loses count behind a template literal": (
        lambda symbol, file, end: finds("`", symbol, file)
    ),
    "lizard takes optional members and conditional types for decisions": (
        lambda symbol, file, end: finds(r"\?\s*[:,)]|\sextends\s", symbol, file)
    ),
    "lizard counts what arrow functions without a block decide": (
        lambda symbol, file, end: any(control.in_lambda for control in symbol.controls)
    ),
    "lizard misses a ternary": lambda symbol, file, end: holds(symbol, ControlKind.TERNARY),
    "lizard misses what follows `=>` without a block": (
        lambda symbol, file, end: finds(r"=>\s*[^{\s]", symbol, file)
    ),
    "lizard loses count behind a function inside": lambda symbol, file, end: any(
        each.parent_ordinal == symbol.ordinal for each in file.facts.symbols
    ),
}

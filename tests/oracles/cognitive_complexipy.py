"""Cognitive complexity of Python: complexipy, a second implementation of the white paper."""

import ast
from collections.abc import Iterator
from functools import cache

import complexipy
from tests.oracles.comparison import Cell, Comparison, Difference, Reasons, Tally
from tests.oracles.sources import PACKAGES, package, parsed, place, text, values, versioned

from graph_sitter_db.measure.metrics.cognitive import COGNITIVE
from graph_sitter_db.model.facts import MeasuredFile

type Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
LOGICAL = (ast.BoolOp, ast.UnaryOp)


@cache
def compare() -> Comparison:
    rows: dict[tuple[Cell, ...], Tally] = {}
    differences: list[Difference] = []
    for name in PACKAGES:
        rows[versioned(name), len(package(name))] = tally = Tally(differences)
        for file in package(name):
            compare_functions(file, tally)
    return Comparison(
        title="Cognitive complexity of Python: complexipy",
        text=f"{versioned('complexipy')}, and the value for each function of that name that ends in"
        " that line. complexipy lists a module's functions and its classes' methods; those that are"
        " inside of others or under a condition it does not.",
        columns=("sources", "files"),
        rows=rows,
        differences=differences,
        reasons=DEPARTURES,
        least=22_300,
        floor=0.85,
    )


def compare_functions(file: MeasuredFile, tally: Tally) -> None:
    code = text(file)
    listed = complexipy.code_complexity(code).functions
    theirs = {(each.name.rpartition("::")[2], each.line_end): each.complexity for each in listed}
    functions = {(each.name, each.lineno): each for each in functions_of(code)}
    for symbol, value in values(file, COGNITIVE.name):
        other = theirs.pop((symbol.name, symbol.end_line), None)
        if other is not None:
            function = functions[symbol.name, symbol.start_line]
            tally.both(place(file, symbol.start_line), value, other, DEPARTURES, function)
    assert not theirs, f"{file.path}: {theirs}"


def functions_of(code: str) -> Iterator[Function]:
    return (node for node in ast.walk(parsed(code)) if isinstance(node, FUNCTION))


def has_comprehension(function: Function) -> bool:
    return any(isinstance(node, ast.comprehension) for node in ast.walk(function))


def has_else(function: Function) -> bool:
    kinds = (ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar)
    return any(isinstance(node, kinds) and node.orelse for node in ast.walk(function))


def has_hidden_decision(function: Function) -> bool:
    """A logical operator or a ternary that complexipy does not come to from its statement."""
    around = parents(function)
    return any(
        isinstance(node, ast.BoolOp | ast.IfExp) and is_hidden(node, around)
        for node in ast.walk(function)
    )


def is_hidden(node: ast.AST, around: dict[ast.AST, ast.AST]) -> bool:
    while not isinstance(node, ast.stmt):
        if not is_followed(node, around[node]):
            return True
        node = around[node]
    return False


def is_followed(node: ast.AST, outer: ast.AST) -> bool:
    if isinstance(outer, ast.Call):
        return node in outer.args
    if isinstance(outer, ast.Dict):
        return node in outer.values
    if isinstance(outer, LOGICAL):
        return isinstance(node, LOGICAL)
    return isinstance(outer, FOLLOWED)


FOLLOWED = (
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor, ast.While, ast.If),
    *(ast.Return, ast.Raise, ast.Assert, ast.withitem, ast.With, ast.AsyncWith, ast.Expr),
    *(ast.Compare, ast.IfExp, ast.Lambda, ast.comprehension, ast.ListComp, ast.SetComp),
    *(ast.GeneratorExp, ast.DictComp, ast.Tuple, ast.List, ast.Set),
)


def has_grouped_operators(function: Function) -> bool:
    """More than one change of operator in a condition, or `not` before a group of them."""
    return any(
        (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.BoolOp))
        or (isinstance(node, ast.BoolOp) and changes(node) > 1)
        for node in ast.walk(function)
    )


def changes(node: ast.BoolOp) -> int:
    """A group in the middle makes two: from its operator to the other, and back."""
    groups = [sum(isinstance(each, LOGICAL) for each in ast.walk(value)) for value in node.values]
    return sum(groups) + sum(groups[1:-1])


def has_namesake(function: Function) -> bool:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(function.name in (getattr(f, "id", ""), getattr(f, "attr", "")) for f in calls)


def has_inner_definition(function: Function) -> bool:
    return any(
        isinstance(node, (*FUNCTION, ast.ClassDef)) and node is not function
        for node in ast.walk(function)
    )


def parents(function: Function) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}


DEPARTURES: Reasons[Function] = {
    "the loops and ifs of a comprehension count there": has_comprehension,
    "the `else` of a loop or of `try` does not count there": has_else,
    "operators and ternaries inside of some expressions are not seen there": has_hidden_decision,
    "runs of operators that change more than once are told apart otherwise": has_grouped_operators,
    "other calls of that name are recursion there, calls through `self` are not": has_namesake,
    "functions and classes inside of a function nest otherwise": has_inner_definition,
}

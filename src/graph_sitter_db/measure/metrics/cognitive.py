"""Cognitive complexity: how hard the flow is to follow."""

from collections.abc import Iterable, Iterator

from graph_sitter_db.measure.callables import functions_around, inside, is_callable, loose_controls
from graph_sitter_db.model.facts import Control, ControlKind, FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Language, Rollup
from graph_sitter_db.model.ports import Metric

_NESTED = frozenset(
    {
        ControlKind.IF,
        ControlKind.TERNARY,
        ControlKind.SWITCH,
        ControlKind.FOR,
        ControlKind.WHILE,
        ControlKind.EXCEPT,
    }
)
_FLAT = frozenset(
    {
        ControlKind.ELIF,
        ControlKind.ELSE,
        ControlKind.LOOP_ELSE,
        ControlKind.TRY_ELSE,
        ControlKind.BOOLEAN,
        ControlKind.LABELLED_JUMP,
    }
)


def _of_file(facts: FileFacts) -> float:
    wholes = (_whole(s, facts) for s in facts.symbols if is_callable(s) and _is_whole(s, facts))
    return sum(wholes) + _points(loose_controls(facts), 0)


def _is_whole(symbol: Symbol, facts: FileFacts) -> bool:
    """Not part of another function's value."""
    return all(_is_declarative(outer, facts) for outer in functions_around(symbol, facts))


def _whole(symbol: Symbol, facts: FileFacts) -> int:
    """With everything inside: a nested function is part of what must be understood."""
    levels = {symbol.ordinal: 0}
    points = _points(symbol.controls, 0) + _recursion(symbol, facts)
    if _is_declarative(symbol, facts):
        return points
    for inner in inside(symbol, facts):
        assert inner.parent_ordinal is not None
        level = levels[inner.parent_ordinal] + inner.nesting
        if is_callable(inner) and not _is_decorator(facts.symbols[inner.parent_ordinal], facts):
            level += 1
        levels[inner.ordinal] = level
        points += _points(inner.controls, level)
    return points


def _is_declarative(symbol: Symbol, facts: FileFacts) -> bool:
    """JavaScript's functions that only hold others, as a class or module would (appendix A)."""
    return facts.source.language is not Language.PYTHON and not any(
        control.kind in _NESTED and not control.in_lambda for control in symbol.controls
    )


def _points(controls: Iterable[Control], level: int) -> int:
    return sum(
        1 + level + control.nesting if control.kind in _NESTED else 1
        for control in controls
        if control.kind in _NESTED or control.kind in _FLAT
    )


def _recursion(symbol: Symbol, facts: FileFacts) -> int:
    """A call to itself by its own name, or through its own object."""
    owner = symbol.parent_ordinal is not None and facts.symbols[symbol.parent_ordinal]
    if owner and not is_callable(owner):
        names = {f"{receiver}.{symbol.name}" for receiver in ("self", "cls", "this")}
    else:
        names = {symbol.name}
    return int(not names.isdisjoint(symbol.calls))


def _is_decorator(symbol: Symbol, facts: FileFacts) -> bool:
    """Only defines a function and returns it: the wrapper is what there is to understand."""
    if not is_callable(symbol) or symbol.statements != 2 or symbol.calls:
        return False
    inner = [s for s in _children(symbol, facts) if is_callable(s)]
    returns = [c for c in symbol.controls if c.kind is ControlKind.RETURN]
    return len(inner) == 1 and len(returns) == 1 and len(symbol.controls) == 1


def _children(symbol: Symbol, facts: FileFacts) -> Iterator[Symbol]:
    return (s for s in inside(symbol, facts) if s.parent_ordinal == symbol.ordinal)


COGNITIVE = Metric(
    name="cognitive_complexity",
    title="Cognitive complexity",
    unit="points",
    direction=Direction.LOWER,
    rollup=Rollup.SUM,
    definition=(
        "1 and the nesting for each if, ternary, switch, loop and catch; 1 for each elif, else "
        "(of loops and try too), run of one logical operator, jump to a label, and for calling "
        "itself. Nested functions and lambdas are part of the function around them and raise the "
        "nesting, except in a decorator; a JavaScript function without structure of its own is a "
        "mere holder of those inside. A file's value: the sum over functions that are part of no "
        "other's, and what stands outside them."
    ),
    source="SonarSource, Cognitive Complexity 1.5 (2021)",
    category="complexity",
    kinds=CALLABLES,
    of_symbol=_whole,
    of_file=_of_file,
)

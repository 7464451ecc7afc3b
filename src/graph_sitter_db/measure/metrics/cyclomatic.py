"""Cyclomatic complexity: decisions, plus one."""

from collections.abc import Iterable

from graph_sitter_db.measure.callables import is_callable, loose_controls
from graph_sitter_db.model.facts import Control, ControlKind, FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Language, Rollup
from graph_sitter_db.model.ports import Metric

_SHARED = frozenset(
    {
        ControlKind.IF,
        ControlKind.ELIF,
        ControlKind.FOR,
        ControlKind.WHILE,
        ControlKind.EXCEPT,
        ControlKind.CASE,
        ControlKind.TERNARY,
        ControlKind.BOOLEAN,
    }
)
_PYTHON = _SHARED | {
    ControlKind.LOOP_ELSE,
    ControlKind.TRY_ELSE,
    ControlKind.COMPREHENSION,
    ControlKind.COMPREHENSION_IF,
    ControlKind.ASSERT,
}
_TYPESCRIPT = _SHARED | {
    ControlKind.NULLISH,
    ControlKind.OPTIONAL_CHAIN,
    ControlKind.DEFAULT_VALUE,
}


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    return 1 + _decisions(symbol.controls, facts)


def _of_file(facts: FileFacts) -> float:
    functions = (1 + _decisions(s.controls, facts) for s in facts.symbols if is_callable(s))
    return sum(functions) + _decisions(loose_controls(facts), facts)


def _decisions(controls: Iterable[Control], facts: FileFacts) -> int:
    if facts.source.language is Language.PYTHON:
        return sum(c.weight for c in controls if c.kind in _PYTHON and not c.in_assert)
    return sum(c.weight for c in controls if c.kind in _TYPESCRIPT and not c.in_lambda)


CYCLOMATIC = Metric(
    name="cyclomatic_complexity",
    title="Cyclomatic complexity",
    unit="paths",
    direction=Direction.LOWER,
    rollup=Rollup.SUM,
    definition=(
        "1 plus the decisions of a function's own level; functions inside it count by themselves. "
        "Python, as radon: if, elif, ternary, for, while, their else, except, try's else, each "
        "case but a bare `_`, each operator of and/or, each for and if of a comprehension, each "
        "assert (not what it checks). TypeScript, as ESLint: if, ternary, loops, catch, each case, "
        "each && || ?? and its assignment, `?.`, default values; arrow functions without a block "
        "are left out. A file's value: the sum over its functions, and the decisions outside them."
    ),
    source="McCabe 1976; radon 6.0.1; ESLint 9 complexity",
    category="complexity",
    kinds=CALLABLES,
    of_symbol=_of_symbol,
    of_file=_of_file,
)

"""Cyclomatic complexity: decisions, plus one."""

from graph_sitter_db.measure.decisions import complexity, decisions
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    return 1 + decisions(symbol.controls, facts)


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
    of_file=complexity,
)

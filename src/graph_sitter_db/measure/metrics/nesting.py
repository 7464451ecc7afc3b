"""How deep the flow is nested."""

from graph_sitter_db.measure.callables import BLOCKS
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    return max((c.nesting + 1 for c in symbol.controls if c.kind in BLOCKS), default=0)


NESTING = Metric(
    name="nesting_depth",
    title="Nesting",
    unit="levels",
    direction=Direction.LOWER,
    rollup=Rollup.MAX,
    definition=(
        "The deepest chain of if, loop, catch and switch bodies in a function's own level; "
        "try, with and finally are no level."
    ),
    source="graph-sitter-db 1",
    category="complexity",
    kinds=CALLABLES,
    of_symbol=_of_symbol,
)

"""How many ways out."""

from graph_sitter_db.model.facts import ControlKind, FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    return sum(control.kind is ControlKind.RETURN for control in symbol.controls)


RETURNS = Metric(
    name="return_count",
    title="Returns",
    unit="statements",
    direction=Direction.LOWER,
    rollup=Rollup.MAX,
    definition="Return statements of a function's own level.",
    source="pylint R0911",
    category="complexity",
    kinds=CALLABLES,
    of_symbol=_of_symbol,
)

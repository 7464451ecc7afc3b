"""How many parameters a caller sees."""

from graph_sitter_db.measure.callables import has_own_object
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    return len(symbol.parameters) - has_own_object(symbol, facts)


PARAMETERS = Metric(
    name="parameter_count",
    title="Parameters",
    unit="parameters",
    direction=Direction.LOWER,
    rollup=Rollup.MAX,
    definition="Parameters in the signature, without self, cls and this; `*args` counts as one.",
    source="graph-sitter-db 1",
    category="complexity",
    kinds=CALLABLES,
    of_symbol=_of_symbol,
)

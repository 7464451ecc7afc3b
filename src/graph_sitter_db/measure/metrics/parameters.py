"""How many parameters a caller sees."""

from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup, SymbolKind
from graph_sitter_db.model.ports import Metric


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    return len(symbol.parameters) - _has_own_object(symbol, facts)


def _has_own_object(symbol: Symbol, facts: FileFacts) -> bool:
    """Python's `self` and `cls`, and TypeScript's `this`, are not passed by the caller."""
    if not symbol.parameters or symbol.is_static:
        return False
    first = symbol.parameters[0].name
    owner = symbol.parent_ordinal is not None and facts.symbols[symbol.parent_ordinal]
    in_class = owner and owner.kind in (SymbolKind.CLASS, SymbolKind.ENUM)
    return first == "this" or (bool(in_class) and first in ("self", "cls", "mcs"))


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

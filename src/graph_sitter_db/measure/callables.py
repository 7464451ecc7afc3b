"""What metrics share: which symbols are functions, and which stand inside which."""

from collections.abc import Iterator

from graph_sitter_db.model.facts import Control, FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES


def is_callable(symbol: Symbol) -> bool:
    return symbol.kind in CALLABLES


def inside(symbol: Symbol, facts: FileFacts) -> Iterator[Symbol]:
    """Symbols within, at any depth, in the order of the source."""
    outer = {symbol.ordinal}
    for ordinal in range(symbol.ordinal + 1, len(facts.symbols)):
        candidate = facts.symbols[ordinal]
        if candidate.start_byte >= symbol.end_byte:
            break
        if candidate.parent_ordinal in outer:
            outer.add(candidate.ordinal)
            yield candidate


def functions_around(symbol: Symbol, facts: FileFacts) -> Iterator[Symbol]:
    """The innermost first."""
    parent = symbol.parent_ordinal
    while parent is not None:
        outer = facts.symbols[parent]
        if is_callable(outer):
            yield outer
        parent = outer.parent_ordinal


def loose_controls(facts: FileFacts) -> Iterator[Control]:
    """Control points that stand in no function: of the module and of class bodies."""
    yield from facts.controls
    for symbol in facts.symbols:
        if symbol.controls and not is_callable(symbol) and not any(functions_around(symbol, facts)):
            yield from symbol.controls

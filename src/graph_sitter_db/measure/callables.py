"""What metrics share: which symbols are functions, which stand inside which, and what is theirs."""

from collections.abc import Callable, Iterator, Sequence

from graph_sitter_db.model.facts import Control, ControlKind, FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, SymbolKind

# What nests: the bodies of these stand one level deeper, and are read as a block.
BLOCKS = frozenset(
    {
        ControlKind.IF,
        ControlKind.ELIF,
        ControlKind.ELSE,
        ControlKind.FOR,
        ControlKind.WHILE,
        ControlKind.LOOP_ELSE,
        ControlKind.EXCEPT,
        ControlKind.SWITCH,
    }
)


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


def has_own_object(symbol: Symbol, facts: FileFacts) -> bool:
    """Python's `self` and `cls`, and TypeScript's `this`, are not passed by the caller."""
    if not symbol.parameters or symbol.is_static:
        return False
    first = symbol.parameters[0].name
    owner = symbol.parent_ordinal is not None and facts.symbols[symbol.parent_ordinal]
    in_class = owner and owner.kind in (SymbolKind.CLASS, SymbolKind.ENUM)
    return first == "this" or (bool(in_class) and first in ("self", "cls", "mcs"))


def once_a_file[T](compute: Callable[[FileFacts], T]) -> Callable[[FileFacts], T]:
    """For what several metrics ask of a file, one after the other."""
    last: list[tuple[FileFacts, T]] = []

    def computed(facts: FileFacts) -> T:
        if not last or last[0][0] is not facts:
            last[:] = [(facts, compute(facts))]
        return last[0][1]

    return computed


@once_a_file
def own_lines(facts: FileFacts) -> Sequence[int]:
    """Source lines of each function's own level, by ordinal; what is no function has none.

    A line of a function that stands inside another is that one's alone.
    """
    own = [symbol.lines_source if is_callable(symbol) else 0 for symbol in facts.symbols]
    for symbol in facts.symbols:
        if symbol.parent_ordinal is not None and is_callable(symbol):
            around = next(functions_around(symbol, facts), None)
            if around is not None:
                own[around.ordinal] -= symbol.lines_source
    return [max(0, lines) for lines in own]

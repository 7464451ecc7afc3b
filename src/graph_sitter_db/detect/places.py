"""What most rules need: the functions of a file, and a finding that points at one of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import CALLABLES

ANONYMOUS = "<anonymous>"


def functions(file: MeasuredFile) -> Iterator[tuple[Symbol, Mapping[str, float]]]:
    """Functions, methods and accessors with their metric values, overloads left out."""
    for symbol, values in zip(file.facts.symbols, file.symbol_values, strict=True):
        if symbol.kind in CALLABLES and not is_overload(symbol):
            yield symbol, values


def is_overload(symbol: Symbol) -> bool:
    return any(name.rpartition(".")[2] == "overload" for name in symbol.decorators)


def inside(facts: FileFacts) -> Mapping[int, list[Symbol]]:
    """Functions, methods and accessors by the ordinal of the symbol they are directly inside of."""
    found: dict[int, list[Symbol]] = defaultdict(list)
    for symbol in facts.symbols:
        if symbol.parent_ordinal is not None and symbol.kind in CALLABLES:
            found[symbol.parent_ordinal].append(symbol)
    return found


def described(symbol: Symbol) -> str:
    """How a message names a symbol."""
    return "an anonymous function" if symbol.name == ANONYMOUS else f"`{symbol.qualified_name}`"


def above(
    file: MeasuredFile,
    symbol: Symbol,
    message: str,
    measured: float,
    limit: float,
    gap: float | None = None,
) -> Finding:
    """A finding at a symbol whose measured value is above a limit.

    The message may use `{name}`, `{measured}` and `{limit}`.
    """
    told = message.format(name=described(symbol), measured=f"{measured:g}", limit=f"{limit:g}")
    return Finding(
        path=file.path,
        message=told[:1].upper() + told[1:],
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        symbol=symbol.key,
        measured=measured,
        limit=limit,
        gap=gap,
    )

"""What most rules need: the functions of a file, and findings that point at one of them, or at a
node of the syntax tree.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from typing import Any

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
    names = symbol.decorators
    return bool(names) and any(name.rpartition(".")[2] == "overload" for name in names)


def inside(facts: FileFacts) -> Mapping[int, list[Symbol]]:
    """Functions, methods and accessors by the ordinal of the symbol they are directly inside of."""
    found: dict[int, list[Symbol]] = defaultdict(list)
    for symbol in facts.symbols:
        if symbol.parent_ordinal is not None and symbol.kind in CALLABLES:
            found[symbol.parent_ordinal].append(symbol)
    return found


def described(symbol: Symbol) -> str:
    """How a message names a symbol."""
    return (
        f"an anonymous {symbol.kind}" if symbol.name == ANONYMOUS else f"`{symbol.qualified_name}`"
    )


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


def at(
    facts: FileFacts,
    node: Any,
    message: str,
    anchor: str | None = None,
    measured: float | None = None,
    limit: float | None = None,
) -> Finding:
    """A finding at a node of the syntax tree; its text is the anchor where none is given."""
    symbol = facts.symbol_at(node.start_byte)
    row, column = node.start_point
    before = facts.source.content[node.start_byte - column : node.start_byte]
    return Finding(
        path=facts.path,
        message=message,
        start_line=row + 1,
        end_line=node.end_point[0] + 1,
        symbol=symbol.key if symbol else None,
        start_column=len(before.decode("utf-8", "replace")) + 1,
        measured=measured,
        limit=limit,
        anchor=compact(node) if anchor is None else anchor,
    )


def calls(facts: FileFacts, names: Container[str]) -> Iterator[tuple[str, Any]]:
    """Calls by the dotted name of what they call, each with its node."""
    for site in facts.sites:
        if site.kind == "call" and site.name in names:
            node = facts.tree.descendant_for_byte_range(site.byte, site.byte)
            while node.type not in _CALLS:
                node = node.parent
            yield site.name, node


_CALLS = frozenset({"call", "call_expression", "new_expression"})


def shown(node: Any) -> str:
    """A node's source for a message."""
    return shortened(node.text.decode("utf-8", "replace"))


def shortened(source: str) -> str:
    """Short and on one line."""
    text = " ".join(source.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 50


def compact(node: Any) -> str:
    """A node's source without what a formatter may add or take away: white space, comments,
    parentheses, commas. Of a long one, the first thousand words and signs.
    """
    parts: list[str] = []
    waiting = [node]
    while waiting and len(parts) < _ENOUGH:
        part = waiting.pop()
        if part.child_count:
            waiting += reversed(part.children)
        elif part.type not in _FORMATTING:
            parts.append("".join(part.text.decode("utf-8", "replace").split()))
    return "".join(parts)


_ENOUGH = 1_000  # blocks inside of blocks would cost the square of their number
_FORMATTING = frozenset({"comment", "html_comment", "(", ")", ",", ";"})

"""When an import happens."""

import re
from collections.abc import Iterable

from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import CALLABLES, Language

_TYPES_ONLY = re.compile(rb"\s*(?:import|export)\s+type\b")
_NOT_ON_IMPORT = re.compile(rb"\s*(?:el)?if\b.*(?:\bTYPE_CHECKING\b|\b__name__\s*==)")


def lines_on_import(facts: FileFacts, lines: Iterable[int]) -> frozenset[int]:
    """Which of these lines, each with an import, run when the file is imported.

    Others run later, inside a function or when the file is a script, or never, because only type
    checkers see them. Judged from the file's bytes and symbols alone.
    """
    rows = facts.source.content.split(b"\n")
    inside = {
        line
        for symbol in facts.symbols
        if symbol.kind in CALLABLES
        for line in range(symbol.start_line + 1, symbol.end_line + 1)
    }
    is_put_off = _is_guarded if facts.source.language is Language.PYTHON else _is_for_types
    return frozenset(line for line in set(lines) - inside if not is_put_off(rows, line))


def _is_guarded(rows: list[bytes], line: int) -> bool:
    return any(map(_NOT_ON_IMPORT.match, _headers(rows, line)))


def _is_for_types(lines: list[bytes], line: int) -> bool:
    """`import type {…}`; of a statement over several lines the first may be above."""
    for text in reversed(lines[:line]):
        if re.match(rb"\s*(?:import|export)\b", text):
            return _TYPES_ONLY.match(text) is not None
    return False


def _headers(lines: list[bytes], line: int) -> list[bytes]:
    """What the given line is inside of: the lines above, each further to the left."""
    headers, indent = [], _indent(lines[line - 1])
    for text in reversed(lines[: line - 1]):
        if indent == 0:
            break
        if text.strip() and _indent(text) < indent:
            headers.append(text)
            indent = _indent(text)
    return headers


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip())

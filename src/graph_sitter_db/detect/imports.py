"""When an import happens."""

import re

from graph_sitter_db.detect.places import CALLABLE
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Language
from graph_sitter_db.model.relations import Edge

_TYPES_ONLY = re.compile(rb"\s*(?:import|export)\s+type\b")
_NOT_ON_IMPORT = re.compile(rb"\s*(?:el)?if\b.*(?:\bTYPE_CHECKING\b|\b__name__\s*==)")


def runs_on_import(edge: Edge, facts: FileFacts) -> bool:
    """False when it happens later, inside a function or when run as a script, or never, because
    only type checkers see it.

    Judged at the edge's first line, from the file's bytes: trees are not kept.
    """
    if _is_inside_function(edge.first_line, facts):
        return False
    lines = facts.source.content.split(b"\n")
    if facts.source.language is not Language.PYTHON:
        return not _is_for_types(lines, edge.first_line)
    return not any(map(_NOT_ON_IMPORT.match, _headers(lines, edge.first_line)))


def _is_inside_function(line: int, facts: FileFacts) -> bool:
    return any(s.kind in CALLABLE and s.start_line < line <= s.end_line for s in facts.symbols)


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

"""Which lines hold code, which only comment, which nothing."""

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from graph_sitter_db.model.facts import Lines

_BLANK, _COMMENT, _CODE = range(3)
_REMARK = b"\x01"
_SPACE = b" \t\r\f\v"
_COVER = bytes(10 if byte == 10 else _REMARK[0] for byte in range(256))


@dataclass(frozen=True, slots=True)
class LineMap:
    lines: Lines
    source_above: Sequence[int]  # by row: how many lines above it hold code

    def source_between(self, first: int, last: int) -> int:
        """How many of these lines (1-based, both included) hold code."""
        end = len(self.source_above) - 1
        return self.source_above[min(last, end)] - self.source_above[min(first - 1, end)]


def line_map(
    text: bytes, remarks: Iterable[tuple[int, int]], long_strings: Iterable[tuple[int, int]]
) -> LineMap:
    """`remarks`: bytes of comments and docstrings. `long_strings`: rows, of which all are code."""
    kinds = _kinds(text, list(remarks))
    for first, last in long_strings:
        kinds[first : last + 1] = [_CODE] * (last + 1 - first)
    source, comment = kinds.count(_CODE), kinds.count(_COMMENT)
    lines = Lines(len(kinds), source, comment, len(kinds) - source - comment)
    return LineMap(lines, [0, *accumulate(kind == _CODE for kind in kinds)])


def _kinds(text: bytes, remarks: Sequence[tuple[int, int]]) -> list[int]:
    bare = bytearray(text)
    if text.startswith(codecs.BOM_UTF8):
        bare[:3] = b"   "
    for start, end in remarks:
        bare[start:end] = bare[start:end].translate(_COVER)
    rows = bare.translate(None, _SPACE).split(b"\n")
    if not text or text.endswith(b"\n"):
        rows.pop()
    kinds = [
        _BLANK if not row else _CODE if row[0] != 1 or row.strip(_REMARK) else _COMMENT
        for row in rows
    ]
    _fill_gaps(kinds, text, remarks)
    return kinds


def _fill_gaps(kinds: list[int], text: bytes, remarks: Sequence[tuple[int, int]]) -> None:
    """Empty lines inside of a comment or docstring belong to it."""
    row = counted = 0
    for start, end in sorted(remarks):
        first = row = row + text.count(b"\n", counted, start)
        counted = start
        for at in range(first, first + text.count(b"\n", start, end - 1) + 1):
            if at < len(kinds) and kinds[at] == _BLANK:
                kinds[at] = _COMMENT

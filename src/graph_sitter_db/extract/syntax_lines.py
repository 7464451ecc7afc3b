"""Which lines hold code, which only comment, which nothing."""

import codecs
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from graph_sitter_db.model.facts import Lines

_BLANK, _COMMENT, _CODE = range(3)
_REMARK = b"\x01"
_NOT_CODE = _REMARK + b" \t\r\f\v"
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
    rows = bare.split(b"\n")
    if not rows[-1]:
        rows.pop()
    kinds = [
        _CODE if row.strip(_NOT_CODE) else _COMMENT if _REMARK in row else _BLANK for row in rows
    ]
    _fill_gaps(kinds, rows, remarks)
    return kinds


def _fill_gaps(
    kinds: list[int], rows: Sequence[bytearray], remarks: Sequence[tuple[int, int]]
) -> None:
    """Empty lines inside of a comment or docstring belong to it."""
    starts = [0, *accumulate(len(row) + 1 for row in rows)]
    for start, end in remarks:
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
        for row in range(first, min(last + 1, len(kinds))):
            kinds[row] = max(kinds[row], _COMMENT)

"""How GitHub's code scanning tells alerts apart when lines move: a hash of each line and what
follows it.
"""

from collections import Counter
from collections.abc import Iterator

WINDOW = 100  # characters, without spaces and tabs, from the line's start
FACTOR = 37
_WRAP = (1 << 64) - 1
_END = 0xFFFF
_LOST = pow(FACTOR, WINDOW, 1 << 64)  # the weight of what has just left the window
_FEED, _BLANKS = 0x0A, (0x20, 0x09)


def line_hashes(text: str) -> list[str]:
    """`primaryLocationLineHash` of each line, as github/codeql-action computes it.

    A polynomial of the next 100 UTF-16 units, blanks left out and every line end a line feed, in
    64 bits; then how often that value has occurred so far. Beyond the end stand one 0xFFFF and
    zeros.
    """
    units, starts = _units(text)
    seen: Counter[int] = Counter()
    hashes = []
    for value in _values(units, starts):
        seen[value] += 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes


def _units(text: str) -> tuple[list[int], list[int]]:
    """What is hashed, and where in it lines start."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n") + "\uffff"
    data = plain.encode("utf-16-le", "surrogatepass")
    units = [
        unit
        for place in range(0, len(data), 2)
        if (unit := data[place] | data[place + 1] << 8) not in _BLANKS
    ]
    assert units[-1] == _END
    after = (place + 1 for place, unit in enumerate(units) if unit == _FEED)
    return units, [0, *after]


def _values(units: list[int], starts: list[int]) -> Iterator[int]:
    padded = [*units, *[0] * WINDOW]
    wanted, value = iter(starts), 0
    start = next(wanted, None)
    for end, unit in enumerate(padded, 1):
        leaving = padded[end - WINDOW - 1] if end > WINDOW else 0
        value = (value * FACTOR + unit - _LOST * leaving) & _WRAP
        if start == end - WINDOW:
            yield value
            start = next(wanted, None)

"""Where a row of numbers says the same again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    type Numbers = NDArray[np.uint64]
    type Positions = NDArray[np.int64]

_BASE = 0x9E3779B97F4A7C15  # odd, else its powers would come to nothing


@dataclass(frozen=True, slots=True)
class Part:
    """What stands at `start` stood at `earlier`; `length` numbers."""

    start: int
    earlier: int
    length: int


@dataclass(frozen=True, slots=True)
class Repeats:
    """`runs` are stretches [start, end) that consist of windows which stand elsewhere too, without
    overlap; `later` those that consist of windows which stood before, with where.
    """

    runs: Sequence[tuple[int, int]]
    later: Sequence[tuple[Part, ...]]


def repeats(row: "Numbers", size: int) -> Repeats:
    """Every window of `size` numbers that there is twice is in one of the stretches; stretches that
    overlap are one. n log n, however often something is repeated.
    """
    import numpy as np

    if len(row) < 2 * size:
        return Repeats((), ())
    windows = _windows(row, size)
    order = np.argsort(windows, kind="stable")
    begins = np.flatnonzero(np.diff(windows[order], prepend=~windows[order[0]]))
    counts = np.diff(begins, append=len(order))
    many = counts > 1
    where = order[np.repeat(many, counts)]
    first = np.repeat(order[begins[many]], counts[many])
    last = np.repeat(order[(begins + counts - 1)[many]], counts[many])
    by_place = np.argsort(where)
    where, first, last = where[by_place], first[by_place], last[by_place]
    again = where - first >= size
    anywhere = again | (last - where >= size)
    return Repeats(
        [(int(run[0]), int(run[-1]) + size) for run in runs(where[anywhere], size)],
        [
            tuple(_parts(run, first[np.searchsorted(where, run)], windows, size))
            for run in runs(where[again], size)
        ],
    )


def windows(row: "Numbers", size: int) -> "Numbers":
    """A number for each window, equal for equal ones in whatever row."""
    import numpy as np

    if len(row) < size:
        return np.zeros(0, np.uint64)
    return _windows(row, size) * np.uint64(pow(_BASE, -len(row), 1 << 64))


def apart(windows: "Numbers", size: int) -> "NDArray[np.bool_]":
    """Of each, whether the row has it at another place too that does not overlap this one."""
    import numpy as np

    found = np.zeros(len(windows), np.bool_)
    if len(windows):
        order = np.argsort(windows, kind="stable")
        begins = np.flatnonzero(np.diff(windows[order], prepend=~windows[order[0]]))
        counts = np.diff(begins, append=len(order))
        first, last = (np.repeat(order[at], counts) for at in (begins, begins + counts - 1))
        found[order] = (order - first >= size) | (last - order >= size)
    return found


def _windows(row: "Numbers", size: int) -> "Numbers":
    """A number for each window; two that differ have the same with a probability of 2**-64."""
    import numpy as np

    powers = np.cumprod(np.full(len(row), _BASE, np.uint64))
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(row * powers)))
    windows: Numbers = (sums[size:] - sums[:-size]) * powers[size - 1 :][::-1]
    return windows


def runs(places: "Positions", size: int) -> "list[Positions]":
    """Places of windows that overlap or touch, together."""
    import numpy as np

    if not len(places):
        return []
    return np.split(places, np.flatnonzero(np.diff(places) >= size) + 1)


def _parts(run: "Positions", first: "Positions", windows: "Numbers", size: int) -> Iterator[Part]:
    """As few as possible: what began at one place goes on there as long as that says the same,
    whatever other places there are.
    """
    start = place = source = -2
    for here, earliest in zip(run.tolist(), first.tolist(), strict=True):
        goes_on = here == place + 1 and (
            earliest == source + 1 or windows[source + 1] == windows[here]
        )
        if not goes_on:
            if start >= 0:
                yield Part(start, source - (place - start), place - start + size)
            start, source = here, earliest - 1
        place, source = here, source + 1
    yield Part(start, source - (place - start), place - start + size)

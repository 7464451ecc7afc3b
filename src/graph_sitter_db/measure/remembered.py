"""Duplication in many states of a codebase, with each file read once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graph_sitter_db.measure.duplication import is_compared, is_long, size_of
from graph_sitter_db.measure.repeats import apart, runs, windows
from graph_sitter_db.measure.text import Text
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.ports import Limits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Comparable:
    """A file that is compared with others, without its bytes and its syntax tree."""

    def __init__(self, file: FileFacts, limits: Limits) -> None:
        self.path = file.path
        self.sha256 = file.source.sha256
        self.lines_source = file.lines.source
        self.size = size_of(limits)
        self._limits = {file.path: limits}
        self._text = Text([file])
        self._windows: dict[int, NDArray[np.uint64]] = {}
        self._apart = apart(self.windows(self.size), self.size)
        self._distinct: dict[int, NDArray[np.uint64]] = {}

    def windows(self, size: int) -> "NDArray[np.uint64]":
        """A number for each row of `size` tokens, equal for equal ones in any file."""
        if size not in self._windows:
            self._windows[size] = windows(self._text.values[slice(*self._text.whole(0))], size)
        return self._windows[size]

    def distinct(self, size: int) -> "NDArray[np.uint64]":
        """Each number once."""
        import numpy as np

        if size not in self._distinct:
            self._distinct[size] = np.unique(self.windows(size))
        return self._distinct[size]

    def lines(self, elsewhere: "NDArray[np.bool_]") -> int:
        """How many hold code that stands there twice; `elsewhere` tells of each of its windows
        whether another file has it.
        """
        import numpy as np

        stretches = (
            self._text.whole_lines((int(run[0]), int(run[-1]) + self.size))
            for run in runs(np.flatnonzero(elsewhere | self._apart), self.size)
        )
        long = (each for each in stretches if is_long(self._text, each, self._limits))
        return sum(self._text.lines(each) for each in long)

    @property
    def is_long(self) -> bool:
        return is_long(self._text, self._text.whole(0), self._limits)


def comparable(file: FileFacts, limits: Limits) -> Comparable | None:
    """None for what `duplication` does not compare."""
    return Comparable(file, limits) if is_compared(file, limits) else None


def duplicated_lines(files: Sequence[Comparable]) -> dict[str, int]:
    """What `duplication` of the same files says in `lines`."""
    equal: dict[bytes, list[Comparable]] = {}
    for file in sorted(files, key=lambda file: file.path):
        equal.setdefault(file.sha256, []).append(file)
    firsts = [first for first, *_ in equal.values()]
    lines = dict.fromkeys((file.path for file in firsts), 0)
    for size in {file.size for file in firsts}:
        lines |= _inside(firsts, size)
    for first, *others in equal.values():
        if others and first.is_long:
            lines[first.path] = first.lines_source
        lines |= dict.fromkeys((other.path for other in others), lines[first.path])
    return lines


def _inside(files: Sequence[Comparable], size: int) -> dict[str, int]:
    import numpy as np

    each = [file.windows(size) for file in files]
    several = _of_several([file.distinct(size) for file in files])
    flags = np.split(_among(several, each), np.cumsum([len(one) for one in each])[:-1])
    return {
        file.path: file.lines(flag)
        for file, flag in zip(files, flags, strict=True)
        if file.size == size
    }


def _of_several(files: "Sequence[NDArray[np.uint64]]") -> "NDArray[np.uint64]":
    """The numbers that more than one file has, in order."""
    import numpy as np

    every = np.sort(np.concatenate(files))
    return np.unique(every[1:][every[1:] == every[:-1]])


def _among(
    numbers: "NDArray[np.uint64]", files: "Sequence[NDArray[np.uint64]]"
) -> "NDArray[np.bool_]":
    """Of all windows, one file's after the other's, whether they have one of these numbers."""
    import numpy as np

    every = np.concatenate(files)
    if not len(numbers):
        return np.zeros(len(every), np.bool_)
    at = np.minimum(numbers.searchsorted(every), len(numbers) - 1)
    found: NDArray[np.bool_] = numbers[at] == every
    return found

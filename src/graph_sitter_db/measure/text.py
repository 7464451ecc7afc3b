"""The tokens of many files as one row."""

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate

from graph_sitter_db.measure.tokens import Numbers, tokens
from graph_sitter_db.model.duplication import Block
from graph_sitter_db.model.facts import FileFacts

type Stretch = tuple[int, int]  # places in the row: from, and up to


class Text:
    """After each file stands a number that no other place has: nothing that is there twice reaches
    from one file into the next.
    """

    def __init__(self, files: Sequence[FileFacts]) -> None:
        import numpy as np

        numbers = Numbers()
        parts = [tokens(file, numbers) for file in files]
        self.paths = [file.path for file in files]
        self._begins = [*accumulate((len(part.values) + 1 for part in parts), initial=0)]
        self.values = np.zeros(self._begins[-1], np.uint64)
        self._first = np.zeros(self._begins[-1], np.int64)
        self._last = np.zeros(self._begins[-1], np.int64)
        code = np.zeros(self._begins[-1], np.bool_)
        for number, part in enumerate(parts):
            start, end = self.whole(number)
            self.values[start:end], self.values[end] = part.values, number
            self._first[start:end], self._last[start:end] = part.first_lines, part.last_lines
            code[start:end] = ~part.are_parameters
        before = np.concatenate(([0], self._last[:-1]))
        after = np.concatenate((self._first[1:], [0]))
        self._line_starts = np.flatnonzero(self._first > before)
        self._line_ends = np.flatnonzero((after > self._last) | (after == 0)) + 1
        new_lines = np.maximum(self._last - np.maximum(self._first - 1, before), 0)
        self._lines = np.concatenate(([0], np.cumsum(new_lines)))
        self._code = np.concatenate(([0], np.cumsum(code)))

    def whole(self, number: int) -> Stretch:
        """All of the file with this number."""
        return self._begins[number], self._begins[number + 1] - 1

    def path(self, stretch: Stretch) -> str:
        return self.paths[bisect_right(self._begins, stretch[0]) - 1]

    def block(self, stretch: Stretch) -> Block:
        start, end = stretch
        return Block(self.path(stretch), int(self._first[start]), int(self._last[end - 1]))

    def whole_lines(self, stretch: Stretch) -> Stretch:
        """Without what belongs to lines that begin before it or end after it; may be empty."""
        start, end = stretch
        starts = self._line_starts[self._line_starts.searchsorted(start) :]
        ends = self._line_ends[: self._line_ends.searchsorted(end, "right")]
        first = int(starts[0]) if len(starts) else end
        return first, max(first, int(ends[-1]) if len(ends) else first)

    def lines(self, stretch: Stretch) -> int:
        """How many lines hold tokens of it, where it begins with a line."""
        start, end = stretch
        return int(self._lines[end] - self._lines[start])

    def code(self, stretch: Stretch) -> int:
        """How many tokens of it stand outside of parameter lists."""
        start, end = stretch
        return int(self._code[end] - self._code[start])

    def digest(self, stretch: Stretch) -> str:
        return sha256(self.values[slice(*stretch)].tobytes()).hexdigest()

"""A file as the row of its tokens, for comparing code with code."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from graph_sitter_db.model.facts import FileFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Numbers(dict[bytes, int]):
    """A number of 64 bits for each text, worked out when it is first asked for; 0 for white space.

    How the lines of a long literal are indented does not matter.
    """

    def __missing__(self, text: bytes) -> int:
        if b"\n" in text:
            return self[b" ".join(text.split())]
        number = int.from_bytes(blake2b(text, digest_size=8).digest()) if text else 0
        self[text] = number
        return number


@dataclass(frozen=True, slots=True)
class Tokens:
    """In source order: what each token says, and the lines on which it begins and ends."""

    values: "NDArray[np.uint64]"
    first_lines: "NDArray[np.int64]"
    last_lines: "NDArray[np.int64]"
    are_parameters: "NDArray[np.bool_]"  # whether it stands in a list of them


def tokens(facts: FileFacts, numbers: Numbers) -> Tokens:
    """Left out are comments, what the language calls boilerplate (imports, overloads,
    docstrings), and commas before a closing bracket, which formatters add. A literal is one token
    and counts with its text.
    """
    import numpy as np

    found = facts.tokens
    assert found
    count = len(found.texts)
    said = np.fromiter(map(numbers.__getitem__, found.texts), np.uint64, count)
    starts = np.array(found.starts, np.int64)
    ends = starts + np.fromiter(map(len, found.texts), np.int64, count)
    kept = np.flatnonzero((said != 0) & ~_are_within(found.boilerplate, starts))
    kept = kept[_without_closing_commas(said[kept], numbers)]
    breaks = _line_breaks(facts.source.content)
    return Tokens(
        values=said[kept],
        first_lines=np.searchsorted(breaks, starts[kept]) + 1,
        last_lines=np.searchsorted(breaks, ends[kept] - 1) + 1,
        are_parameters=_are_within(found.parameters, starts)[kept],
    )


def _are_within(
    ranges: Sequence[tuple[int, int]], starts: "NDArray[np.int64]"
) -> "NDArray[np.bool_]":
    import numpy as np

    depth = np.zeros(len(starts) + 1, np.int64)
    for side, step in zip(np.array(ranges, np.int64).reshape(-1, 2).T, (1, -1), strict=True):
        np.add.at(depth, np.searchsorted(starts, side), step)
    return np.cumsum(depth[:-1]) > 0


def _without_closing_commas(said: "NDArray[np.uint64]", numbers: Numbers) -> "NDArray[np.bool_]":
    import numpy as np

    closing = np.array([numbers[text] for text in (b")", b"]", b"}")], np.uint64)
    is_kept: NDArray[np.bool_] = said != np.uint64(numbers[b","])
    is_kept[:-1] |= ~np.isin(said[1:], closing)
    return is_kept


def _line_breaks(content: bytes) -> "NDArray[np.int64]":
    """Ends of lines: LF, CRLF, or CR alone."""
    import numpy as np

    text = np.frombuffer(content, np.uint8)
    is_break = text == ord("\n")
    is_break[:-1] |= (text[:-1] == ord("\r")) & ~is_break[1:]
    return np.flatnonzero(is_break)

"""Code that stands in a codebase more than once."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Lines of a file, the last one included."""

    path: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A block whose code stands before it in the codebase too, by path and line."""

    block: Block
    earlier: tuple[Block, ...]  # where its parts stand, the longest part first
    lines: int  # of the block, that hold code
    tokens: int
    digest: str  # of the tokens it begins with; equal for equal code, however it is laid out
    is_whole_file: bool = False  # and the two files are equal byte for byte


@dataclass(frozen=True, slots=True)
class Duplication:
    """Duplicates in order of path and line; and by path, of each file that was compared, how many
    of its lines of code stand elsewhere too, before or after.
    """

    duplicates: tuple[Duplicate, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)

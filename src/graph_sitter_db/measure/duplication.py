"""Which code stands in a codebase more than once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil

from graph_sitter_db.measure.repeats import Part, repeats
from graph_sitter_db.measure.text import Stretch, Text
from graph_sitter_db.model.duplication import Block, Duplicate, Duplication
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.ports import Limits

# The share of a block's tokens that stand outside of parameter lists, which cannot be shared. Of 59
# blocks in flask, sqlalchemy, zod and Python's standard library 9 have less: 8 with at most 0.16
# are nothing but signatures, one with 0.3 is an interface. The next, with 0.48, are two methods.
LEAST_CODE = 1 / 3


def duplication(files: Sequence[FileFacts], limits_at: Callable[[str], Limits]) -> Duplication:
    """Whole lines of code that stand there twice: at least `tokens` tokens, on at least `lines`
    lines that hold code. The limits are by path.

    Generated files are not compared, nor are tests where the limit `tests` is 0. Files that are
    equal byte for byte are compared as one: what is a duplicate in one of them is so in all.
    """
    limits = {file.path: limits_at(file.path) for file in files}
    equal = _equal(file for file in files if is_compared(file, limits[file.path]))
    text = Text([first for first, *_ in equal])
    inside, lines = _inside(text, limits)
    duplicates: list[Duplicate] = []
    for number, (first, *others) in enumerate(equal):
        whole = text.whole(number)
        if others and is_long(text, whole, limits):
            duplicates += (_copy(file, first, text, whole) for file in others)
            lines[first.path] = first.lines.source
        for file in (first, *others):
            duplicates += (_in_copy(each, first.path, file.path) for each in inside[first.path])
            lines[file.path] = lines[first.path]
    return Duplication(tuple(sorted(duplicates, key=lambda each: each.block)), lines)


def is_compared(file: FileFacts, limits: Limits) -> bool:
    is_wanted = bool(limits["tests"]) or not file.is_test
    return is_wanted and not file.is_generated and file.tokens is not None


def _equal(files: Iterable[FileFacts]) -> list[list[FileFacts]]:
    """Files with equal bytes, together; by path, of which the first decides."""
    groups: dict[bytes, list[FileFacts]] = defaultdict(list)
    for file in sorted(files, key=lambda file: file.path):
        groups[file.source.sha256].append(file)
    return list(groups.values())


def _inside(
    text: Text, limits: Mapping[str, Limits]
) -> tuple[dict[str, list[Duplicate]], dict[str, int]]:
    """By path: what stands before it too, and how many lines hold what stands anywhere else too."""
    duplicates: dict[str, list[Duplicate]] = {path: [] for path in text.paths}
    lines = dict.fromkeys(text.paths, 0)
    for size in {size_of(limits[path]) for path in text.paths}:
        found = repeats(text.values, size)
        for run in map(text.whole_lines, found.runs):
            path = text.path(run)
            if size_of(limits[path]) == size and is_long(text, run, limits):
                lines[path] += text.lines(run)
        for parts in found.later:
            run = text.whole_lines((parts[0].start, parts[-1].start + parts[-1].length))
            path = text.path(run)
            if size_of(limits[path]) == size and is_long(text, run, limits):
                duplicates[path].append(_duplicate(text, run, parts, size))
    return duplicates, lines


def size_of(limits: Limits) -> int:
    return max(1, ceil(limits["tokens"]))


def is_long(text: Text, stretch: Stretch, limits: Mapping[str, Limits]) -> bool:
    start, end = stretch
    own = limits[text.path(stretch)]
    is_code = start < end and text.code(stretch) >= LEAST_CODE * (end - start)
    return is_code and end - start >= own["tokens"] and text.lines(stretch) >= own["lines"]


def _duplicate(text: Text, run: Stretch, parts: Sequence[Part], size: int) -> Duplicate:
    """Known by what it begins with: what follows may grow or shrink with the other place."""
    start, end = run
    earlier = sorted(_earlier(run, parts), key=lambda stretch: stretch[0] - stretch[1])
    return Duplicate(
        block=text.block(run),
        earlier=tuple(dict.fromkeys(map(text.block, earlier))),
        lines=text.lines(run),
        tokens=end - start,
        digest=text.digest((start, start + size)),
    )


def _earlier(run: Stretch, parts: Iterable[Part]) -> Iterator[Stretch]:
    """Where something is repeated over and over, it is what that began with."""
    start, end = run
    for part in parts:
        first, last = max(part.start, start), min(part.start + part.length, end)
        place = part.earlier + first - part.start
        if first < last and place < start:
            yield place, min(place + last - first, start)


def _copy(file: FileFacts, first: FileFacts, text: Text, whole: Stretch) -> Duplicate:
    start, end = whole
    return Duplicate(
        block=Block(file.path, 1, file.lines.physical),
        earlier=(Block(first.path, 1, first.lines.physical),),
        lines=file.lines.source,
        tokens=end - start,
        digest=text.digest(whole),
        is_whole_file=True,
    )


def _in_copy(duplicate: Duplicate, path: str, copy: str) -> Duplicate:
    """Where one block of a file repeats another of it, so it is within the copy."""

    def place(block: Block) -> Block:
        return replace(block, path=copy) if block.path == path else block

    return replace(
        duplicate, block=place(duplicate.block), earlier=tuple(map(place, duplicate.earlier))
    )

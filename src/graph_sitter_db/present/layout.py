"""Fits a page into a width: aligned columns, and no important text cut."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from unicodedata import combining, east_asian_width

from graph_sitter_db.present.page import Block, Column, Fit, Grid, Span, Tone
from graph_sitter_db.present.printable import printable

GAP = "  "
NARROWEST = 12  # below this a folded or shortened column tells nothing
TIGHT = 22  # prose still reads well in this, and a path without its middle
READABLE = 32  # prose in a column narrower than this is tiring, and names are broken


def lay_out(page: Sequence[Block], width: int | None = None) -> Iterator[tuple[Span, ...]]:
    """The page's lines. Without a width (no terminal) nothing is folded or shortened.

    Every text goes through `printable` here, so that no page can forget to.
    """
    for block in page:
        if isinstance(block, Grid):
            yield from _grid(block, width)
        else:
            yield tuple(Span(printable(span.text), span.tone) for span in block.spans)


def plain(page: Sequence[Block], width: int | None = None) -> str:
    """The page as text without colours; each line ends with a line feed."""
    return "".join(
        "".join(span.text for span in spans).rstrip() + "\n" for spans in lay_out(page, width)
    )


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_char_cells(char) for char in text)


def _char_cells(char: str) -> int:
    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def _grid(grid: Grid, width: int | None) -> Iterator[tuple[Span, ...]]:
    while width is not None and _needed(grid) > width and (spared := _without_spare(grid)):
        grid = spared
    heads = tuple(Span(column.title, Tone.STRONG) for column in grid.columns)
    rows = [tuple(Span(printable(cell.text), cell.tone) for cell in row) for row in grid.rows]
    if grid.headed:
        rows.insert(0, heads)
    widths = _widths(grid, rows, width)
    for row in rows:
        yield from _row(grid, row, widths)


def _needed(grid: Grid) -> int:
    """The width at which every column can be read, those that give way only just."""
    needed = grid.indent + len(GAP) * (len(grid.columns) - 1)
    for index, column in enumerate(grid.columns):
        widest = max((cells(row[index].text) for row in grid.rows), default=0)
        title = cells(column.title) if grid.headed else 0
        needed += max(min(widest, _readable(column, widest)), title)
    return needed


def _readable(column: Column, widest: int) -> int:
    if column.fit is Fit.KEEP:
        return widest
    if column.fit is Fit.FOLD and not column.first:
        return READABLE
    return TIGHT


def _without_spare(grid: Grid) -> Grid | None:
    """Without the column that tells least; None when all others are needed."""
    spare = max(column.spare for column in grid.columns)
    if not spare:
        return None
    left = [index for index, column in enumerate(grid.columns) if column.spare != spare]
    return replace(
        grid,
        columns=tuple(grid.columns[index] for index in left),
        rows=tuple(tuple(row[index] for index in left) for row in grid.rows),
    )


def _widths(grid: Grid, rows: Sequence[Sequence[Span]], width: int | None) -> list[int]:
    widths = [
        max((cells(row[index].text) for row in rows), default=0)
        for index in range(len(grid.columns))
    ]
    if width is not None:
        _squeeze(widths, grid, width - grid.indent - len(GAP) * (len(widths) - 1))
    return widths


def _squeeze(widths: list[int], grid: Grid, room: int) -> None:
    """Takes room from the columns that may give way: from prose first, then from the widest."""
    able = [index for index, column in enumerate(grid.columns) if column.fit is not Fit.KEEP]
    for index in able:
        widths[index] = min(widths[index], max(room, NARROWEST))
    prose = [index for index in able if grid.columns[index].first]
    for yielding, least in ((prose, READABLE), (able, NARROWEST)):
        floors = {index: max(least, cells(grid.columns[index].title)) for index in yielding}
        _level(widths, floors, room)


def _level(widths: list[int], floors: Mapping[int, int], room: int) -> None:
    while sum(widths) > room:
        wide = [index for index, floor in floors.items() if widths[index] > floor]
        if not wide:
            return
        widths[max(wide, key=lambda index: widths[index])] -= 1


def _row(grid: Grid, row: Sequence[Span], widths: Sequence[int]) -> Iterator[tuple[Span, ...]]:
    folded = [
        _fitted(cell.text, column, width)
        for cell, column, width in zip(row, grid.columns, widths, strict=True)
    ]
    for number in range(max(map(len, folded), default=0)):
        spans = [Span(" " * grid.indent)] if grid.indent else []
        for index, (cell, lines) in enumerate(zip(row, folded, strict=True)):
            text = lines[number] if number < len(lines) else ""
            padding = " " * (widths[index] - cells(text))
            flush_right = grid.columns[index].right
            before = (GAP if index else "") + (padding if flush_right else "")
            spans += [Span(before), Span(text, cell.tone), Span("" if flush_right else padding)]
        yield tuple(_without_tail(spans))


def _without_tail(spans: list[Span]) -> list[Span]:
    while spans and not spans[-1].text.strip():
        spans.pop()
    return spans


def _fitted(text: str, column: Column, width: int) -> list[str]:
    if cells(text) <= width or column.fit is Fit.KEEP:
        return [text]
    if column.fit is Fit.FOLD:
        return fold(text, width)
    return [shorten(text, width) if column.fit is Fit.MIDDLE else _head(text, width - 1) + "…"]


def fold(text: str, width: int) -> list[str]:
    """The text in lines of at most `width`, broken between words or parts of a name."""
    lines = []
    while cells(text) > width:
        piece = _head(text, width) or text[:1]
        if text[len(piece)] != " " and (cut := _last_break(piece)):
            piece = piece[:cut]
        lines.append(piece.rstrip(" "))
        text = text[len(piece) :].lstrip(" ")
    return [*lines, text] if text else lines


def shorten(text: str, width: int) -> str:
    """The text with its middle left out: of a path, whole folders between its ends."""
    if cells(text) <= width:
        return text
    first, *rest = text.split("/")
    for start in range(1, len(rest)):
        candidate = "/".join([first, "…", *rest[start:]])
        if cells(candidate) <= width:
            return candidate
    tail = (width - 1) * 2 // 3
    return f"{_head(text, width - 1 - tail)}…{_head(text[::-1], tail)[::-1]}"


def _last_break(piece: str) -> int:
    for marks in (" /", ".:", "_-"):
        if cut := max(piece.rfind(mark) for mark in marks) + 1:
            return cut
    return 0


def _head(text: str, width: int) -> str:
    taken = 0
    for index, char in enumerate(text):
        taken += _char_cells(char)
        if taken > width:
            return text[:index]
    return text

"""What a screen is to show, before anything is known of its width or colours."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What a piece of text means; the screen chooses the colour."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Fit(StrEnum):
    """What a column does when the screen is too narrow."""

    KEEP = "keep"  # never gives way
    FOLD = "fold"  # goes on in the next line, nothing is lost
    MIDDLE = "middle"  # loses its middle: a path's ends tell most
    END = "end"  # loses its end


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    fit: Fit = Fit.KEEP
    right: bool = False  # figures stand flush right
    spare: int = 0  # left out where there is no room, the highest first; 0 never
    first: bool = False  # gives way before the others do: prose reads well in a narrow column


@dataclass(frozen=True, slots=True)
class Line:
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    columns: tuple[Column, ...]
    rows: tuple[tuple[Span, ...], ...]
    headed: bool = True
    indent: int = 0


type Block = Line | Grid
type Page = list[Block]


def line(*parts: str | Span) -> Line:
    return Line(tuple(_span(part) for part in parts))


def row(*cells: str | Span) -> tuple[Span, ...]:
    return tuple(_span(cell) for cell in cells)


def figure(title: str, spare: int = 0) -> Column:
    return Column(title, right=True, spare=spare)


def _span(part: str | Span) -> Span:
    return part if isinstance(part, Span) else Span(part)

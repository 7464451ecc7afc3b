"""Lines of Python: radon's raw counts."""

import ast
import io
import tokenize
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from radon.raw import analyze  # type: ignore[import-untyped]  # radon has no type hints
from tests.oracles.comparison import Cell, Comparison, Difference, Tally
from tests.oracles.sources import package, parsed, place, text, versioned

from graph_sitter_db.model.facts import MeasuredFile

PACKAGES = ("click", "flask", "jinja2", "pydantic", "rich")
LEFT_OUT = "rich/_emoji_codes.py"  # one statement of 3,600 lines: radon reads it anew for each


@cache
def compare() -> Comparison:
    rows: dict[tuple[Cell, ...], Tally] = {}
    differences: list[Difference] = []
    for name in PACKAGES:
        files = [file for file in package(name) if file.path != LEFT_OUT]
        rows[versioned(name), len(files)] = tally = Tally(differences)
        for file in files:
            compare_lines(file, tally)
    return Comparison(
        title="Lines of Python: radon",
        text=f"{versioned('radon')}, file by file. Its loc is our physical lines; of these sloc is"
        " our source lines, blank our blank lines, multi and single_comments our comment lines. It"
        " gives totals only, so a file's lines count as equal if its totals are, once the lines"
        f" listed below are moved from one kind to the other. Without `{LEFT_OUT}`, for which radon"
        " takes minutes.",
        columns=("sources", "files"),
        rows=rows,
        differences=differences,
        reasons=MOVES,
        least=106_000,
        floor=0.9,
    )


def compare_lines(file: MeasuredFile, tally: Tally) -> None:
    raw, layout, lines = analyze(text(file)), Layout.of(text(file)), file.facts.lines
    comment = raw.multi + raw.single_comments
    theirs = {"physical": raw.loc, "source": raw.sloc, "blank": raw.blank, "comment": comment}
    for name, move in MOVES.items():
        for row in sorted(move.lines(layout)):
            tally.differences.append(Difference(place(file, row), move.ours, move.theirs, name))
    for figure, other in theirs.items():
        ours = getattr(lines, figure)
        if ours + sum(move.balance(figure, layout) for move in MOVES.values()) != other:
            tally.differences.append(Difference(f"{figure}, {file.path}", ours, other, None))
    tally.compared += lines.physical
    tally.equal += lines.physical - sum(len(move.lines(layout)) for move in MOVES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Numbers of lines."""

    blank: Set[int]
    docstrings: Set[int]
    strings: Set[int]  # that are statements, but no docstrings
    remarked: Set[int]  # of either, if a comment follows on the last line
    values: Set[int]  # other strings
    inner_comments: Set[int]  # alone on a line, but inside of a statement

    @classmethod
    def of(cls, code: str) -> "Layout":
        tokens = list(tokenize.generate_tokens(io.StringIO(code).readline))
        commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
        docstrings, strings, remarked = set[int](), set[int](), set[int]()
        for node, is_docstring in string_statements(parsed(code)):
            rows = set(range(node.lineno, (node.end_lineno or 0) + 1))
            (docstrings if is_docstring else strings).update(rows)
            remarked |= rows if node.end_lineno in commented else set()
        return cls(
            blank={row for row, line in enumerate(code.split("\n"), 1) if not line.strip()},
            docstrings=docstrings,
            strings=strings,
            remarked=remarked,
            values=set(string_rows(tokens)) - docstrings - strings,
            inner_comments=set(inner_comments(tokens)),
        )


def string_statements(tree: ast.Module) -> Iterator[tuple[ast.Expr, bool]]:
    """Whether it is a docstring, with each."""
    nodes = list(ast.walk(tree))
    owners = [node for node in nodes if isinstance(node, OWNERS)]
    documented = {id(node.body[0]) for node in owners if ast.get_docstring(node) is not None}
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str):
            yield node, id(node) in documented


OWNERS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def string_rows(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[int]:
    starts: list[int] = []
    for token in tokens:
        if token.type in (tokenize.STRING, tokenize.FSTRING_START):
            starts.append(token.start[0])
        if token.type in (tokenize.STRING, tokenize.FSTRING_END):
            yield from range(starts.pop(), token.end[0] + 1)


def inner_comments(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[int]:
    is_inside = False
    for token in tokens:
        if token.type == tokenize.COMMENT:
            if is_inside and token.line.lstrip().startswith("#"):
                yield token.start[0]
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            is_inside = token.type != tokenize.NEWLINE


class Move(NamedTuple):
    """What is of one kind here and of another there."""

    ours: str
    theirs: str
    lines: Callable[[Layout], Set[int]]

    def balance(self, figure: str, layout: Layout) -> int:
        return len(self.lines(layout)) * ((figure == self.theirs) - (figure == self.ours))


MOVES = {
    "empty lines of docstrings are blank there": Move(
        "comment", "blank", lambda layout: layout.docstrings & layout.blank
    ),
    "empty lines of other strings are blank there": Move(
        "source", "blank", lambda layout: (layout.strings | layout.values) & layout.blank
    ),
    "comments inside of a statement are source there": Move(
        "comment", "source", lambda layout: layout.inner_comments
    ),
    "strings that are statements, but no docstrings, are comments there": Move(
        "source", "comment", lambda layout: layout.strings - layout.blank - layout.remarked
    ),
    "docstrings with a comment behind them are source there": Move(
        "comment", "source", lambda layout: layout.docstrings & layout.remarked - layout.blank
    ),
}

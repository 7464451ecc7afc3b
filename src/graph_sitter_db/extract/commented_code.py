"""Comments whose text is code: it parses, and as something that does or defines something."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters

from tree_sitter import Node

from graph_sitter_db import languages
from graph_sitter_db.extract.syntax_table import keywords, parser
from graph_sitter_db.languages.terms import LanguageSpec
from graph_sitter_db.model.keys import Language

_CODE = re.compile(
    rb"[=({\[;:]|\bimport\b|^\W*(?:return|raise|throw|del|pass|break)\b", re.MULTILINE
)
_OPENER = re.compile(r"#+|//+|/\*+|\*+(?!/)")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))
_NEIGHBOURS = re.compile(r"(\w+)[ \t]+(?=(\w+))")
# What cannot be taken for another thing, from the beginning on: no comment, no text in tags, and of
# strings those in one line.
_CLEAR = re.compile(
    r"""(?:[^"'`#/<\\]++|"(?!"")[^"\\\n{]*"|'(?!'')[^'\\\n{]*')*+"""
    r"""(?P<unclosed>["'](?!["']["'])[^"'\\\n{]*$)?"""
)
_STRINGS = re.compile(r"""(?:(?:\b[bBfFrRtTuU]{1,2})?(?:"[^"]*"|'[^']*')[ \t]*)+""")
_MOST_TRIES = 6  # beginnings and ends looked at in one block, so that long prose stays cheap


_LONGEST_GAP = 4  # lines that may lie between pieces of one


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comment that stands alone, without what opens it."""

    number: int  # from 1
    text: str


def commented_code(
    content: bytes, comments: Sequence[tuple[int, int]], spec: LanguageSpec
) -> Iterator[tuple[int, int]]:
    """First and last line of each piece of code in comments; what prose or blank lines divide is
    one piece still.
    """
    for block in _blocks(content, comments):
        if _CODE.search("\n".join(line.text for line in block).encode()):
            yield from _joined(_runs(block, spec))


def _blocks(content: bytes, comments: Iterable[tuple[int, int]]) -> Iterator[list[Line]]:
    """Comments in lines of their own, those of following lines together."""
    block: list[Line] = []
    row = counted = 0
    for start, end in comments:
        row, counted = row + content.count(b"\n", counted, start), start
        if content[content.rfind(b"\n", 0, start) + 1 : start].strip():
            continue
        if content.startswith(b"/**", start):
            continue  # documentation, which may well show code
        lines = list(_lines(content[start:end], row + 1))
        if block and lines[0].number != block[-1].number + 1:
            yield block
            block = []
        block += lines
    if block:
        yield block


def _lines(comment: bytes, first: int) -> Iterator[Line]:
    text = comment.decode("utf-8", "replace").removesuffix("*/")
    for number, line in enumerate(text.split("\n"), first):
        bare = line.strip() if number == first else line.rstrip()
        yield Line(number, _OPENER.sub("", bare, count=1) if number == first else bare)


def _runs(block: Sequence[Line], spec: LanguageSpec) -> Iterator[tuple[int, int]]:
    at = tries = 0
    while at < len(block) and tries < _MOST_TRIES:
        if not _CODE.search(block[at].text.encode()):
            at += 1
            continue
        tries += 1
        ends = () if _is_prose(block[at].text, spec) else _ends(block, at)
        end = next((end for end in ends if _is_code(block[at:end], spec)), at)
        if end > at:
            yield block[at].number, block[end - 1].number
        at = max(end, at + 1)


def _joined(runs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    open_run: tuple[int, int] | None = None
    for first, last in runs:
        if open_run and first - open_run[1] > _LONGEST_GAP:
            yield open_run
            open_run = None
        open_run = (open_run[0] if open_run else first, last)
    if open_run:
        yield open_run


def _ends(block: Sequence[Line], start: int) -> Iterator[int]:
    """Where the code that begins here may end: before lines that are indented no more than it is;
    the farthest first.
    """
    indent = _indent(block[start])
    ends = [
        at
        for at in range(len(block), start, -1)
        if block[at - 1].text.strip() and (at == len(block) or _indent(block[at]) <= indent)
    ]
    yield from ends[:_MOST_TRIES]
    yield from ends[-1:] if len(ends) > _MOST_TRIES else ()


def _indent(line: Line) -> int:
    return len(line.text) - len(line.text.lstrip()) if line.text.strip() else 0


def _is_code(lines: Sequence[Line], spec: LanguageSpec) -> bool:
    text = textwrap.dedent("\n".join(line.text for line in lines)) + "\n"
    if any(text.count(opening) != text.count(closing) for opening, closing in _PAIRS):
        return False  # sooner known than by parsing
    return not _is_prose(text, spec) and _is_said(text, len(lines) > 1, spec.language)


@lru_cache(20_000)  # a comment is there in many versions of its file
def _is_said(text: str, among_others: bool, language: Language) -> bool:
    root = parser(language).parse(text.encode()).root_node
    statements = [each for each in root.named_children if each.type != "comment"]
    return (
        bool(statements)
        and not root.has_error
        and all(_is_telling(each, languages.spec(language), among_others) for each in statements)
    )


def _is_prose(text: str, spec: LanguageSpec) -> bool:
    """Two words or strings side by side, neither of them a keyword, or an apostrophe that opens a
    string: no grammar has that. To see it takes a hundredth of the time that a parser needs to
    despair of prose.
    """
    known = keywords(spec.language)
    for line in text.split("\n"):
        clear = _CLEAR.match(line)
        assert clear
        if clear["unclosed"]:
            return True
        read = clear[0].rstrip(ascii_letters)  # which may be the beginning of a string: f"{a}"
        read = _STRINGS.sub(" 0 ", read)
        if any(known.isdisjoint(pair) for pair in _NEIGHBOURS.findall(read)):
            return True
        if clear.end() < len(line):
            return False
    return False


def _is_telling(statement: Node, spec: LanguageSpec, among_others: bool) -> bool:
    """What prose never looks like; or, in a line alone, what it seldom does."""
    inner = spec.commented.get(statement.type)
    if inner is None:
        return False
    if not inner:
        return True
    child = statement.named_children[0] if statement.named_children else None
    return child is not None and child.type in inner and _says_enough(child, among_others)


def _says_enough(node: Node, among_others: bool) -> bool:
    """`name: text` and `WORD (or another)` are prose, `name = word` is so as often as not."""
    called, given = (node.child_by_field_name(field) for field in ("function", "arguments"))
    if called and given and called.end_byte < given.start_byte:
        return False
    if node.child_by_field_name("type") is not None:
        return False
    right = node.child_by_field_name("right")
    return among_others or right is None or right.type != "identifier"

"""A file as the row of its tokens, for comparing code with code."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

from graph_sitter_db import languages
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Language

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from graph_sitter_db.languages.terms import LanguageSpec


class Numbers(dict[bytes, int]):
    """A number of 64 bits for each text, worked out when it is first asked for."""

    def __missing__(self, text: bytes) -> int:
        number = self[text] = int.from_bytes(blake2b(text, digest_size=8).digest())
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
    and counts with its text; how the lines of a long one are indented does not matter.
    """
    import numpy as np

    content = facts.source.content
    values, starts, ends, parameters = [], [], [], []
    for node, is_parameter in _leaves(facts.tree, facts.source.language):
        start, end = node.start_byte, node.end_byte
        text = content[start:end]
        if b"\n" in text:
            text = b" ".join(text.split())
        if text:
            values.append(numbers[text])
            starts.append(start)
            ends.append(end)
            parameters.append(is_parameter)
    said = np.array(values, np.uint64)
    kept = _without_closing_commas(said, numbers)
    breaks = _line_breaks(content)
    return Tokens(
        values=said[kept],
        first_lines=np.searchsorted(breaks, np.array(starts, np.int64)[kept]) + 1,
        last_lines=np.searchsorted(breaks, np.array(ends, np.int64)[kept] - 1) + 1,
        are_parameters=np.array(parameters, np.bool_)[kept],
    )


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


def _leaves(root: Any, language: Language) -> Iterator[tuple[Any, bool]]:
    """Each with whether it is in a parameter list. The syntax tree knows what is a regular
    expression, a template, text between tags, or code inside of a string; and walking it with a
    cursor takes no longer than matching an expression for tokens.
    """
    spec, parts = languages.spec(language), _parts(language)
    cursor = root.walk()
    inside, beside, outside = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    end_of_list = 0
    while True:
        node = cursor.node
        part = parts.get(node.kind_id) or _part(node, spec, parts)
        if part == "list":
            end_of_list = max(end_of_list, node.end_byte)
        if part != "whole" and part != "out" and inside():
            continue
        if part != "out":
            yield node, node.start_byte < end_of_list
        while not beside():
            if not outside():
                return


type Part = Literal["inside", "list", "whole", "out"]


@cache
def _parts(language: Language) -> dict[int, Part]:
    """By kind of node, where the kind decides; filled as kinds are met."""
    return {}


def _part(node: Any, spec: "LanguageSpec", parts: dict[int, Part]) -> Part:
    kind = node.type
    if kind in spec.boilerplate:
        return "out" if spec.boilerplate[kind](node) else "inside"
    if kind in spec.strings:
        has_code = any(child.type in spec.interpolations for child in node.children)
        return "inside" if has_code else "whole"
    part: Part = "inside"
    if kind in spec.comments:
        part = "out"
    elif kind in spec.atoms:
        part = "whole"
    elif kind in spec.parameter_lists:
        part = "list"
    parts[node.kind_id] = part
    return part

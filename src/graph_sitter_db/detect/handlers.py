"""Exception handlers: what they catch and whether they do anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph_sitter_db.model.facts import Control, ControlKind, FileFacts, Symbol
from graph_sitter_db.model.issues import Finding

_KEYWORD = re.compile(rb"\b(?:except|catch)\b")
_CLAUSES = frozenset({"except_clause", "except_group_clause", "catch_clause"})
_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception"})
_NOTHING = frozenset({"pass_statement", "empty_statement"})


@dataclass(frozen=True, slots=True)
class Handler:
    """One `except` or `catch` clause."""

    path: str
    symbol: str | None
    node: Any  # a tree_sitter Node

    @property
    def is_bare(self) -> bool:
        """Python's `except:`; a `catch` has no other form."""
        return self.node.type == "except_clause" and self._caught() is None

    @property
    def is_broad(self) -> bool:
        """Catches every error by name, or is a `catch`. A bare `except:` is a matter of its own."""
        if self.node.type == "catch_clause":
            return True
        return self._caught() in _BROAD

    @property
    def is_silent(self) -> bool:
        """Neither does nor says anything."""
        inside = list(filter(_explains, self.node.named_children))
        body = next((c for c in self.node.named_children if c.type in _BLOCKS), None)
        if body is None or inside:
            return False
        return all(map(_does_nothing, body.named_children)) and not self._has_comment_after(body)

    @property
    def raises(self) -> bool:
        """Whether `raise` occurs in it, also as in `with reraised():`."""
        return b"raise" in self.node.text

    def finding(self, message: str) -> Finding:
        return Finding(
            path=self.path,
            message=message,
            start_line=self.node.start_point[0] + 1,
            end_line=self.node.end_point[0] + 1,
            start_column=self.node.start_point[1] + 1,
            symbol=self.symbol,
        )

    def _caught(self) -> str | None:
        value = next((c for c in self.node.named_children if c.type not in _NO_VALUE), None)
        if value is None:
            return None
        if value.type == "as_pattern":
            value = value.named_children[0]
        return str(value.text.decode("utf-8", "replace"))

    def _has_comment_after(self, body: Any) -> bool:
        """The grammar puts a comment at the end of the last line outside of the block."""
        following = self.node.next_sibling
        return (
            following is not None
            and _explains(following)
            and following.start_point[0] <= body.end_point[0]
        )


_BLOCKS = frozenset({"block", "statement_block"})
_NO_VALUE = _BLOCKS | {"comment"}


def handlers(facts: FileFacts) -> Iterator[Handler]:
    """All handlers of a file whose tree is at hand, found through the control points already
    counted.
    """
    if facts.tree is None:
        return
    lines = facts.source.content.split(b"\n")
    for control, symbol in _controls(facts):
        if control.kind is ControlKind.EXCEPT:
            for node in _clauses(facts.tree, control.line, lines):
                yield Handler(facts.path, symbol.key if symbol else None, node)


def _controls(facts: FileFacts) -> Iterator[tuple[Control, Symbol | None]]:
    yield from ((control, None) for control in facts.controls)
    for symbol in facts.symbols:
        yield from ((control, symbol) for control in symbol.controls)


def _clauses(root: Any, line: int, lines: list[bytes]) -> Iterator[Any]:
    for keyword in _KEYWORD.finditer(lines[line - 1]):
        point = (line - 1, keyword.start())
        clause = root.descendant_for_point_range(point, point).parent
        if clause is not None and clause.type in _CLAUSES and clause.start_point == point:
            yield clause


def _explains(node: Any) -> bool:
    """A suppression does not: it speaks of the issue."""
    return bool(node.type == "comment" and b"gsdb:" not in node.text)


def _does_nothing(statement: Any) -> bool:
    if statement.type == "comment":
        return not _explains(statement)
    if statement.type == "expression_statement":
        return bool(statement.text == b"...")
    return statement.type in _NOTHING

"""Exception handlers: what they catch and whether they do anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph_sitter_db.detect.places import at, compact
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.issues import Finding

_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception"})
_NOTHING = frozenset({"pass_statement", "empty_statement"})
_FUNCTIONS = frozenset(
    {
        "arrow_function",
        "class_definition",
        "function_declaration",
        "function_definition",
        "function_expression",
        "lambda",
        "method_definition",
    }
)


@dataclass(frozen=True, slots=True)
class Handler:
    """One `except` or `catch` clause."""

    facts: FileFacts
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
    def has_alternative(self) -> bool:
        """What it guards returns, so that what stands after it is for errors only."""
        if b"return" not in self._guarded.text:
            return False  # at once, where blocks are nested thousands deep
        waiting = [self._guarded]
        while waiting:
            node = waiting.pop()
            if node.type == "return_statement":
                return True
            if node.type not in _FUNCTIONS:
                waiting += node.named_children
        return False

    @property
    def raises(self) -> bool:
        """Whether `raise` occurs in it, also as in `with reraised():`."""
        return b"raise" in self.node.text

    def finding(self, message: str) -> Finding:
        """Known by the first statement it guards."""
        first = self._guarded.named_children[:1]
        return at(self.facts, self.node, message, anchor="".join(map(compact, first)))

    @property
    def _guarded(self) -> Any:
        return self.node.parent.child_by_field_name("body")

    def _caught(self) -> str | None:
        value = next((c for c in self.node.named_children if c.type not in _NO_VALUE), None)
        if value is None:
            return None
        if value.type == "as_pattern":
            value = value.named_children[0]
        while value.type == "parenthesized_expression" and value.named_child_count == 1:
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
    """All handlers of a file."""
    for node in facts.nodes("except_clause", "except_group_clause", "catch_clause"):
        yield Handler(facts, node)


def _explains(node: Any) -> bool:
    """A suppression does not: it speaks of the issue."""
    return bool(node.type == "comment" and b"gsdb:" not in node.text)


def _does_nothing(statement: Any) -> bool:
    if statement.type == "comment":
        return not _explains(statement)
    if statement.type == "expression_statement":
        return bool(statement.text == b"...")
    return statement.type in _NOTHING

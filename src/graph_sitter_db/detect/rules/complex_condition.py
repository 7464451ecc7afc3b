"""Conditions that ask too much at once."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from graph_sitter_db.detect.places import at
from graph_sitter_db.model.facts import FileFacts, MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 3 operators, SonarQube's default (S1067); pylint's R0916 has 5 operands, which is 4
    operators, CodeScene 2 branches.
    """
    limit = limits["operators"]
    for operators in _joined(file.facts, int(limit)):
        condition = _whole(operators[0])
        if len(operators) > limit and _decides(condition):
            message = f"Condition has {len(operators)} logical operators, limit {limit:g}"
            yield at(file.facts, condition, message, measured=len(operators), limit=limit)


def _joined(facts: FileFacts, limit: int) -> Iterator[list[Any]]:
    """Operators that belong to one expression, the outermost first, where more than the limit
    could.
    """
    marks = [mark.start() for mark in _MARKS.finditer(facts.source.content)]
    for kind in _OPERATIONS:
        seen = set[tuple[int, int]]()
        spans = [each for each in facts.places.get(kind, ()) if _holds(marks, *each)]
        for first, last in zip(spans, spans[max(0, limit) :], strict=False):
            if last[0] < first[1] and first not in seen:
                operators = list(_operators(facts.node(kind, *first)))
                seen.update((node.start_byte, node.end_byte) for node in operators)
                if operators:
                    yield operators


def _holds(marks: Sequence[int], start: int, end: int) -> bool:
    """Whether an operator can be in there: a sum of thousands is not worth a look at each `+`."""
    at = bisect_left(marks, start)
    return at < len(marks) and marks[at] < end


_MARKS = re.compile(rb"\b(?:and|or)\b|&&|\|\|")
_OPERATIONS = ("boolean_operator", "binary_expression")
_LOGICAL = frozenset({"and", "or", "&&", "||"})
_TRANSPARENT = frozenset({"parenthesized_expression", "not_operator", "unary_expression"})


def _operators(root: Any) -> Iterator[Any]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.type in _OPERATIONS and node.child_by_field_name("operator").type in _LOGICAL:
            yield node
            waiting += node.named_children
        elif node.type in _TRANSPARENT:
            waiting += node.named_children


def _whole(node: Any) -> Any:
    while node.parent.type in _TRANSPARENT:
        node = node.parent
    return node


def _decides(node: Any) -> bool:
    """Whether the flow depends on it. A value that is assigned or returned has a name already."""
    parent = node.parent
    if parent.type == "conditional_expression":
        return bool(parent.named_children[1] == node)
    condition = parent.child_by_field_name("condition")
    return parent.type in ("if_clause", "assert_statement") or bool(condition == node)


RULE = Rule(
    name="complex_condition",
    title="Condition asks too much at once",
    why=(
        "Each `and` or `or` doubles what has to be thought through to know when a condition holds. "
        "A function or variable with a name of its own says what a part of it is for. Values that "
        "are assigned or returned are left alone: they have one."
    ),
    category="complexity",
    severity=Severity.WARNING,
    limits={"operators": 3},
    effort=Effort(
        constant=5, per_unit=1, unit="operator above the limit", source="SonarQube S1067"
    ),
    bad=(
        Example(
            files={
                "ship.py": "def ship(order):\n"
                "    if order.paid and (order.address or order.pickup) and not order.sent\\\n"
                "            or order.forced:\n"
                "        send(order)\n"
            },
            findings=1,
        ),
        Example(
            files={
                "ship.ts": "if (paid && (address || pickup) && !(sent || forced)) {\n  send()\n}\n"
            },
            findings=1,
        ),
    ),
    good=(
        Example(
            files={
                "ship.py": "def is_due(order):\n"
                "    return order.paid and order.address and not order.sent or order.late\\\n"
                "        or order.forced\n\n\n"
                "def ship(order):\n"
                "    if is_due(order) and has_place(order):\n"
                "        send(order)\n"
            },
            findings=0,
        ),
        Example(
            files={
                "ship.ts": "const due = a && b && (c || d || e)\nif (due && f(a && b)) send()\n"
            },
            findings=0,
        ),
    ),
    check_file=check,
)

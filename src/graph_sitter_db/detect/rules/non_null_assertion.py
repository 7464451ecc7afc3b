"""Promises to the type checker, one upon another."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from graph_sitter_db.detect.places import at, compact, shown
from graph_sitter_db.model.facts import FileFacts, MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 1 for each value in an expression; SonarQube's S2966 and typescript-eslint's
    no-non-null-assertion allow none at all. Tests are left alone: there it fails in the right
    place.
    """
    if file.facts.is_test:
        return
    limit = limits["assertions"]
    for (_, value), nodes in _by_value(file.facts).items():
        count, text = len(nodes), shown(_first(nodes[0]))
        if count > limit:
            message = f"{count} assertions in one expression rest on `{text}!`, limit {limit:g}"
            yield at(file.facts, nodes[0], message, value, measured=count, limit=limit)


def _by_value(facts: FileFacts) -> dict[tuple[int, str], list[Any]]:
    """Assertions by the expression they are in, and the first that was needed on their way."""
    found: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for node in facts.nodes("non_null_expression"):
        found[_whole(node).id, compact(_first(node))].append(node)
    return found


def _whole(node: Any) -> Any:
    """The expression around it, up to the function or statement that it stands in."""
    while node.parent.type in _PATH or node.parent.type in _JOINTS:
        node = node.parent
    return node


_PATH = frozenset(
    {
        "call_expression",
        "member_expression",
        "non_null_expression",
        "parenthesized_expression",
        "subscript_expression",
    }
)
_JOINTS = frozenset(
    {
        "arguments",
        "as_expression",
        "binary_expression",
        "unary_expression",
    }
)


def _first(node: Any) -> Any:
    """What is asserted first on the way to what is asserted here: `a.b` of `a.b!.c()!`."""
    value = node
    while node.type in _PATH:
        is_asserted, node = node.type == "non_null_expression", node.named_children[0]
        if is_asserted:
            while node.type in _LOOSE:
                node = node.named_children[-1]
            value = node
    return value


# The grammar reads `a && b!` as `(a && b)!`.
_LOOSE = frozenset({"await_expression", "binary_expression", "unary_expression"})

RULE = Rule(
    name="non_null_assertion",
    title="Assertions rest on each other",
    why=(
        "`!` takes back what the type says: that the value may be missing. Where one follows from "
        "another, or the same is promised again, a look at the value once would do for all of "
        "them, and say what is wrong when it is not there."
    ),
    category="safety",
    severity=Severity.INFO,
    limits={"assertions": 1},
    effort=Effort(constant=15, source="SonarQube S2966"),
    bad=(
        Example(files={"ship.ts": "const city = order!.address!.city\n"}, findings=1),
        Example(
            files={"ship.ts": "const is_due = rows[n]!.paid && rows[n]!.address\n"}, findings=1
        ),
    ),
    good=(
        Example(files={"ship.ts": "const city = order!.address?.city\n"}, findings=0),
        Example(files={"ship.ts": "const route = between(first!, last!)\n"}, findings=0),
    ),
    check_file=check,
)

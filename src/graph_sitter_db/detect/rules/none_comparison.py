"""Comparisons with None that ask the other side."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from graph_sitter_db.detect.places import at, compact
from graph_sitter_db.model.facts import FileFacts, MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """pycodestyle's and ruff's E711, less what may build a query or a mask: there `==` is meant.

    Reported where the answer is taken as true or false at once; and where it is assigned or
    returned, in files that import no library whose objects answer `==` with an expression. Tests
    are left alone: they may test that very answer.
    """
    facts = file.facts
    if facts.is_test:
        return
    for place in facts.places.get("comparison_operator", ()):
        if facts.source.content.find(b"None", *place) >= 0:
            node = facts.node("comparison_operator", *place)
            operator = next(filter(None, map(_equality, pairwise(node.children))), None)
            if operator and _is_answer(node, facts):
                better = "is" if operator == "==" else "is not"
                message = f"`{operator} None` asks the other side; write `{better} None`"
                yield at(facts, node, message, compact(node))


def _equality(pair: tuple[Any, Any]) -> str | None:
    """The operator, if one of two neighbours is it and the other is None."""
    types = {node.type for node in pair}
    return next(iter(types & {"==", "!="}), None) if "none" in types else None


def _is_answer(node: Any, facts: FileFacts) -> bool:
    while node.parent.type in ("parenthesized_expression", "not_operator", "boolean_operator"):
        node = node.parent
        if node.type != "parenthesized_expression":
            return True
    parent = node.parent
    if parent.type == "conditional_expression":
        return bool(parent.named_children[1] == node) or not _imports_expressions(facts)
    if parent.type in _ASK or parent.child_by_field_name("condition") == node:
        return True
    return parent.type in _PASS_ON and not _imports_expressions(facts)


_ASK = frozenset({"assert_statement", "if_clause"})
_PASS_ON = frozenset({"assignment", "lambda", "return_statement"})


def _imports_expressions(facts: FileFacts) -> bool:
    imported = (site.name for site in facts.sites if site.kind == "import")
    return not _EXPRESSIONS.isdisjoint(name.partition(".")[0] for name in imported)


_EXPRESSIONS = frozenset(
    {
        "dask",
        "flask_sqlalchemy",
        "ibis",
        "numpy",
        "pandas",
        "peewee",
        "polars",
        "pony",
        "pyspark",
        "sqlalchemy",
        "sqlmodel",
    }
)

RULE = Rule(
    name="none_comparison",
    title="None is compared by equality",
    why=(
        "`==` calls a method of the other object, which may say that it equals None, or answer "
        "with something else than true or false. There is one None: `is` asks for it. Expressions "
        "that build a query or a mask are left alone."
    ),
    category="safety",
    severity=Severity.INFO,
    limits={},
    effort=Effort(constant=2, source="our estimate"),
    bad=(
        Example(files={"find.py": "if found == None or None != left:\n    stop()\n"}, findings=2),
        Example(files={"find.py": "def is_open(end):\n    return end == None\n"}, findings=1),
    ),
    good=(
        Example(files={"find.py": "if found is None:\n    stop()\n"}, findings=0),
        Example(files={"find.py": "rows = query.filter(User.left == None)\n"}, findings=0),
        Example(
            files={
                "user.py": "import sqlalchemy\n\n\ndef is_here(cls):\n    return cls.left == None\n"
            },
            findings=0,
        ),
    ),
    check_file=check,
)

"""Functions whose blocks stand too deep inside each other."""

from collections.abc import Iterator

from graph_sitter_db.detect.places import above, functions
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 4, Code Climate's default."""
    limit = limits["nesting"]
    for symbol, values in functions(file):
        measured = values["nesting_depth"]
        if measured > limit:
            yield above(file, symbol, _MESSAGE, measured, limit)


_MESSAGE = "{name} nests blocks {measured} deep, limit {limit}"

_BAD = """\
def visit(tree):
    for branch in tree:
        if branch:
            for leaf in branch:
                if leaf:
                    while leaf.grows:
                        leaf.water()
"""

_GOOD = """\
def visit(tree):
    for branch in tree:
        if branch:
            for leaf in branch:
                if leaf:
                    leaf.water_until_grown()
"""

RULE = Rule(
    name="deep_nesting",
    title="Blocks are nested too deep",
    why=(
        "Inside each block the reader has to keep in mind what held on the way in. Early returns "
        "and functions with a name of their own flatten it."
    ),
    category="complexity",
    severity=Severity.WARNING,
    limits={"nesting": 4},
    effort=Effort(
        per_unit=10,
        unit="level above the limit",
        source="SonarQube S134, which has 10 for each function",
    ),
    bad=(Example(files={"visit.py": _BAD}, findings=1),),
    good=(Example(files={"visit.py": _GOOD}, findings=0),),
    check_file=check,
)

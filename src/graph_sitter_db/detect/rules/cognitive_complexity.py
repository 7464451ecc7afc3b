"""Functions that are hard to follow."""

from collections.abc import Iterator

from graph_sitter_db.detect.places import above, functions, inside
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 15, SonarQube's and complexipy's default.

    The value includes functions defined inside. One that is above the limit itself is reported
    itself, and only what is left counts against the outer one.
    """
    limit = limits["cognitive"]
    measured = {symbol.ordinal: values[_METRIC] for symbol, values in functions(file)}
    inner = inside(file.facts)
    for symbol, _ in functions(file):
        within = (measured.get(each.ordinal, 0) for each in inner.get(symbol.ordinal, ()))
        left = measured[symbol.ordinal] - sum(value for value in within if value > limit)
        if left > limit:
            yield above(file, symbol, _MESSAGE, measured[symbol.ordinal], limit, left - limit)


_METRIC = "cognitive_complexity"
_MESSAGE = "{name} has a cognitive complexity of {measured}, limit {limit}"

_BAD = """\
def first_match(groups, wanted):
    for group in groups:
        if group:
            for item in group:
                if item == wanted:
                    return item
                elif item and wanted and item.name == wanted.name:
                    if item.alive:
                        return item
    return None
"""

_INSIDE = "def matcher():\n" + "".join(f"    {line}\n" for line in _BAD.splitlines())

_GOOD = """\
def first_match(groups, wanted):
    for group in groups:
        for item in group:
            if matches(item, wanted):
                return item
    return None
"""

RULE = Rule(
    name="cognitive_complexity",
    title="Function is hard to follow",
    why=(
        "Cognitive complexity counts each break in the straight reading of a function, and counts "
        "it higher the deeper it is nested."
    ),
    category="complexity",
    severity=Severity.WARNING,
    limits={"cognitive": 15},
    effort=Effort(constant=5, per_unit=1, unit="point above the limit", source="SonarQube S3776"),
    bad=(
        Example(files={"match.py": _BAD}, findings=1),
        Example(files={"matcher.py": _INSIDE}, findings=1),
    ),
    good=(Example(files={"match.py": _GOOD}, findings=0),),
    check_file=check,
)

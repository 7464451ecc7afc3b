"""Functions with too many ways through them."""

from collections.abc import Iterator

from graph_sitter_db.detect.places import above, functions
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 15, lizard's default warning."""
    limit = limits["cyclomatic"]
    for symbol, values in functions(file):
        measured = values["cyclomatic_complexity"]
        if measured > limit:
            yield above(file, symbol, _MESSAGE, measured, limit)


_MESSAGE = "{name} has a cyclomatic complexity of {measured}, limit {limit}"


def _with_decisions(count: int) -> str:
    cases = "".join(f"    if code == {n}:\n        return {n}\n" for n in range(count))
    return f"def find(code):\n{cases}    return None\n"


RULE = Rule(
    name="complex_function",
    title="Function has too many paths",
    why=(
        "Cyclomatic complexity counts the decisions in a function, plus one: as many tests are "
        "needed to walk each branch once."
    ),
    category="complexity",
    severity=Severity.WARNING,
    limits={"cyclomatic": 15},
    effort=Effort(constant=10, per_unit=1, unit="point above the limit", source="SonarQube S1541"),
    bad=(Example(files={"find.py": _with_decisions(15)}, findings=1),),
    good=(Example(files={"find.py": _with_decisions(14)}, findings=0),),
    check_file=check,
)

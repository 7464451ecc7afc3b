"""Functions with too many ways through them."""

from collections import Counter
from collections.abc import Iterator

from graph_sitter_db.detect.places import above, functions
from graph_sitter_db.model.facts import ControlKind, FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 15, lizard's default warning.

    As McCabe (1976) allows, the cases of one `switch` or `match` count as one; and `?.`, `??` and
    default values, which ESLint counts, as nothing: no reader has to follow them.
    """
    limit = limits["cyclomatic"]
    for symbol, values in functions(file):
        measured = values["cyclomatic_complexity"]
        if measured > limit:
            left = measured - _easy(symbol, file.facts)
            if left > limit:
                yield above(file, symbol, _MESSAGE, measured, limit, left - limit)


def _easy(symbol: Symbol, facts: FileFacts) -> int:
    kinds = Counter(control.kind for control in symbol.controls if not control.in_lambda)
    cases = kinds[ControlKind.CASE]
    easy = max(0, cases - kinds[ControlKind.SWITCH])
    if facts.source.language is not Language.PYTHON:
        easy += sum(kinds[kind] for kind in _DEFAULTS)
    return easy


_DEFAULTS = (ControlKind.DEFAULT_VALUE, ControlKind.NULLISH, ControlKind.OPTIONAL_CHAIN)
_MESSAGE = "{name} has a cyclomatic complexity of {measured}, limit {limit}"


def _with_decisions(count: int) -> str:
    cases = "".join(f"    if code == {n}:\n        return {n}\n" for n in range(count))
    return f"def find(code):\n{cases}    return None\n"


_CASES = "".join(f"    case {n}: return a?.b ?? {n}\n" for n in range(20))

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
    good=(
        Example(files={"find.py": _with_decisions(14)}, findings=0),
        Example(
            files={"find.ts": f"function find(code) {{\n  switch (code) {{\n{_CASES}  }}\n}}\n"},
            findings=0,
        ),
    ),
    check_file=check,
)

"""Functions that end in too many places."""

from collections.abc import Iterator

from graph_sitter_db.detect.places import above, functions
from graph_sitter_db.model.facts import ControlKind, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 6, pylint's default (R0911); SonarQube's S1142 has 3. Unlike there, the returns of one
    `switch` or `match` count as one: its cases are a table.
    """
    limit = limits["returns"]
    for symbol, values in functions(file):
        if values["return_count"] > limit:
            measured = _exits(symbol)
            if measured > limit:
                yield above(file, symbol, _MESSAGE, measured, limit)


_MESSAGE = "{name} returns in {measured} places, limit {limit}"


def _exits(symbol: Symbol) -> int:
    found = 0
    cases: int | None = None  # nesting of the outermost switch's, while inside it
    is_counted = False
    for control in symbol.controls:
        if cases is not None and control.nesting < cases:
            cases = None
        if control.kind in _CASES and cases is None:
            cases, is_counted = control.nesting, False
        elif control.kind is ControlKind.RETURN and not (is_counted and cases is not None):
            found += 1
            is_counted = cases is not None
    return found


_CASES = frozenset({ControlKind.CASE, ControlKind.DEFAULT_CASE})


def _with_returns(count: int) -> str:
    cases = "".join(f"    if code == {n}:\n        return {n}\n" for n in range(count))
    return f"def find(code):\n{cases}"


_TABLE = "".join(f"    case {n}: return {n}\n" for n in range(9))

RULE = Rule(
    name="too_many_returns",
    title="Function returns in too many places",
    why=(
        "Whoever changes what a function returns has to find every place, and a step added at the "
        "end may not be reached. Functions defined inside count by themselves."
    ),
    category="complexity",
    severity=Severity.INFO,
    limits={"returns": 6},
    is_on=False,  # guards one below the other are no maze, and return as often
    effort=Effort(constant=20, source="SonarQube S1142"),
    bad=(
        Example(files={"find.py": _with_returns(7)}, findings=1),
        Example(
            files={
                "find.ts": "function find(code) {\n"
                + "".join(f"  if (code === {n}) return {n}\n" for n in range(7))
                + "}\n"
            },
            findings=1,
        ),
    ),
    good=(
        Example(files={"find.py": _with_returns(6)}, findings=0),
        Example(
            files={"find.ts": f"function find(code) {{\n  switch (code) {{\n{_TABLE}  }}\n}}\n"},
            findings=0,
        ),
    ),
    check_file=check,
)

"""Functions that do not fit on a screen."""

from collections.abc import Iterator

from graph_sitter_db.detect.places import ANONYMOUS, above, functions, inside
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 70 lines, CodeScene's default; with up to 20 statements it is a declaration, a table
    or markup, however many lines that takes.
    """
    limit = limits["lines"]
    inner = inside(file.facts)
    for symbol, _ in functions(file):
        if symbol.statements <= limits["statements"] or _groups_tests(symbol, file.facts):
            continue
        # The first line of a function inside stays part of the outer one.
        elsewhere = sum(max(0, each.lines_source - 1) for each in inner.get(symbol.ordinal, ()))
        lines = symbol.lines_source - elsewhere
        if lines > limit:
            yield above(file, symbol, _MESSAGE, lines, limit)


_MESSAGE = "{name} has {measured} lines of code, limit {limit}"


def _groups_tests(symbol: Symbol, facts: FileFacts) -> bool:
    """As in `describe("…", () => {…})`, which does nothing itself."""
    return symbol.name == ANONYMOUS and facts.is_test


def _with_lines(count: int) -> str:
    return "def report(rows):\n" + "    print(rows)\n" * (count - 1)


RULE = Rule(
    name="long_function",
    title="Function is too long",
    why=(
        "What does not fit on a screen has to be remembered to be understood. Lines of code "
        "count: no comments, no blank lines, no docstrings, and not the bodies of functions "
        "defined inside."
    ),
    category="size",
    severity=Severity.WARNING,
    limits={"lines": 70, "statements": 20},
    effort=Effort(
        constant=20,
        per_unit=0.2,
        unit="line above the limit",
        source="SonarQube S138, which has the constant",
    ),
    bad=(Example(files={"report.py": _with_lines(71)}, findings=1),),
    good=(
        Example(files={"report.py": _with_lines(70)}, findings=0),
        Example(files={"report.py": _with_lines(60) + "    # said\n" * 40}, findings=0),
        Example(
            files={"table.py": "def table():\n    return [\n" + "1,\n" * 80 + "]\n"}, findings=0
        ),
    ),
    check_file=check,
)

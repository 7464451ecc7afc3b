"""Public code that does not say what it is for."""

from collections.abc import Iterator

from graph_sitter_db.model.facts import MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule
from graph_sitter_db.model.publicity import documentable


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 10 lines; Google's Python style guide (3.8.3) asks for docstrings of public code that
    is not very short.
    """
    for symbol, is_documented in documentable(file.facts):
        if not is_documented and symbol.lines_source > limits["lines"]:
            yield _finding(file.path, symbol, limits["lines"])


def _finding(path: str, symbol: Symbol, limit: float) -> Finding:
    return Finding(
        path=path,
        message=f"`{symbol.qualified_name}` is public, has {symbol.lines_source} lines of code "
        f"(limit {limit:g}) and no docstring",
        start_line=symbol.start_line,
        end_line=symbol.start_line,
        symbol=symbol.key,
        measured=symbol.lines_source,
        limit=limit,
        gap=0,
    )


def _with_lines(count: int, head: str = "def report(rows):") -> str:
    return f"{head}\n" + "    print(rows)\n" * (count - 1)


RULE = Rule(
    name="missing_docstring",
    title="Public code without a docstring",
    why=(
        "Who calls it from elsewhere has only the name to go by. Very short functions, private "
        "ones, tests, accessors, and classes with parents and their methods (they may inherit "
        "their description) are left alone."
    ),
    category="documentation",
    severity=Severity.INFO,
    limits={"lines": 10},
    effort=Effort(constant=5, source="SonarQube S1720"),
    bad=(
        Example(files={"report.py": _with_lines(11)}, findings=1),
        Example(
            files={"report.ts": "export function report(rows) {\n" + "  log(rows)\n" * 10 + "}\n"},
            findings=1,
        ),
    ),
    good=(
        Example(files={"report.py": _with_lines(10)}, findings=0),
        Example(
            files={"report.py": _with_lines(11, "class Weekly(Report):\n    pass")}, findings=0
        ),
        Example(files={"report.py": _with_lines(11, "def _report(rows):")}, findings=0),
        Example(
            files={"report.py": _with_lines(12, 'def report(rows):\n    """Prints."""')}, findings=0
        ),
    ),
    check_file=check,
)

"""A rule of one's own: libraries do not print."""

from collections.abc import Iterator

from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    prints = [site for site in file.facts.sites if (site.kind, site.name) == ("call", "print")]
    if file.facts.is_test or len(prints) <= limits["calls"]:
        return
    for site in prints:
        symbol = None if site.symbol is None else file.facts.symbols[site.symbol].key
        yield Finding(
            path=file.path,
            message="Prints to the screen; return the text or log it",
            start_line=site.line,
            end_line=site.line,
            symbol=symbol,
            measured=len(prints),
            limit=limits["calls"],
        )


PRINT_IN_LIBRARY = Rule(
    name="print_in_library",
    title="Library code prints",
    why="What a library prints, its callers can neither catch, translate nor silence.",
    category="safety",
    severity=Severity.WARNING,
    limits={"calls": 0},
    effort=Effort(constant=5, source="our estimate"),
    bad=(Example(files={"a.py": "def f():\n    print(1)\n"}, findings=1),),
    good=(Example(files={"a.py": "def f():\n    return 1\n"}, findings=0),),
    check_file=check,
)

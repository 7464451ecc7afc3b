"""What a coverage report says; no source tells it, so neither metric has a function of one."""

from graph_sitter_db.model.coverage import Tally
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup, Scope
from graph_sitter_db.model.ports import Metric

_REPORT = (
    "As a report given with the run says (`record --coverage`), of files, functions and the whole "
    "codebase. Unknown, never 0, for what no report mentions and where there is none to count. A "
    "function's lines are those after its first, without those of functions inside it: the line on "
    "which a definition begins runs when it is defined, and belongs to what stands around it."
)
_SOURCE = (
    "Cobertura's coverage-04.dtd; geninfo(1) of lcov 2.0; functions as coverage.py 7.17 has them"
)


def _share(name: str, title: str, counted: str, weight: Metric) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="%",
        direction=Direction.HIGHER,
        rollup=Rollup.SHARE,
        weight=weight.name,
        definition=f"{counted}; so is the roll-up. {_REPORT}",
        source=_SOURCE,
        category="coverage",
        kinds=CALLABLES,
        scope=Scope.SYMBOL,
    )


def _number(name: str, title: str, unit: str) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit=unit,
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition=f"{title} of the files that a report given with the run mentions.",
        source=_SOURCE,
        category="coverage",
    )


_LINES = _number("executable_lines", "Executable lines", "lines")
_BRANCHES = _number("branches", "Branches", "branches")
LINES = _share(
    "line_coverage", "Line coverage", "Executable lines that ran, of all of them", _LINES
)
BRANCHES = _share(
    "branch_coverage", "Branch coverage", "Branches that were taken, of all of them", _BRANCHES
)
COVERAGE = (LINES, BRANCHES, _LINES, _BRANCHES)


def values(tally: Tally) -> dict[str, float]:
    """By metric name, where there is something to count."""
    shares = (
        (LINES, tally.lines_covered, tally.lines),
        (BRANCHES, tally.branches_taken, tally.branches),
    )
    return {metric.name: round(100 * part / whole, 4) for metric, part, whole in shares if whole}


def counted(tally: Tally) -> dict[str, float]:
    """With what the values of files weigh in that of a folder."""
    numbers = {_LINES.name: tally.lines, _BRANCHES.name: tally.branches}
    return {**values(tally), **{name: number for name, number in numbers.items() if number}}

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


def _metric(name: str, title: str, counted: str) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="%",
        direction=Direction.HIGHER,
        rollup=Rollup.SHARE,
        definition=f"{counted}; so is the roll-up. {_REPORT}",
        source=_SOURCE,
        category="coverage",
        kinds=CALLABLES,
        scope=Scope.SYMBOL,
    )


LINES = _metric("line_coverage", "Line coverage", "Executable lines that ran, of all of them")
BRANCHES = _metric("branch_coverage", "Branch coverage", "Branches that were taken, of all of them")
COVERAGE = (LINES, BRANCHES)


def values(tally: Tally) -> dict[str, float]:
    """By metric name, where there is something to count."""
    shares = (
        (LINES, tally.lines_covered, tally.lines),
        (BRANCHES, tally.branches_taken, tally.branches),
    )
    return {metric.name: round(100 * part / whole, 4) for metric, part, whole in shares if whole}

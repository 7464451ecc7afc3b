"""The model `debt-density-1`: minutes of repair against the minutes the code took to write."""

import math
from collections.abc import Iterable, Mapping, Sequence

from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.scores import Score

MODEL = "debt-density-1"

MINUTES_PER_LINE = 30  # SQALE's development cost of one line of source, 0.06 days of 8 hours

# The debt ratio at which half of the points are gone, chosen so that well-kept packages spread over
# the grades. Of 25 of them at depth syntax, ratios run from 0.10 % to 1.40 %, median 0.46 %. With
# 0.10 their scores run from 87.7 to 99.0 and all but two have an A; with 0.01, from 41.6 to 90.7,
# and ten have D or E; with 0.02, from 58.8 (black) over 78.4 (click) and 81.2 (jinja2) to 95.2
# (pygments): five A, nine B, nine C, two D. docs/score.md has the table.
HALF = 0.02

GRADES = ((90, "A"), (80, "B"), (65, "C"), (50, "D"), (0, "E"))


def score(issues: Mapping[str, Sequence[Issue]], source_lines: Mapping[str, int]) -> Score:
    """100 / (1 + debt ratio / HALF); the ratio is debt / (30 minutes for each source line).

    A codebase without a line of source and without issues has lost nothing: 100, grade A.
    """
    # Exact, so that the order of issues changes nothing.
    debt = math.fsum(issue.effort_minutes for each in issues.values() for issue in each)
    ratio = debt / written(source_lines.values())
    value = points(ratio)
    return Score(
        value=value,
        grade=grade(value),
        model=MODEL,
        debt_minutes=debt,
        debt_ratio=ratio,
    )


def written(source_lines: Iterable[int]) -> float:
    """Minutes to write this many lines; an empty codebase counts as one line, so that a ratio
    exists.
    """
    return MINUTES_PER_LINE * max(1, sum(source_lines))


def points(debt_ratio: float) -> float:
    return round(100 / (1 + debt_ratio / HALF), 2)


def grade(value: float) -> str:
    return next(letter for limit, letter in GRADES if value >= limit)

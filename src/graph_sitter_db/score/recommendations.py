"""What to mend first: where the most points come back."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.scores import Score
from graph_sitter_db.score.debt_density import points

MOST = 5


def recommend(score: Score, issues: Mapping[str, Sequence[Issue]]) -> list[str]:
    """The places (a symbol, or a file as such) whose repair wins most, the best first, as
    sentences.

    The points are those of the same codebase scored again without the issues of that place alone.
    """
    places: dict[tuple[str, str], list[Issue]] = defaultdict(list)
    for path, each in issues.items():
        for issue in each:
            places[path, issue.finding.symbol or ""].append(issue)
    gains = [(_gain(score, found), place) for place, found in places.items()]
    best = sorted((g for g in gains if g[0] > 0), key=lambda g: (-g[0], g[1]))[:MOST]
    return [_sentence(gain, places[place]) for gain, place in best]


def _gain(score: Score, found: Sequence[Issue]) -> float:
    if not score.debt_minutes:
        return 0.0
    saved = math.fsum(issue.effort_minutes for issue in found)
    left = max(0.0, score.debt_minutes - saved) / score.debt_minutes * score.debt_ratio
    return round(points(left) - score.value, 2)


def _sentence(gain: float, found: Sequence[Issue]) -> str:
    first = min(found, key=lambda issue: issue.finding.start_line).finding
    worst = sorted(found, key=lambda issue: (-issue.effort_minutes, issue.rule))
    reasons = list(dict.fromkeys(issue.finding.message for issue in worst))
    name = f"{first.symbol} in " if first.symbol else ""
    more = f" (and {len(reasons) - 2} more)" if len(reasons) > 2 else ""
    return (
        f"{name}{first.path}:{first.start_line}: {'; '.join(reasons[:2])}{more}. +{gain:.2f} points"
    )

"""Scores over time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.model.reports import RunSummary, TrendPoint, Trends
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.runs import runs_by_id

STEADY = 0.5  # points: a score that moved less than this is stable


def trends(
    conn: Connection[Any],
    repository_id: UUID | None = None,
    codebase_id: UUID | None = None,
    days: int | None = None,
) -> Trends:
    """Scores of a repository, a codebase or the whole organization, the oldest state first.

    One point for every recorded state analysed in the last `days`. The change of the whole is the
    mean over branches from their first to their last point, weighted by lines; a branch counts as
    far as its scores can be compared: of one model, at one depth.
    """
    rows = ask(conn, "trend_runs", repository=repository_id, codebase=codebase_id, days=days)
    known = runs_by_id(conn, [row["id"] for row in rows])
    recorded = [(known[row["id"]], row["metrics"] or {}) for row in rows]
    series = _series(run for run, _ in recorded)
    before = {b.id: a for line in series for a, b in pairwise(line)}
    change = _overall(series)
    return Trends(
        direction=_direction(change),
        change=change,
        points=[
            TrendPoint(run=run, change=_change(before.get(run.id), run), metrics=metrics)
            for run, metrics in recorded
        ],
    )


def _series(runs: Iterable[RunSummary]) -> list[list[RunSummary]]:
    """Runs whose scores can be compared: of one codebase, branch, depth and model; in order."""
    lines: defaultdict[tuple[object, ...], list[RunSummary]] = defaultdict(list)
    for run in runs:
        if run.quality_score is not None:
            lines[run.codebase_id, run.branch, run.depth, run.score_model].append(run)
    return list(lines.values())


def _change(before: RunSummary | None, after: RunSummary) -> float | None:
    if before is None or before.quality_score is None or after.quality_score is None:
        return None
    return round(after.quality_score - before.quality_score, 2)


def _overall(series: Sequence[Sequence[RunSummary]]) -> float | None:
    moved = [
        (change, max(line[-1].lines, 1))
        for line in series
        if len(line) > 1 and (change := _change(line[0], line[-1])) is not None
    ]
    if not moved:
        return None
    return round(sum(c * weight for c, weight in moved) / sum(weight for _, weight in moved), 2)


def _direction(change: float | None) -> str:
    if change is None:
        return "no data"
    if abs(change) < STEADY:
        return "stable"
    return "improving" if change > 0 else "declining"

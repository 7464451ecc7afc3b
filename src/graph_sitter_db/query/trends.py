"""Scores over time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.model.reports import RunSummary, TrendPoint, Trends
from graph_sitter_db.model.rollup import measured
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
    runs = [known[row["id"]] for row in rows]
    versions = {row["id"]: row["versions"] or {} for row in rows}
    scored = _series(run for run in runs if run.quality_score is not None)
    series = [part for line in scored for part in _of_one_model(line)]
    before = {b.id: a for line in series for a, b in pairwise(line)}
    changed = {
        b.id: _redefined(a, b, versions) for line in _series(runs) for a, b in pairwise(line)
    }
    change = _overall(series)
    return Trends(
        direction=_direction(change),
        change=change,
        points=[
            TrendPoint(
                run=known[row["id"]],
                change=_change(before.get(row["id"]), known[row["id"]]),
                metrics=row["metrics"] or {},
                definitions_changed=changed.get(row["id"], []),
            )
            for row in rows
        ],
    )


def _series(runs: Iterable[RunSummary]) -> list[list[RunSummary]]:
    """Runs of one codebase and branch, at one depth, in order."""
    lines: defaultdict[tuple[object, ...], list[RunSummary]] = defaultdict(list)
    for run in runs:
        lines[run.codebase_id, run.branch, run.depth].append(run)
    return list(lines.values())


def _of_one_model(runs: Iterable[RunSummary]) -> list[list[RunSummary]]:
    lines: defaultdict[str | None, list[RunSummary]] = defaultdict(list)
    for run in runs:
        lines[run.score_model].append(run)
    return list(lines.values())


def _redefined(
    before: RunSummary, after: RunSummary, versions: Mapping[UUID, Mapping[str, str]]
) -> list[str]:
    """What both have, by another definition. A mean or an extreme goes with its metric."""
    old, new = versions[before.id], versions[after.id]
    names = {name for name in old.keys() & new.keys() if old[name] != new[name]}
    if before.score_model and after.score_model and before.score_model != after.score_model:
        names.add("quality_score")
    return sorted(name for name in names if measured(name, names - {name}) == name)


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

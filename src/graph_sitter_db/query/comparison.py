"""What differs between two runs of one codebase."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Depth, Direction
from graph_sitter_db.model.reports import (
    Comparison,
    DependencyChange,
    EdgeChange,
    FileChange,
    IssueReport,
    MetricChange,
    RunSummary,
    SymbolChange,
)
from graph_sitter_db.query.cycles import changed_cycles
from graph_sitter_db.query.moved import Known, changed_symbols
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.runs import run_by_id


def compare(
    conn: Connection[Any], run_a: UUID, run_b: UUID, *, known: Known | None = None
) -> Comparison:
    """What `run_b` has, lacks or does differently, seen from `run_a`.

    Relations, and issues that follow from them, are compared only when both runs have them.
    `known` says which files are the same under another path; without it, none is.
    """
    before, after = run_by_id(conn, run_a), run_by_id(conn, run_b)
    if before.codebase_id != after.codebase_id:
        raise UsageError(_strangers(before, after))
    for each in (before, after):
        if each.status not in ("completed", "partial"):
            raise UsageError(_unfinished(each))

    moves = {
        "moved_from": [each.before for each in known.files] if known else None,
        "moved_to": [each.after for each in known.files] if known else None,
    }

    def asked[T](question: str, report: Callable[..., T], **moved: object) -> list[T]:
        return [report(**row) for row in ask(conn, question, before=run_a, after=run_b, **moved)]

    with_edges = before.depth == after.depth == Depth.GRAPH
    dependencies = asked("compare_dependencies", DependencyChange, **moves) if with_edges else []
    symbols = changed_symbols(asked("compare_symbols", dict, **moves), known)
    return Comparison(
        before=before,
        after=after,
        score_change=_score_change(before, after),
        metrics=asked("compare_metrics", _metric_change),
        files=asked("compare_files", _file_change(known), **moves),
        symbols=symbols,
        edges=asked("compare_edges", EdgeChange, **moves) if with_edges else [],
        edges_compared=with_edges,
        dependencies=dependencies,
        cycles=changed_cycles(conn, run_a, run_b, dependencies, known) if with_edges else [],
        **_issues(conn, run_a, run_b, symbols),
    )


def _file_change(known: Known | None) -> Callable[..., FileChange]:
    why = {each.after: each for each in known.files} if known else {}

    def report(*, path: str, change: str, before: str | None) -> FileChange:
        if change != "moved":
            return FileChange(path=path, change=change)
        move = why[path]
        return FileChange(
            path=path, change=change, before=before, reason=move.reason, confidence=move.confidence
        )

    return report


def _issues(
    conn: Connection[Any], run_a: UUID, run_b: UUID, symbols: Sequence[SymbolChange]
) -> dict[str, Any]:
    rows = ask(conn, "compare_issues", before=run_a, after=run_b)
    changes = [(row.pop("change"), IssueReport(**row)) for row in rows]
    remaining = ask(conn, "remaining_issues", before=run_a, after=run_b)
    new, fixed, same = _renamed(
        [issue for change, issue in changes if change == "new"],
        [issue for change, issue in changes if change == "fixed"],
        {f"{s.path}:{s.key}": s.before for s in symbols if s.before},
    )
    return {
        "issues_new": new,
        "issues_fixed": fixed,
        "issues_remaining": remaining[0]["issues"] + same,
        "issues_accepted": [issue for change, issue in changes if change == "accepted"],
    }


def _renamed(
    new: list[IssueReport], fixed: list[IssueReport], moved: Mapping[str, str]
) -> tuple[list[IssueReport], list[IssueReport], int]:
    """What is left of both, and how many are the same in a symbol that has another name now."""
    gone: dict[tuple[str, str], list[IssueReport]] = defaultdict(list)
    for issue in fixed:
        gone[f"{issue.path}:{issue.symbol}", issue.rule].append(issue)
    came = []
    for issue in new:
        before = gone.get((moved.get(f"{issue.path}:{issue.symbol}", ""), issue.rule))
        if before:
            fixed.remove(before.pop(0))
        else:
            came.append(issue)
    return came, fixed, len(new) - len(came)


def _metric_change(
    *,
    metric: str,
    before: float | None,
    after: float | None,
    comparable: bool,
    direction: str | None,
) -> MetricChange:
    change = None if before is None or after is None else round(after - before, 6)
    return MetricChange(
        metric=metric,
        before=before,
        after=after,
        change=change,
        verdict=_verdict(change, comparable, direction),
    )


def _verdict(change: float | None, comparable: bool, direction: str | None) -> str:
    if change is None or not comparable:
        return "unknown"
    if not change:
        return "same"
    if direction in (None, Direction.NEUTRAL):
        return "neutral"
    return "better" if (change > 0) == (direction == Direction.HIGHER) else "worse"


def _score_change(before: RunSummary, after: RunSummary) -> float | None:
    """None where one has no score, or they are scores of different models."""
    if before.quality_score is None or after.quality_score is None:
        return None
    if before.score_model != after.score_model:
        return None
    return round(after.quality_score - before.quality_score, 2)


def _strangers(before: RunSummary, after: RunSummary) -> str:
    names = [f"{run.short_id} is of {run.codebase} ({run.language})" for run in (before, after)]
    return f"Only runs of one codebase can be compared: {', '.join(names)}"


def _unfinished(run: RunSummary) -> str:
    return (
        f"Run {run.short_id} has nothing to compare, its status is {run.status}; "
        "record its commit again with: graph-sitter-db record"
    )

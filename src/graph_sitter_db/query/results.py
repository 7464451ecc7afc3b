"""A stored run, told as its recording told it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.reports import (
    AnalysisResult,
    Comparison,
    CoverageSummary,
    FailureReport,
    RunSummary,
)
from graph_sitter_db.query.comparison import compare
from graph_sitter_db.query.issues import issues_since
from graph_sitter_db.query.moved import Known
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.reported import notes_reported, reported_issues, tests_reported
from graph_sitter_db.query.runs import previous_id, run_by_id


def result(
    conn: Connection[Any],
    run_id: UUID,
    followed: Callable[[RunSummary, RunSummary], Known | None] = lambda before, after: None,
) -> AnalysisResult:
    """All but the rows that recording wrote. `followed` says what moved since the run before."""
    run = run_by_id(conn, run_id)
    row = ask(conn, "run_details", run=run_id)[0]
    if run.quality_score is None or run.grade is None or run.score_model is None:
        raise UsageError(_unfinished(run, row["error_message"]))
    before = previous_id(conn, run_id)
    metadata = row["metadata"] or {}
    covered = dict(metadata.get("coverage", {}))
    notes = covered.pop("notes", [])
    return AnalysisResult(
        id=run.id,
        short_id=run.short_id,
        codebase_id=run.codebase_id,
        repository_id=run.repository_id,
        summary=row["graph_summary"] or _summary(run),
        metrics=row["metrics"] or {},
        quality_score=run.quality_score,
        grade=run.grade,
        score_model=run.score_model,
        issues=issues_since(conn, run_id, before),
        recommendations=metadata.get("recommendations", []),
        created_at=run.started_at,
        repository=run.codebase,
        debt_minutes=row["debt_minutes"],
        debt_ratio=row["debt_ratio"],
        debt_rating=row["debt_rating"],
        already_recorded=True,
        rows_written={},
        failures=[FailureReport.model_validate(each) for each in row["failures"] or []],
        notes=[*(row["notes"] or []), *notes, *notes_reported(conn, run_id)],
        since=_since(conn, before, run, followed) if before else None,
        seconds=row["seconds"] or {},
        coverage=CoverageSummary.model_validate(covered) if covered else None,
        reported=reported_issues(conn, run_id, before),
        tests=tests_reported(conn, run_id),
        **_counts(run, row),
    )


def _since(
    conn: Connection[Any],
    before: UUID,
    run: RunSummary,
    followed: Callable[[RunSummary, RunSummary], Known | None],
) -> Comparison:
    return compare(conn, before, run.id, known=followed(run_by_id(conn, before), run))


def summary_counts(conn: Connection[Any], run_id: UUID) -> dict[str, int]:
    """What a run says of its files, lines, symbols, edges and issues, recounted from the rows."""
    return {name: int(count) for name, count in ask(conn, "summary_counts", run=run_id)[0].items()}


def _counts(run: RunSummary, row: Mapping[str, Any]) -> dict[str, Any]:
    same = ("accepted_issues", "language", "branch", "commit", "is_working_tree", "depth", "status")
    told = ("files_analyzed", "files_reused", "files_failed", "resolved", "unresolved")
    return {
        **{name: getattr(run, name) for name in (*same, "lines", "symbols", "edges")},
        **{name: row[name] for name in told},
    }


def _summary(run: RunSummary) -> str:
    """In place of graph-sitter's text where there was no graph."""
    return (
        f"Contains {run.files:,} files, {run.lines:,} lines\n"
        f"- {run.symbols:,} symbols\n"
        "- relations were not analysed (depth syntax)"
    )


def _unfinished(run: RunSummary, error: str | None) -> str:
    because = f": {error}" if error else ""
    return (
        f"Run {run.short_id} holds no result, its status is {run.status}{because}; record the"
        " commit again with: graph-sitter-db record"
    )

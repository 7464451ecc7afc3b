"""One run: what it is, what it measured, and where to look first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present import coverage, reported
from graph_sitter_db.present import files as file_list
from graph_sitter_db.present.explanation import debt
from graph_sitter_db.present.figures import ABSENT, counted, moment, number, percent, score
from graph_sitter_db.present.issues import totals
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, figure, line, row
from graph_sitter_db.present.runs import commit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph_sitter_db.model.reports import (
        AnalysisResult,
        FailureReport,
        FileReport,
        RunSummary,
    )


def page(run: RunSummary, result: AnalysisResult, worst: Sequence[FileReport]) -> Page:
    return [
        _identity(run, result),
        *_metrics(result.metrics),
        *_worst(worst),
        *_failures(result.failures),
        line(),
        line(totals(result.issues, result.accepted_issues)),
        *(line(f"Note: {note}") for note in result.notes),
    ]


def worst_first(files: Sequence[FileReport]) -> list[FileReport]:
    """Files with something against them: by issues, then by cognitive complexity."""
    telling = [file for file in files if file.issues or file.cognitive]
    return sorted(telling, key=lambda file: (-file.issues, -(file.cognitive or 0), file.path))


def _identity(run: RunSummary, result: AnalysisResult) -> Grid:
    facts = {
        "Run": Span(str(run.id), Tone.STRONG),
        "Codebase": Span(f"{run.codebase} ({run.language})"),
        "Branch": Span(run.branch or ABSENT),
        "Commit": Span(_commit(run)),
        "Recorded": Span(f"{moment(run.started_at)}, {run.depth} depth, {run.status}"),
        "Score": score(run.quality_score, run.grade),
        "Debt": Span(debt(result.debt_minutes, result.debt_ratio, result.debt_rating)),
        "Size": Span(
            f"{counted(run.files, 'file')}, {counted(run.lines, 'line')}, "
            f"{counted(run.symbols, 'symbol')}, {counted(run.edges, 'relation')}"
        ),
        "Resolved": Span(f"{percent(run.resolution_rate)} of calls, imports and base classes"),
    }
    if run.resolution_rate is None:
        del facts["Resolved"]
    if result.coverage:
        facts["Coverage"] = Span(coverage.told(result.coverage))
    if others := [*reported.told(result)]:
        facts["Reported"] = Span("; ".join(others))
    columns = (Column("what"), Column("value", Fit.FOLD))
    rows = tuple((Span(name, Tone.MUTED), value) for name, value in facts.items())
    return Grid(columns, rows, headed=False)


def _commit(run: RunSummary) -> str:
    if run.commit is None:
        return ABSENT
    changed = " with uncommitted changes" if run.is_working_tree else ""
    return (
        f"{commit(run)}{changed} ({moment(run.committed_at)}) {run.commit_subject or ''}".rstrip()
    )


def _metrics(metrics: Mapping[str, float]) -> Page:
    rows = tuple(row(name, number(metrics[name])) for name in sorted(metrics))
    grid = Grid((Column("Metric"), figure("Value")), rows, headed=False, indent=2)
    return [line(), line(Span("Metrics", Tone.STRONG)), grid]


def _worst(files: Sequence[FileReport]) -> Page:
    if not files:
        return []
    heading = line(Span("Files to look at first", Tone.STRONG))
    return [line(), heading, file_list.table(files, indent=2)]


def _failures(failures: Sequence[FailureReport]) -> Page:
    if not failures:
        return []
    columns = (Column("Stage"), Column("Place", Fit.FOLD), Column("Message", Fit.FOLD, first=True))
    grid = Grid(columns, tuple(_failure(each) for each in failures), headed=False, indent=2)
    return [line(), line(Span("Could not be analysed", Tone.WARNING)), grid]


def _failure(failure: FailureReport) -> tuple[Span, ...]:
    place = f"{failure.path}:{failure.line}" if failure.line else failure.path
    named = f"{failure.name}: {failure.message}" if failure.name else failure.message
    return row(failure.stage, place, named)

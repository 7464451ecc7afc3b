"""The list of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import ABSENT, moment, number, score
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, figure, line, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graph_sitter_db.model.reports import RunSummary

_COLUMNS = (
    Column("Run"),
    Column("Recorded"),
    Column("Language"),
    Column("Branch", Fit.MIDDLE),
    Column("Commit"),
    Column("Depth"),
    figure("Files"),
    figure("Symbols"),
    figure("Issues"),
    figure("Score"),
    Column("Subject", Fit.END),
)


def page(
    runs: Sequence[RunSummary], branch: str | None = None, branches: Iterable[str | None] = ()
) -> Page:
    """Newest first, as given. The codebase has a column only when there are several.

    When no run is on the `branch` that was asked for, `branches` are those that have some.
    """
    if not runs and (there := sorted(name for name in branches if name)):
        return [line(f"No run is on branch {branch}. There are runs on: {', '.join(there)}")]
    if not runs:
        return [line("No run is recorded here yet. Record one: graph-sitter-db record")]
    several = len({run.codebase for run in runs}) > 1
    columns = (Column("Codebase", Fit.MIDDLE), *_COLUMNS) if several else _COLUMNS
    return [
        Grid(
            columns, tuple((*([Span(run.codebase)] if several else []), *_row(run)) for run in runs)
        )
    ]


def commit(run: RunSummary) -> str:
    """The commit's short name, with a `+` when the files differed from it."""
    short = run.commit[:7] if run.commit else ABSENT
    return f"{short}+" if run.is_working_tree else short


def _row(run: RunSummary) -> tuple[Span, ...]:
    return row(
        Span(run.short_id, Tone.STRONG),
        moment(run.started_at),
        run.language,
        run.branch or ABSENT,
        commit(run),
        run.depth if run.status == "completed" else f"{run.depth}, {run.status}",
        number(run.files),
        number(run.symbols),
        number(run.issues),
        score(run.quality_score, run.grade),
        run.commit_subject or "",
    )

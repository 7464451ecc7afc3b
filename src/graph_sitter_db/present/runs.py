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
    Column("Committed"),
    Column("Recorded", spare=5),
    Column("Language", spare=2),
    Column("Branch", Fit.MIDDLE),
    Column("Commit"),
    Column("Depth", spare=1),
    figure("Files", spare=3),
    figure("Symbols", spare=4),
    figure("Issues"),
    figure("Score"),
    Column("Subject", Fit.END, spare=6),
)


def page(
    runs: Sequence[RunSummary], branch: str | None = None, branches: Iterable[str | None] = ()
) -> Page:
    """Newest first, as given. The codebase has a column only when there are several.

    So have the settings, as the start of their digest, when a commit was recorded with several.

    When no run is on the `branch` that was asked for, `branches` are those that have some.
    """
    if not runs and (there := sorted(name for name in branches if name)):
        return [line(f"No run is on branch {branch}. There are runs on: {', '.join(there)}")]
    if not runs:
        return [line("No run is recorded here yet. Record one: graph-sitter-db record")]
    codebases = len({run.codebase for run in runs}) > 1
    settings = _differ_in_settings(runs)
    columns = [
        *([Column("Codebase", Fit.MIDDLE)] if codebases else []),
        *_COLUMNS[:-1],
        *([Column("Settings")] if settings else []),
        _COLUMNS[-1],
    ]
    return [Grid(tuple(columns), tuple(_row(run, codebases, settings) for run in runs))]


def commit(run: RunSummary) -> str:
    """The commit's short name, with a `+` when the files differed from it."""
    short = run.commit[:7] if run.commit else ABSENT
    return f"{short}+" if run.is_working_tree else short


def _differ_in_settings(runs: Sequence[RunSummary]) -> bool:
    states = {(run.codebase_id, run.commit, run.is_working_tree, run.depth) for run in runs}
    settled = {
        (run.codebase_id, run.commit, run.is_working_tree, run.depth, run.configuration)
        for run in runs
    }
    return len(settled) > len(states)


def _row(run: RunSummary, codebases: bool, settings: bool) -> tuple[Span, ...]:
    return row(
        *([run.codebase] if codebases else []),
        Span(run.short_id, Tone.STRONG),
        moment(run.committed_at),
        moment(run.started_at),
        run.language,
        run.branch or ABSENT,
        commit(run),
        run.depth if run.status == "completed" else f"{run.depth}, {run.status}",
        number(run.files),
        number(run.symbols),
        number(run.issues),
        score(run.quality_score, run.grade),
        *([run.configuration or ABSENT] if settings else []),
        run.commit_subject or "",
    )

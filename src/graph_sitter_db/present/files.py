"""The list of a run's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.coverage import is_known, share
from graph_sitter_db.present.figures import counted, number
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, figure, line, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.reports import FileReport

_COLUMNS = (
    Column("Path", Fit.MIDDLE),
    Column("Language", spare=3),
    figure("Lines"),
    figure("Source", spare=4),
    figure("Functions", spare=5),
    figure("Classes", spare=6),
    figure("Cyclomatic", spare=1),
    figure("Cognitive", spare=2),
    figure("Issues"),
)


def page(files: Sequence[FileReport]) -> Page:
    if not files:
        return [line("No file matches.")]
    lines = sum(file.lines for file in files)
    total = f"{counted(len(files), 'file')}, {counted(lines, 'line')}"
    return [table(files), line(Span(total, Tone.MUTED))]


def table(files: Sequence[FileReport], indent: int = 0) -> Grid:
    """With the coverage of each, if a report told any."""
    covered = is_known(files)
    columns = (*_COLUMNS[:-1], figure("Coverage"), _COLUMNS[-1]) if covered else _COLUMNS
    return Grid(columns, tuple(_row(file, covered) for file in files), indent=indent)


def _row(file: FileReport, covered: bool) -> tuple[Span, ...]:
    whole = file.parse_status == "ok"
    return row(
        Span(file.path, Tone.STRONG),
        file.language if whole else Span(f"{file.language}, {file.parse_status}", Tone.WARNING),
        number(file.lines),
        number(file.lines_source),
        number(file.functions),
        number(file.classes),
        number(file.cyclomatic),
        number(file.cognitive),
        *([share(file.line_coverage)] if covered else []),
        Span(number(file.issues), Tone.WARNING if file.issues else Tone.PLAIN),
    )

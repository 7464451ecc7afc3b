"""The list of issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import counted
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, line, row
from graph_sitter_db.present.severities import severity, tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.reports import IssueReport

_COLUMNS = (
    Column("Severity"),
    Column("Rule", spare=1),
    Column("Place", Fit.MIDDLE),
    Column("Symbol", Fit.FOLD, spare=2),
    Column("Message", Fit.FOLD, first=True),
)


def page(issues: Sequence[IssueReport], limit: int | None = None) -> Page:
    """The first of them, up to `limit`, and how many there are."""
    if not issues:
        return [line("No issue matches.")]
    shown = issues[:limit]
    of = f"{len(shown):,} of " if len(shown) < len(issues) else ""
    return [
        Grid(_COLUMNS, tuple(_row(issue) for issue in shown)),
        line(Span(of + totals(issues), Tone.MUTED)),
    ]


def totals(issues: Sequence[IssueReport]) -> str:
    """`12 issues: 1 critical, 3 error, 8 warning`."""
    parts = ", ".join(f"{count:,} {name}" for name, count in tally(i.severity for i in issues))
    return counted(len(issues), "issue") + (f": {parts}" if parts else "")


def place(issue: IssueReport) -> str:
    return f"{issue.path}:{issue.start_line}"


def _row(issue: IssueReport) -> tuple[Span, ...]:
    return row(
        severity(issue.severity),
        Span(issue.rule, Tone.STRONG),
        place(issue),
        issue.symbol or "",
        issue.message,
    )

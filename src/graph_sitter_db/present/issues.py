"""The list of issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import ABSENT, counted
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, line, row
from graph_sitter_db.present.severities import severity, tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.reports import IssueReport

_COLUMNS: tuple[Column, ...] = (
    Column("Severity"),
    Column("Rule", spare=1),
    Column("Place", Fit.MIDDLE),
    Column("Symbol", Fit.FOLD, spare=2),
    Column("Message", Fit.FOLD, first=True),
)
_REASON = Column("Reason", Fit.FOLD)


def page(issues: Sequence[IssueReport], limit: int | None = None) -> Page:
    """The first of them, up to `limit`, and how many there are; of accepted ones also why."""
    if not issues:
        return [line("No issue matches.")]
    shown = issues[:limit]
    of = f"{len(shown):,} of " if len(shown) < len(issues) else ""
    columns, told = _COLUMNS, totals(issues)
    if issues[0].accepted is not None:
        columns, told = (*_COLUMNS, _REASON), f"{len(issues):,} accepted in the code"
    return [
        Grid(columns, tuple(_row(issue) for issue in shown)),
        line(Span(of + told, Tone.MUTED)),
    ]


def totals(issues: Sequence[IssueReport], accepted: int = 0) -> str:
    """`12 issues: 1 critical, 3 error, 8 warning; 2 accepted in the code`."""
    parts = ", ".join(f"{count:,} {name}" for name, count in tally(i.severity for i in issues))
    told = counted(len(issues), "issue") + (f": {parts}" if parts else "")
    return told + (f"; {accepted:,} accepted in the code" if accepted else "")


def place(issue: IssueReport) -> str:
    return f"{issue.path}:{issue.start_line}"


def _row(issue: IssueReport) -> tuple[Span, ...]:
    return row(
        severity(issue.severity),
        Span(issue.rule, Tone.STRONG),
        place(issue),
        issue.symbol or "",
        issue.message,
        *([] if issue.accepted is None else [issue.accepted or ABSENT]),
    )

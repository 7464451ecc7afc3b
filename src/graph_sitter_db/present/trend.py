"""A metric over time: a line, and the commits that moved it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import ABSENT, moment, number, signed
from graph_sitter_db.present.page import (
    Column,
    Fit,
    Grid,
    Line,
    Page,
    Span,
    Tone,
    figure,
    line,
    row,
)
from graph_sitter_db.present.plot import column, plot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.retrospect import Trend, TrendValue

_COLUMNS = (
    Column("Committed"),
    Column("Commit"),
    figure("Value"),
    figure("Change"),
    Column("Author", Fit.END, spare=2),
    Column("Subject", Fit.END, spare=3),
)


def page(trend: Trend, limit: int = 20) -> Page:
    """The plot is in order of the commits; of the table's rows, the last `limit`."""
    known = [each for each in trend.values if each.value is not None]
    title = line(
        Span(trend.title, Tone.STRONG),
        f" of {trend.place}" if trend.place else "",
        f" ({trend.unit})" if trend.unit else "",
        Span(f"  {len(known)} commits at depth {trend.depth}", Tone.MUTED),
    )
    if not known:
        return [title, line("No recorded commit has a value here: graph-sitter-db backfill")]
    found: Page = [title, *_plot(known), line(), *_table(trend, known, limit)]
    if trend.names:
        found.append(line(Span(f"known before as {', '.join(trend.names)}", Tone.MUTED)))
    if trend.others:
        found.append(
            line(Span(f"{trend.others} commits are recorded at another depth", Tone.MUTED))
        )
    return found


def _plot(known: Sequence[TrendValue]) -> list[Line]:
    values = [each.value or 0.0 for each in known]
    points = [(float(at), value) for at, value in enumerate(values)]
    rows = plot(points)
    labels = {0: number(max(values)), len(rows) - 1: number(min(values))}
    width = max(map(len, labels.values()))
    found = [line(f"{labels.get(at, ''):>{width}} ", text) for at, text in enumerate(rows)]
    if marks := {column(points, at) for at, each in enumerate(known) if each.redefined}:
        under = "".join("^" if at in marks else " " for at in range(max(marks) + 1))
        said = Span("  measured by another definition from here on", Tone.WARNING)
        found.append(line(" " * (width + 1), Span(under, Tone.WARNING), said))
    dates = f"{known[0].committed_at:%Y-%m-%d} … {known[-1].committed_at:%Y-%m-%d}"
    return [*found, line(Span(" " * (width + 1) + dates, Tone.MUTED))]


def _table(trend: Trend, known: Sequence[TrendValue], limit: int) -> Page:
    """Those that changed it, between the first and the last."""
    moved = [known[0], *(after for before, after in pairwise(known) if _differs(before, after))]
    shown = moved[-limit:]
    rows = tuple(_row(trend, each) for each in shown)
    left = len(moved) - len(shown)
    more = [line(Span(f"and {left} commits before them", Tone.MUTED))] if left else []
    return [Grid(_COLUMNS, rows), *more]


def _differs(before: TrendValue, after: TrendValue) -> bool:
    return before.value != after.value or after.redefined


def _row(trend: Trend, each: TrendValue) -> tuple[Span, ...]:
    mark = " ^" if each.redefined else ""
    return row(
        moment(each.committed_at),
        each.commit[:7],
        number(each.value) + mark,
        Span(signed(each.change) if each.change else ABSENT, _tone(trend.direction, each.change)),
        each.author,
        each.subject,
    )


def _tone(direction: str, change: float | None) -> Tone:
    if not change or direction == "neutral":
        return Tone.PLAIN
    return Tone.GOOD if (change > 0) == (direction == "higher") else Tone.BAD

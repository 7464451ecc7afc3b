"""The list of symbols that match a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import number
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, figure, line, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.reports import SymbolReport

_COLUMNS = (
    Column("Symbol", Fit.FOLD),
    Column("Kind", spare=1),
    Column("Place", Fit.MIDDLE),
    figure("Lines", spare=3),
    figure("Cyclomatic", spare=4),
    figure("Cognitive", spare=5),
    figure("Fan-in", spare=2),
    figure("Fan-out", spare=6),
)


def page(symbols: Sequence[SymbolReport], limit: int | None = None) -> Page:
    """The first `limit` of them; one more than that tells that there are more."""
    if not symbols:
        return [line("No symbol matches.")]
    found: Page = [Grid(_COLUMNS, tuple(_row(symbol) for symbol in symbols[:limit]))]
    if limit is not None and len(symbols) > limit:
        found.append(line(Span(f"The first {limit}; there are more (--limit).", Tone.MUTED)))
    return found


def _row(symbol: SymbolReport) -> tuple[Span, ...]:
    return row(
        Span(symbol.key, Tone.STRONG),
        symbol.kind,
        f"{symbol.path}:{symbol.start_line}",
        number(symbol.lines),
        number(symbol.cyclomatic),
        number(symbol.cognitive),
        number(symbol.fan_in),
        number(symbol.fan_out),
    )

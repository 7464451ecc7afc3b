"""The list of symbols that match a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.coverage import is_known, share
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
    """The first `limit` of them; one more than that tells that there are more.

    With the coverage of each, if a report told any.
    """
    if not symbols:
        return [line("No symbol matches.")]
    shown = symbols[:limit]
    covered = is_known(shown)
    columns = (*_COLUMNS, figure("Coverage")) if covered else _COLUMNS
    found: Page = [Grid(columns, tuple(_row(symbol, covered) for symbol in shown))]
    if limit is not None and len(symbols) > limit:
        found.append(line(Span(f"The first {limit}; there are more (--limit).", Tone.MUTED)))
    return found


def _row(symbol: SymbolReport, covered: bool) -> tuple[Span, ...]:
    return row(
        Span(symbol.key, Tone.STRONG),
        symbol.kind,
        f"{symbol.path}:{symbol.start_line}",
        number(symbol.lines),
        number(symbol.cyclomatic),
        number(symbol.cognitive),
        number(symbol.fan_in),
        number(symbol.fan_out),
        *([share(symbol.line_coverage)] if covered else []),
    )

"""Who uses a symbol, what it uses, and how far that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.model.keys import Depth
from graph_sitter_db.present.figures import ABSENT, counted, number, percent
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, figure, line, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.reports import Dependencies, Relation

_COLUMNS = (
    Column("Kind"),
    Column("Symbol", Fit.FOLD),
    Column("File", Fit.MIDDLE),
    figure("Line"),
    figure("Times", spare=1),
)


def page(answer: Dependencies) -> Page:
    symbol = answer.symbol
    return [
        line(
            Span(symbol.key, Tone.STRONG),
            f"  {symbol.kind}  ",
            Span(f"{symbol.path}:{symbol.start_line}", Tone.MUTED),
        ),
        line(),
        *_side("Used by", answer.used_by, "Nothing that could be resolved uses it."),
        line(),
        *_side("Uses", answer.uses, "It uses nothing that could be resolved."),
        line(),
        line(Span(certainty(answer), Tone.MUTED)),
    ]


def certainty(answer: Dependencies) -> str:
    """One sentence that says how complete the two lists can be."""
    total = answer.resolved + answer.unresolved
    if answer.run.depth != Depth.GRAPH:
        return (
            f"Run {answer.run.short_id} knows no relations ({answer.run.depth} depth): "
            "record with --depth graph to know them."
        )
    if not total:
        return f"Run {answer.run.short_id} holds no call, import or base class to resolve."
    known = (
        f"{percent(answer.resolution_rate)} of {counted(total, 'call')}, imports and base classes"
    )
    if not answer.unresolved:
        return f"Resolved: {known} of run {answer.run.short_id}."
    return (
        f"Resolved: {known} of run {answer.run.short_id}; "
        f"{answer.unresolved:,} could not be, so entries may be missing."
    )


def _side(title: str, relations: Sequence[Relation], nothing: str) -> Page:
    if not relations:
        return [line(Span(title, Tone.STRONG)), line(f"  {nothing}")]
    heading = line(Span(title, Tone.STRONG), f" ({len(relations):,})")
    return [heading, Grid(_COLUMNS, tuple(_row(each) for each in relations), indent=2)]


def _row(relation: Relation) -> tuple[Span, ...]:
    inside = relation.path is not None
    return row(
        relation.kind,
        Span(relation.symbol or "(the file itself)", Tone.STRONG if inside else Tone.PLAIN),
        relation.path if relation.path is not None else Span("outside", Tone.MUTED),
        str(relation.first_line) if relation.first_line else ABSENT,
        number(relation.occurrences),
    )

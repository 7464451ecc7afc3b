"""What was measured of a place, and what each metric means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import number, percent
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graph_sitter_db.model.reports import Measurements, MetricDefinition, MetricValue

UNKNOWN = "–"
_MARKS = {"lower": "↓", "higher": "↑"}
_FIRST = ("size", "complexity", "risk", "structure", "clarity", "coverage")
_WIDTH = 40  # of the bar, in characters
_SHADES = {
    "low": Span("░", Tone.GOOD),
    "moderate": Span("▒"),
    "high": Span("▓", Tone.WARNING),
    "very_high": Span("█", Tone.BAD),
}
_COLUMNS = (
    Column("Metric", Fit.FOLD),
    figure("Value"),
    Column("Unit"),
    Column("Better"),
    figure("Mean", spare=2),
    figure("Worst", spare=1),
)
_DEFINITIONS = (
    Column("Name"),
    Column("Unit", spare=2),
    Column("Better"),
    Column("Roll-up", spare=1),
    Column("Definition", Fit.FOLD, first=True),
)


def page(answer: Measurements) -> Page:
    shown: Page = [_heading(answer)]
    for category, found in _grouped(answer.metrics):
        rows = tuple(_row(metric) for metric in found)
        shown += [line(), _title(category), *_profile(found), Grid(_COLUMNS, rows, indent=2)]
    return shown


def definitions(found: Sequence[MetricDefinition]) -> Page:
    shown: Page = []
    for category, metrics in _grouped(found):
        rows = tuple(_definition(metric) for metric in metrics)
        shown += [_title(category), Grid(_DEFINITIONS, rows, indent=2), line()]
    return shown[:-1]


def _heading(answer: Measurements) -> Line:
    run = answer.run
    return line(
        Span(answer.place or run.codebase, Tone.STRONG),
        f"  {answer.scope}, ",
        Span(f"run {run.short_id}", Tone.MUTED),
    )


def _title(category: str) -> Line:
    return line(Span(category.capitalize(), Tone.STRONG))


def _profile(metrics: Iterable[MetricValue]) -> Page:
    """The shares of code by risk as one bar, where they are known."""
    values = {metric.name: metric.value for metric in metrics}
    shares = [(band, shade, values.get(f"risk_{band}")) for band, shade in _SHADES.items()]
    known = [(band, shade, share) for band, shade, share in shares if share is not None]
    if len(known) < len(shares):
        return []
    cells = _cells([share for _, _, share in known])
    bar = [Span(shade.text * n, shade.tone) for (_, shade, _), n in zip(known, cells, strict=True)]
    told = (f"{percent(share / 100)} {band.replace('_', ' ')}" for band, _, share in known)
    return [line("  ", *bar, "  ", ", ".join(told))]


def _cells(shares: Sequence[float]) -> list[int]:
    """How much of the bar each gets: what there is any of gets at least one cell."""
    cells = [max(1, round(share * _WIDTH / 100)) if share else 0 for share in shares]
    largest = cells.index(max(cells))
    cells[largest] += _WIDTH - sum(cells)
    return cells


def _grouped[T: (MetricValue, MetricDefinition)](found: Iterable[T]) -> list[tuple[str, list[T]]]:
    """By category, those that everybody looks at first."""
    groups: dict[str, list[T]] = {}
    for each in found:
        groups.setdefault(each.category, []).append(each)
    known = {category: place for place, category in enumerate(_FIRST)}
    return sorted(groups.items(), key=lambda item: (known.get(item[0], len(known)), item[0]))


def _row(metric: MetricValue) -> tuple[Span, ...]:
    return row(
        metric.title,
        Span(UNKNOWN if metric.value is None else number(metric.value), Tone.STRONG),
        metric.unit,
        _MARKS.get(metric.direction, ""),
        "" if metric.mean is None else number(metric.mean),
        "" if metric.worst is None else number(metric.worst),
    )


def _definition(metric: MetricDefinition) -> tuple[Span, ...]:
    weight = f" by {metric.weight}" if metric.weight else ""
    return row(
        Span(metric.name, Tone.STRONG),
        metric.unit,
        _MARKS.get(metric.direction, ""),
        f"{metric.rollup}{weight}",
        f"{metric.definition} ({metric.source}; version {metric.version})",
    )

"""Why a score is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import counted, grade_tone, span_of_time
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, figure, line, row
from graph_sitter_db.present.severities import severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.reports import Explanation, IssueLoss, RuleLoss

_RULES = (Column("Rule"), figure("Issues"), figure("Minutes"), figure("Points"))
_LOSSES = (
    figure("Points"),
    figure("Minutes", spare=2),
    Column("Severity", spare=3),
    Column("Rule", spare=1),
    Column("Place", Fit.MIDDLE),
    Column("Message", Fit.FOLD, first=True),
)


def page(answer: Explanation, limit: int | None = None) -> Page:
    """The score, what each rule cost, and the issues that cost most; the rest in one line."""
    return [
        line("Score ", Span(f"{answer.score:.2f} {answer.grade}", grade_tone(answer.grade))),
        line(f"Model {answer.model}, run {answer.run.short_id} of {answer.run.codebase}"),
        line(debt(answer.debt_minutes, answer.debt_ratio, answer.debt_rating)),
        *(_losses(answer, limit) if answer.losses else _nothing(answer)),
    ]


def debt(minutes: float, ratio: float, rating: str) -> str:
    """`6 h 20 min of debt, 0.53% of the cost of the code (SQALE rating A)`."""
    return (
        f"{span_of_time(minutes)} of debt, {ratio * 100:.2f}% of the cost of the code "
        f"(SQALE rating {rating})"
    )


def _nothing(answer: Explanation) -> Page:
    return [line("No issue costs a point here.")]


def _losses(answer: Explanation, limit: int | None) -> Page:
    shown, rest = answer.losses[:limit], answer.losses[limit:] if limit else []
    rows = [*map(_loss, shown), *_rest(rest)]
    return [
        line(),
        line(Span(f"Lost {_points(sum(each.points for each in answer.losses))}", Tone.STRONG)),
        Grid(_RULES, tuple(map(_rule, answer.rules)), indent=2),
        line(),
        line(Span("Worst first", Tone.STRONG)),
        Grid(_LOSSES, tuple(rows), indent=2),
    ]


def _rule(loss: RuleLoss) -> tuple[Span, ...]:
    return row(
        Span(loss.rule, Tone.STRONG),
        f"{loss.issues:,}",
        f"{loss.minutes:,.0f}",
        f"{loss.points:.2f}",
    )


def _loss(loss: IssueLoss) -> tuple[Span, ...]:
    return row(
        f"{loss.points:.2f}",
        f"{loss.minutes:,.0f}",
        severity(loss.severity),
        Span(loss.rule, Tone.STRONG),
        f"{loss.path}:{loss.start_line}",
        loss.message,
    )


def _rest(losses: Sequence[IssueLoss]) -> list[tuple[Span, ...]]:
    if not losses:
        return []
    told = f"{counted(len(losses), 'more issue')}; --limit lists more"
    points, minutes = sum(each.points for each in losses), sum(each.minutes for each in losses)
    return [row(f"{points:.2f}", f"{minutes:,.0f}", "", "", "", Span(told, Tone.MUTED))]


def _points(points: float) -> str:
    return f"{points:.2f} points"

"""The list of rules, and one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, line, row
from graph_sitter_db.present.severities import severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.reports import RuleReport

_COLUMNS = (
    Column("Rule"),
    Column("Is"),
    Column("Severity"),
    Column("Category", spare=2),
    Column("Needs", spare=1),
    Column("Limits", Fit.FOLD),
    Column("Finds", Fit.FOLD, first=True),
)


def page(rules: Sequence[RuleReport]) -> Page:
    on = sum(rule.is_on for rule in rules)
    told = f"{len(rules)} rules, {on} of them on"
    return [Grid(_COLUMNS, tuple(map(_row, rules))), line(Span(told, Tone.MUTED))]


def one(rule: RuleReport) -> Page:
    """All that is known of a rule."""
    facts = {
        "Rule": Span(rule.name, Tone.STRONG),
        "Finds": Span(rule.title),
        "Why": Span(rule.why),
        "Is": _state(rule),
        "Severity": severity(rule.severity),
        "Category": Span(rule.category),
        "Needs": Span(_needs(rule)),
        "Limits": Span(_limits(rule) or "none"),
        "Effort": Span(_effort(rule)),
    }
    columns = (Column("what"), Column("value", Fit.FOLD))
    rows = tuple((Span(name, Tone.MUTED), value) for name, value in facts.items())
    return [Grid(columns, rows, headed=False)]


def _row(rule: RuleReport) -> tuple[Span, ...]:
    return row(
        Span(rule.name, Tone.STRONG),
        _state(rule),
        severity(rule.severity),
        rule.category,
        _needs(rule),
        _limits(rule),
        rule.title,
    )


def _state(rule: RuleReport) -> Span:
    return Span("on", Tone.GOOD) if rule.is_on else Span("off", Tone.MUTED)


def _needs(rule: RuleReport) -> str:
    return "graph" if rule.needs_graph else "syntax"


def _limits(rule: RuleReport) -> str:
    return ", ".join(f"{name} {round(value, 2):g}" for name, value in rule.limits.items())


def _effort(rule: RuleReport) -> str:
    parts = []
    if rule.effort_constant or not rule.effort_per_unit:
        parts.append(f"{rule.effort_constant:g} minutes")
    if rule.effort_per_unit:
        parts.append(f"{rule.effort_per_unit:g} minutes a {rule.effort_unit}")
    return " and ".join(parts)

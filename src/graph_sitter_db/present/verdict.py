"""Whether a change may be merged: the verdict, each condition, and what moved it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import counted, number, signed
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, line, row
from graph_sitter_db.present.runs import commit
from graph_sitter_db.present.severities import severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.verdicts import Cause, ConditionReport, Verdict

SHOWN, GLIMPSE = 10, 3  # causes of one condition, and of one that passed
_TONES = {
    "passed": Tone.GOOD,
    "warned": Tone.WARNING,
    "failed": Tone.BAD,
    "undecided": Tone.BAD,
    "skipped": Tone.MUTED,
}
WORST_FIRST = ("failed", "undecided", "warned", "passed", "skipped")
_CONDITIONS = (Column("status"), Column("name"), Column("told", Fit.FOLD))
_CAUSES = (
    Column("severity"),
    Column("place", Fit.FOLD),
    Column("told", Fit.FOLD, first=True),
    Column("commit", Fit.FOLD),
)


def page(verdicts: Sequence[Verdict]) -> Page:
    """One after the other, of each the worst conditions first."""
    found: Page = []
    for verdict in verdicts:
        found += [*([line()] if found else []), *_verdict(verdict)]
    return found


def worst_first(verdict: Verdict) -> list[ConditionReport]:
    return sorted(verdict.conditions, key=lambda each: WORST_FIRST.index(each.status))


def told(condition: ConditionReport) -> str:
    """`81.20, at least 80.90 (base 81.90)`, or why it is not judged."""
    if condition.value is None or condition.limit is None:
        return condition.told
    unit = f" {condition.unit}" if condition.unit else ""
    base = "" if condition.base is None else f" (base {number(condition.base)})"
    limit = f"{condition.comparison} {number(condition.limit)}{unit}"
    because = f": {condition.told}" if condition.told else ""
    return f"{number(condition.value)}, {limit}{base}{because}"


def name(condition: ConditionReport) -> str:
    return f"{condition.on}.{condition.name}"


def moved(cause: Cause) -> str:
    """What a cause did to the number, in words."""
    if cause.rule:
        return f"{cause.message} ({cause.rule}, {signed(cause.change)} min)"
    before = "" if cause.before is None else f"{number(cause.before)} → "
    return f"{cause.message}: {before}{number(cause.after)}"


def against(verdict: Verdict) -> str:
    if verdict.base is None:
        return verdict.base_told or "no base"
    return f"{commit(verdict.base)}, {verdict.base_told}"


def _verdict(verdict: Verdict) -> Page:
    head = line(
        Span(verdict.status, _TONES[verdict.status]),
        "  ",
        Span(verdict.key, Tone.STRONG),
        f"  run {verdict.run.short_id} of ",
        commit(verdict.run),
        f", against {against(verdict)}",
    )
    rules = line(Span(f"Policy: {verdict.policy}", Tone.MUTED))
    reason = [line(verdict.reason)] if verdict.reason else []
    notes = [line(Span(f"Note: {note}", Tone.MUTED)) for note in verdict.notes]
    conditions = [block for each in worst_first(verdict) for block in _condition(each)]
    return [head, rules, *reason, *notes, *conditions]


def _condition(condition: ConditionReport) -> Page:
    cells = row(
        Span(condition.status, _TONES[condition.status]),
        Span(name(condition), Tone.STRONG),
        told(condition),
    )
    return [
        line(),
        Grid(_CONDITIONS, (cells,), headed=False),
        *_causes(condition),
    ]


def _causes(condition: ConditionReport) -> Page:
    shown = condition.causes[: GLIMPSE if condition.status == "passed" else SHOWN]
    if not shown:
        return []
    hidden = condition.cause_count - len(shown)
    more = [line(Span(f"  … and {counted(hidden, 'more', 'more')}", Tone.MUTED))] if hidden else []
    return [Grid(_CAUSES, tuple(map(_cause, shown)), headed=False, indent=2), *more]


def _cause(cause: Cause) -> tuple[Span, ...]:
    symbol = f" {cause.symbol}" if cause.symbol else ""
    commits = ", ".join(f"{each.sha[:7]} {each.subject}" for each in cause.commits)
    return row(
        severity(cause.severity) if cause.severity else "",
        f"{cause.path}:{cause.start_line}{symbol}",
        moved(cause),
        Span(commits, Tone.MUTED),
    )

"""Markdown for a comment on a pull request. Its first line, which is not shown, marks it, so that
the next run finds and replaces it; each project of a monorepo has a comment of its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

from graph_sitter_db.present import verdict
from graph_sitter_db.present.figures import counted, number
from graph_sitter_db.present.printable import printable

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported
    from graph_sitter_db.model.verdicts import Cause, ConditionReport, Verdict

LONGEST = 30_000  # characters; GitHub takes 65,536 bytes
SIGNS = {"passed": "✅", "warned": "⚠️", "failed": "❌", "undecided": "❔", "skipped": "⏭️"}
_SHORTENED = "\n\n… shortened; `graph-sitter-db gate` tells all."


def text(exported: Exported) -> str:
    return shortened([marker(exported.key), *report(exported)], LONGEST)


def marker(key: str) -> str:
    """The line to look for: it holds the project's key, in the characters that a comment can."""
    kept = re.sub("[-<>]{2,}|[<>]", "-", key)
    told = kept if kept == key else f"{kept} {hashlib.sha256(key.encode()).hexdigest()[:8]}"
    return f"<!-- gsdb:{told} -->"


def shortened(lines: Iterable[str], longest: int) -> str:
    """Whole lines, up to a length."""
    kept: list[str] = []
    left = longest - len(_SHORTENED)
    for each in lines:
        left -= len(each) + 1
        if left < 0:
            return "\n".join(kept) + _SHORTENED
        kept.append(each)
    return "\n".join(kept)


def report(exported: Exported) -> Iterator[str]:
    run, judged = exported.run, exported.verdict
    sign = f"{SIGNS[judged.status]} " if judged else ""
    yield f"### {sign}{_plain(exported.key)}"
    yield ""
    score = "no score" if run.quality_score is None else f"{run.quality_score:.1f} {run.grade}"
    yield f"Quality score **{score}**, {counted(len(exported.issues), 'issue')}."
    if judged:
        yield from _verdict(judged)


def _verdict(judged: Verdict) -> Iterator[str]:
    yield ""
    if judged.base:
        yield f"Compared with {_plain(verdict.against(judged))}. Policy: {_plain(judged.policy)}."
    if judged.reason:
        yield _plain(judged.reason)
    if judged.conditions:
        yield from ("", "| | Condition | Value | Limit | Base |", "|---|---|---:|---:|---:|")
    ordered = verdict.worst_first(judged)
    yield from map(_row, ordered)
    for each in ordered:
        if each.causes:
            yield from _causes(each)
    for note in judged.notes:
        yield from ("", f"Note: {_plain(note)}")


def _row(condition: ConditionReport) -> str:
    limit = "" if condition.limit is None else f"{condition.comparison} {number(condition.limit)}"
    unit = f" {condition.unit}" if condition.unit and condition.value is not None else ""
    cells = (
        SIGNS[condition.status],
        _plain(verdict.name(condition)),
        _plain(number(condition.value) + unit),
        _plain(condition.told or limit),
        number(condition.base),
    )
    return f"| {' | '.join(cells)} |"


def _causes(condition: ConditionReport) -> Iterator[str]:
    yield ""
    yield f"<details><summary>What moved {_plain(verdict.name(condition))}</summary>"
    yield ""
    for cause in condition.causes[: verdict.SHOWN]:
        yield _cause(cause)
    if hidden := condition.cause_count - len(condition.causes[: verdict.SHOWN]):
        yield f"- … and {counted(hidden, 'more', 'more')}"
    yield ""
    yield "</details>"


def _cause(cause: Cause) -> str:
    symbol = f" <b>{_plain(cause.symbol)}</b>" if cause.symbol else ""
    commits = "".join(f" ({each.sha[:7]} {_plain(each.subject)})" for each in cause.commits)
    place = f"{_plain(cause.path)}:{cause.start_line}"
    return f"- {place}{symbol}: {_plain(verdict.moved(cause))}{commits}"


def _plain(text: str) -> str:
    """As it is: no markup, no table's edge, nobody mentioned and nothing linked."""
    one_line = printable(" ".join(text.split()))
    return re.sub(r"[|@#`*_\[\]~\\]", lambda found: f"&#{ord(found[0])};", escape(one_line))

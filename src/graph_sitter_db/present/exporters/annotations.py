"""GitHub's workflow commands. Of each level only the first ten of a step are shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.present import verdict
from graph_sitter_db.present.printable import printable

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported, ExportedIssue
    from graph_sitter_db.model.verdicts import Verdict

LEVELS = {
    Severity.INFO: "notice",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "error",
}
_OUTCOMES = {"failed": "error", "undecided": "error", "warned": "warning"}


def text(exported: Exported) -> str:
    """What the gate found wanting, then issues, the gravest first; after a gate only new ones."""
    judged = exported.verdict
    marks = [*(_conditions(judged) if judged else ())]
    marks += [_issue(each) for each in exported.issues if judged is None or _is_new(each)]
    return "\n".join(marks)


def _conditions(judged: Verdict) -> Iterator[str]:
    if judged.reason:
        yield _command("error", {"title": judged.key}, judged.reason)
    for each in verdict.worst_first(judged):
        if level := _OUTCOMES.get(each.status):
            title = f"{verdict.name(each)} {each.status} ({judged.key})"
            yield _command(level, {"title": title}, verdict.told(each))


def _is_new(issue: ExportedIssue) -> bool:
    return issue.lifecycle in ("new", "reopened")


def _issue(issue: ExportedIssue) -> str:
    place = {"file": issue.path, "line": issue.start_line, "endLine": issue.end_line}
    level = LEVELS[Severity(issue.severity)]
    return _command(level, {**place, "title": f"{issue.title} ({issue.rule})"}, issue.message)


def _command(level: str, properties: dict[str, object], message: str) -> str:
    told = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {told}::{_data(message)}"


def _data(text: str) -> str:
    plain = "\n".join(printable(line) for line in text.splitlines())
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

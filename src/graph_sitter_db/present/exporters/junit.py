"""JUnit XML: each of the gate's conditions is a test case, so that any CI shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from graph_sitter_db.errors import UsageError
from graph_sitter_db.present import verdict
from graph_sitter_db.present.exporters._xml import child, document

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported
    from graph_sitter_db.model.verdicts import ConditionReport, Verdict

_OUTCOMES = {"failed": "failure", "undecided": "error", "skipped": "skipped"}


def text(exported: Exported) -> str:
    judged = exported.verdict
    if judged is None:
        raise UsageError(
            f"Run {exported.run.short_id} was not judged; do it with: graph-sitter-db gate"
        )
    statuses = [each.status for each in judged.conditions]
    totals = {
        "tests": len(statuses) + bool(judged.reason),
        "failures": statuses.count("failed"),
        "errors": statuses.count("undecided") + bool(judged.reason),
        "skipped": statuses.count("skipped"),
    }
    root = Element("testsuites")
    suite = child(root, "testsuite", name=f"graph-sitter-db gate: {judged.key}", time=0)
    suite.attrib |= {name: str(count) for name, count in totals.items()}
    if judged.reason:
        case = child(suite, "testcase", classname=judged.key, name="base", time=0)
        child(case, "error", judged.reason, message="undecided", type="undecided")
    for each in verdict.worst_first(judged):
        _case(suite, judged, each)
    return document(root)


def _case(suite: Element, judged: Verdict, condition: ConditionReport) -> None:
    name = verdict.name(condition)
    case = child(suite, "testcase", classname=judged.key, name=name, time=0)
    told, causes = verdict.told(condition), _causes(condition)
    if outcome := _OUTCOMES.get(condition.status):
        kind = {} if outcome == "skipped" else {"type": condition.status}
        child(case, outcome, causes, message=told, **kind)
    else:
        child(case, "system-out", "\n".join([f"{condition.status}: {told}", causes]).strip())


def _causes(condition: ConditionReport) -> str:
    return "\n".join(
        f"{each.path}:{each.start_line} {each.symbol or ''} {verdict.moved(each)}"
        for each in condition.causes
    )

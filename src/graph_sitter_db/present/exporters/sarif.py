"""SARIF 2.1.0, as GitHub's code scanning takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.present.document import as_json

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported, ExportedIssue, ExportedRule

LEVELS = {
    Severity.INFO: "note",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "error",
}
_STATES = {"new": "new", "reopened": "new", "existing": "unchanged"}


def text(exported: Exported) -> str:
    return as_json(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [_run(exported)],
        }
    )


def _run(exported: Exported) -> dict[str, object]:
    driver = {
        "name": "graph-sitter-db",
        "semanticVersion": exported.tool_version,
        "rules": [_rule(rule) for rule in exported.rules],
    }
    places = {rule.name: place for place, rule in enumerate(exported.rules)}
    return {
        "tool": {"driver": driver},
        # The category: uploads of one commit replace each other where it is the same.
        "automationDetails": {"id": f"graph-sitter-db/{exported.key}/"},
        "columnKind": "utf16CodeUnits",
        "results": [_result(issue, places[issue.rule]) for issue in exported.issues],
    }


def _rule(rule: ExportedRule) -> dict[str, object]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.why or rule.title},
        "defaultConfiguration": {"level": LEVELS[Severity(rule.severity)]},
        "properties": {"tags": [rule.category]},
    }


def _result(issue: ExportedIssue, rule: int) -> dict[str, object]:
    state = _STATES.get(issue.lifecycle or "")
    location = {
        "artifactLocation": {"uri": quote(issue.path)},
        "region": {"startLine": issue.start_line, "endLine": issue.end_line},
    }
    prints = {"graphSitterDb/v1": issue.fingerprint}
    if issue.line_hash:
        prints["primaryLocationLineHash"] = issue.line_hash
    return {
        "ruleId": issue.rule,
        "ruleIndex": rule,
        "level": LEVELS[Severity(issue.severity)],
        "message": {"text": issue.message},
        "locations": [{"physicalLocation": location, **_logical(issue)}],
        "partialFingerprints": prints,
        **({"baselineState": state} if state else {}),
    }


def _logical(issue: ExportedIssue) -> dict[str, object]:
    if issue.symbol is None:
        return {}
    return {"logicalLocations": [{"fullyQualifiedName": issue.symbol}]}

"""SonarQube's generic issues, in the form of release 10.3 and later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.present.document import as_json

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported, ExportedIssue, ExportedRule

SEVERITIES = {
    Severity.INFO: "LOW",
    Severity.WARNING: "MEDIUM",
    Severity.ERROR: "HIGH",
    Severity.CRITICAL: "HIGH",
}
# By our categories: the attribute of clean code that an issue lacks, and what suffers from it.
ATTRIBUTES = {
    "complexity": ("FOCUSED", "MAINTAINABILITY"),
    "documentation": ("CLEAR", "MAINTAINABILITY"),
    "duplication": ("DISTINCT", "MAINTAINABILITY"),
    "parse": ("LOGICAL", "RELIABILITY"),
    "safety": ("LOGICAL", "RELIABILITY"),
    "size": ("FOCUSED", "MAINTAINABILITY"),
    "structure": ("MODULAR", "MAINTAINABILITY"),
}
_OTHER = ("CONVENTIONAL", "MAINTAINABILITY")


def text(exported: Exported) -> str:
    return as_json(
        {
            "rules": [_rule(rule) for rule in exported.rules],
            "issues": [_issue(issue) for issue in exported.issues],
        }
    )


def _rule(rule: ExportedRule) -> dict[str, object]:
    attribute, quality = ATTRIBUTES.get(rule.category, _OTHER)
    severity = SEVERITIES[Severity(rule.severity)]
    return {
        "id": rule.name,
        "name": rule.title,
        "description": rule.why or rule.title,
        "engineId": "graph-sitter-db",
        "cleanCodeAttribute": attribute,
        "impacts": [{"softwareQuality": quality, "severity": severity}],
    }


def _issue(issue: ExportedIssue) -> dict[str, object]:
    return {
        "ruleId": issue.rule,
        "effortMinutes": round(issue.effort_minutes),
        "primaryLocation": {
            "message": issue.message,
            "filePath": issue.path,
            "textRange": {"startLine": issue.start_line},
        },
    }

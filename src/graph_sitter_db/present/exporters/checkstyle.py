"""Checkstyle's XML, which many review tools read."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.present.exporters._xml import child, document

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported

SEVERITIES = {
    Severity.INFO: "info",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "error",
}


def text(exported: Exported) -> str:
    root = Element("checkstyle", version="10.0")
    ordered = sorted(exported.issues, key=lambda issue: (issue.path, issue.start_line))
    for path, issues in groupby(ordered, key=lambda issue: issue.path):
        file = child(root, "file", name=path)
        for issue in issues:
            child(
                file,
                "error",
                line=issue.start_line,
                severity=SEVERITIES[Severity(issue.severity)],
                message=issue.message,
                source=f"graph-sitter-db.{issue.rule}",
            )
    return document(root)

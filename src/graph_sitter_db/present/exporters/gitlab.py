"""GitLab's Code Quality report."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.present.document import as_json

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported, ExportedIssue

SEVERITIES = {
    Severity.INFO: "info",
    Severity.WARNING: "minor",
    Severity.ERROR: "major",
    Severity.CRITICAL: "critical",
}


def text(exported: Exported) -> str:
    """Issues of one file that have one fingerprint are numbered: GitLab drops repeated ones."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for issue in exported.issues:
        known = (issue.path, issue.fingerprint)
        seen[known] = seen.get(known, 0) + 1
        found.append(_issue(issue, exported.key, seen[known]))
    return as_json(found)


def _issue(issue: ExportedIssue, key: str, number: int) -> dict[str, object]:
    known = "\0".join((key, issue.path, issue.fingerprint, str(number)))
    return {
        "description": issue.message,
        "check_name": issue.rule,
        "fingerprint": hashlib.sha256(known.encode(errors="backslashreplace")).hexdigest(),
        "severity": SEVERITIES[Severity(issue.severity)],
        "location": {
            "path": issue.path,
            "lines": {"begin": issue.start_line, "end": issue.end_line},
        },
    }

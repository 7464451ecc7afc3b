"""Content addresses: two things share one exactly when their rows would be the same."""

from dataclasses import replace
from typing import Any

import pytest

from graph_sitter_db.model.issues import Finding, Issue
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.relations import Linkage
from graph_sitter_db.store.digests import linkage_digest

LINKAGE = Linkage("m.py", ())
FINDING = Finding(path="m.py", message="hub", start_line=1, end_line=1)
ISSUE = Issue("hub", "design", Severity.INFO, "Hub", FINDING, b"\0" * 32, 10, True)


@pytest.mark.parametrize(
    "change",
    [
        {"message": "Hub"},
        {"start_line": 2, "end_line": 2},
        {"start_column": 3},
        {"symbol": "f"},
        {"measured": 4.0},
        {"limit": 3.0},
        {"data": {"files": ["a.py"]}},
    ],
)
def test_whatever_changes_in_a_finding_changes_the_digest(change: dict[str, Any]) -> None:
    changed = replace(ISSUE, finding=replace(FINDING, **change))
    assert linkage_digest(LINKAGE, [changed]) != linkage_digest(LINKAGE, [ISSUE])


@pytest.mark.parametrize(
    "change", [{"title": "A hub"}, {"severity": Severity.WARNING}, {"effort_minutes": 20}]
)
def test_whatever_changes_in_an_issue_changes_the_digest(change: dict[str, Any]) -> None:
    changed = replace(ISSUE, **change)
    assert linkage_digest(LINKAGE, [changed]) != linkage_digest(LINKAGE, [ISSUE])
    assert linkage_digest(LINKAGE, [replace(ISSUE)]) == linkage_digest(LINKAGE, [ISSUE])

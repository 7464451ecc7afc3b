"""A judged run with hostile names in it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.present.conftest import DEFAULTS

from graph_sitter_db.model.exports import Exported, ExportedIssue, ExportedRule
from graph_sitter_db.model.reports import MetricValue, RunSummary
from graph_sitter_db.model.verdicts import Cause, CommitReport, ConditionReport, Verdict

HOSTILE = 'breaks | <b>, "%0A" & @everyone\n::error::\x1b[31m #1'


def issue(**changes: Any) -> ExportedIssue:
    return ExportedIssue(**{**issue_defaults(), **changes})


def issue_defaults() -> dict[str, Any]:
    from graph_sitter_db.model.reports import IssueReport

    return DEFAULTS[IssueReport]


def condition(**changes: Any) -> ConditionReport:
    cause = Cause(
        path="src/click/core.py",
        symbol="Context.invoke",
        start_line=12,
        end_line=104,
        message=HOSTILE,
        change=20.0,
        rule="long_function",
        severity="warning",
        commits=[CommitReport(sha="89abcdef" * 5, subject=f"Say {HOSTILE}")],
    )
    given: dict[str, Any] = {
        "name": "debt",
        "on": "patch",
        "measure": "debt",
        "title": "New debt",
        "unit": "minutes",
        "status": "failed",
        "level": "fail",
        "value": 80.0,
        "base": None,
        "limit": 60.0,
        "comparison": "at most",
        "paths": [],
        "told": "",
        "causes": [cause],
        "cause_count": 30,
    }
    return ConditionReport(**{**given, **changes})


@pytest.fixture
def run() -> RunSummary:
    return RunSummary(**DEFAULTS[RunSummary])


@pytest.fixture
def judged(run: RunSummary) -> Callable[..., Verdict]:
    def make(*conditions: ConditionReport, **changes: Any) -> Verdict:
        given: dict[str, Any] = {
            "key": "pallets/click (python)",
            "status": "failed",
            "run": run,
            "base": run,
            "base_told": "merge base with origin/main",
            "reason": None,
            "policy": "built in",
            "changed_lines": 300,
            "conditions": [*conditions],
            "notes": [],
        }
        return Verdict(**{**given, **changes})

    return make


@pytest.fixture
def exported(run: RunSummary, judged: Callable[..., Verdict]) -> Callable[..., Exported]:
    def make(**changes: Any) -> Exported:
        measured = MetricValue(
            name="lines_source",
            title="Source lines",
            category="size",
            unit="lines",
            direction="neutral",
            value=2000.0,
        )
        rule = ExportedRule(
            name="long_function",
            title="Long function",
            category="size",
            severity="warning",
            why="Long functions are hard to follow.",
        )
        given: dict[str, Any] = {
            "tool_version": "1.2.3",
            "key": "pallets/click (python)",
            "root_path": "",
            "run": run,
            "metrics": [measured],
            "rules": [rule],
            "issues": [
                issue(message=HOSTILE, lifecycle="new", line_hash="a7f2ff13bc495cf2:1"),
                issue(path="a b/ä.py", lifecycle="existing", symbol=None),
            ],
            "verdict": judged(condition(), condition(on="project", status="passed", causes=[])),
        }
        return Exported(**{**given, **changes})

    return make

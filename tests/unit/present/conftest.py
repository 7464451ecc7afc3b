"""Reports as the database would answer them, small enough to read."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from graph_sitter_db.model.reports import (
    AnalysisResult,
    Comparison,
    CoverageSummary,
    Dependencies,
    EdgeChange,
    FileChange,
    FileReport,
    IssueReport,
    MetricChange,
    Relation,
    RunSummary,
    SymbolChange,
    SymbolReport,
)

WHEN = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)

DEFAULTS: dict[type[Any], dict[str, Any]] = {
    RunSummary: {
        "id": UUID(int=1),
        "short_id": "3f2a1b0c",
        "codebase_id": UUID(int=2),
        "codebase": "pallets/click",
        "language": "python",
        "branch": "main",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "commit_subject": "Mend the parser",
        "committed_at": WHEN,
        "is_working_tree": False,
        "depth": "graph",
        "status": "completed",
        "started_at": WHEN,
        "files": 12,
        "lines": 3456,
        "symbols": 789,
        "edges": 1011,
        "issues": 3,
        "quality_score": 87.44,
        "grade": "B",
        "score_model": "debt 1",
        "resolution_rate": 0.9312,
    },
    IssueReport: {
        "fingerprint": "00ff",
        "rule": "long_function",
        "category": "size",
        "severity": "warning",
        "title": "Long function",
        "message": "92 lines, the limit is 60",
        "path": "src/click/core.py",
        "symbol": "Context.invoke",
        "start_line": 12,
        "end_line": 104,
        "effort_minutes": 20.0,
    },
    SymbolReport: {
        "path": "src/click/core.py",
        "key": "Context.invoke",
        "kind": "method",
        "name": "invoke",
        "parent": "Context",
        "signature": "def invoke(self)",
        "start_line": 12,
        "end_line": 104,
        "lines": 93,
        "is_exported": True,
        "docstring": None,
        "parameters": 1,
        "cyclomatic": 14,
        "cognitive": 21,
        "nesting": 3,
        "fan_in": 5,
        "fan_out": 7,
    },
    FileReport: {
        "path": "src/click/core.py",
        "language": "python",
        "parse_status": "ok",
        "lines": 3000,
        "lines_source": 2000,
        "lines_comment": 600,
        "lines_blank": 400,
        "functions": 150,
        "classes": 20,
        "cyclomatic": 700,
        "cognitive": 800,
        "issues": 3,
    },
    Relation: {
        "kind": "call",
        "path": "src/click/core.py",
        "symbol": "Context.invoke",
        "occurrences": 2,
        "first_line": 33,
    },
    FileChange: {"path": "src/click/core.py", "change": "changed"},
    SymbolChange: {
        "path": "src/click/core.py",
        "key": "Context.invoke",
        "kind": "method",
        "change": "changed",
    },
    EdgeChange: {
        "kind": "call",
        "source_path": "a.py",
        "source": "f",
        "target_path": "b.py",
        "target": "g",
        "change": "new",
    },
    MetricChange: {
        "metric": "lines_source",
        "before": 10.0,
        "after": 12.0,
        "change": 2.0,
        "verdict": "neutral",
    },
    CoverageSummary: {
        "line_coverage": 82.06,
        "branch_coverage": 99.99,
        "lines": 1204,
        "lines_covered": 988,
        "branches": 19998,
        "branches_taken": 19996,
        "files": 3,
        "reports": ["coverage.xml"],
    },
    AnalysisResult: {
        "id": UUID(int=1),
        "short_id": "3f2a1b0c",
        "codebase_id": UUID(int=2),
        "summary": "Contains 3 nodes\n\t- 1 classes\n",
        "metrics": {"lines_source": 12.0},
        "quality_score": 87.44,
        "grade": "B",
        "score_model": "debt 1",
        "debt_minutes": 380.0,
        "debt_ratio": 0.0053,
        "debt_rating": "A",
        "issues": [],
        "recommendations": [],
        "created_at": WHEN,
        "repository": "pallets/click",
        "language": "python",
        "branch": "main",
        "commit": None,
        "is_working_tree": False,
        "depth": "graph",
        "status": "completed",
        "already_recorded": False,
        "files_analyzed": 1,
        "files_reused": 0,
        "files_failed": 0,
        "lines": 12,
        "symbols": 3,
        "edges": 2,
        "resolved": 2,
        "unresolved": 0,
        "rows_written": {},
        "failures": [],
        "notes": [],
        "since": None,
        "seconds": {},
    },
}

type Make = Callable[..., Any]


@pytest.fixture
def make() -> Make:
    """`make(RunSummary, branch="x")`: a report with the given fields, the others as above."""

    def build(kind: type[Any], **fields: Any) -> Any:
        return kind(**{**DEFAULTS.get(kind, {}), **fields})

    return build


@pytest.fixture
def compared(make: Make) -> Make:
    def build(**fields: Any) -> Any:
        before = make(RunSummary, short_id="aaaaaaaa", quality_score=85.1)
        empty: dict[str, Any] = {
            "before": before,
            "after": make(RunSummary, short_id="bbbbbbbb"),
            "score_change": 2.3,
            "metrics": [],
            "files": [],
            "symbols": [],
            "edges": [],
            "edges_compared": True,
            "issues_new": [],
            "issues_fixed": [],
            "issues_remaining": 0,
            "issues_accepted": [],
        }
        return Comparison(**{**empty, **fields})

    return build


@pytest.fixture
def depends(make: Make) -> Make:
    def build(**fields: Any) -> Any:
        known: dict[str, Any] = {
            "run": make(RunSummary),
            "symbol": make(SymbolReport),
            "uses": [],
            "used_by": [],
            "resolved": 931,
            "unresolved": 69,
            "resolution_rate": 0.931,
        }
        return Dependencies(**{**known, **fields})

    return build

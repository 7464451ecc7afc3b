"""Findings of rules, and the issues they become."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph_sitter_db.model.keys import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule reports: place, measured value and its limit. `detect` adds the identity."""

    path: str
    message: str
    start_line: int
    end_line: int
    symbol: str | None = None  # symbol key in the file; None: the file itself
    start_column: int | None = None  # 1-based
    end_column: int | None = None
    measured: float | None = None
    limit: float | None = None
    effort_minutes: float = 0.0
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Issue:
    """A finding with its rule and a fingerprint that stays the same as long as the defect does."""

    rule: str
    category: str
    severity: Severity
    title: str
    finding: Finding
    fingerprint: bytes
    depends_on_graph: bool  # stored with the linkage, not with the file version

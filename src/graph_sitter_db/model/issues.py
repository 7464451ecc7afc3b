"""Findings of rules, and the issues they become."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph_sitter_db.model.keys import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule reports: place, measured value and its limit. `detect` adds identity and effort.

    `anchor` is what tells it from other findings of the rule in the same symbol, in words that stay
    the same when code is moved, re-indented or wrapped: a name, a message; no line, no path.
    `gap` is what the rule's effort grows with; None: how far `measured` is from `limit`.
    """

    path: str
    message: str
    start_line: int
    end_line: int
    symbol: str | None = None  # symbol key in the file; None: the file itself
    start_column: int | None = None  # 1-based
    end_column: int | None = None
    measured: float | None = None
    limit: float | None = None
    anchor: str = ""
    gap: float | None = None
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
    effort_minutes: float
    depends_on_graph: bool  # stored with the linkage, not with the file version
    accepted: str | None = None  # the reason a suppression gives ("" for none); None: it is open

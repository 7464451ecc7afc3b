"""What other tools report: findings as ours, and how many tests passed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph_sitter_db.model.keys import Severity


@dataclass(frozen=True, slots=True)
class Reported:
    """One finding, as the report has it."""

    tool: str
    rule: str
    severity: Severity
    message: str
    path: str  # as the report names the file
    start_line: int = 1
    end_line: int = 1


@dataclass(frozen=True, slots=True)
class Suite:
    passed: int = 0
    failed: int = 0  # failures and errors
    skipped: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ToolReport:
    name: str  # of the file, as the user gave it
    findings: tuple[Reported, ...] = ()
    tests: Suite | None = None  # None: it is not about tests
    tools: tuple[str, ...] = ()  # that ran, those without a finding included


@dataclass(frozen=True, slots=True)
class Attached:
    """Of all reports, what belongs to one codebase."""

    findings: Sequence[Mapping[str, object]]  # columns of an issue, by path and line
    tools: tuple[str, ...]
    tests: Suite | None
    notes: tuple[str, ...]  # said to the user: what of a report went nowhere

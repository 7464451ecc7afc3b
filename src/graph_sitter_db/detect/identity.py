"""From findings to issues: what each costs to mend, and what it is known by over time."""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from graph_sitter_db.model.issues import Finding, Issue
from graph_sitter_db.model.ports import Rule


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with its rule. Raises ValueError where the effort is no number of minutes."""

    rule: Rule
    finding: Finding
    needs_graph: bool = False
    minutes: float = field(init=False)

    def __post_init__(self) -> None:
        minutes = self.rule.effort.minutes(_gap(self.finding))
        if not (math.isfinite(minutes) and minutes >= 0):
            raise ValueError(f"asks for {minutes:g} minutes of effort")
        # As precise as it is stored, so that the score can be computed again from rows.
        object.__setattr__(self, "minutes", round(minutes, 2))


def identified(found: Iterable[Found]) -> list[Issue]:
    """Issues with fingerprints: of rule, symbol and anchor, without path, line or text, so that an
    issue is known again when its code is moved, re-indented, wrapped, or edited elsewhere.

    Equal ones of one file are numbered by place, so that two stay two. Those of different files
    are told apart by their files, when runs are compared.
    """
    seen: dict[tuple[str, ...], int] = defaultdict(int)
    issues = []
    for each in sorted(found, key=_place):
        rule, finding = each.rule, each.finding
        # What relations tell must not renumber what bytes alone tell, which is stored once.
        basis = "relations" if each.needs_graph else "bytes"
        identity = (rule.name, _name(finding), finding.anchor, basis)
        number = seen[finding.path, *identity]
        seen[finding.path, *identity] += 1
        issues.append(
            Issue(
                rule=rule.name,
                category=rule.category,
                severity=rule.severity,
                title=rule.title,
                finding=finding,
                fingerprint=_fingerprint(*identity, str(number)),
                effort_minutes=each.minutes,
                depends_on_graph=each.needs_graph,
            )
        )
    return issues


def _gap(finding: Finding) -> float:
    if finding.gap is not None:
        return finding.gap
    if finding.measured is None or finding.limit is None:
        return 0.0
    return abs(finding.measured - finding.limit)


def _name(finding: Finding) -> str:
    """Without the number of a duplicate, which changes with what stands before it."""
    return re.sub(r"#[0-9]+$", "", finding.symbol or "")


def _fingerprint(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def _place(found: Found) -> tuple[str, int, int, str, str]:
    finding = found.finding
    column = finding.start_column or 0
    return finding.path, finding.start_line, column, found.rule.name, finding.message

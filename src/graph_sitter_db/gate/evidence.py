"""What is known of a codebase before and after a change, asked of the database once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from re import Pattern
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graph_sitter_db import query
from graph_sitter_db.gate.policy import Condition
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.reports import IssueReport, RunSummary

if TYPE_CHECKING:
    from psycopg import Connection

_SEVERITIES = list(Severity)


@dataclass
class Evidence:
    """`before` is None where the base has nothing of this codebase: all of it is new.

    `added_lines` are by path; None where git cannot tell.
    """

    connection: Connection[Any]
    before: RunSummary | None
    after: RunSummary
    added_lines: Mapping[str, int] | None = None

    @cached_property
    def metrics(self) -> Mapping[str, Metric]:
        return query.defined(self.connection, self.after.id)

    @cached_property
    def metrics_before(self) -> Mapping[str, Metric]:
        return query.defined(self.connection, self.before.id) if self.before else {}

    @cached_property
    def issues(self) -> Sequence[query.IssueSince]:
        return query.issues_beside(self.connection, self._base, self.after.id)

    @cached_property
    def issues_before(self) -> Sequence[IssueReport]:
        if self.before is None:
            return ()
        return query.issues_since(self.connection, self.before.id, None)

    @cached_property
    def touched(self) -> Sequence[query.Touched]:
        return query.touched_symbols(self.connection, self._base, self.after.id)

    @cached_property
    def added(self) -> Mapping[str, int]:
        """Where git cannot tell, all lines of definitions that are new or changed."""
        if self.added_lines is not None:
            return self.added_lines
        lines: dict[str, set[int]] = {}
        for each in self.touched:
            lines.setdefault(each.path, set()).update(range(each.start_line, each.end_line + 1))
        return {path: len(found) for path, found in lines.items()}

    @cached_property
    def files(self) -> Mapping[str, Mapping[str, float]]:
        return query.values_by_file(self.connection, self.after.id)

    @cached_property
    def files_before(self) -> Mapping[str, Mapping[str, float]]:
        return query.values_by_file(self.connection, self.before.id) if self.before else {}

    @cached_property
    def redefined(self) -> frozenset[str]:
        """Rules that do not mean the same on both sides; their findings are not compared."""
        if self.before is None:
            return frozenset()
        old, new = (
            query.definitions_of(self.connection, run.id) for run in (self.before, self.after)
        )
        return frozenset({*_versions(old, new), *_settings(old.settings, new.settings)})

    @property
    def _base(self) -> UUID | None:
        return self.before.id if self.before else None

    def best(self, measure: str, *, higher: bool) -> float | None:
        """That the base's branch ever had."""
        if self.before is None:
            return None
        return query.best_value(self.connection, self.before.id, measure, higher=higher)

    def values(
        self, run: RunSummary, metrics: Mapping[str, Metric], within: Pattern[str] | None
    ) -> Mapping[str, float]:
        return query.values_of(self.connection, run.id, metrics.values(), within)


def selects(condition: Condition) -> Callable[[IssueReport], bool]:
    """Which issues a condition is about."""
    gravest = _SEVERITIES.index(condition.severity) if condition.severity else 0

    def selected(issue: IssueReport) -> bool:
        return (
            _SEVERITIES.index(Severity(issue.severity)) >= gravest
            and (not condition.rules or issue.rule in condition.rules)
            and (condition.within is None or bool(condition.within.match(issue.path)))
        )

    return selected


def _versions(old: query.Definitions, new: query.Definitions) -> Iterator[str]:
    for name in old.versions.keys() | new.versions.keys():
        kind, _, rule = name.partition(":")
        if kind == "rule" and old.versions.get(name) != new.versions.get(name):
            yield rule


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Rules whose limits differ, or what single paths are asked to keep to."""
    yield from _differing(old.get("limits", {}), new.get("limits", {}))
    if old.get("paths", []) != new.get("paths", []):
        for each in (*old.get("paths", []), *new.get("paths", [])):
            yield from (*each.get("disable", []), *each.get("limits", {}))


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for rule in old.keys() | new.keys():
        if old.get(rule) != new.get(rule):
            yield rule

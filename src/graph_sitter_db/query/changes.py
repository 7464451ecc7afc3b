"""What a run brought that an earlier one had not, in the detail in which changes are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.model.reports import IssueReport, RunSummary
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.runs import run_by_id


@dataclass(frozen=True, slots=True)
class IssueSince:
    """An open issue. `is_new` is None where the earlier run could not have it, for want of a graph.

    `grown`: the minutes by which mending it takes longer than before.
    """

    issue: IssueReport
    is_new: bool | None
    grown: float

    @property
    def has_grown(self) -> bool:
        return self.is_new or (self.is_new is False and self.grown > 0)


@dataclass(frozen=True, slots=True)
class Touched:
    """A symbol that is new (`before` is None) or changed, with its values by metric name."""

    path: str
    key: str
    kind: str
    start_line: int
    end_line: int
    values: Mapping[str, float]
    before: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class Definitions:
    """What decided a run's results: versions by metric and rule; the settings of rules."""

    digest: bytes
    versions: Mapping[str, str]
    settings: Mapping[str, Any]


def commit_run(
    conn: Connection[Any],
    codebase_id: UUID,
    sha: str,
    *,
    is_tree: bool = False,
    depth: str | None = None,
    configuration: bytes | None = None,
) -> RunSummary | None:
    """The run of a commit, at a depth and of a configuration if there is such a one."""
    found = ask(
        conn,
        "commit_run",
        codebase=codebase_id,
        sha=sha,
        tree=is_tree,
        depth=depth,
        configuration=configuration,
    )
    return run_by_id(conn, found[0]["id"]) if found else None


def best_value(conn: Connection[Any], run_id: UUID, measure: str, *, higher: bool) -> float | None:
    """Of a run's branch at its depth, with its rules and limits; None where it is not measured."""
    found = ask(conn, "best_value", run=run_id, measure=measure)[0]
    value: float | None = found["highest" if higher else "lowest"]
    return value


def contents(conn: Connection[Any], run_id: UUID) -> dict[str, bytes]:
    """The SHA-256 of each file, by path."""
    return {row["path"]: bytes(row["blob_sha256"]) for row in ask(conn, "contents", run=run_id)}


def definitions_of(conn: Connection[Any], run_id: UUID) -> Definitions:
    row = ask(conn, "run_definitions", run=run_id)[0]
    versions = dict(row["definitions"])
    return Definitions(bytes(row["digest"]), versions, loads(versions.pop("limits", "{}")))


def issues_beside(conn: Connection[Any], before: UUID | None, after: UUID) -> Sequence[IssueSince]:
    """All that are open now, the gravest first."""
    return [_since(row) for row in ask(conn, "issues_since", before=before, after=after)]


def touched_symbols(conn: Connection[Any], before: UUID | None, after: UUID) -> Sequence[Touched]:
    """By path and line. What only moved is not among them."""
    rows = ask(conn, "touched_symbols", before=before, after=after)
    return [Touched(before=row.pop("values_before"), **row) for row in rows]


def _since(row: dict[str, Any]) -> IssueSince:
    is_new, before = row.pop("is_new"), row.pop("effort_before")
    lifecycle = {True: "new", False: "existing", None: None}[is_new]
    issue = IssueReport(**row, lifecycle=lifecycle)
    return IssueSince(issue, is_new, issue.effort_minutes - (before or 0))

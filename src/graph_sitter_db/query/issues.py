"""Issues of a run, and their life since the run before."""

from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.reports import IssueReport
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.reported import reported_issues
from graph_sitter_db.query.runs import previous_id


def issues(
    conn: Connection[Any],
    run_id: UUID,
    severity: str | None = None,
    rule: str | None = None,
    path: str | None = None,
    limit: int | None = None,
) -> list[IssueReport]:
    """The gravest first; of exactly `severity`, of one rule, in one file or folder."""
    wanted = {"severity": _severity(severity), "rule": rule, "path": path, "limit": limit}
    return issues_since(conn, run_id, previous_id(conn, run_id), **wanted)


def with_reported(
    conn: Connection[Any],
    run_id: UUID,
    severity: str | None = None,
    rule: str | None = None,
    path: str | None = None,
    limit: int | None = None,
) -> list[IssueReport]:
    """As `issues`, with what other tools found beside it."""
    others = [
        each
        for each in reported_issues(conn, run_id, previous_id(conn, run_id))
        if severity in (None, each.severity)
        and rule in (None, each.rule)
        and (path is None or f"{each.path}/".startswith(f"{path.rstrip('/')}/"))
    ]
    found = [*issues(conn, run_id, severity, rule, path, None if others else limit), *others]
    order = [*Severity]
    found.sort(key=lambda each: (-order.index(Severity(each.severity)), each.path, each.start_line))
    return found[:limit]


def accepted_issues(
    conn: Connection[Any],
    run_id: UUID,
    severity: str | None = None,
    rule: str | None = None,
    path: str | None = None,
    limit: int | None = None,
) -> list[IssueReport]:
    """What comments in the code accept, in the order of issues."""
    wanted = {"severity": _severity(severity), "rule": rule, "path": path, "limit": limit}
    return _accepted(conn, run=run_id, **wanted)


def issues_since(
    conn: Connection[Any], run_id: UUID, previous: UUID | None, **wanted: object
) -> list[IssueReport]:
    found = ask(conn, "issues", run=run_id, previous=previous, **wanted)
    return [IssueReport.model_validate(row) for row in found]


def issues_of_version(conn: Connection[Any], version: int) -> list[IssueReport]:
    """Those that follow from a stored file's bytes alone."""
    found = ask(conn, "issues", version=version)
    return [IssueReport.model_validate(row) for row in found]


def accepted_of_version(conn: Connection[Any], version: int) -> list[IssueReport]:
    return _accepted(conn, version=version)


def _accepted(conn: Connection[Any], **wanted: object) -> list[IssueReport]:
    return [IssueReport.model_validate(row) for row in ask(conn, "accepted_issues", **wanted)]


def _severity(severity: str | None) -> str | None:
    if severity is not None and severity not in list(Severity):
        raise UsageError(f"“{severity}” is no severity; choose of: {', '.join(Severity)}")
    return severity

"""What other tools reported of a run, and what of it is new since another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.model.reports import IssueReport, SuiteReport
from graph_sitter_db.query.named import ask


def reported_issues(
    conn: Connection[Any], run_id: UUID, previous: UUID | None
) -> list[IssueReport]:
    """By path and line. `lifecycle` is told of tools that reported of the previous run, too."""
    now = _told(conn, run_id)
    before = _told(conn, previous) if previous else {}
    existing, tools = _existing(now, before), {*before.get("tools", ())}
    return [
        IssueReport(
            **{name: value for name, value in each.items() if name != "tool"},
            category="reported",
            title=each["rule"],
            effort_minutes=0,
            lifecycle=_lifecycle(at in existing, each["tool"] in tools),
        )
        for at, each in enumerate(now.get("findings", ()))
    ]


def tests_reported(conn: Connection[Any], run_id: UUID) -> SuiteReport | None:
    told = _told(conn, run_id).get("tests")
    return SuiteReport.model_validate(told) if told else None


def notes_reported(conn: Connection[Any], run_id: UUID) -> Sequence[str]:
    return [*_told(conn, run_id).get("notes", ())]


def _told(conn: Connection[Any], run_id: UUID) -> Mapping[str, Any]:
    found = ask(conn, "reported", run=run_id)
    return found[0]["reported"] if found and found[0]["reported"] else {}


def _existing(now: Mapping[str, Any], before: Mapping[str, Any]) -> set[int]:
    """Places of findings that were there before: in the same file, else where they are gone from
    another one; one to one.
    """
    left: dict[str, list[str]] = defaultdict(list)
    for each in before.get("findings", ()):
        left[each["fingerprint"]].append(each["path"])
    found, others = set(), []
    for at, each in enumerate(now.get("findings", ())):
        paths = left[each["fingerprint"]]
        if each["path"] in paths:
            paths.remove(each["path"])
            found.add(at)
        else:
            others.append((at, paths))
    for at, paths in others:
        if paths:
            paths.pop()
            found.add(at)
    return found


def _lifecycle(existed: bool, was_asked: bool) -> str | None:
    if not was_asked:
        return None
    return "existing" if existed else "new"

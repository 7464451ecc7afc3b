"""Which runs there are, and which of them a person means."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.reports import CodebaseReport, RunSummary
from graph_sitter_db.query.named import ask


def runs(
    conn: Connection[Any],
    *,
    codebase_id: UUID | None = None,
    repository: str | None = None,
    provider: str | None = None,
    branch: str | None = None,
    days: int | None = None,
    finished: bool = False,
    limit: int | None = 50,
) -> list[RunSummary]:
    """Recorded runs, the newest state of the code first; those analysed in the last `days`.

    `finished` leaves out those that are under way or failed.
    Superseded working trees are left out, except where there is no git to record anything else.
    """
    found = ask(
        conn,
        "runs",
        codebase=codebase_id,
        repository=repository,
        provider=provider,
        branch=branch,
        days=days,
        finished=finished,
        limit=limit,
    )
    return [RunSummary.model_validate(row) for row in found]


def runs_by_id(conn: Connection[Any], ids: Sequence[UUID]) -> dict[UUID, RunSummary]:
    found = ask(conn, "runs", runs=list(ids))
    return {row["id"]: RunSummary.model_validate(row) for row in found}


def run_by_id(conn: Connection[Any], run_id: UUID) -> RunSummary:
    if found := runs_by_id(conn, [run_id]).get(run_id):
        return found
    raise UsageError(f"There is no run {run_id}; see which there are with: graph-sitter-db runs")


def latest_run(
    conn: Connection[Any], codebase_id: UUID, branch: str | None = None
) -> RunSummary | None:
    """The newest state recorded of a codebase, on `branch` or on any; never a superseded tree."""
    return _first(conn, ask(conn, "latest_run", codebase=codebase_id, branch=branch))


def newest(
    conn: Connection[Any],
    repository: str,
    root_path: str = "",
    branch: str | None = None,
    *,
    provider: str | None = None,
    language: str | None = None,
) -> RunSummary:
    """The newest state of a repository (or folder of it): of its language families, the largest.

    On `branch` if anything is recorded of it. A folder of which nothing is recorded is asked about
    as part of the folder above. UsageError when nothing is recorded at all.
    """
    found = _recorded(conn, repository, root_path, provider)
    of_language = [each for each in found if language in (None, each.language)]
    for wanted in dict.fromkeys((branch, None)):
        states = [latest_run(conn, each.id, wanted) for each in of_language]
        if recorded := [state for state in states if state]:
            return max(recorded, key=lambda state: state.files)
    raise UsageError(_nothing(repository, root_path, language, found))


def folders_above(root_path: str) -> list[str]:
    """The folder itself, then those it lies in, up to the whole repository, which is ""."""
    parts = root_path.split("/") if root_path else []
    return ["/".join(parts[:depth]) for depth in range(len(parts), -1, -1)]


def other_languages(conn: Connection[Any], run_id: UUID) -> list[str]:
    """In which the same folder is recorded, as of the run's commit or of a later one."""
    return [row["language"] for row in ask(conn, "other_languages", run=run_id)]


def previous_run(conn: Connection[Any], run_id: UUID) -> RunSummary | None:
    """The state of its codebase and branch before this one, at the same depth if there is one."""
    previous = previous_id(conn, run_id)
    return run_by_id(conn, previous) if previous else None


def previous_id(conn: Connection[Any], run_id: UUID) -> UUID | None:
    found = ask(conn, "previous_run", run=run_id)
    return found[0]["id"] if found else None


def find_codebases(
    conn: Connection[Any], full_name: str, root_path: str = "", provider: str | None = None
) -> list[CodebaseReport]:
    """The codebases of one repository (or folder of it), one for each language family."""
    found = ask(conn, "codebases", full_name=full_name, root_path=root_path, provider=provider)
    return [CodebaseReport.model_validate(row) for row in found]


def _recorded(
    conn: Connection[Any], repository: str, root_path: str, provider: str | None
) -> list[CodebaseReport]:
    for folder in folders_above(root_path):
        there = find_codebases(conn, repository, folder, provider)
        if found := [each for each in there if each.runs]:
            return found
    return []


def _first(conn: Connection[Any], rows: list[dict[str, Any]]) -> RunSummary | None:
    return run_by_id(conn, rows[0]["id"]) if rows else None


def _nothing(
    repository: str, root_path: str, language: str | None, found: Sequence[CodebaseReport]
) -> str:
    place = f"{repository}/{root_path}" if root_path else repository
    if found and language:
        there = ", ".join(each.language for each in found)
        return f"Nothing is recorded of {place} for language {language}, only for {there}"
    return f"Nothing is recorded of {place}; record it with: graph-sitter-db record PATH"

"""From what a person types to the run it means."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.reports import RunSummary
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.runs import folders_above, run_by_id, runs_by_id

_ID, _SHORT_ID, _LATEST, _BRANCH, _COMMIT = range(1, 6)
_SHOWN = 10


def run(
    conn: Connection[Any],
    reference: str | UUID,
    *,
    language: str | None = None,
    codebase_id: UUID | None = None,
    repository: str | None = None,
    provider: str | None = None,
) -> RunSummary:
    """The run that an id, short id, `latest`, branch or start of a commit's hash (4 digits) means.

    Of a branch it is the newest state, of a commit the clean and deepest analysis. `latest` looks
    in the repository that was recorded last unless told which. UsageError when several codebases
    or commits are meant, or none.
    """
    text = str(reference).strip()
    found = _meant(
        conn,
        text,
        language=language,
        codebase=codebase_id,
        repository=repository,
        provider=provider,
    )
    if found and found[0]["how"] == _LATEST:
        found = _of_last_repository(found)
    return _only(conn, text, found, language, repository)


def run_at(
    conn: Connection[Any],
    reference: str,
    *,
    repository: str,
    provider: str,
    root_path: str = "",
    commit: str | None = None,
    language: str | None = None,
) -> RunSummary:
    """As `run`, seen from a folder of a repository, where the reference may be known as `commit`.

    The folder's own runs come before those of the folders above; of several languages the largest
    is meant. Ids and hashes may be of another repository, branches and `latest` may not.
    """
    text = reference.strip()
    for name in dict.fromkeys((commit or text, text)):
        found = _meant(conn, name, language=language, repository=repository, provider=provider)
        if found:
            near = _nearest(found, repository, root_path)
            return _only(conn, text, _largest(conn, near), language, repository)
    found = _meant(conn, text, language=language, elsewhere=True)
    return _only(conn, text, found, language, repository)


def _meant(conn: Connection[Any], text: str, **within: object) -> list[dict[str, Any]]:
    return ask(conn, "run_references", reference=text, id=_uuid(text), **within)


def _only(
    conn: Connection[Any],
    text: str,
    found: Sequence[dict[str, Any]],
    language: str | None,
    repository: str | None,
) -> RunSummary:
    if len(found) > 1:
        raise UsageError(_ambiguous(text, found))
    if not found:
        raise UsageError(_unknown(text, language, repository))
    return run_by_id(conn, found[0]["id"])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _of_last_repository(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    last = max(found, key=lambda row: row["started_at"])
    return [row for row in found if row["repository_id"] == last["repository_id"]]


def _nearest(found: list[dict[str, Any]], repository: str, root_path: str) -> list[dict[str, Any]]:
    for folder in folders_above(root_path):
        name = f"{repository}/{folder}" if folder else repository
        if near := [row for row in found if row["codebase"] == name]:
            return near
    return found


def _largest(conn: Connection[Any], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the languages of one codebase the largest; what differs otherwise stays as it is."""
    commits = {row["sha"] for row in found if row["how"] == _COMMIT}
    if len(found) < 2 or len(commits) > 1 or len({row["codebase"] for row in found}) > 1:
        return found
    runs = runs_by_id(conn, [row["id"] for row in found])
    return [max(found, key=lambda row: runs[row["id"]].files)]


def _ambiguous(text: str, found: Sequence[dict[str, Any]]) -> str:
    ordered = sorted(found, key=lambda row: (row["codebase"], row["language"], row["at"]))
    lines = [f"  {_candidate(row)}" for row in ordered[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  … and {len(found) - _SHOWN} more")
    return f"“{text}” means several runs; {_remedy(found)}:\n" + "\n".join(lines)


def _remedy(found: Sequence[dict[str, Any]]) -> str:
    if len({row["codebase"] for row in found}) > 1:
        return "name the repository, or one run by its short id"
    if len({row["sha"] for row in found}) > 1 and found[0]["how"] == _COMMIT:
        return "give more digits of the commit"
    if len({row["language"] for row in found}) > 1:
        return "name the language, or one run by its short id"
    return "name one by its short id"


def _candidate(row: dict[str, Any]) -> str:
    where = (row["short_id"], row["codebase"], row["language"], row["branch"] or "no branch")
    commit = row["sha"][:12] if row["sha"] else "no commit"
    dirty = ["uncommitted changes"] if row["sha"] and row["is_working_tree"] else []
    return "  ".join([*where, commit, *dirty])


def _unknown(text: str, language: str | None, repository: str | None) -> str:
    within = "".join(
        f" {word} {value}"
        for word, value in (("in", repository), ("for language", language))
        if value
    )
    if text == "latest":
        return f"No finished run is recorded{within}; record one with: graph-sitter-db record PATH"
    shortness = " (a commit needs 4 digits or more)" if len(text) < 4 else ""
    return (
        f"No run{within} is known as “{text}”{shortness}. Use a run's id or short id, a branch, a"
        " commit's hash or “latest”; see which runs there are with: graph-sitter-db runs"
    )

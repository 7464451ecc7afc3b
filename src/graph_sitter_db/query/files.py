"""Files of a run, and all that is stored of one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.reports import FileAnalysis, FileReport
from graph_sitter_db.query.issues import (
    accepted_issues,
    accepted_of_version,
    issues,
    issues_of_version,
)
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.symbols import symbols_of_file


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One version of a file, and the newest run that holds it (none: stored without a run)."""

    id: int
    path: str
    run_id: UUID | None
    short_id: str | None
    metrics: Mapping[str, float]


def files(conn: Connection[Any], run_id: UUID, pattern: str | None = None) -> list[FileReport]:
    """The files of a run, by path.

    `pattern` may hold `*` (any characters, `/` too) and `?`; without them it is a part of it.
    """
    found = ask(conn, "files", run=run_id, pattern=None if pattern is None else _like(pattern))
    return [FileReport.model_validate(row) for row in found]


def files_at(
    conn: Connection[Any], run_id: UUID | None, path: str, version: int | None = None
) -> list[FileReport]:
    """The file at exactly `path`, if the run holds it; or one stored version on its own."""
    found = ask(conn, "files", run=run_id, version=version, pattern=_escaped(path))
    return [FileReport.model_validate(row) for row in found]


def stored_file(
    conn: Connection[Any],
    codebase_id: UUID,
    path: str,
    blob_sha256: bytes,
    extractor: bytes | None = None,
) -> StoredFile | None:
    """The version with these very bytes, as one extractor sees them or else as the last one did."""
    found = ask(
        conn,
        "file_version",
        codebase=codebase_id,
        path=path,
        blob_sha256=blob_sha256,
        extractor=extractor,
    )
    return _stored(path, found[0]) if found else None


def file_of_run(conn: Connection[Any], run_id: UUID, path: str) -> StoredFile:
    """The version that a run holds (its `run_id` is the newest run that holds the same one)."""
    if found := ask(conn, "file_version", run=run_id, path=path):
        return _stored(path, found[0])
    raise UsageError(f"The run holds no file {path}; see its files with: graph-sitter-db files")


def file_analysis(conn: Connection[Any], stored: StoredFile, summary: str = "") -> FileAnalysis:
    """All that is known of a stored version; what needs relations is told as of its newest run."""
    run_id, path = stored.run_id, stored.path
    version = None if run_id else stored.id
    file = files_at(conn, run_id, path, version)[0]
    if run_id:
        found = issues(conn, run_id, path=path)
        accepted = accepted_issues(conn, run_id, path=path)
    else:
        found = issues_of_version(conn, stored.id)
        accepted = accepted_of_version(conn, stored.id)
    return FileAnalysis(
        path=path,
        language=file.language,
        summary=summary,
        metrics=dict(stored.metrics),
        symbols=symbols_of_file(conn, path, run_id=run_id, version=version),
        issues=found,
        file=file,
        stored=True,
        stored_in=stored.short_id,
        accepted=accepted,
    )


def _stored(path: str, row: Mapping[str, Any]) -> StoredFile:
    return StoredFile(row["id"], path, row["run_id"], row["short_id"], row["metrics"])


def _like(pattern: str) -> str:
    """The LIKE pattern that means the same."""
    escaped = _escaped(pattern)
    if "*" in pattern or "?" in pattern:
        return escaped.replace("*", "%").replace("?", "_")
    return f"%{escaped}%"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

"""Symbols of a run, by name."""

from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.coverage import Span
from graph_sitter_db.model.keys import CALLABLES, SymbolKind
from graph_sitter_db.model.reports import SymbolReport
from graph_sitter_db.query.named import ask


def symbols(
    conn: Connection[Any],
    run_id: UUID,
    query: str = "",
    kind: str | None = None,
    limit: int | None = 50,
) -> list[SymbolReport]:
    """Symbols whose name is `query` in any case, then those that start so, then those that hold it.

    Nameless functions are found only by a query that holds `anonymous`.
    """
    found = ask(
        conn,
        "symbols",
        run=run_id,
        query=query,
        kind=_kind(kind),
        anonymous="anonymous" in query.lower(),
        limit=limit,
    )
    return [SymbolReport.model_validate(row) for row in found]


def symbols_of_file(
    conn: Connection[Any], path: str, *, run_id: UUID | None, version: int | None = None
) -> list[SymbolReport]:
    """All of a file in source order, nameless ones too: in a run, or of one version alone."""
    found = ask(conn, "symbols", run=run_id, version=version, path=path, anonymous=True)
    return [SymbolReport.model_validate(row) for row in found]


def symbol(conn: Connection[Any], run_id: UUID, path: str, key: str) -> SymbolReport | None:
    found = ask(conn, "symbols", run=run_id, path=path, key=key, anonymous=True)
    return SymbolReport.model_validate(found[0]) if found else None


def functions(conn: Connection[Any], run_id: UUID) -> dict[str, list[Span]]:
    """Of every file of a run, in source order."""
    found: dict[str, list[Span]] = {}
    for row in ask(conn, "functions", run=run_id, kinds=sorted(CALLABLES)):
        spans = found.setdefault(row.pop("path"), [])
        if row["key"] is not None:
            spans.append(Span(**row))
    return found


def _kind(kind: str | None) -> str | None:
    if kind is not None and kind not in list(SymbolKind):
        raise UsageError(f"“{kind}” is no kind of symbol; choose of: {', '.join(SymbolKind)}")
    return kind

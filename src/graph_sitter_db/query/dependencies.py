"""Who uses a symbol or file, and what it uses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Depth
from graph_sitter_db.model.reports import (
    Dependencies,
    FileReport,
    Relation,
    RunSummary,
    SymbolReport,
)
from graph_sitter_db.query.files import files_at
from graph_sitter_db.query.named import ask
from graph_sitter_db.query.runs import run_by_id
from graph_sitter_db.query.symbols import symbol

_SHOWN = 20


def dependencies(conn: Connection[Any], run_id: UUID, path_or_symbol: str) -> Dependencies:
    """Of a file (by path) or a symbol: by `path:key`, key, the end of a `path:key`, or name.

    Overloads and redefinitions answer as one, unless `#n` picks one; the last is shown, as the one
    that is in force. A file's relations are those that cross its border. UsageError when several
    symbols are meant, or none, or the run has no relations.
    """
    run = run_by_id(conn, run_id)
    if run.depth != Depth.GRAPH:
        raise UsageError(_no_graph(run))
    path, keys = place_of(conn, run_id, path_or_symbol)
    total = ask(conn, "resolution", run=run_id)[0]
    sites = total["resolved"] + total["unresolved"]
    return Dependencies(
        run=run,
        symbol=_symbol(conn, run_id, path, keys),
        uses=_relations(conn, "uses", run_id, path, keys),
        used_by=_relations(conn, "used_by", run_id, path, keys),
        resolved=total["resolved"],
        unresolved=total["unresolved"],
        resolution_rate=total["resolved"] / sites if sites else None,
    )


def place_of(conn: Connection[Any], run_id: UUID, reference: str) -> tuple[str, list[str]]:
    """The file that is meant, and the keys of the symbol's definitions in it (of a file: none)."""
    found = ask(conn, "symbol_places", run=run_id, reference=reference.strip())
    if len(found) == 1:
        return found[0]["path"], found[0]["keys"]
    raise UsageError(_ambiguous(reference, found) if found else _unknown(reference))


def _symbol(conn: Connection[Any], run_id: UUID, path: str, keys: Sequence[str]) -> SymbolReport:
    found = symbol(conn, run_id, path, keys[-1]) if keys else None
    return found or _file_as_symbol(files_at(conn, run_id, path)[0])


def _file_as_symbol(file: FileReport) -> SymbolReport:
    """A file is asked about like a symbol with an empty key."""
    return SymbolReport(
        path=file.path,
        key="",
        kind="file",
        name=file.path.rpartition("/")[2],
        parent=None,
        signature=None,
        start_line=1,
        end_line=max(file.lines, 1),
        lines=file.lines,
        is_exported=True,
        docstring=None,
        parameters=None,
        cyclomatic=file.cyclomatic,
        cognitive=file.cognitive,
        nesting=None,
        fan_in=None,
        fan_out=None,
    )


def _relations(
    conn: Connection[Any], question: str, run_id: UUID, path: str, keys: list[str]
) -> list[Relation]:
    return [
        Relation.model_validate(row)
        for row in ask(conn, question, run=run_id, path=path, keys=keys)
    ]


def _no_graph(run: RunSummary) -> str:
    return (
        f"Run {run.short_id} was recorded at depth {run.depth}, without relations; record the"
        " commit again with: graph-sitter-db record --depth graph"
    )


def _ambiguous(reference: str, found: Sequence[dict[str, Any]]) -> str:
    places = [f"  {row['path']}:{row['title']}" for row in found[:_SHOWN]]
    if len(found) > _SHOWN:
        places.append(f"  … and {len(found) - _SHOWN} more")
    return f"“{reference}” means several symbols; name one of:\n" + "\n".join(places)


def _unknown(reference: str) -> str:
    return (
        f"The run holds no file or symbol “{reference}”; look for a part of the name with:"
        " graph-sitter-db symbols"
    )

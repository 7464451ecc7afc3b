"""Two recorded runs side by side, with what git and the sources tell of what moved between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph_sitter_db import query
from graph_sitter_db.checkout import Held, renames
from graph_sitter_db.model.moves import Lines, Move, alike, equal, lines_of

if TYPE_CHECKING:
    from psycopg import Connection

    from graph_sitter_db.db import Database
    from graph_sitter_db.model.reports import Comparison, RunSummary


def compare(
    database: Database, before: RunSummary, after: RunSummary, path: str | Path
) -> Comparison:
    """As `query.compare`, with files and symbols followed where the repository is at `path`."""
    with database.transaction(read_only=True) as connection:
        known = followed(connection, before, after, path)
        return query.compare(connection, before.id, after.id, known=known)


def followed(
    connection: Connection[Any], before: RunSummary, after: RunSummary, path: str | Path
) -> query.Known | None:
    """What moved between two runs of one codebase."""
    if before.codebase_id != after.codebase_id:
        return None
    old, new = (query.contents(connection, run.id) for run in (before, after))
    sides = [_held(before, path), _held(after, path)]
    lines = _lines(sides[0], old), _lines(sides[1], new)
    gone, came = {*old} - {*new}, {*new} - {*old}
    found = equal({name: old[name] for name in gone}, {name: new[name] for name in came})
    found += _fresh(found, gone, came, [*renames(*sides)] if gone and came else [])
    texts = [
        {name: text for name in names - taken if (text := of_side(name))}
        for names, taken, of_side in (
            (gone, {move.before for move in found}, lines[0]),
            (came, {move.after for move in found}, lines[1]),
        )
    ]
    return query.Known([*found, *alike(*texts)], *lines)


def _held(run: RunSummary, path: str | Path) -> Held:
    return Held(path, run.root_path, None if run.is_working_tree else run.commit)


def _lines(held: Held, stored: Mapping[str, bytes]) -> Callable[[str], Lines | None]:
    """Of a file, where it still is what was recorded."""

    @cache
    def lines(path: str) -> Lines | None:
        content = held.read(path)
        if content is None or sha256(content).digest() != stored.get(path):
            return None
        return lines_of(content.decode("utf-8", "replace"))

    return lines


def _fresh(
    found: list[Move[str]], gone: set[str], came: set[str], more: list[Move[str]]
) -> list[Move[str]]:
    """Of what is told of one file, the first."""
    left = gone - {move.before for move in found}
    free = came - {move.after for move in found}
    fresh = []
    for move in more:
        if move.before in left and move.after in free:
            fresh.append(move)
            left.remove(move.before)
            free.remove(move.after)
    return fresh

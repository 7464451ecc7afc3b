"""What a codebase's runs are kept for, and what they take."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.model.retention import Candidate
from graph_sitter_db.query.named import ask


def candidates(
    conn: Connection[Any], codebase_id: UUID, tagged: Collection[str]
) -> list[Candidate]:
    """All that are not under way, by date; `tagged` are the hashes of commits that have a tag."""
    return [
        Candidate(
            id=row["id"],
            series=(row["branch"], row["depth"], "tree" if row["is_working_tree"] else None),
            at=row["at"],
            gate=row["gate"],
            is_tagged=row["is_tagged"],
            is_pinned=row["is_pinned"],
        )
        for row in ask(conn, "retention_runs", codebase=codebase_id, tagged=list(tagged))
    ]


def size(conn: Connection[Any], codebase_id: UUID, runs: Collection[UUID]) -> dict[str, int]:
    """What these runs alone hold: rows, and their bytes without indexes. None given: all of it."""
    return ask(conn, "retention_size", codebase=codebase_id, runs=list(runs))[0]

"""The adapter's way from a folder and a reference to what is recorded of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard
from uuid import UUID

from graph_sitter_db import query

if TYPE_CHECKING:
    from graph_sitter_db.checkout import Place
    from graph_sitter_db.db import Database
    from graph_sitter_db.model.reports import RunSummary


def find_run(
    database: Database, reference: UUID | str | None, path: str | Path, language: str | None
) -> RunSummary:
    """The run a reference means; without one, the newest of the repository at `path`."""
    database.check_known()
    if isinstance(reference, UUID) or _is_uuid(reference):
        with database.transaction(read_only=True) as connection:
            return query.run(connection, reference, language=language)
    where = place_at(path, reference)
    with database.transaction(read_only=True) as connection:
        if reference is None:
            return query.newest(
                connection,
                where.full_name,
                where.root_path,
                where.branch,
                provider=where.provider,
                language=language,
            )
        return query.run_at(
            connection,
            reference,
            repository=where.full_name,
            provider=where.provider,
            root_path=where.root_path,
            commit=where.commit,
            language=language,
        )


def place_at(path: str | Path, revision: str | None = None) -> Place:
    # Importing git's library takes as long as a question does.
    from graph_sitter_db.checkout import place_of

    return place_of(path, revision)


def _is_uuid(reference: str | None) -> TypeGuard[str]:
    """In the form with hyphens: 32 digits alone may be the start of a commit's hash."""
    try:
        return reference is not None and "-" in reference and bool(UUID(reference))
    except ValueError:
        return False

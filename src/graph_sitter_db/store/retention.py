"""Runs are dropped, and what nothing holds any more with them."""

from collections.abc import Sequence
from uuid import UUID

from graph_sitter_db.db import Database
from graph_sitter_db.errors import DatabaseRefused
from graph_sitter_db.store.statements import Statements


def drop(database: Database, codebase_id: UUID, runs: Sequence[UUID]) -> bool:
    """Whether what they alone held is gone too: only who may act as the schema's owner can do that.

    No other run loses anything: content goes when no run refers to it.
    """
    with database.transaction() as connection:
        sql = Statements(connection, "retention.sql")
        Statements(connection).run("lock_codebase", codebase_id=codebase_id)
        while sql.run("pass_on", runs=list(runs)):
            pass
        sql.run("detach", runs=list(runs))
        sql.run("drop_runs", runs=list(runs))
    return _prune(database)


def pin(database: Database, run_id: UUID, pinned: bool) -> None:
    """A pinned run is never dropped by age."""
    with database.transaction() as connection:
        Statements(connection, "retention.sql").run("pin", run_id=run_id, pinned=pinned)


def _prune(database: Database) -> bool:
    try:
        with database.owning() as connection:
            connection.execute("SELECT codebase.prune_unreferenced_content(false)")
    except DatabaseRefused:
        return False
    return True

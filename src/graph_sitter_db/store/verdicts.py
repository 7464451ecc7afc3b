"""What a gate said of a run, kept with it."""

from collections.abc import Mapping
from uuid import UUID

from graph_sitter_db.db import Database
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored_json


def keep_verdict(database: Database, run_id: UUID, verdict: Mapping[str, object]) -> None:
    """In place of what was said of it before."""
    with database.transaction() as connection:
        Statements(connection).run("keep_verdict", run_id=run_id, verdict=stored_json(verdict))

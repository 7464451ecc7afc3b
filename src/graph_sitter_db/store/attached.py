"""What other tools report of a run, stored whenever it is given."""

from dataclasses import asdict
from uuid import UUID

from graph_sitter_db.db import Database
from graph_sitter_db.model.reported import Attached
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored, stored_json


def attach(database: Database, run_id: UUID, attached: Attached) -> None:
    """In place of what was known of it."""
    findings = [
        {name: stored(v) if isinstance(v, str) else v for name, v in each.items()}
        for each in attached.findings
    ]
    told = {
        "findings": findings,
        "tools": [stored(tool) for tool in attached.tools],
        "tests": attached.tests and asdict(attached.tests),
        "notes": [stored(note) for note in attached.notes],
    }
    with database.transaction() as connection:
        Statements(connection).run("attach_reports", run_id=run_id, reported=stored_json(told))

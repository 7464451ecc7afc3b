"""What a gate said of a run."""

from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.model.verdicts import Verdict
from graph_sitter_db.query.named import ask


def verdict(conn: Connection[Any], run_id: UUID) -> Verdict | None:
    """As it was kept; None where nobody asked for it."""
    row = ask(conn, "run_details", run=run_id)[0]
    kept = (row["metadata"] or {}).get("gate")
    return Verdict.model_validate(kept) if kept else None

"""A commit whose sources another run was about: its answers hold, and nothing is analysed."""

import time
from collections.abc import Sequence

from graph_sitter_db.db import Database
from graph_sitter_db.store.recording import Begun, Recorded
from graph_sitter_db.store.results import write_steps
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored, stored_json


def repeat(database: Database, begun: Begun, notes: Sequence[str]) -> Recorded | None:
    """Complete a run from one of the same bytes and configuration; None: there is none.

    Of working trees there is none: each is its own, and superseded by the next.
    """
    if begun.is_working_tree or begun.row["sources_digest"] is None:
        return None
    started = time.perf_counter()
    with database.transaction() as connection:
        sql = Statements(connection)
        sql.run("lock_codebase", codebase_id=begun.place.codebase_id)
        run, twin = sql.one("run_state", run_id=begun.run_id), sql.value("find_twin", **begun.row)
        if twin is None or run is None or run[1] != "running":
            return None
        seconds = {"repeat": round(time.perf_counter() - started, 4)}
        values = {"run_id": begun.run_id, "twin_id": twin}
        told = {"notes": [stored(note) for note in notes], "seconds": stored_json(seconds)}
        sql.run("repeat_run", **values, **told)
        sql.run("repeat_metrics", **values)
        write_steps(sql, begun.run_id, seconds)
        return Recorded(begun.run_id, begun.place.codebase_id)

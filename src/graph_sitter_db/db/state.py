"""What a database says about itself, whether or not our schema is in it."""

from contextlib import closing
from dataclasses import dataclass

from graph_sitter_db.db import explain, installed, targets
from graph_sitter_db.db.targets import Target

_ABOUT = """
    SELECT current_setting('server_version'),
           (SELECT count(*) FROM pg_catalog.pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid())
"""


@dataclass(frozen=True, slots=True)
class State:
    url: str  # without the password
    version: str  # PostgreSQL's
    users: int  # connections to the database, the asking one left out
    schema_version: str | None


def look(target: Target = None) -> State:
    """Connects; of the embedded server that means: starts it."""
    with closing(targets.source(target)) as source:
        with source.lend() as connection, explain.working(source.label, connection):
            row = connection.execute(_ABOUT).fetchone()
        assert row is not None
        return State(source.label, row[0], row[1], installed.look(source).version)


def label(url: str) -> str:
    """The URL without its password."""
    with closing(targets.source(url)) as source:
        return source.label

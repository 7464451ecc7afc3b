"""Which version of the schema a database holds."""

from dataclasses import dataclass

from graph_sitter_db.db import explain, revisions, session
from graph_sitter_db.db.targets import Source

_IS_THERE = """
    SELECT count(*) FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'base' AND c.relname IN ('alembic_version', 'schema_migrations')
"""
_WHICH = """
    SELECT (SELECT max(version_num) FROM base.alembic_version), max(version)
    FROM base.schema_migrations WHERE rolled_back_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """`number` orders versions; both are None when there is no schema of ours."""

    number: str | None = None
    version: str | None = None
    is_stamped: bool = True  # false: the files were loaded by hand, and the pointer is not set


def look(source: Source) -> Installed:
    """One cheap question about the catalog, one to the ledger."""
    with source.lend() as connection, explain.working(source.label, connection):
        with connection.transaction():
            row = connection.execute(_IS_THERE).fetchone()
        if row != (2,):
            return Installed()
    with session.acting(source, None, read_only=True) as connection:
        number, version = connection.execute(_WHICH).fetchone() or (None, None)
    if number is None and version is None:
        return Installed()
    return Installed(number or revisions.baseline().number, version, is_stamped=bool(number))

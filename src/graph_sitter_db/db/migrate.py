"""Moving an installed schema from version to version; Alembic keeps the order and the pointer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy
from alembic import command, op
from alembic.config import Config

from graph_sitter_db.db import install, revisions
from graph_sitter_db.db.revisions import Revision
from graph_sitter_db.db.targets import Connection
from graph_sitter_db.errors import DatabaseError

_LOCK = "hashtext('graph-sitter-db schema')"


def up(connection: Connection, goal: Revision) -> None:
    """Apply what is missing up to `goal`, each step in its own transaction."""
    with _locked(connection):
        _check_ledger(connection)
        _stamp(connection)
        _alembic(connection, command.upgrade, goal)


def down(connection: Connection, goal: Revision) -> None:
    """Undo what came after `goal`, newest first."""
    with _locked(connection):
        _check_ledger(connection)
        _alembic(connection, command.downgrade, goal)


def apply(number: str) -> None:
    """One step up, and its row in the ledger: called by the revision of that number."""
    revision, connection = revisions.find(number), _connection_of_alembic()
    started = time.monotonic()
    install.run(connection, revision.up)
    taken = round((time.monotonic() - started) * 1000)
    connection.execute(install.ledger_row(revision, taken))


def revert(number: str) -> None:
    """One step down: called by the revision of that number."""
    revision, connection = revisions.find(number), _connection_of_alembic()
    install.run(connection, revision.down)
    connection.execute(
        "UPDATE base.schema_migrations SET rolled_back_at = now()"
        " WHERE version = %s AND rolled_back_at IS NULL",
        (revision.version,),
    )


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    connection.execute(f"SELECT pg_advisory_lock({_LOCK})")
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(f"SELECT pg_advisory_unlock({_LOCK})")


def _check_ledger(connection: Connection) -> None:
    """A released file never changes: what is applied must be what the code would apply."""
    known = {revision.version: revision for revision in revisions.revisions()[1:]}
    applied = connection.execute(
        "SELECT version, checksum FROM base.schema_migrations WHERE rolled_back_at IS NULL"
    )
    for version, checksum in applied:
        if version in known and known[version].checksum != bytes(checksum):
            raise DatabaseError(
                f"{known[version].up_path.name} is not the file that was applied to this database "
                f"as version {version}. Install a released graph-sitter-db."
            )


def _stamp(connection: Connection) -> None:
    """Set the pointer where the module files were loaded by hand."""
    connection.execute(
        "INSERT INTO base.alembic_version (version_num) SELECT %s"
        " WHERE NOT EXISTS (SELECT FROM base.alembic_version)",
        (revisions.baseline().number,),
    )


def _alembic(connection: Connection, move: Callable[[Config, str], None], goal: Revision) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=sqlalchemy.StaticPool
    )
    connection.autocommit = False
    try:
        with engine.connect() as lent:
            config.attributes["connection"] = lent
            move(config, goal.number)
    finally:
        if not connection.closed:
            connection.rollback()
            connection.autocommit = True


def _connection_of_alembic() -> Connection:
    return cast(Connection, cast(Any, op.get_bind().connection).driver_connection)

"""Putting the whole schema into an empty database, and taking it out again."""

import random
import time
from typing import Any, cast

from psycopg import errors, sql

from graph_sitter_db.db import modules, revisions
from graph_sitter_db.db.revisions import Revision
from graph_sitter_db.db.targets import Connection
from graph_sitter_db.errors import DatabaseRefused

_ATTEMPTS = 10
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('graph-sitter-db schema'))"
_RECORD = """
SET ROLE graph_sitter_owner;
INSERT INTO base.alembic_version (version_num) VALUES ({number});
RESET ROLE;
"""


def install(connection: Connection) -> None:
    """Run every module in one transaction; whoever comes second finds it done."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with connection.transaction():
                _install_once(connection)
            return
        except (errors.UniqueViolation, errors.InternalError_, errors.DeadlockDetected):
            # Roles belong to the whole server, so an installation into another of its databases
            # can cross this one, and no lock of PostgreSQL's spans databases.
            if attempt == _ATTEMPTS:
                raise
            time.sleep(random.uniform(0.01, 0.1) * attempt)
        except errors.FeatureNotSupported as error:
            told = error.diag
            raise DatabaseRefused(f"{told.message_primary}. {told.message_hint or ''}") from error


def remove(connection: Connection) -> None:
    """Drop the schema with all its rows; roles stay when another database uses them."""
    with connection.transaction():
        connection.execute(_LOCK)
        run(connection, revisions.baseline().down)


def run(connection: Connection, text: str) -> None:
    """Execute one of our own SQL files, all its statements."""
    connection.execute(cast(Any, text))


def record_as_text() -> str:
    """The statements that say what the modules have installed."""
    return _record().as_string()


def ledger_row(revision: Revision, milliseconds: int | None = None) -> sql.Composed:
    return sql.SQL(
        "INSERT INTO base.schema_migrations"
        " (version, module, description, checksum, execution_ms, rollback_sql)"
        " VALUES ({}, {}, {}, {}, {}, {});"
    ).format(
        revision.version,
        revision.module,
        revision.description,
        revision.checksum,
        milliseconds,
        revision.down,
    )


def _install_once(connection: Connection) -> None:
    connection.execute(_LOCK)
    if connection.execute("SELECT FROM pg_namespace WHERE nspname = 'base'").rowcount:
        _check_ours(connection)
        return
    for module in modules.modules():
        run(connection, module.text)
    connection.execute(_record())


def _check_ours(connection: Connection) -> None:
    if not connection.execute(
        "SELECT FROM pg_class WHERE relname = 'schema_migrations'"
        " AND relnamespace = 'base'::regnamespace"
    ).rowcount:
        raise DatabaseRefused(
            "The database has a schema named base that is not graph-sitter-db's. Give it a "
            "database of its own."
        )


def _record() -> sql.Composed:
    rows = [ledger_row(revision) for revision in revisions.revisions()[1:]]
    pointer = sql.SQL(_RECORD).format(number=revisions.head().number)
    return sql.Composed([pointer, *rows])

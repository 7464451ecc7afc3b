"""A transaction under the role and the organization it is for, whoever owns the connection."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import LiteralString
from uuid import UUID

from psycopg import pq, sql

from graph_sitter_db.db import explain, modules
from graph_sitter_db.db.targets import Connection, Source

ROLE = "graph_sitter_app"
KEEPER = "graph_sitter_maintenance"
_SETTINGS: tuple[LiteralString, ...] = (
    "search_path",
    "role",
    "graph_sitter.organization_id",
    "graph_sitter.user_id",
    "jit",
)


@contextmanager
def acting(
    source: Source, organization: UUID | None, *, read_only: bool = False
) -> Iterator[Connection]:
    """A transaction as graph_sitter_app for one organization.

    Within a transaction of the caller's it is a savepoint, and the caller's settings come back.
    """
    with source.lend() as connection, explain.working(source.label, connection):
        nested = connection.info.transaction_status == pq.TransactionStatus.INTRANS
        with connection.transaction():
            before = _settings(connection) if nested else None
            _set(connection, _ours(organization))
            if read_only:
                connection.execute("SET TRANSACTION READ ONLY")
            yield connection
            if before:
                _set(connection, before)


def owning(source: Source) -> AbstractContextManager[Connection]:
    """A transaction as the schema's owner; within one of the caller's it is a savepoint."""
    return _under(source, "graph_sitter_owner")


def keeping(source: Source, *, read_only: bool = False) -> AbstractContextManager[Connection]:
    """The same as the role that keeps house, and sees every organization's rows."""
    return _under(source, KEEPER, read_only)


@contextmanager
def _under(source: Source, role: str, read_only: bool = False) -> Iterator[Connection]:
    with (
        source.lend() as connection,
        explain.working(source.label, connection),
        connection.transaction(),
    ):
        before = connection.execute("SELECT current_setting('role')").fetchone()
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        if read_only:
            connection.execute("SET TRANSACTION READ ONLY")
        yield connection
        connection.execute("SELECT set_config('role', %s, true)", before)


def _ours(organization: UUID | None) -> tuple[str, ...]:
    # Compiling a query costs 75 to 150 ms, more than any of ours takes.
    return (modules.search_path(), ROLE, str(organization or ""), "", "off")


def _settings(connection: Connection) -> tuple[str, ...]:
    each = sql.SQL(", ").join(
        sql.SQL("coalesce(current_setting({}, true), '')").format(name) for name in _SETTINGS
    )
    found = connection.execute(sql.SQL("SELECT {}").format(each)).fetchone()
    assert found is not None
    return found


def _set(connection: Connection, values: tuple[str, ...]) -> None:
    """For the rest of the transaction, in one round trip."""
    pairs = zip(_SETTINGS, values, strict=True)
    each = sql.SQL(", ").join(sql.SQL("set_config({}, {}, true)").format(*pair) for pair in pairs)
    connection.execute(sql.SQL("SELECT {}").format(each))

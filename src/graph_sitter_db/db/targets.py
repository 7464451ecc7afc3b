"""Where connections come from: a URL, the embedded server, or what the caller has already."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

import psycopg
from psycopg import conninfo, pq
from psycopg.rows import TupleRow, tuple_row

from graph_sitter_db.db import explain, server
from graph_sitter_db.errors import DatabaseUnavailable, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

type Connection = psycopg.Connection[TupleRow]
type Target = "str | Engine | psycopg.Connection[Any] | None"

_DEFAULTS = {"application_name": "graph-sitter-db", "connect_timeout": "10"}
_SECRET = {"password", "sslpassword", "oauth_client_secret"}
_SCHEME = re.compile(r"([a-z][a-z0-9]*)(?:\+[a-z0-9_]+)?://", re.IGNORECASE)
_PORTS = re.compile(r"[0-9,]*")  # one for each host


class Source(Protocol):
    """Lends connections that are ours alone for the time of a transaction."""

    embedded: bool

    @property
    def label(self) -> str:
        """For people: without passwords."""

    def lend(self) -> AbstractContextManager[Connection]: ...

    def separate(self) -> Connection:
        """A connection of its own, autocommitting, which the caller closes."""

    def close(self) -> None: ...


def source(target: Target) -> Source:
    """What `target` stands for; None is GRAPH_SITTER_DB_URL, or else the embedded server."""
    if target is None:
        target = os.environ.get("GRAPH_SITTER_DB_URL") or None
    if target is None:
        return UrlSource(server.start, embedded=True)
    if isinstance(target, str):
        parameters = _parameters(target)
        return UrlSource(lambda: parameters)
    if isinstance(target, psycopg.Connection):
        return BorrowedSource(target)
    if hasattr(target, "raw_connection"):
        return EngineSource(target)
    raise UsageError(
        f"A {type(target).__name__} is no database: give a PostgreSQL URL, a SQLAlchemy Engine, "
        "a psycopg.Connection, or nothing for the embedded server."
    )


class UrlSource:
    """Connections of our own, kept for the next transaction."""

    def __init__(
        self, where: Callable[[], str | dict[str, str]], *, embedded: bool = False
    ) -> None:
        self._where = where
        self._idle: list[Connection] = []
        self.embedded = embedded

    @cached_property
    def label(self) -> str:
        return _label(self._parameters())

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        connection = self._reusable() or self.separate()
        try:
            yield connection
        finally:
            if connection.info.transaction_status == pq.TransactionStatus.IDLE:
                self._idle.append(connection)
            else:
                connection.close()

    def separate(self) -> Connection:
        try:
            return self._connected()
        except DatabaseUnavailable:
            if not self.embedded:
                raise
            time.sleep(0.1)  # it was just ending: the next attempt starts it again
            return self._connected()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _connected(self) -> Connection:
        with explain.connecting(self.label):
            # Prepared statements would not survive a pooler between us and the server.
            return psycopg.connect(
                **cast(Any, _DEFAULTS | self._parameters() | {"client_encoding": "utf8"}),
                autocommit=True,
                prepare_threshold=None,
            )

    def _reusable(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if _answers(connection):
                return connection
            connection.close()
        return None

    def _parameters(self) -> dict[str, str]:
        where = self._where()
        return _parameters(where) if isinstance(where, str) else where


class EngineSource:
    """Connections of the caller's SQLAlchemy engine, given back to its pool."""

    embedded = False

    def __init__(self, engine: "Engine") -> None:
        if engine.dialect.name != "postgresql" or engine.dialect.driver != "psycopg":
            raise UsageError(
                f"The engine speaks {engine.dialect.name}+{engine.dialect.driver}, and "
                "graph-sitter-db needs postgresql+psycopg: create it with "
                "create_engine('postgresql+psycopg://...')."
            )
        self._engine = engine
        _, arguments = engine.dialect.create_connect_args(engine.url)
        self.label = _label(_checked({name: str(value) for name, value in arguments.items()}))

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        pooled = self._pooled()
        try:
            with _as_ours(cast(Any, pooled.driver_connection)) as connection:
                yield connection
        finally:
            pooled.close()

    def separate(self) -> Connection:
        pooled = self._pooled()
        connection = cast(Any, pooled.driver_connection)
        pooled.detach()
        connection.autocommit = True
        connection.row_factory = tuple_row
        return cast(Connection, connection)

    def close(self) -> None:
        """The engine is the caller's."""

    def _pooled(self) -> Any:
        from sqlalchemy.exc import DBAPIError

        try:
            pooled = self._engine.raw_connection()
            while not _answers(cast(Any, pooled.driver_connection)):
                pooled.invalidate()
                pooled = self._engine.raw_connection()
        except (DBAPIError, psycopg.OperationalError) as error:
            with explain.connecting(self.label):
                raise getattr(error, "orig", None) or error from None
        return pooled


class BorrowedSource:
    """The caller's own connection: never closed, and left as it was found."""

    embedded = False

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.label = _label(connection.info.get_parameters()) if not connection.closed else "it"

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        if self._connection.closed:
            raise DatabaseUnavailable(
                "The connection that was given is closed. Give an open one, a URL or an engine."
            )
        status = self._connection.info.transaction_status
        if status not in (pq.TransactionStatus.IDLE, pq.TransactionStatus.INTRANS):
            raise UsageError(
                f"The connection that was given is in a transaction that is {status.name}. "
                "Roll it back, or end what it is doing, and try again."
            )
        with _as_ours(self._connection) as connection:
            yield connection

    def separate(self) -> Connection:
        info = self._connection.info
        secrets = {"password": info.password} if info.password else {}
        parameters = info.get_parameters() | secrets
        return UrlSource(lambda: parameters).separate()

    def close(self) -> None:
        """The connection is the caller's."""


def _parameters(url: str) -> dict[str, str]:
    scheme = _SCHEME.match(url)
    if scheme and scheme[1].lower() not in ("postgresql", "postgres"):
        raise UsageError(
            f"{scheme[1]}:// is no PostgreSQL database. Give postgresql://user@host/database."
        )
    try:
        found = conninfo.conninfo_to_dict(f"postgresql://{url[scheme.end() :]}" if scheme else url)
    except psycopg.ProgrammingError:
        # The driver's message may hold a piece of the password.
        raise _unreadable() from None
    return _checked({name: str(value) for name, value in found.items()})


def _checked(parameters: dict[str, str]) -> dict[str, str]:
    """Refuse what was split in the middle of a password: a piece of it would be told as a place."""
    host = parameters.get("host", "")
    places = ("" if host.startswith("/") else host) + parameters.get("dbname", "")
    if "@" in places or not _PORTS.fullmatch(parameters.get("port", "")):
        raise _unreadable()
    return parameters


def _unreadable() -> UsageError:
    return UsageError(
        "The database URL cannot be read. Give postgresql://user@host/database, with special "
        "characters of user and password percent-encoded."
    )


def _label(parameters: dict[str, str]) -> str:
    host = parameters.get("host", "")
    where = "" if host.startswith("/") else host
    port = f":{parameters['port']}" if where and "port" in parameters else ""
    user = parameters.get("user", "")
    secret = ":***" if user and _SECRET & parameters.keys() else ""
    at = f"{user}{secret}@" if user else ""
    socket = f"?host={host}" if host.startswith("/") else ""
    if socket and "port" in parameters:
        socket += f"&port={parameters['port']}"
    return f"postgresql://{at}{where}{port}/{parameters.get('dbname', '')}{socket}"


def _answers(connection: Connection) -> bool:
    """Whether the server is still there; an empty query opens no transaction."""
    return connection.pgconn.exec_(b"").status == pq.ExecStatus.EMPTY_QUERY


@contextmanager
def _as_ours(connection: psycopg.Connection[Any]) -> Iterator[Connection]:
    """Rows as tuples, whatever the caller likes, and back again."""
    rows = connection.row_factory
    connection.row_factory = tuple_row
    try:
        yield cast(Connection, connection)
    finally:
        with suppress(psycopg.Error):
            connection.row_factory = rows

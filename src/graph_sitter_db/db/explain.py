"""The driver's errors in our words: what was found, and what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from graph_sitter_db.errors import (
    DatabaseError,
    DatabaseRefused,
    DatabaseTooOld,
    DatabaseUnavailable,
)

# The server reports an error while connecting without its code, and perhaps in its own language;
# only the two blanks after the severity are the same everywhere.
_SERVER_SAID = re.compile(r"(?:^|failed: )(?:\w+:  |fe_sendauth: )(.+)", re.MULTILINE)
_CAUSE = re.compile(r"connection to server .*? failed: (.+)")
_BUSY = re.compile(
    r"starting up|shutting down|recovery mode|not (?:yet )?accepting connections|recovery state"
    r"|too many (?:clients|connections)|connection slots"
)
_NO_DATABASE = re.compile(r'database ".*" does not exist')
_RESOURCES = "53"  # the class of SQLSTATEs: disk, memory, connections
_NO_CONNECT = re.compile(r"permission denied for database")

OLDEST = 140000


@contextmanager
def connecting(label: str) -> Iterator[None]:
    """Errors of opening a connection to the server that `label` names."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise _not_connected(str(error), label) from error


@contextmanager
def working(label: str, connection: "psycopg.Connection[Any]") -> Iterator[None]:
    """Errors inside a transaction that are the server's or its administrator's, not the query's."""
    try:
        yield
    except psycopg.Error as error:
        if told := _troubled(error, label, connection):
            raise told from error
        raise


def check_version(number: int, label: str) -> None:
    """Refuse a server older than the SQL files need; `number` is its `server_version_num`."""
    if number < OLDEST:
        raise DatabaseTooOld(
            f"{label} is PostgreSQL {_release(number)}, and graph-sitter-db needs 14 or newer. "
            "Upgrade the server, or leave out the URL to use the embedded one."
        )


def _not_connected(text: str, label: str) -> DatabaseError:
    said = _SERVER_SAID.findall(text)
    if not said:
        return DatabaseUnavailable(
            f"No PostgreSQL server answers at {label}: {_cause(text)}. Start it, or correct host "
            "and port; without a URL the embedded server is used."
        )
    if _BUSY.search(said[-1]):
        return DatabaseUnavailable(f"{label} takes no connection now: {said[-1]}. Try again.")
    return DatabaseRefused(f"{label} refuses the connection: {said[-1]}. {_remedy(said[-1])}")


def _cause(text: str) -> str:
    """What the network said, for each address that was tried."""
    if found := dict.fromkeys(_CAUSE.findall(text)):
        return "; ".join(found)
    return text.strip().splitlines()[0].removeprefix("connection failed: ")


def _remedy(said: str) -> str:
    if _NO_DATABASE.search(said):
        return "Create the database (createdb -E UTF8), or correct the name in the URL."
    if _NO_CONNECT.search(said):
        return "Let its administrator GRANT CONNECT ON DATABASE to this user."
    return "Correct user and password in the URL (or in ~/.pgpass, or PGPASSWORD)."


def _troubled(
    error: psycopg.Error, label: str, connection: "psycopg.Connection[Any]"
) -> DatabaseError | None:
    if connection.closed or connection.broken:
        return DatabaseUnavailable(
            f"The connection to {label} was lost in the middle of the work ({_first_line(error)}). "
            "Nothing of the interrupted step is stored; run it again."
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return DatabaseRefused(f"{label} denies a right: {_first_line(error)}. {_rights(error)}")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return DatabaseRefused(
            f"{label} only lets itself be read: {_first_line(error)}. Use the primary server."
        )
    if (error.sqlstate or "").startswith(_RESOURCES):
        return DatabaseUnavailable(
            f"{label} has run out of a resource: {_first_line(error)}. Nothing of the interrupted "
            "step is stored; make room and run it again."
        )
    return None


def _rights(error: psycopg.Error) -> str:
    if error.diag.message_hint:
        return f"{error.diag.message_hint}."
    if "set role" in str(error):
        return "Let an administrator GRANT graph_sitter_app TO this user."
    return (
        "To install or upgrade, a user needs CREATE on the database and the attribute CREATEROLE; "
        "an administrator can do it instead: graph-sitter-db db sql | psql -1. To record, it needs "
        "GRANT graph_sitter_app."
    )


def _first_line(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error)).strip().splitlines()[0].rstrip(".")


def _release(number: int) -> str:
    minor = number % 10000 if number >= 100000 else number // 100 % 100
    return f"{number // 10000}.{minor}"

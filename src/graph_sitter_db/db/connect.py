"""An organization's door to the database."""

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Self
from uuid import UUID

from graph_sitter_db.db import organizations, schema, session, targets
from graph_sitter_db.db.targets import Connection, Source, Target


def open_database(
    target: Target = None, organization: str = "default", *, upgrade: bool = False
) -> "Database":
    """Connect, check the schema, and look the organization up.

    `target` is a PostgreSQL URL, a SQLAlchemy engine, a psycopg connection, or None for
    GRAPH_SITTER_DB_URL and else the embedded server. Engine and connection stay the caller's. The
    embedded server's schema installs itself; elsewhere `upgrade` allows it.
    """
    return prepare_database(target, organization, upgrade=upgrade)()


def prepare_database(
    target: Target = None, organization: str = "default", *, upgrade: bool = False
) -> Callable[[], "Database"]:
    """What opens the database later; wrong arguments are refused now."""
    organizations.check_name(organization)
    return partial(_opened, targets.source(target), organization, upgrade)


def _opened(source: Source, organization: str, upgrade: bool) -> "Database":
    try:
        schema.ensure(source, upgrade=upgrade)
        return Database(source, organization)
    except BaseException:
        source.close()
        raise


class Database:
    """Transactions in the name of one organization, which is made when it is first written for."""

    def __init__(self, source: Source, organization: str) -> None:
        self._source = source
        self.organization = organization
        weakref.finalize(self, source.close)  # for whoever forgets to close
        with session.acting(source, None) as connection:
            self._known = organizations.find(connection, organization)

    @property
    def url(self) -> str:
        """Where it is, without the password."""
        return self._source.label

    @property
    def organization_id(self) -> UUID:
        if self._known is None:
            with session.acting(self._source, None) as connection:
                self._known = organizations.create(connection, self.organization)
        return self._known

    def check_known(self) -> None:
        """UsageError when nobody has ever recorded for the organization: its name is a mistake."""
        if self._found() is None and self.organization != organizations.DEFAULT:
            raise organizations.unknown(self.organization)

    def transaction(self, *, read_only: bool = False) -> AbstractContextManager[Connection]:
        """A transaction that sees this organization's rows only, under the role graph_sitter_app.

        All of it is stored at the end, or nothing. On a connection of the caller's that is in a
        transaction already it is a savepoint there. One that only reads makes no organization.
        """
        organization = self._found() if read_only else self.organization_id
        return session.acting(self._source, organization, read_only=read_only)

    def owning(self) -> AbstractContextManager[Connection]:
        """A transaction as the schema's owner, who sees no organization's rows but may keep house.

        DatabaseRefused where the user may not act as that.
        """
        return session.owning(self._source)

    def close(self) -> None:
        self._source.close()

    def _found(self) -> UUID | None:
        if self._known is None:  # somebody else may have made it by now
            with session.acting(self._source, None) as connection:
                self._known = organizations.find(connection, self.organization)
        return self._known

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Database({self.url!r}, organization={self.organization!r})"

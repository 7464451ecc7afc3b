"""Which organization a name stands for."""

import re
from uuid import UUID

from graph_sitter_db.db.targets import Connection
from graph_sitter_db.errors import UsageError

DEFAULT = "default"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_name(name: str) -> None:
    """Refuse what can be neither a name nor an id of an organization."""
    if not _id(name) and not (_SLUG.fullmatch(name) and len(name) <= 100):
        raise UsageError(
            f"{name!r} is no name of an organization: use lower-case letters, digits and single "
            "hyphens between them, at most 100 characters."
        )


def find(connection: Connection, name: str) -> UUID | None:
    """The organization's id; None when nobody has made one of this name."""
    if identifier := _id(name):
        return _existing(connection, identifier)
    row = connection.execute("SELECT base.find_organization(%s)", (name,)).fetchone()
    return row[0] if row else None


def create(connection: Connection, name: str) -> UUID:
    """Makes it, unless somebody has in the meantime."""
    row = connection.execute("SELECT base.create_organization(%s, %s)", (name, name)).fetchone()
    assert row is not None
    return UUID(str(row[0]))


def unknown(name: str) -> UsageError:
    """Without the names there are: they are other tenants'."""
    return UsageError(
        f"Nothing is recorded for an organization {name!r}: check the name, or record for it with: "
        f"graph-sitter-db record --organization {name}"
    )


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _existing(connection: Connection, identifier: UUID) -> UUID:
    connection.execute("SELECT base.set_current_organization(%s)", (identifier,))
    if not connection.execute("SELECT FROM base.organizations").rowcount:
        raise UsageError(f"There is no organization {identifier}. Give its name to create one.")
    return identifier

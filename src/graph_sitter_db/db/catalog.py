"""What a database contains, as data: for proving that two ways lead to the same schema."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from graph_sitter_db.db.named import sections

type Catalog = Mapping[str, Mapping[str, str]]  # kind → name → definition


def read(connection: "psycopg.Connection[Any]") -> Catalog:
    """Every object outside PostgreSQL's own schemas."""
    with connection.transaction(), psycopg.ClientCursor(connection) as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog")  # so that names are told in full
        return {
            kind: dict(cursor.execute(query)) for kind, query in sections("catalog.sql").items()
        }


def differences(one: Catalog, other: Catalog) -> list[str]:
    """A line for each object that only one has, or that they define differently."""
    return list(_differences(one, other))


def _differences(one: Catalog, other: Catalog) -> Iterator[str]:
    for kind in sorted(one.keys() | other.keys()):
        ours, theirs = one.get(kind, {}), other.get(kind, {})
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                yield f"{kind} {name}: {ours.get(name)} ≠ {theirs.get(name)}"

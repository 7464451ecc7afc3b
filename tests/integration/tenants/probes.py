"""All that the database offers the app and the reader, found in its catalog: none is missed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from graph_sitter_db.db import modules

type Connection = psycopg.Connection[Any]
type Values = Mapping[str, Sequence[object]]

SCHEMAS = [module.schema for module in modules.modules()]
ROLES = ("graph_sitter_app", "graph_sitter_reader")

# These act for another organization on purpose: whoever calls them knows its id, slug or key.
PASSES = {"base.set_current_organization", "base.create_organization", "base.ensure_user"}


@dataclass(frozen=True, slots=True)
class Function:
    schema: str
    name: str
    types: tuple[str, ...]
    is_stable: bool  # gives the same for the same rows

    @property
    def label(self) -> str:
        return f"{self.schema}.{self.name}"

    def arguments(self, values: Values, chance: random.Random) -> list[object]:
        return [_argument(kind, values, chance) for kind in self.types]

    def call(self, connection: Connection, arguments: Sequence[object]) -> str:
        given = [_given(*each) for each in zip(arguments, self.types, strict=True)]
        query = sql.SQL("SELECT x::text FROM {}({}) AS x").format(
            sql.Identifier(self.schema, self.name), sql.SQL(", ").join(given)
        )
        return str(connection.execute(query).fetchall())


def functions(connection: Connection, role: str) -> list[Function]:
    return [Function(*row) for row in connection.execute(_FUNCTIONS, [SCHEMAS, role])]


def relations(connection: Connection, role: str, right: str = "SELECT") -> list[sql.Identifier]:
    """Tables and views; an identifier can be put into a query."""
    found = connection.execute(_RELATIONS, [SCHEMAS, role, right])
    return [sql.Identifier(schema, name) for schema, name in found]


def rows(connection: Connection, relation: sql.Identifier) -> str:
    query = sql.SQL("SELECT r::text FROM {} r ORDER BY 1").format(relation)
    return str(connection.execute(query).fetchall())


def changes(connection: Connection, role: str) -> Iterator[sql.Composed]:
    """Statements that would delete, change or take every row there is, or give it to another."""
    for right, statement in _CHANGES:
        for table in relations(connection, role, right):
            yield sql.SQL(statement).format(table=table)


def held(connection: Connection, organization: object) -> dict[str, tuple[int, str]]:
    """Of each table, how many rows an organization has, and a digest of them. As superuser."""
    return {
        table: connection.execute(query, {"organization": organization}).fetchone() or (0, "")
        for table, query in _owned(connection, _DIGEST)
    }


def values(connection: Connection, organizations: Sequence[object]) -> dict[str, list[object]]:
    """By type, the ids and texts of these organizations' rows. As superuser."""
    found: dict[str, list[object]] = {"uuid": [], "text": ["%", "uses", "", "f"], "bigint": []}
    for schema, table, column, kind in connection.execute(_COLUMNS, [SCHEMAS]).fetchall():
        query = sql.SQL(_SOME).format(
            column=sql.Identifier(column),
            table=sql.Identifier(schema, table),
            key=sql.Identifier("id" if table == "organizations" else "organization_id"),
        )
        rows = connection.execute(query, {"organizations": [*organizations]})
        found[kind].extend(value for (value,) in rows)
    return found


def forget(connection: Connection, organization: object) -> None:
    """All rows of an organization, as if it had never been. As superuser."""
    connection.execute("SET LOCAL session_replication_role = replica")
    for _, query in _owned(connection, "DELETE FROM {table} WHERE {key} = %(organization)s"):
        connection.execute(query, {"organization": organization})
    connection.execute("SET LOCAL session_replication_role = origin")


def _owned(connection: Connection, query: LiteralString) -> Iterator[tuple[str, sql.Composed]]:
    for schema, table in connection.execute(_TABLES, [SCHEMAS]).fetchall():
        key = "id" if table == "organizations" else "organization_id"
        yield (
            f"{schema}.{table}",
            sql.SQL(query).format(table=sql.Identifier(schema, table), key=sql.Identifier(key)),
        )


def _argument(kind: str, values: Values, chance: random.Random) -> object:
    known: Sequence[object] = values.get(kind) or _SAMPLES.get(kind, [None])
    return chance.choice(known)


def _given(value: object, kind: str) -> sql.Composable:
    schema, _, table = kind.partition(".")
    if table in ("symbols", "file_versions"):  # a row, of those that the caller sees
        return sql.SQL("(SELECT r FROM {} r LIMIT 1)").format(sql.Identifier(schema, table))
    return sql.SQL("CAST({} AS {})").format(sql.Literal(value), sql.SQL(kind))


_SAMPLES: Values = {
    "integer": [0, 1, 7, 100],
    "numeric": [1, 55.5],
    "double precision": [0.5, 2.5],
    "boolean": [True, False],
    "jsonb": ["{}", '{"a": 1, "b": 2}'],
    "text[]": ["{}", "{read}"],
    "regclass": ["codebase.symbols", "analytics.system_metrics"],
    "name": ["base", "organization_id"],
    "interval": ["7 days", "1 hour"],
    "timestamp with time zone": ["2026-01-01", "2030-01-01"],
    "base.user_role": ["member", "owner"],
}

_FUNCTIONS = """
    SELECT n.nspname, p.proname,
           ARRAY(SELECT format_type(t.oid, NULL)
                   FROM unnest(p.proargtypes) WITH ORDINALITY AS a (oid, place)
                   JOIN pg_type t USING (oid) ORDER BY a.place),
           p.provolatile <> 'v'
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = ANY (%s) AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
       AND has_function_privilege(%s, p.oid, 'EXECUTE')
     ORDER BY 1, 2, 3
"""
_RELATIONS = """
    SELECT n.nspname, c.relname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p', 'v', 'm')
       AND has_table_privilege(%s, c.oid, %s)
     ORDER BY 1, 2
"""
_CHANGES: tuple[tuple[str, LiteralString], ...] = (
    ("UPDATE", "UPDATE {table} SET organization_id = organization_id"),
    ("UPDATE", "UPDATE {table} SET organization_id = %(other)s"),
    ("UPDATE", "UPDATE {table} SET organization_id = %(me)s"),
    ("UPDATE", "UPDATE {table} SET name = ''"),
    ("INSERT", "INSERT INTO {table} (organization_id) VALUES (%(other)s)"),
    ("DELETE", "DELETE FROM {table}"),
    ("TRUNCATE", "TRUNCATE {table}"),
)
_TABLES = """
    SELECT n.nspname, c.relname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND (c.relname = 'organizations' OR EXISTS (
            SELECT FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped))
     ORDER BY 1, 2
"""
_COLUMNS = """
    SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL)
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND a.atttypid IN ('uuid'::regtype, 'text'::regtype, 'bigint'::regtype)
       AND (c.relname = 'organizations' OR EXISTS (
            SELECT FROM pg_attribute o
             WHERE o.attrelid = c.oid AND o.attname = 'organization_id' AND NOT o.attisdropped))
     ORDER BY 1, 2, 3
"""
_SOME = """
    SELECT DISTINCT {column} FROM {table}
     WHERE {key} = ANY (%(organizations)s) AND {column} IS NOT NULL LIMIT 40
"""
_DIGEST = """
    SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '')
      FROM {table} t WHERE {key} = %(organization)s
"""

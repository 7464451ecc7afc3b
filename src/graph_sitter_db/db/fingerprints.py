"""What a table holds, in two figures: its rows, and a sum over them that any change alters."""

import json
from collections.abc import Mapping

from psycopg import sql

from graph_sitter_db.db import modules
from graph_sitter_db.db.targets import Connection

type Fingerprints = Mapping[str, Mapping[str, int | str]]  # table → {"rows": …, "digest": …}

# The order of the rows does not count, so nothing is sorted; 60 bits of each row's SHA-256 do.
_TAKEN = """
    SELECT jsonb_build_object('rows', count(*), 'digest', coalesce(sum((
        'x' || left(encode(sha256(convert_to("whole row"::text, 'UTF8')), 'hex'), 15)
    )::bit(60)::bigint), 0)::text) FROM %s AS "whole row"
"""
_TABLES = """
    SELECT format('%%I.%%I', n.nspname, c.relname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
# How values are written must not depend on who asks.
_PLAIN = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}


def take(connection: Connection) -> Fingerprints:
    """Of every table, in the connection's transaction and under its role."""
    for name, value in _PLAIN.items():
        connection.execute("SELECT set_config(%s, %s, true)", (name, value))
    schemas = [module.schema for module in modules.modules()]
    tables = [name for (name,) in connection.execute(_TABLES, (schemas,))]
    return {table: _of(connection, table) for table in tables}


def check(expected: Fingerprints) -> str:
    """A statement that fails, naming the table, unless everything is as `expected`."""
    plain = "".join(
        f"PERFORM set_config('{name}', '{value}', true);" for name, value in _PLAIN.items()
    )
    return f"""
        DO $check$
        DECLARE
            v_table text;
            v_expected jsonb;
            v_found jsonb;
        BEGIN
            {plain}
            FOR v_table, v_expected IN SELECT * FROM jsonb_each({_literal(expected)}) LOOP
                EXECUTE format({_literal_text(_TAKEN)}, v_table) INTO v_found;
                IF v_found <> v_expected THEN
                    RAISE EXCEPTION '% holds % rows of sum %, not % rows of sum %', v_table,
                        v_found ->> 'rows', v_found ->> 'digest',
                        v_expected ->> 'rows', v_expected ->> 'digest';
                END IF;
            END LOOP;
        END
        $check$;
    """


def _of(connection: Connection, table: str) -> Mapping[str, int | str]:
    # Names come from the catalog, quoted there.
    found = connection.execute((_TAKEN % table).encode()).fetchone()
    assert found is not None
    return dict(found[0])


def _literal(expected: Fingerprints) -> str:
    return f"{_literal_text(json.dumps(expected))}::jsonb"


def _literal_text(text: str) -> str:
    return sql.Literal(text).as_string()

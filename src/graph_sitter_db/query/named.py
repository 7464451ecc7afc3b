"""Named questions: `sql/queries/<name>.sql`, read once and asked over an open connection."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from graph_sitter_db.db.named import bound, sql_directory


@dataclass(frozen=True, slots=True)
class Question:
    """One file's SQL as psycopg takes it, and the parameters that it needs."""

    name: str
    sql: str
    parameters: frozenset[str]


def ask(connection: Connection[Any], name: str, /, **parameters: object) -> list[dict[str, Any]]:
    """The rows that answer question `name`, by column name; parameters left out are null."""
    asked = question(name)
    if unknown := parameters.keys() - asked.parameters:
        raise TypeError(f"question {name} has no parameter {', '.join(sorted(unknown))}")
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(asked.sql, dict.fromkeys(asked.parameters) | parameters).fetchall()


@cache
def question(name: str) -> Question:
    sql, parameters = bound((directory() / f"{name}.sql").read_text(encoding="utf-8"))
    return Question(name, sql, parameters)


def names() -> list[str]:
    return sorted(path.stem for path in directory().glob("*.sql"))


def directory() -> Path:
    return sql_directory() / "queries"

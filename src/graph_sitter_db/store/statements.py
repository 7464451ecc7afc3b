"""The named statements of sql/record.sql or another such file, bound to one connection."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection, sql

from graph_sitter_db.db.named import sections


class Statements:
    """Runs sections of a file in sql/ by name."""

    def __init__(self, connection: Connection[Any], file: str = "record.sql") -> None:
        self._cursor = connection.cursor()
        self._sections = sections(file)

    def run(self, name: str, /, **values: object) -> int:
        """Execute; the number of rows it touched."""
        return self._cursor.execute(self._sections[name], values).rowcount

    def rows(self, name: str, /, **values: object) -> list[tuple[Any, ...]]:
        return self._cursor.execute(self._sections[name], values).fetchall()

    def one(self, name: str, /, **values: object) -> tuple[Any, ...] | None:
        return self._cursor.execute(self._sections[name], values).fetchone()

    def value(self, name: str, /, **values: object) -> Any:
        """The first column of the first row; None when there is none."""
        row = self.one(name, **values)
        return row[0] if row else None

    def many(self, name: str, rows: Sequence[dict[str, object]]) -> None:
        self._cursor.executemany(self._sections[name], rows)

    def copy(self, name: str, table: str, rows: Iterable[tuple[object, ...]]) -> int:
        """Create the temporary table of section `name` and COPY `rows` into it."""
        self.run(name)
        return self.fill(table, rows)

    def fill(self, table: str, rows: Iterable[tuple[object, ...]]) -> int:
        statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
        with self._cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
        return self._cursor.rowcount

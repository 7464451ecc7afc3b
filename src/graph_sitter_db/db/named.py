"""SQL kept in files, as psycopg takes it.

Parameters are written `:name`, so that the files are plain SQL which psql can run too.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

# What may hold a colon that is no parameter comes first.
_TOKEN = re.compile(
    r"""
      --[^\n]*
    | /\*
    | (?<!\w)[eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?<![\w$])\$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
    | ::
    | (?<![\w\])]):(?P<parameter>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


_SECTION = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def sql_directory() -> Path:
    """Beside the code in an installed package, at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "sql"
    return installed if installed.is_dir() else package.parents[1] / "sql"


@cache
def sections(file: str) -> Mapping[str, LiteralString]:
    """The statements of one file of the SQL directory, by the `-- name --` above each."""
    _, *parts = _SECTION.split((sql_directory() / file).read_text(encoding="utf-8"))
    named = zip(parts[::2], parts[1::2], strict=True)
    # The type checker asks for literals to keep foreign text out of SQL; these files are our own.
    return {name: cast(Any, bound(text.strip())[0]) for name, text in named}


def bound(sql: str) -> tuple[str, frozenset[str]]:
    """`sql` with each `:name` as psycopg's `%(name)s`, and the names.

    Casts, slices, literals and comments keep their colons. Every `%` is doubled, since psycopg
    looks for its own placeholders everywhere.
    """
    pieces: list[str] = []
    parameters: set[str] = set()
    for text, parameter in _pieces(sql):
        pieces.append(f"%({parameter})s" if parameter else text.replace("%", "%%"))
        if parameter:
            parameters.add(parameter)
    return "".join(pieces), frozenset(parameters)


def _pieces(sql: str) -> Iterator[tuple[str, str | None]]:
    """The text in order, each piece with the parameter it is, if it is one."""
    position = 0
    while match := _TOKEN.search(sql, position):
        yield sql[position : match.start()], None
        end = _comment_end(sql, match.end()) if match[0] == "/*" else match.end()
        yield sql[match.start() : end], match["parameter"]
        position = end
    yield sql[position:], None


def _comment_end(sql: str, position: int) -> int:
    """PostgreSQL's block comments nest."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return position if not depth else len(sql)

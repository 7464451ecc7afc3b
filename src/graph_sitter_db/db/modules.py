"""The SQL files of the modules: the schema as it is now."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph_sitter_db.db.named import sql_directory

_NAME = re.compile(r"(\d\d)_(\w+)\.sql")


@dataclass(frozen=True, slots=True)
class Module:
    """One file, and the PostgreSQL schema that it makes."""

    number: int
    schema: str
    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


@cache
def modules() -> tuple[Module, ...]:
    """All modules; each refers only to those before it."""
    found = ((_NAME.fullmatch(path.name), path) for path in sorted(sql_directory().iterdir()))
    return tuple(Module(int(name[1]), name[2], path) for name, path in found if name)


@cache
def search_path() -> str:
    return ", ".join([*(module.schema for module in modules()), "public"])

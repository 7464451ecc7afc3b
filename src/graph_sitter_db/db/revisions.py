"""The released steps of the schema: pairs of files in sql/migrations."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graph_sitter_db.db.named import sql_directory
from graph_sitter_db.errors import UsageError

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.up\.sql")
_HEAD = re.compile(r"-- (\d{4}\.\d{2}\.\d{3}) (\w+): (.+)")


@dataclass(frozen=True, slots=True)
class Revision:
    """One step. Its first line reads `-- VERSION MODULE: DESCRIPTION`."""

    number: str
    up_path: Path

    @property
    def up(self) -> str:
        return self.up_path.read_text(encoding="utf-8")

    @property
    def down(self) -> str:
        path = self.up_path.with_name(self.up_path.name.replace(".up.", ".down."))
        return path.read_text(encoding="utf-8")

    @property
    def checksum(self) -> bytes:
        return hashlib.sha256(self.up.encode()).digest()

    @property
    def version(self) -> str:
        return self._head()[0]

    @property
    def module(self) -> str:
        return self._head()[1]

    @property
    def description(self) -> str:
        return self._head()[2]

    def _head(self) -> tuple[str, str, str]:
        with self.up_path.open(encoding="utf-8") as file:
            line = file.readline().rstrip()
        if not (match := _HEAD.fullmatch(line)):
            raise ValueError(f"{self.up_path}: the first line names no version: {line!r}")
        return match[1], match[2], match[3]


@cache
def revisions() -> tuple[Revision, ...]:
    """All of them, the baseline first."""
    folder = sql_directory() / "migrations"
    found = ((_FILE.fullmatch(path.name), path) for path in sorted(folder.iterdir()))
    return tuple(Revision(name[1], path) for name, path in found if name)


def baseline() -> Revision:
    return revisions()[0]


def head() -> Revision:
    return revisions()[-1]


def find(name: str) -> Revision:
    """By number (`0001`), version (`2024.12.001`) or `head`."""
    for revision in revisions():
        if name in (revision.number, revision.version) or (name == "head" and revision is head()):
            return revision
    known = ", ".join(revision.version for revision in revisions())
    raise UsageError(f"There is no schema version {name!r}. Known are: {known}.")

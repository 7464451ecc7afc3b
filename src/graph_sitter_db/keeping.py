"""What follows from files' bytes alone, kept on this machine from one analysis to the next.

A cache and no more: it may be deleted at any time, and what is damaged or cannot be written is
done without. `GRAPH_SITTER_DB_CACHE` names its folder; `off` turns it off.
"""

import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

from graph_sitter_db import extract
from graph_sitter_db.model import own_data
from graph_sitter_db.model.facts import MeasuredFile, Source
from graph_sitter_db.model.issues import Finding

MOST_BYTES = 1_000_000_000  # what was used longest ago goes first

_SCHEMA = """
    PRAGMA auto_vacuum = FULL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = OFF;
    CREATE TABLE IF NOT EXISTS versions (key BLOB PRIMARY KEY, value BLOB, used INTEGER);
"""
_THIN_OUT = """
    DELETE FROM versions WHERE rowid IN (
        SELECT rowid FROM (
            SELECT rowid, sum(length(value)) OVER (ORDER BY used DESC, rowid DESC) AS size
              FROM versions)
         WHERE size > ?)
"""
_log = logging.getLogger("graph_sitter_db")

type Version = tuple[MeasuredFile, Mapping[str, tuple[Finding, ...]]]  # and findings by rule


@contextmanager
def kept(definitions: Mapping[str, str]) -> Iterator["Kept | None"]:
    """What was kept of analyses by these definitions; None where nothing can be kept."""
    folder = _folder()
    if folder is None:
        yield None
        return
    try:
        opened = _opened(folder)
    except (OSError, sqlite3.Error) as error:
        _log.info("nothing is kept in %s: %s", folder, error)
        yield None
        return
    with closing(opened) as connection:
        yield Kept(connection, definitions)


class Kept:
    """Versions of files, by path, bytes and all that decides what they are found to be."""

    def __init__(self, connection: sqlite3.Connection, definitions: Mapping[str, str]) -> None:
        self._connection = connection
        self._basis = sha256(repr((_program(), sorted(definitions.items()))).encode()).digest()
        self._used: list[bytes] = []
        self._today = date.today().toordinal()

    def get(self, source: Source) -> Version | None:
        key = self._key(source)
        try:
            row = self._connection.execute(
                "SELECT value, used FROM versions WHERE key = ?", [key]
            ).fetchone()
            measured, found = own_data.loads(row[0]) if row else (None, {})
        except (sqlite3.Error, *own_data.DAMAGES) as error:
            _log.info("%s is analysed anew: %s", source.path, error)
            return None
        if not isinstance(measured, MeasuredFile):
            return None
        if row[1] != self._today:
            self._used.append(key)
        tree = extract.deferred(source) if measured.facts.is_read else None
        return replace(measured, facts=replace(measured.facts, source=source, tree=tree)), found

    def put(self, versions: Iterable[Version]) -> None:
        rows = [
            (self._key(file.facts.source), own_data.dumps((_bare(file), found)), self._today)
            for file, found in versions
        ]
        with suppress(sqlite3.Error), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO versions VALUES (?, ?, ?)", rows)
            self._connection.executemany(
                "UPDATE versions SET used = ? WHERE key = ?",
                [(self._today, key) for key in self._used],
            )
            if self._size() > MOST_BYTES:
                self._connection.execute(_THIN_OUT, [MOST_BYTES * 4 // 5])

    def _key(self, source: Source) -> bytes:
        path = source.path.encode("utf-8", "surrogateescape")
        return sha256(self._basis + source.sha256 + source.language.encode() + path).digest()

    def _size(self) -> int:
        pages, size = (
            self._connection.execute(f"PRAGMA {each}").fetchone()[0]
            for each in ("page_count", "page_size")
        )
        return int(pages * size)


def _folder() -> Path | None:
    chosen = os.environ.get("GRAPH_SITTER_DB_CACHE", "").strip()
    if chosen == "off":
        return None
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("graph-sitter-db")


def _opened(folder: Path) -> sqlite3.Connection:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "versions.sqlite"
    try:
        return _prepared(file)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # locked, read-only, full: not damaged
            raise
        file.unlink()
        return _prepared(file)


def _prepared(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=10)
    try:
        connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _bare(file: MeasuredFile) -> MeasuredFile:
    """Without what is at hand anyway, and what only lives in memory."""
    source = replace(file.facts.source, content=b"")
    return replace(file, facts=replace(file.facts, source=source, tree=None))


@cache
def _program() -> str:
    """This very program: another release, or an edit, may find other things in the same bytes."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()

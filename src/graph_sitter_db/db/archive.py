"""The file of a backup: what pg_dump wrote, and behind it a seal with what must be found again.

pg_restore reads the file too: it finds its parts by their places, and stops before the seal.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from graph_sitter_db.db.fingerprints import Fingerprints
from graph_sitter_db.errors import UsageError

_FOOT = re.compile(rb"GSDB(\d{12})")  # the seal's length, in the last 16 bytes
_FOOT_SIZE = 16
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Seal:
    number: str  # of the schema's revision
    version: str
    major: int  # PostgreSQL's release
    tables: Fingerprints
    size: int = 0  # bytes of the archive
    sha256: str = ""  # of the archive
    format: int = _FORMAT

    @property
    def rows(self) -> int:
        return sum(int(found["rows"]) for found in self.tables.values())


def close(path: Path, seal: Seal) -> Seal:
    """Put the seal behind the archive, which is complete."""
    sealed = replace(seal, size=path.stat().st_size, sha256=_sha256(path))
    text = json.dumps(asdict(sealed)).encode()
    with path.open("ab") as file:
        file.write(text + b"GSDB%012d" % len(text))
        file.flush()
        os.fsync(file.fileno())
    return sealed


def read(path: Path) -> Seal:
    """The seal of a whole and unaltered file, or UsageError that says what it is instead."""
    try:
        seal = _seal(path)
        if _sha256(path, seal.size) != seal.sha256:
            raise UsageError(f"{path} was altered or damaged since it was written. {_ANOTHER}")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    return seal


_ANOTHER = "Restore another backup."


def _seal(path: Path) -> Seal:
    with path.open("rb") as file:
        head = file.read(5)
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _FOOT_SIZE))
        foot = _FOOT.fullmatch(file.read(_FOOT_SIZE))
        if not foot:
            raise UsageError(_not_sealed(path, head))
        file.seek(max(0, size - _FOOT_SIZE - int(foot[1])))
        text = file.read(int(foot[1]))
    try:
        found = json.loads(text)
    except ValueError:
        raise UsageError(
            f"{path} was altered or damaged since it was written. {_ANOTHER}"
        ) from None
    return _known(path, found)


def _not_sealed(path: Path, head: bytes) -> str:
    if head == b"PGDMP":
        return (
            f"{path} is cut off, or pg_dump wrote it without graph-sitter-db: nothing tells what "
            f"it should hold. {_ANOTHER} (What pg_dump wrote, pg_restore restores.)"
        )
    return f"{path} is no backup of graph-sitter-db. Write one with 'graph-sitter-db db backup'."


def _known(path: Path, found: Mapping[str, object]) -> Seal:
    if found.get("format") != _FORMAT:
        raise UsageError(
            f"{path} was written by a newer release: pip install --upgrade graph-sitter-db."
        )
    return Seal(**found)  # type: ignore[arg-type]


def _sha256(path: Path, size: int | None = None) -> str:
    """Of the first `size` bytes, or of all."""
    digest = hashlib.sha256()
    left = path.stat().st_size if size is None else size
    with path.open("rb") as file:
        while left and (piece := file.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()

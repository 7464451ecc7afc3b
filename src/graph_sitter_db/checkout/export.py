"""Lays a tree's files out in a private folder, for tools that want to open one."""

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from graph_sitter_db.errors import AnalysisError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Named(Protocol):
    @property
    def path(self) -> str: ...


@contextmanager
def exported[T: Named](
    entries: Iterable[T],
    prefix: str,
    content: Callable[[T], bytes | None],
    fail: Callable[[str, str], None],
) -> Iterator[Path]:
    """Yields the folder; it goes away with everything in it, whatever happens."""
    with TemporaryDirectory(prefix="graph-sitter-db-", ignore_cleanup_errors=True) as private:
        root = Path(private).resolve() / "repository"  # not its own name, which may be ".."
        root.mkdir()
        for entry in entries:
            _write(root / prefix, entry.path, content(entry), fail)
        yield root


def _write(root: Path, path: str, content: bytes | None, fail: Callable[[str, str], None]) -> None:
    if content is None:
        return
    target = root / path
    try:
        _make(target.parent)
        target.write_bytes(content)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise AnalysisError(
                f"The sources do not fit into the temporary folder {root}: {error.strerror}. "
                "Make room there, or set TMPDIR to a folder with more."
            ) from error
        # Else it is a name that this file system cannot hold.
        fail(path, error.strerror or str(error))


def _make(folder: Path) -> None:
    """`Path.mkdir` makes parents by recursion, for which some are too many."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()

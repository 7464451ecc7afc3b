"""A git working tree beside its commit: what is tracked, what is ignored, and what differs."""

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pygit2

from graph_sitter_db.checkout import folder
from graph_sitter_db.checkout.commit import Listing
from graph_sitter_db.checkout.selection import Selection
from graph_sitter_db.model.paths import path_of


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """`kept` files equal the commit's and are read from there; `edited` ones are new or differ."""

    found: folder.Found
    kept: frozenset[str]
    edited: dict[str, Path]
    deleted: frozenset[str]
    absent: frozenset[str]  # of the kept: not on disk, because the checkout is sparse

    @property
    def changes(self) -> int:
        return len(self.edited) + len(self.deleted)


def compared(
    repository: pygit2.Repository, root: Path, prefix: str, head: Listing, selection: Selection
) -> WorkingTree:
    """Compares bytes: git's own `status` would run filter programs and write the index."""
    tracked = _tracked(repository, prefix) | head.blobs.keys()
    found = folder.files(root, selection, _Ignored(repository, prefix, tracked), nested=False)
    on_disk = found.sources | {p: place for p, place in found.support.items() if p in tracked}
    missing = head.blobs.keys() - on_disk.keys()
    absent = frozenset(missing if _is_sparse(repository) else ())
    same = {p for p, place in on_disk.items() if p in head.blobs and _equal(place, head.blobs[p])}
    return WorkingTree(
        found=found,
        kept=absent | same,
        edited={path: place for path, place in on_disk.items() if path not in same},
        deleted=frozenset(missing) - absent,
        absent=absent,
    )


class _Ignored:
    """What git would not add: ignored by some .gitignore and not tracked all the same."""

    def __init__(self, repository: pygit2.Repository, prefix: str, tracked: Set[str]) -> None:
        self._repository = repository
        self._prefix = prefix
        self._tracked = tracked
        self._folders = {f"{p}/" for path in tracked for p in PurePosixPath(path).parents}

    def __call__(self, path: str) -> bool:
        if path in self._tracked or path in self._folders:
            return False
        return is_ignored(self._repository, self._prefix + path)


def is_ignored(repository: pygit2.Repository, path: str) -> bool:
    try:
        return repository.path_is_ignored(path)
    except (UnicodeEncodeError, pygit2.GitError):  # a name that is not UTF-8: patterns are
        return False


def _tracked(repository: pygit2.Repository, prefix: str) -> set[str]:
    try:
        paths = [
            path_of(entry.path.encode("utf-8", "surrogateescape")) for entry in repository.index
        ]
    except (pygit2.GitError, UnicodeDecodeError):  # split and sparse indexes: the commit has to do
        return set()
    return {path.removeprefix(prefix) for path in paths if path.startswith(prefix)}


def _is_sparse(repository: pygit2.Repository) -> bool:
    try:
        return repository.config.get_bool("core.sparseCheckout")
    except (KeyError, ValueError, pygit2.GitError):
        return False


def _equal(place: Path, blob: pygit2.Oid) -> bool:
    try:
        content = place.read_bytes()
    except OSError:
        return False
    if pygit2.hash(content) == blob:
        return True
    # Line ends may have been converted on checkout, in either direction.
    unix = content.replace(b"\r\n", b"\n")
    return unix != content and pygit2.hash(unix) == blob

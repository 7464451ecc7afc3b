"""The files of a commit, from git's object store: no index, working tree, hooks or filters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import pygit2
from pygit2.enums import FileMode

from graph_sitter_db.checkout.selection import Selection
from graph_sitter_db.checkout.tree import Entry
from graph_sitter_db.model.paths import path_of, storable
from graph_sitter_db.model.relations import Failure


@dataclass(slots=True)
class Listing:
    """The selected blobs of a commit by path, and what was passed over."""

    sources: dict[str, pygit2.Oid] = field(default_factory=dict)
    support: dict[str, pygit2.Oid] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    links: int = 0
    submodules: list[str] = field(default_factory=list)

    @property
    def blobs(self) -> dict[str, pygit2.Oid]:
        return self.sources | self.support

    def take(self, part: "Listing") -> None:
        self.sources |= part.sources
        self.support |= part.support
        self.failures += part.failures
        self.links += part.links
        self.submodules += part.submodules


type Key = tuple[str, pygit2.Oid]  # a folder, and what git calls its content
type Listed = dict[Key, Listing]


def listing(tree: pygit2.Tree, selection: Selection, listed: Listed | None = None) -> Listing:
    """Everything selected below a git tree, with paths relative to it.

    `listed` holds what was listed before with the same selection, and gets what is new: of two
    commits that follow each other, only the folders that differ are read.
    """
    listed = {} if listed is None else listed
    found: list[tuple[Key, Listing, list[Key]]] = []
    waiting = [("", tree)]
    while waiting:  # not by recursion: crafted trees are deeper than Python's stack
        folder, each = waiting.pop()
        if (folder, each.id) not in listed:
            own = Listing()
            inner = _take(each, folder, selection, own)
            found.append(((folder, each.id), own, [(path, below.id) for path, below in inner]))
            waiting += inner
    for key, own, parts in reversed(found):  # what is inside comes first
        for part in parts:
            own.take(listed[part])
        listed[key] = own
    return listed["", tree.id]


def entries(repository: pygit2.Repository, blobs: Mapping[str, pygit2.Oid]) -> list[Entry]:
    return [entry(repository, path, blob) for path, blob in blobs.items()]


def entry(repository: pygit2.Repository, path: str, blob: pygit2.Oid) -> Entry:
    return Entry(path, partial(_bytes_of, repository, blob))


def _take(
    tree: pygit2.Tree, folder: str, selection: Selection, found: Listing
) -> list[tuple[str, pygit2.Tree]]:
    """Adds what is in a folder itself, and gives the folders in it."""
    inner: list[tuple[str, pygit2.Tree]] = []
    try:
        children = list(tree)
    except pygit2.GitError as error:
        found.failures.append(Failure(folder, "read", "", str(error)))
        return []
    if any(child.raw_name == b"pyvenv.cfg" for child in children):
        return []
    for child in children:
        name = child.raw_name or b""
        path = folder + path_of(name)
        if name in (b"", b".", b"..") or b"/" in name:
            # Crafted trees only: git itself refuses to write such a name, and so must an export.
            found.failures.append(Failure(path, "read", "", "not a valid file name"))
        elif child.filemode == FileMode.TREE:
            if selection.enters(path):
                inner.append((path + "/", child))  # type: ignore[arg-type]
        elif child.filemode == FileMode.COMMIT:
            found.submodules.append(storable(path))
        elif child.filemode == FileMode.LINK:
            found.links += selection.is_source(path)
        elif selection.is_source(path):
            found.sources[path] = child.id
        elif selection.is_support(path):
            found.support[path] = child.id
    return inner


def _bytes_of(repository: pygit2.Repository, blob: pygit2.Oid) -> bytes:
    try:
        return repository[blob].data  # type: ignore[attr-defined,no-any-return]
    except (KeyError, pygit2.GitError) as error:
        raise FileNotFoundError(
            2, f"git holds no object {blob} here (a partial clone?): run `git fetch --refetch`"
        ) from error

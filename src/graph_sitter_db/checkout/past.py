"""Many commits of one repository, one after another: what they share is looked at once."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from graph_sitter_db.checkout import commit, notes, origin, repository
from graph_sitter_db.checkout.folders import folder_at, prefix_of
from graph_sitter_db.checkout.identity import current_branch
from graph_sitter_db.checkout.open import subtree_of
from graph_sitter_db.checkout.selection import Selection
from graph_sitter_db.checkout.tree import TAKEN
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.relations import Failure
from graph_sitter_db.model.snapshot import Origin

MOST_FOLDERS = 50_000  # remembered at a time; each takes some hundred bytes and its files' names


@dataclass(frozen=True, slots=True)
class State:
    """A commit's files; `blobs` are git's names for the bytes of the sources, by path."""

    origin: Origin
    blobs: Mapping[str, pygit2.Oid]
    failures: tuple[Failure, ...]


class Past:
    """One repository, or a folder in it, at any of its commits. Nothing is checked out.

    A commit's tree is the same as `open_tree` gives for it.
    """

    def __init__(self, path: str | Path) -> None:
        place = folder_at(path)
        found = repository.find(place)
        if found is None:
            raise RepositoryError(f"{storable(str(place))} is not a git repository: no history.")
        self._repository = found
        self._prefix = prefix_of(found, place)
        self._branch = current_branch(found)
        head = repository.head_commit(found)
        self._reached = {each.id for each in found.walk(head.id)} if head else set()
        root = self._prefix.rstrip("/")
        self._known = origin.of_repository(found, None, None, root, False, ())
        self._listed: dict[Selection, commit.Listed] = {}

    def settings(self, sha: str) -> tuple[object, bytes | None]:
        """The commit's own pyproject.toml, with a name that is equal where its bytes are."""
        top, name = self._top(sha), "pyproject.toml"
        if name not in top or top[name].filemode not in (FileMode.BLOB, FileMode.BLOB_EXECUTABLE):
            return None, None
        return top[name].id, commit.entry(self._repository, name, top[name].id).read()

    def at(self, sha: str, include: Iterable[str], exclude: Iterable[str]) -> State:
        """Raises RepositoryError where the commit does not have the folder."""
        chosen = self._commit(sha)
        selection = Selection(tuple(include), tuple(exclude))
        listed = self._listed.setdefault(selection, {})
        if len(listed) > MOST_FOLDERS:
            listed.clear()
        listing = commit.listing(self._top(sha), selection, listed)
        branch = self._branch if chosen.id in self._reached else None
        said = (
            *notes.history(self._repository, branch),
            *notes.left_out(listing.links, listing.submodules),
        )
        known = replace(self._known, commit=origin.commit_of(chosen), branch=branch, notes=said)
        return State(known, *_distinct(listing))

    def source(self, path: str, blob: pygit2.Oid) -> Source:
        """Raises OSError where git does not hold the bytes."""
        language = language_of(path)
        assert language
        content = commit.entry(self._repository, path, blob).read()
        return Source(path, language, content, hashlib.sha256(content).digest())

    def _commit(self, sha: str) -> pygit2.Commit:
        return repository.commit_at(self._repository, sha)

    def _top(self, sha: str) -> pygit2.Tree:
        return subtree_of(self._commit(sha), self._prefix)


def _distinct(listing: commit.Listing) -> tuple[dict[str, pygit2.Oid], tuple[Failure, ...]]:
    """As a `Tree` has them: by path, each name as it is stored once."""
    failures, blobs, seen = dict.fromkeys(listing.failures), {}, set()
    for path in sorted(listing.sources):
        if (name := path if path.isascii() else storable(path)) in seen:
            failures[Failure(path, "read", "", TAKEN)] = None
        else:
            seen.add(name)
            blobs[path] = listing.sources[path]
    return blobs, tuple(failures)

"""What is about to be committed, and what it was before, straight from git's index."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus, DiffOption

from graph_sitter_db.checkout import repository
from graph_sitter_db.checkout.folders import folder_at, prefix_of
from graph_sitter_db.checkout.selection import Selection
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.paths import path_of


@dataclass(frozen=True, slots=True)
class Staged:
    """A source that the commit would change; `before` has the path that it had in HEAD."""

    before: Source | None
    after: Source


def staged(path: str | Path, selection: Selection) -> list[Staged]:
    """Below a folder, with paths relative to it. What is not staged does not count."""
    folder = folder_at(path)
    found = repository.find(folder)
    if found is None:
        raise RepositoryError(f"{path} is not a git repository: nothing can be staged there.")
    prefix, head = prefix_of(found, folder), repository.head_commit(found)
    flags = DiffOption.SKIP_BINARY_CHECK
    if head:
        diff = head.tree.diff_to_index(found.index, flags)
    else:
        empty = found[found.TreeBuilder().write()].peel(pygit2.Tree)
        diff = empty.diff_to_index(found.index, flags)
    diff.find_similar()
    return [
        Staged(_source(found, delta.old_file, prefix), after)
        for delta in diff.deltas
        if delta.status != DeltaStatus.DELETED
        and (after := _source(found, delta.new_file, prefix))
        and selection.is_source(after.path)
    ]


def _source(found: pygit2.Repository, file: pygit2.DiffFile, prefix: str) -> Source | None:
    """None for what is no file, of no language, or not in the folder."""
    path = path_of(file.raw_path)
    language = language_of(path)
    if language is None or not path.startswith(prefix) or file.id not in found:
        return None
    blob = found[file.id]
    if not isinstance(blob, pygit2.Blob):
        return None
    digest = hashlib.sha256(blob.data).digest()
    return Source(path.removeprefix(prefix), language, blob.data, digest)

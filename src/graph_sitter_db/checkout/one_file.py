"""One file of a folder or of a commit, for what must be known before a tree can be opened."""

from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from graph_sitter_db.checkout import commit, repository
from graph_sitter_db.checkout.folders import folder_at, prefix_of, top_of
from graph_sitter_db.checkout.open import is_ignored, subtree_of
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.paths import storable


def read_file(path: str | Path, revision: str | None, name: str) -> bytes | None:
    """The file at the top of what `open_tree` gives for the same path and revision.

    None when there is none; what is no regular file does not count.
    """
    place = folder_at(path)
    try:
        found = repository.find(place)
        top = found and _committed(found, place, revision)
        return _blob(found, top, name) if found and top else _lying(place / name)
    except OSError as error:
        where = storable(str(place / name))
        raise RepositoryError(f"{where} cannot be read: {error.strerror or error}") from error


def _committed(found: pygit2.Repository, place: Path, revision: str | None) -> pygit2.Tree | None:
    """The commit's folder that is meant; None when it is the one that lies there."""
    prefix, is_bare = prefix_of(found, place), top_of(found, place) is None
    if (revision is None and not is_bare) or (prefix and is_ignored(found, prefix)):
        return None
    return subtree_of(repository.commit_at(found, revision or "HEAD"), prefix)


def _blob(found: pygit2.Repository, top: pygit2.Tree, name: str) -> bytes | None:
    if name not in top or top[name].filemode not in (FileMode.BLOB, FileMode.BLOB_EXECUTABLE):
        return None
    return commit.entry(found, name, top[name].id).read()


def _lying(file: Path) -> bytes | None:
    return None if file.is_symlink() or not file.is_file() else file.read_bytes()

"""Opening somebody's git repository without running or changing anything in it.

libgit2 runs no hooks, no file system monitor and no filter programs, and reading writes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import pygit2

from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.paths import storable

# What libgit2's errors become on their way here.
BROKEN = (pygit2.GitError, OSError, ValueError, KeyError)
_settings = Lock()


def find(folder: Path) -> pygit2.Repository | None:
    """The repository a folder lies in, or is; None when there is no git around it."""
    with _anybodys():
        try:
            found = pygit2.discover_repository(str(folder))
            return pygit2.Repository(found) if found else None
        except BROKEN as error:
            raise _unreadable(str(folder), error) from error


def head_commit(repository: pygit2.Repository) -> pygit2.Commit | None:
    """What HEAD names; None in a repository without commits."""
    try:
        return None if repository.head_is_unborn else repository.head.peel(pygit2.Commit)
    except BROKEN as error:
        raise _unreadable(repository.path, error) from error


def commit_at(repository: pygit2.Repository, revision: str) -> pygit2.Commit:
    where = repository.workdir or repository.path
    try:
        return repository.revparse_single(revision).peel(pygit2.Commit)
    except BROKEN as error:
        if head_commit(repository) is None and not list(repository.references):
            raise RepositoryError(
                f"{where} has no commits yet: make one, or leave the revision out "
                "to record the folder as it lies."
            ) from error
        raise RepositoryError(f"{where} has no commit {revision!r}{_advice(repository)}") from error


def tree_of(commit: pygit2.Commit) -> pygit2.Tree:
    try:
        return commit.tree
    except BROKEN as error:
        raise RepositoryError(
            f"git does not hold the files of commit {commit.short_id} here (a partial clone?): "
            "run `git fetch --refetch`"
        ) from error


@contextmanager
def _anybodys() -> Iterator[None]:
    """Opens repositories of other users, as CI containers hold them, and partial clones: nothing of
    theirs is run, and nothing is fetched.
    """
    with _settings:
        owned, known = pygit2.settings.owner_validation, pygit2.settings.extensions
        pygit2.settings.owner_validation = False
        pygit2.settings.set_extensions([*known, "partialclone"])
        try:
            yield
        finally:
            pygit2.settings.owner_validation = owned
            pygit2.settings.set_extensions(known)


def _unreadable(path: str, error: Exception) -> RepositoryError:
    return RepositoryError(
        f"git cannot read the repository at {storable(path)}: {error}. "
        "Check it with `git fsck`; SHA-256 and reftable repositories are not supported."
    )


def _advice(repository: pygit2.Repository) -> str:
    if repository.is_shallow:
        return ": the clone is shallow, fetch the rest with `git fetch --unshallow`."
    return ": give a branch, a tag or a commit id that `git log` shows."

"""Which commits of a history are meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import pygit2
from pygit2.enums import SortMode

from graph_sitter_db.checkout import repository
from graph_sitter_db.checkout.folders import folder_at
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.paths import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Each narrows down what the others leave; without any, it is all that HEAD reaches.

    `last` and `every` count from the newest commit back, which is one of them.
    """

    reach: str | None = None  # a revision, or a range A..B, instead of HEAD
    since: datetime | None = None  # committed then or later
    tags: bool = False  # only commits that have a tag
    first_parent: bool = False  # without what was merged in
    last: int | None = None
    every: int = 1


def commits(path: str | Path, choice: Choice) -> list[str]:
    """Their hashes, parents before children, so that each differs little from the one before."""
    place = folder_at(path)
    found = repository.find(place)
    if found is None:
        raise RepositoryError(f"{storable(str(place))} is not a git repository: no history.")
    chosen = islice(_reached(found, choice), None, None, choice.every)
    return [str(each.id) for each in islice(chosen, choice.last)][::-1]


def first_parents(path: str | Path, revision: str = "HEAD") -> set[str]:
    """The commits that were a branch's own, without what was merged into it."""
    return set(commits(path, Choice(reach=revision, first_parent=True)))


def _reached(found: pygit2.Repository, choice: Choice) -> Iterator[pygit2.Commit]:
    """The newest first."""
    tagged = _tagged(found) if choice.tags else None
    since = choice.since.timestamp() if choice.since else None
    for each in _walk(found, choice):
        if since is not None and each.commit_time < since:
            continue
        if tagged is None or each.id in tagged:
            yield each


def _walk(found: pygit2.Repository, choice: Choice) -> pygit2.Walker:
    start, _, end = (choice.reach or "HEAD").rpartition("..")
    if choice.reach is None and repository.head_commit(found) is None:
        raise RepositoryError(f"{found.workdir or found.path} has no commits yet: make one first.")
    newest = repository.commit_at(found, end.lstrip(".") or "HEAD")
    walk = found.walk(newest.id, SortMode.TOPOLOGICAL | SortMode.TIME)
    if start:
        walk.hide(repository.commit_at(found, start.rstrip(".")).id)
    if choice.first_parent:
        walk.simplify_first_parent()
    return walk


def _tagged(found: pygit2.Repository) -> set[pygit2.Oid]:
    tags = (found.references[name] for name in found.references if name.startswith("refs/tags/"))
    return {commit.id for tag in tags if (commit := _peeled(tag)) is not None}


def _peeled(tag: pygit2.Reference) -> pygit2.Commit | None:
    """None for a tag of a tree or a file."""
    try:
        return tag.peel(pygit2.Commit)
    except pygit2.GitError:
        return None

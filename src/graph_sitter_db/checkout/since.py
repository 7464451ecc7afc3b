"""What commits did between a base and a head."""

import time
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pygit2
from pygit2.enums import SortMode

from graph_sitter_db.checkout import repository
from graph_sitter_db.checkout.ages import MOST_SECONDS
from graph_sitter_db.checkout.folders import folder_at, prefix_of
from graph_sitter_db.languages import family_of
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.paths import storable

type Told = tuple[str, str]  # hash and subject


class Since:
    """The commits that the head has and the base has not; nothing, where git cannot tell.

    After ten seconds of reading history no further line is looked up.
    """

    def __init__(self, path: str | Path, base: str, head: str) -> None:
        place = folder_at(path)
        self._found = repository.find(place)
        self._prefix = prefix_of(self._found, place) if self._found else ""
        self._base, self._head = base, head
        self._left = MOST_SECONDS

    @property
    def is_shallow(self) -> bool:
        return self._found is not None and self._found.is_shallow

    def touched(self, path: str, start: int, end: int) -> list[Told]:
        """Those that wrote these lines, whoever wrote most of them first; else the file."""
        started = time.monotonic()
        try:
            if self._left <= 0 or not self._commits:
                return []
            wrote = Counter(self._wrote(path, start, end))
            found = [sha for sha, _ in wrote.most_common()] or [*self._changed(path)]
            return [(sha, self._commits[sha]) for sha in found]
        finally:
            self._left -= time.monotonic() - started

    def added(self, family: Family) -> dict[str, int] | None:
        """Lines by path, in sources of one family; None where git has not both commits."""
        if (before := self._tree(self._base)) is None or (after := self._tree(self._head)) is None:
            return None
        diff = before.diff_to_tree(after)
        diff.find_similar()
        lines = {patch.delta.new_file.path: patch.line_stats[1] for patch in diff if patch}
        return {
            path.removeprefix(self._prefix): added
            for path, added in lines.items()
            if path.startswith(self._prefix) and family_of(path) is family
        }

    def holds(self, family: Family) -> bool | None:
        """Whether the base has a file of the family; None where git has no such commit."""
        if (tree := self._tree(self._base)) is None:
            return None
        return any(
            family_of(path) is family for path in _paths(tree, "") if path.startswith(self._prefix)
        )

    @cached_property
    def _commits(self) -> dict[str, str]:
        """By hash, the newest first. A shallow clone cannot tell what the base has."""
        if self._found is None or self._found.is_shallow:
            return {}
        try:
            walk = self._found.walk(pygit2.Oid(hex=self._head), SortMode.TOPOLOGICAL)
            walk.hide(pygit2.Oid(hex=self._base))
            return {str(each.id): _subject(each) for each in walk if len(each.parent_ids) < 2}
        except (KeyError, ValueError, pygit2.GitError):
            return {}

    def _wrote(self, path: str, start: int, end: int) -> Iterator[str]:
        assert self._found
        try:
            blame = self._found.blame(
                self._prefix + path,
                newest_commit=pygit2.Oid(hex=self._head),
                oldest_commit=pygit2.Oid(hex=self._base),
                min_line=start,
                max_line=end,
            )
            for line in range(start, end + 1):
                sha = str(blame.for_line(line).final_commit_id)
                if sha in self._commits:
                    yield sha
        except (pygit2.GitError, IndexError, KeyError, ValueError):
            return

    def _changed(self, path: str) -> Iterator[str]:
        assert self._found
        for sha in self._commits:
            commit = self._found[sha].peel(pygit2.Commit)
            parents = commit.parents
            before = _blob(parents[0], self._prefix + path) if parents else None
            if _blob(commit, self._prefix + path) != before:
                yield sha

    def _tree(self, sha: str) -> pygit2.Tree | None:
        try:
            return self._found[sha].peel(pygit2.Tree) if self._found else None
        except (KeyError, ValueError, pygit2.GitError):
            return None


def _paths(tree: pygit2.Tree, folder: str) -> Iterator[str]:
    for each in tree:
        name = f"{folder}{each.name}"
        if isinstance(each, pygit2.Tree):
            yield from _paths(each, f"{name}/")
        else:
            yield name


def _blob(commit: pygit2.Commit, path: str) -> pygit2.Oid | None:
    try:
        return commit.tree[path].id
    except KeyError:
        return None


def _subject(commit: pygit2.Commit) -> str:
    text = commit.raw_message.decode("utf-8", "replace").replace("\0", "")
    return storable(text.strip().partition("\n")[0])

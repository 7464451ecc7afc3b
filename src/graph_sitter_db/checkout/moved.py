"""What git takes for the same file under another name, and the bytes to see it for oneself."""

from collections import deque
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus, DiffFind, DiffOption, SortMode

from graph_sitter_db.checkout import repository
from graph_sitter_db.checkout.churn import MOST_RENAMES
from graph_sitter_db.checkout.folders import folder_at, top_of
from graph_sitter_db.model.moves import Move
from graph_sitter_db.model.paths import path_of, storable

MOST_COMMITS = 10_000  # looked through between two states; a thousand take some seconds


class Held:
    """A folder of the repository at `path`, as it lies there (`sha` None), or at a commit; empty
    where git does not hold that.
    """

    def __init__(self, path: str | Path, root: str, sha: str | None) -> None:
        folder = folder_at(path)
        self.found = repository.find(folder)
        self.prefix, self.sha = f"{root}/" if root else "", sha
        self._top = (self.found and top_of(self.found, folder)) or folder

    def read(self, path: str) -> bytes | None:
        name = self.prefix + path
        if self.sha is None:
            return _lying(self._top / name)
        try:
            each = self.tree[name] if self.tree else None
            return each.data if isinstance(each, pygit2.Blob) else None
        except repository.BROKEN:  # it has none, or git does not hold it (a partial clone)
            return None

    @cached_property
    def tree(self) -> pygit2.Tree | None:
        if self.found is None or self.sha is None:
            return None
        try:
            return self.found[self.sha].peel(pygit2.Commit).tree
        except repository.BROKEN:
            return None


def renames(before: Held, after: Held) -> Iterator[Move[str]]:
    """Between two states of one folder, by git's rule of half of the bytes: commit by commit where
    one state follows from the other, then at once. The surest of what is told comes first.
    """
    yield from _along(before, after)
    yield from (Move(m.after, m.before, m.reason, m.confidence) for m in _along(after, before))
    yield from _at_once(before, after)


def _along(before: Held, after: Held) -> Iterator[Move[str]]:
    """By the first parents of the later one, the newest first."""
    names: dict[str, tuple[str, int]] = {}
    for commit in _between_them(before, after):
        for delta in _renamed(commit.parents[0].tree, commit.tree):
            old, new = (path_of(file.raw_path) for file in (delta.old_file, delta.new_file))
            name, sure = names.pop(new, (new, 100))
            names[old] = name, min(sure, delta.similarity)
    prefix = before.prefix
    for old, (name, sure) in names.items():
        if old != name and old.startswith(prefix) and name.startswith(prefix):
            yield Move(old.removeprefix(prefix), name.removeprefix(prefix), "git", sure)


def _between_them(before: Held, after: Held) -> Iterator[pygit2.Commit]:
    found = after.found
    if found is None or before.tree is None or after.tree is None:
        return
    assert before.sha and after.sha
    first, last = pygit2.Oid(hex=before.sha), pygit2.Oid(hex=after.sha)
    if not found.descendant_of(last, first):
        return
    walk = found.walk(last, SortMode.TOPOLOGICAL)
    walk.simplify_first_parent()
    walk.hide(first)
    yield from (each for _, each in zip(range(MOST_COMMITS), walk, strict=False) if each.parents)


def _renamed(old: pygit2.Tree, new: pygit2.Tree) -> Iterator[pygit2.DiffDelta]:
    """Nothing where git does not hold what it would have to look into (a partial clone)."""
    try:
        diff = old.diff_to_tree(new, DiffOption.SKIP_BINARY_CHECK)
        if {DeltaStatus.ADDED, DeltaStatus.DELETED} <= {delta.status for delta in diff.deltas}:
            diff.find_similar(DiffFind.FIND_RENAMES, rename_limit=MOST_RENAMES)
    except repository.BROKEN:
        return
    yield from (each for each in diff.deltas if each.status == DeltaStatus.RENAMED)


def _at_once(before: Held, after: Held) -> Iterator[Move[str]]:
    if (old := before.tree) is None or (diff := _between(old, after)) is None:
        return
    kind = DiffFind.FIND_RENAMES | DiffFind.FIND_FOR_UNTRACKED
    try:
        diff.find_similar(kind, rename_limit=MOST_RENAMES)
    except repository.BROKEN:  # a partial clone: it cannot look into what it does not hold
        return
    for delta in diff.deltas:
        names = [path_of(file.raw_path) for file in (delta.old_file, delta.new_file)]
        if delta.status == DeltaStatus.RENAMED and all(n.startswith(before.prefix) for n in names):
            gone, came = (name.removeprefix(before.prefix) for name in names)
            yield Move(gone, came, "git", delta.similarity)


def names_of(path: str | Path, file: str, shas: Collection[str], root: str = "") -> dict[str, str]:
    """What a file below `root` was called at each of these commits, which are listed parents first;
    left out where it was called as it is now.
    """
    found = repository.find(folder_at(path))
    if found is None or not shas:
        return {}
    prefix, within = f"{root}/" if root else "", set(shas)
    newest = [*shas][-1]
    names = {newest: prefix + file}
    waiting = deque([newest])
    while waiting:
        commit = found[waiting.popleft()].peel(pygit2.Commit)
        name = names[str(commit.id)]
        for parent in commit.parents:
            if (sha := str(parent.id)) in within and sha not in names:
                names[sha] = _before(commit, parent, name)
                waiting.append(sha)
    names = {sha: storable(name.removeprefix(prefix)) for sha, name in names.items()}
    return {sha: name for sha, name in names.items() if name != file}


def _between(old: pygit2.Tree, after: Held) -> pygit2.Diff | None:
    flags = DiffOption.SKIP_BINARY_CHECK
    if after.sha is None:
        untracked = DiffOption.INCLUDE_UNTRACKED | DiffOption.RECURSE_UNTRACKED_DIRS
        has_files = after.found is not None and after.found.workdir is not None
        return old.diff_to_workdir(flags | untracked) if has_files else None
    return None if after.tree is None else old.diff_to_tree(after.tree, flags)


def _before(commit: pygit2.Commit, parent: pygit2.Commit, name: str) -> str:
    """Its name in the parent, where it came with the commit under another one."""
    if name not in commit.tree or name in parent.tree:
        return name
    for delta in _renamed(parent.tree, commit.tree):
        if path_of(delta.new_file.raw_path) == name:
            return path_of(delta.old_file.raw_path)
    return name


def _lying(file: Path) -> bytes | None:
    try:
        return None if file.is_symlink() else file.read_bytes()
    except OSError:
        return None

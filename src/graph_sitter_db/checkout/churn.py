"""Which files each commit changed, under the names that they have today."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus, DiffFind, DiffOption

from graph_sitter_db.checkout import repository
from graph_sitter_db.checkout.choice import Choice, commits
from graph_sitter_db.checkout.folders import folder_at
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.languages import family_of
from graph_sitter_db.model.changes import Change, FileChange
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.paths import path_of

# Pairs of added and deleted files that git compares for renames in one commit: as many as a moved
# package has, where git's own limit is 1,000.
MOST_RENAMES = 3000


def changes(
    path: str | Path, choice: Choice, family: Family | None = None, root: str = ""
) -> list[Change]:
    """The newest first; merges change nothing of their own, and are left out. `root`: only files
    below this folder of the repository, by their paths in it.

    A file that was renamed is known by its last name, as far as git takes it for the same
    (half of its lines, `git log -M`); people by what .mailmap calls them.
    """
    place = folder_at(path)
    found = repository.find(place)
    if found is None:
        raise RepositoryError(f"{path} is not a git repository: it has no history.")
    prefix, names = f"{root}/" if root else "", dict[str, str]()
    people = pygit2.Mailmap.from_repository(found)
    return [
        _change(commit, people, [*_files(commit, prefix, family, names)])
        for sha in reversed(commits(path, choice))
        if len((commit := repository.commit_at(found, sha)).parents) < 2
    ]


def _change(commit: pygit2.Commit, people: pygit2.Mailmap, files: Sequence[FileChange]) -> Change:
    author = people.resolve_signature(commit.author)
    name = author.raw_name.decode("utf-8", "replace")
    email = author.raw_email.decode("utf-8", "replace")
    at = datetime.fromtimestamp(max(0, commit.commit_time), UTC)
    return Change(str(commit.id), name, email, at, tuple(files))


def _files(
    commit: pygit2.Commit, prefix: str, family: Family | None, names: dict[str, str]
) -> Iterator[FileChange]:
    """`names` has the last name of what was renamed later, by its earlier one."""
    for patch in filter(None, _diff(commit)):
        delta = patch.delta
        new, old = (path_of(file.raw_path) for file in (delta.new_file, delta.old_file))
        path = names.get(new, new)
        if delta.status == DeltaStatus.RENAMED:
            names[old] = path
        elif delta.status == DeltaStatus.ADDED:
            names.pop(new, None)  # what was there before under this name is another file
        if not path.startswith(prefix) or family_of(path) is None:
            continue
        if family in (None, family_of(path)):
            _, added, removed = patch.line_stats
            yield FileChange(path.removeprefix(prefix), added, removed)


def _diff(commit: pygit2.Commit) -> pygit2.Diff:
    flags, parents = DiffOption.SKIP_BINARY_CHECK, commit.parents
    if parents:
        diff = parents[0].tree.diff_to_tree(commit.tree, flags, context_lines=0)
    else:
        diff = commit.tree.diff_to_tree(flags=flags, context_lines=0, swap=True)
    kinds = {delta.status for delta in diff.deltas}
    if {DeltaStatus.ADDED, DeltaStatus.DELETED} <= kinds:
        diff.find_similar(DiffFind.FIND_RENAMES, rename_limit=MOST_RENAMES)
    return diff

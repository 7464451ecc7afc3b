"""`open_tree`: decides what a path and a revision mean."""

from collections.abc import Sequence
from pathlib import Path

import pygit2

from graph_sitter_db.checkout import commit, folder, notes, origin, repository, working_tree
from graph_sitter_db.checkout.ages import Ages
from graph_sitter_db.checkout.folders import folder_at, prefix_of, top_of
from graph_sitter_db.checkout.identity import current_branch
from graph_sitter_db.checkout.selection import Selection
from graph_sitter_db.checkout.tree import Tree
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.paths import storable


def open_tree(
    path: str | Path,
    revision: str | None = None,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Tree:
    """The files at a path, or of a commit when a revision is given.

    A git working tree that equals HEAD's commit is that commit; otherwise it is taken as it lies,
    and a note says so. A bare repository stands for its HEAD. A folder inside a repository gives
    its own part. Nothing in the repository is run or written. Patterns: see `model.globs`.

    >>> open_tree("~/src/click", "8.1.7").origin.commit.sha[:7]
    """
    place = folder_at(path)
    selection = Selection(tuple(include), tuple(exclude))
    found = repository.find(place)
    if found is None:
        return _plain(place, selection, revision, "not a git repository: recorded without a commit")
    top = top_of(found, place)
    if top is None:
        return _committed(found, revision or "HEAD", "", selection)
    prefix = prefix_of(found, place)
    if prefix and is_ignored(found, prefix):
        note = "ignored by the git repository around it: recorded without a commit"
        return _plain(place, selection, revision, note)
    if revision is not None:
        return _committed(found, revision, prefix, selection)
    return _lying(found, top, prefix, selection)


def _plain(place: Path, selection: Selection, revision: str | None, note: str) -> Tree:
    if revision is not None:
        raise RepositoryError(
            f"{storable(str(place))} is {note.partition(':')[0]}, so it has no revision "
            f"{revision!r}: leave it out to record the folder as it lies."
        )
    found = folder.files(place, selection, ignored=lambda path: False)
    return Tree(
        origin.without_git(place, (note, *notes.left_out(found.links, []))),
        folder.entries(found.sources),
        folder.entries(found.support),
        found.failures,
    )


def _committed(found: pygit2.Repository, revision: str, prefix: str, selection: Selection) -> Tree:
    chosen = repository.commit_at(found, revision)
    listing = commit.listing(subtree_of(chosen, prefix), selection)
    branch = origin.branch_of(found, revision, chosen)
    said = (
        *notes.history(found, branch),
        *notes.left_out(listing.links, listing.submodules),
    )
    return Tree(
        origin.of_repository(found, chosen, branch, prefix.rstrip("/"), False, said),
        commit.entries(found, listing.sources),
        commit.entries(found, listing.support),
        listing.failures,
        Ages(found, chosen.id, prefix),
    )


def _lying(found: pygit2.Repository, top: Path, prefix: str, selection: Selection) -> Tree:
    head = repository.head_commit(found)
    listing = _listing(head, prefix, selection)
    state = working_tree.compared(found, top / prefix, prefix, listing, selection)
    dirty = head is None or state.changes > 0
    branch = current_branch(found)
    said = (
        *notes.changes(head, state),
        *notes.history(found, branch),
        *notes.left_out(state.found.links, state.found.repositories),
    )
    kept = {path: blob for path, blob in listing.blobs.items() if path in state.kept}
    files = commit.entries(found, kept) + folder.entries(state.edited)
    return Tree(
        origin.of_repository(found, head, branch, prefix.rstrip("/"), dirty, said),
        [file for file in files if selection.is_source(file.path)],
        [file for file in files if not selection.is_source(file.path)],
        [*listing.failures, *state.found.failures],
        None if dirty or head is None else Ages(found, head.id, prefix),
    )


def _listing(head: pygit2.Commit | None, prefix: str, selection: Selection) -> commit.Listing:
    """Of the commit's part below the prefix; empty when the folder is new."""
    below = head and _below(head, prefix)
    return commit.listing(below, selection) if below else commit.Listing()


def subtree_of(chosen: pygit2.Commit, prefix: str) -> pygit2.Tree:
    below = _below(chosen, prefix)
    if below is None:
        raise RepositoryError(
            f"there is no folder {storable(prefix)!r} in commit {chosen.short_id}: "
            "give another revision, or the repository's top folder."
        )
    return below


def is_ignored(found: pygit2.Repository, prefix: str) -> bool:
    head = repository.head_commit(found)
    committed = head is not None and _below(head, prefix) is not None
    return not committed and working_tree.is_ignored(found, prefix)


def _below(chosen: pygit2.Commit, prefix: str) -> pygit2.Tree | None:
    """None where the commit has nothing, a file or a submodule."""
    top = repository.tree_of(chosen)
    if not prefix:
        return top
    try:
        below = top[prefix.rstrip("/")]
    except repository.BROKEN:
        return None
    return below if isinstance(below, pygit2.Tree) else None

"""What a user is told of the tree that was opened."""

from collections.abc import Sequence

import pygit2

from graph_sitter_db.checkout import working_tree


def changes(head: pygit2.Commit | None, state: working_tree.WorkingTree) -> list[str]:
    if head is None:
        return ["no commit yet: recording the working tree"]
    notes = []
    if state.changes:
        files = "file has" if state.changes == 1 else "files have"
        notes.append(
            f"{state.changes} {files} uncommitted changes: "
            f"recording the working tree, not commit {head.short_id}"
        )
    if state.absent:
        count = len(state.absent)
        notes.append(f"sparse checkout: files not on disk are read from the commit: {count}")
    return notes


def history(found: pygit2.Repository, branch: str | None) -> list[str]:
    notes = []
    if found.is_shallow:
        notes.append("shallow clone: earlier history is not here")
    if branch is None:
        notes.append("no branch: HEAD is detached, or the commit is not on the current branch")
    return notes


def left_out(links: int, repositories: Sequence[str]) -> list[str]:
    notes = [f"symbolic links are left out: {links}"] if links else []
    if repositories:
        shown = ", ".join(sorted(repositories)[:5]) + (" …" if len(repositories) > 5 else "")
        notes.append(f"submodules and repositories inside are left out: {shown}")
    return notes

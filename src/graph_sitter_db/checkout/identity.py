"""Which repository this is, among all that are recorded."""

from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import ReferenceType

from graph_sitter_db.checkout.remote import Remote, remote
from graph_sitter_db.checkout.repository import head_commit
from graph_sitter_db.model.paths import storable

_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Identity:
    """`remote` is git's name for what `url` points to, None without one."""

    provider: str
    full_name: str
    url: str | None
    remote: str | None


def identity_of(repository: pygit2.Repository) -> Identity:
    """What the host calls it.

    A repository without a host is known by its folder's name and its first commit: copies and
    worktrees are the same repository, two that only share a name are not.
    """
    name, source = _remote(repository)
    return Identity(
        source.provider if source else "local",
        (source and source.full_name) or _own_name(repository),
        source.url if source else None,
        name,
    )


def current_branch(repository: pygit2.Repository) -> str | None:
    """None when HEAD is detached; a branch without commits counts."""
    head = repository.lookup_reference("HEAD")
    if head.type != ReferenceType.SYMBOLIC:
        return None
    return str(head.target).removeprefix(_HEADS)


def _remote(repository: pygit2.Repository) -> tuple[str | None, Remote | None]:
    names = [name for name in repository.remotes.names() if name and name == storable(name)]
    name = "origin" if "origin" in names else next(iter(names), None)
    url = repository.remotes[name].url if name else None
    return (name, remote(url)) if url else (name, None)


def _own_name(repository: pygit2.Repository) -> str:
    first = _first_commit(repository)
    return f"{_folder_name(repository)}@{first[:8]}" if first else _folder_name(repository)


def _first_commit(repository: pygit2.Repository) -> str | None:
    """Along first parents, as far back as the clone reaches."""
    commit, first = head_commit(repository), None
    while commit is not None:
        first = commit
        parent = repository.get(commit.parent_ids[0]) if commit.parent_ids else None
        commit = parent if isinstance(parent, pygit2.Commit) else None
    return str(first.id) if first else None


def _folder_name(repository: pygit2.Repository) -> str:
    """Of the folder that holds the main working tree, or of the bare repository."""
    path = Path(repository.path)
    shared = path / "commondir"
    if shared.is_file():  # a linked worktree
        path = (path / shared.read_text().strip()).resolve()
    top = path.parent if path.name == ".git" else path
    return storable(top.name).removesuffix(".git") or "root"

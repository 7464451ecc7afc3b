"""Which recorded repository a folder is, without looking at its files."""

from dataclasses import dataclass
from pathlib import Path

import pygit2

from graph_sitter_db.checkout import repository
from graph_sitter_db.checkout.folders import folder_at, prefix_of
from graph_sitter_db.checkout.identity import current_branch, identity_of
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.paths import storable


@dataclass(frozen=True, slots=True)
class Place:
    """As `Origin` names it; `commit` is what the revision means here, None if it means nothing."""

    provider: str
    full_name: str
    root_path: str = ""
    branch: str | None = None
    commit: str | None = None


def place_of(path: str | Path, revision: str | None = None) -> Place:
    """Where a folder's runs are to be looked for."""
    folder = folder_at(path)
    found = repository.find(folder)
    if found is None:
        return Place("local", storable(str(folder)))
    known = identity_of(found)
    return Place(
        provider=known.provider,
        full_name=known.full_name,
        root_path=storable(prefix_of(found, folder).rstrip("/")),
        branch=current_branch(found),
        commit=_commit(found, revision) if revision else None,
    )


def _commit(found: pygit2.Repository, revision: str) -> str | None:
    try:
        return str(repository.commit_at(found, revision).id)
    except RepositoryError:
        return None

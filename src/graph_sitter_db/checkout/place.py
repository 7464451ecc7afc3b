"""Which recorded repository a folder is, without looking at its files."""

from dataclasses import dataclass
from pathlib import Path

import pygit2

from graph_sitter_db.checkout import origin, repository
from graph_sitter_db.checkout.open import folder_at, prefix_of
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.paths import storable


@dataclass(frozen=True, slots=True)
class Place:
    """As `Origin` names it; `commit` is what the revision means here, None if it means nothing."""

    full_name: str
    root_path: str
    branch: str | None
    commit: str | None


def place_of(path: str | Path, revision: str | None = None) -> Place:
    """Where a folder's runs are to be looked for."""
    folder = folder_at(path)
    found = repository.find(folder)
    if found is None:
        return Place(origin.without_git(folder, ()).full_name, "", None, None)
    return Place(
        full_name=origin.full_name(found),
        root_path=storable(prefix_of(found, folder).rstrip("/")),
        branch=origin.current_branch(found),
        commit=_commit(found, revision) if revision else None,
    )


def _commit(found: pygit2.Repository, revision: str) -> str | None:
    try:
        return str(repository.commit_at(found, revision).id)
    except RepositoryError:
        return None

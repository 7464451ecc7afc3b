"""Folders as users name them, and where they lie in a repository."""

import os
from pathlib import Path

import pygit2

from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.paths import storable


def folder_at(path: str | Path) -> Path:
    """The real folder, which must be there and be readable."""
    try:
        place = Path(path).expanduser().resolve()
        if place.is_dir():
            os.scandir(place).close()
            return place
    except (OSError, RuntimeError, ValueError) as error:
        raise RepositoryError(f"{storable(str(path))} cannot be read: {error}") from error
    if place.exists():
        raise RepositoryError(f"{storable(str(place))} is a file: give the folder that holds it.")
    raise RepositoryError(f"{storable(str(place))} does not exist: check the path.")


def prefix_of(found: pygit2.Repository, place: Path) -> str:
    """The folder's path inside the working tree, with a "/" at its end; "" for the top."""
    top = top_of(found, place)
    return "" if top in (None, place) else place.relative_to(top).as_posix() + "/"


def top_of(found: pygit2.Repository, place: Path) -> Path | None:
    """The working tree's top folder; None for a bare repository, for git's own folder, and where
    `core.worktree` says that the working tree is somewhere else.
    """
    if found.workdir is None or place.is_relative_to(Path(found.path).resolve()):
        return None
    top = Path(found.workdir).resolve()
    return top if place.is_relative_to(top) else None

"""The files of a folder as it lies on disk."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from graph_sitter_db.checkout.selection import Selection
from graph_sitter_db.checkout.tree import Entry
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.relations import Failure

type Ignored = Callable[[str], bool]  # relative path, with a "/" at the end for a folder


@dataclass(slots=True)
class Found:
    """The selected files by path, and what was passed over."""

    sources: dict[str, Path] = field(default_factory=dict)
    support: dict[str, Path] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    links: int = 0
    repositories: list[str] = field(default_factory=list)  # git repositories inside, submodules too


def files(root: Path, selection: Selection, ignored: Ignored, nested: bool = True) -> Found:
    """Everything selected below a folder; unless `nested`, without other git repositories in it."""
    found = Found()
    waiting = [""]
    while waiting:  # not by recursion: folders go deeper than Python's stack
        waiting += _taken(root, waiting.pop(), selection, ignored, nested, found)
    return found


def entries(found: dict[str, Path]) -> list[Entry]:
    return [entry(path, place) for path, place in found.items()]


def entry(path: str, place: Path) -> Entry:
    return Entry(path, partial(Path.read_bytes, place))


def _taken(
    root: Path, folder: str, selection: Selection, ignored: Ignored, nested: bool, found: Found
) -> Iterator[str]:
    """Takes what is in a folder, and gives the folders in it."""
    try:
        with os.scandir(root / folder) as scan:
            children = list(scan)
    except OSError as error:
        found.failures.append(Failure(folder, "read", "", error.strerror or str(error)))
        return
    names = {child.name for child in children}
    if folder and ("pyvenv.cfg" in names or (not nested and ".git" in names)):
        if ".git" in names:
            found.repositories.append(storable(folder.rstrip("/")))
        return
    for child in children:
        path = folder + child.name
        if child.is_dir(follow_symlinks=False):
            if selection.enters(path) and not ignored(path + "/"):
                yield path + "/"
        else:
            _take(child, path, selection, ignored, found)


def _take(
    child: os.DirEntry[str], path: str, selection: Selection, ignored: Ignored, found: Found
) -> None:
    wanted = found.sources if selection.is_source(path) else None
    if wanted is None and selection.is_support(path):
        wanted = found.support
    if wanted is None or ignored(path):
        return
    if child.is_symlink():
        found.links += 1
    elif child.is_file(follow_symlinks=False):
        wanted[path] = Path(child.path)

"""Stage 1, source → tree: a folder as it lies, or a commit straight from git's object store."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_sitter_db.checkout.base import Base, base_of
    from graph_sitter_db.checkout.choice import Choice, commits, first_parents
    from graph_sitter_db.checkout.churn import changes
    from graph_sitter_db.checkout.index import Staged, staged
    from graph_sitter_db.checkout.moved import Held, names_of, renames
    from graph_sitter_db.checkout.one_file import read_file
    from graph_sitter_db.checkout.open import open_tree
    from graph_sitter_db.checkout.past import Past, State
    from graph_sitter_db.checkout.place import Place, place_of
    from graph_sitter_db.checkout.selection import DEFAULT_EXCLUDE, Selection
    from graph_sitter_db.checkout.since import Since
    from graph_sitter_db.checkout.tree import Entry, Tree

__all__ = [
    "DEFAULT_EXCLUDE",
    "Base",
    "Choice",
    "Entry",
    "Held",
    "Past",
    "Place",
    "Selection",
    "Since",
    "Staged",
    "State",
    "Tree",
    "base_of",
    "changes",
    "commits",
    "first_parents",
    "names_of",
    "open_tree",
    "place_of",
    "read_file",
    "renames",
    "staged",
]

_PLACES = {
    "DEFAULT_EXCLUDE": "selection",
    "Base": "base",
    "Choice": "choice",
    "changes": "churn",
    "Entry": "tree",
    "Held": "moved",
    "names_of": "moved",
    "renames": "moved",
    "Past": "past",
    "Place": "place",
    "Selection": "selection",
    "Since": "since",
    "Staged": "index",
    "staged": "index",
    "Tree": "tree",
    "base_of": "base",
    "State": "past",
    "commits": "choice",
    "first_parents": "choice",
    "open_tree": "open",
    "place_of": "place",
    "read_file": "one_file",
}


def __getattr__(name: str) -> Any:
    """Load a part when it is first used: questions ask only where, and read no tree."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)

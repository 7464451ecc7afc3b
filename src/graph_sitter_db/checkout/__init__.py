"""Stage 1, source → tree: a folder as it lies, or a commit straight from git's object store."""

from graph_sitter_db.checkout.open import open_tree
from graph_sitter_db.checkout.place import Place, place_of
from graph_sitter_db.checkout.selection import DEFAULT_EXCLUDE, Selection
from graph_sitter_db.checkout.tree import Entry, Tree

__all__ = ["DEFAULT_EXCLUDE", "Entry", "Place", "Selection", "Tree", "open_tree", "place_of"]

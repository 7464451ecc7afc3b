"""A syntax tree that is made when it is first looked at."""

from typing import Any

from tree_sitter import Node

from graph_sitter_db.extract.syntax import root_of
from graph_sitter_db.model.facts import Source


class Deferred:
    """Stands in for the root node of a file that could be read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._root: Node | None = None

    def __getattr__(self, name: str) -> Any:
        if self._root is None:
            self._root = root_of(self._source)
        return getattr(self._root, name)

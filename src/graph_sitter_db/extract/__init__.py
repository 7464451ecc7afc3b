"""Stage 2: sources → facts, and trees → relations. The only door to graph_sitter."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph_sitter_db.model.facts import FileFacts, Source

VERSION = "1"  # raise it when the same bytes would give other facts


def facts(source: "Source") -> "FileFacts":
    """Everything that follows from one file's bytes. Loads the parsers when first called."""
    from graph_sitter_db.extract.syntax import facts

    return facts(source)

"""Stage 2: sources → facts, and trees → relations. The only door to graph_sitter.

Parsers and graph_sitter are loaded by the first call that needs them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from graph_sitter_db.extract.graph import Graph, Progress
    from graph_sitter_db.model.facts import FileFacts, Source
    from graph_sitter_db.model.keys import Family
    from graph_sitter_db.model.relations import Relations

VERSION = "1"  # raise it when the same bytes would give other facts


def facts(source: "Source") -> "FileFacts":
    """Everything that follows from one file's bytes."""
    from graph_sitter_db.extract.syntax import facts

    return facts(source)


def deferred(source: "Source") -> Any:
    """The root of a file's syntax tree, parsed when it is first looked at."""
    from graph_sitter_db.extract.syntax_later import Deferred

    return Deferred(source)


def adopt(codebase: Any) -> "Graph":
    """A user's own graph_sitter Codebase, taken as it is."""
    from graph_sitter_db.extract.graph import adopt

    return adopt(codebase)


def relate(graph: "Graph", facts: Mapping[str, "FileFacts"]) -> "Relations":
    """The relations between the files of a graph, joined to their facts."""
    from graph_sitter_db.extract.relations import relations

    return relations(graph, facts)


def isolated(
    root: "Path",
    family: "Family",
    facts: Mapping[str, "FileFacts"],
    *,
    timeout: float,
    memory: int,
    prefix: str = "",
    progress: "Progress | None" = None,
) -> "Relations":
    """The relations of files, found in a process of their own.

    They lie below `root` under `prefix`, which is "" or ends with a "/".
    """
    from graph_sitter_db.extract.worker import isolated

    return isolated(
        root, family, facts, timeout=timeout, memory=memory, prefix=prefix, progress=progress
    )

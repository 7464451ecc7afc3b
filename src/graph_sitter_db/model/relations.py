"""What holds between files: edges, and how much could not be resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph_sitter_db.model.keys import EdgeKind


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """All relations of one kind from one symbol to one target, counted."""

    kind: EdgeKind
    source: str  # symbol key in this file; "" is the file itself
    target_path: str  # "" when external
    target: str  # symbol key in the target file; "" is the file itself
    external: str  # module (and name) outside the codebase; "" when internal
    count: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Linkage:
    """A file's outgoing relations.

    `resolved` and `unresolved` count sites (calls, imports, base classes).
    """

    path: str
    edges: tuple[Edge, ...]
    resolved: int = 0
    unresolved: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Failure:
    """A part that could not be analysed; the rest went on."""

    path: str
    stage: str  # read, parse, resolve, rule, metric …
    name: str  # the symbol, rule or metric concerned, else ""
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Relations:
    """The linkages of a codebase, by path, and what failed on the way."""

    linkages: Mapping[str, Linkage] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    node_count: int = 0
    edge_count: int = 0  # as graph-sitter counts, before aggregation
    summary: str = ""  # graph-sitter's own get_codebase_summary, byte for byte

    @property
    def are_missing(self) -> bool:
        """Whether the graph as a whole could not be had; the failures say why."""
        return any(each.stage == "graph" and not each.path for each in self.failures)

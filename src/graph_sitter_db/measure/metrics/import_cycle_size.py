"""How many files cannot be imported without each other."""

from collections.abc import Iterator

from graph_sitter_db.model.keys import Direction, Rollup, Scope
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.structure import ModuleGraph, Place


def _of_graph(graph: ModuleGraph) -> Iterator[tuple[Place, float]]:
    for files in graph.cycles:
        for path in files:
            yield Place(Scope.FILE, path), len(files)


IMPORT_CYCLE_SIZE = Metric(
    name="import_cycle_size",
    title="Import cycle",
    unit="files",
    direction=Direction.LOWER,
    rollup=Rollup.MAX,
    category="structure",
    definition=(
        "Files that all reach each other by imports that run when they are imported, the file "
        "itself included; not defined for a file in no cycle."
    ),
    source="graph-sitter-db 1",
    of_graph=_of_graph,
)

"""How much of the codebase leads to a file."""

from collections.abc import Iterator

from graph_sitter_db.model.keys import Direction, Rollup, Scope
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.structure import ModuleGraph, Place


def _of_graph(graph: ModuleGraph) -> Iterator[tuple[Place, float]]:
    # Here because it takes 0.1 s to load, which commands that only ask for metrics need not pay.
    from rustworkx import PyDiGraph, pagerank

    paths = sorted(graph.dependencies)
    number = {path: index for index, path in enumerate(paths)}
    directed: PyDiGraph[str, None] = PyDiGraph()
    directed.add_nodes_from(paths)
    directed.add_edges_from_no_data(
        [(number[a], number[b]) for a in paths for b in sorted(graph.dependencies[a])]
    )
    for index, rank in pagerank(directed, alpha=_DAMPING, tol=1e-10, max_iter=1000).items():
        yield Place(Scope.FILE, paths[index]), rank


_DAMPING = 0.85

CENTRALITY = Metric(
    name="centrality",
    title="Centrality",
    unit="ratio",
    direction=Direction.NEUTRAL,
    rollup=Rollup.MAX,
    category="structure",
    definition=(
        "PageRank over the files that depend on each other, tests left out: the share of time that "
        "somebody spends in a file who follows dependencies at random and starts anew every "
        "seventh step or so (damping 0.85). All files together have 1."
    ),
    source="Brin and Page, The Anatomy of a Large-Scale Hypertextual Web Search Engine (1998)",
    of_graph=_of_graph,
)

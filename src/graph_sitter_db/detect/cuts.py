"""Which edges to take out of a graph so that no circle is left."""

from collections.abc import Iterator, Mapping, Sequence

type Edge = tuple[str, str]

EXACT = 12  # nodes; the work grows twofold with each more


def cut(weights: Mapping[Edge, int]) -> list[Edge]:
    """Edges, by weight, without which there is no circle, and each of which is needed for that.

    Up to 12 nodes no other set weighs less. Beyond, they are a good approximation.
    """
    nodes = sorted({node for edge in weights for node in edge})
    found = _lightest(nodes, weights) if len(nodes) <= EXACT else _light(nodes, weights)
    return sorted(found, key=lambda edge: (weights[edge], edge))


def _lightest(nodes: Sequence[str], weights: Mapping[Edge, int]) -> Iterator[Edge]:
    """In any order of the nodes, the edges that run backwards are a cut. What the best order of
    some nodes weighs follows from those with one node less (Held and Karp, 1962).
    """
    number = {node: index for index, node in enumerate(nodes)}
    out = [[(number[b], w) for (a, b), w in weights.items() if a == node] for node in nodes]
    best: dict[int, tuple[int, list[int]]] = {0: (0, [])}
    for chosen in range(1 << len(nodes)):
        weight, order = best.pop(chosen)
        for node in range(len(nodes)):
            grown = chosen | 1 << node
            if grown != chosen:
                back = weight + sum(w for target, w in out[node] if chosen >> target & 1)
                if grown not in best or back < best[grown][0]:
                    best[grown] = back, [*order, node]
    position = {nodes[node]: place for place, node in enumerate(order)}
    return (edge for edge in weights if position[edge[0]] > position[edge[1]])


def _light(nodes: Sequence[str], weights: Mapping[Edge, int]) -> Iterator[Edge]:
    """Takes the weight of the lightest edge off every edge of a circle, until none is left whose
    edges all weigh something; then puts back what closes no circle, the heaviest first (Demetrescu
    and Finocchi, Combinatorial Algorithms for Feedback Problems in Directed Graphs, 2003).
    """
    # Here because it takes 0.1 s to load, which commands that only ask for rules need not pay.
    from rustworkx import PyDiGraph, digraph_find_cycle, has_path

    number = {node: index for index, node in enumerate(nodes)}
    graph: PyDiGraph[str, int] = PyDiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from([(number[a], number[b], w) for (a, b), w in sorted(weights.items())])
    gone: list[Edge] = []
    while circle := digraph_find_cycle(graph):
        least = min(graph.get_edge_data(*edge) for edge in circle)
        for a, b in circle:
            if left := graph.get_edge_data(a, b) - least:
                graph.update_edge(a, b, left)
            else:
                graph.remove_edge(a, b)
                gone.append((nodes[a], nodes[b]))
    for edge in sorted(gone, key=lambda edge: (-weights[edge], edge)):
        start, end = number[edge[0]], number[edge[1]]
        if has_path(graph, end, start):
            yield edge
        else:
            graph.add_edge(start, end, 1)

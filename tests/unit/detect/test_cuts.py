from itertools import combinations

import networkx  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_sitter_db.detect import cuts
from graph_sitter_db.detect.cuts import Edge, cut

NODES = [f"{n:02}" for n in range(16)]
WEIGHTS = st.integers(1, 9)


def graphs(nodes: int, edges: int) -> st.SearchStrategy[dict[Edge, int]]:
    node = st.sampled_from(NODES[:nodes])
    pairs = st.tuples(node, node).filter(lambda pair: pair[0] != pair[1])
    return st.dictionaries(pairs, WEIGHTS, max_size=edges)


def is_without_circles(edges: set[Edge]) -> bool:
    return bool(networkx.is_directed_acyclic_graph(networkx.DiGraph(edges)))


@settings(deadline=None)
@given(weights=graphs(16, 60))
def test_a_cut_leaves_no_circle_and_has_nothing_to_spare(weights: dict[Edge, int]) -> None:
    found, edges = cut(weights), set(weights)
    assert is_without_circles(edges - {*found})
    for edge in found:
        assert not is_without_circles(edges - {*found} | {edge})
    assert [weights[edge] for edge in found] == sorted(weights[edge] for edge in found)


@settings(deadline=None)
@given(weights=graphs(5, 9))
def test_no_cut_of_few_nodes_weighs_less(weights: dict[Edge, int]) -> None:
    weight = sum(weights[edge] for edge in cut(weights))
    sets = (each for size in range(len(weights)) for each in combinations(weights, size))
    lighter = [each for each in sets if sum(weights[edge] for edge in each) < weight]
    assert not any(is_without_circles(set(weights) - {*each}) for each in lighter)


@settings(deadline=None)
@given(weights=graphs(8, 20))
def test_the_approximation_costs_at_most_as_many_times_more_as_circles_are_long(
    weights: dict[Edge, int],
) -> None:
    nodes = sorted({node for edge in weights for node in edge})
    light, lightest = (
        sum(weights[edge] for edge in way(nodes, weights)) for way in (cuts._light, cuts._lightest)
    )
    assert lightest <= light <= len(nodes) * lightest

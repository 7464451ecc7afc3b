"""Worked examples of the metrics of relations, laws they keep, and networkx beside them."""

import math
from collections.abc import Iterable

import networkx  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure
from graph_sitter_db.measure.metrics import METRICS
from graph_sitter_db.model.duplication import Duplication
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Source
from graph_sitter_db.model.keys import Direction, EdgeKind, Language, ParseStatus, Rollup, Scope
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.relations import Edge, Failure, Linkage
from graph_sitter_db.model.structure import ModuleGraph, Place, Structure

type Pair = tuple[str, str]


def uses(pairs: Iterable[Pair], kind: EdgeKind = EdgeKind.REFERENCE) -> dict[str, Linkage]:
    """Linkages in which the first file of each pair uses the second."""
    found: dict[str, list[Edge]] = {}
    for source, target in sorted(pairs):
        found.setdefault(source, []).append(Edge(kind, "", target, "", "", 1, 1))
    return {path: Linkage(path, tuple(edges)) for path, edges in found.items()}


def inherits(*relations: tuple[str, str, str, str]) -> dict[str, Linkage]:
    """Linkages from (path, class, path of the parent, parent)."""
    found: dict[str, list[Edge]] = {}
    for path, child, origin, parent in relations:
        edge = Edge(EdgeKind.INHERIT, child, origin, parent, "", 1, 1)
        found.setdefault(path, []).append(edge)
    return {path: Linkage(path, tuple(edges)) for path, edges in found.items()}


def plain(path: str) -> MeasuredFile:
    source = Source(path, Language.PYTHON, b"import x\n", b"")
    facts = FileFacts(source, ParseStatus.OK, is_test=path.startswith("test_"))
    return MeasuredFile(facts, {}, ())


def of_pairs(paths: Iterable[str], pairs: Iterable[Pair]) -> Structure:
    return measure.structure([plain(path) for path in paths], uses(pairs))


def column(structure: Structure, metric: str, scope: Scope = Scope.FILE) -> dict[str, float]:
    return {
        place.symbol or place.path: values[metric]
        for place, values in structure.values.items()
        if place.scope is scope and metric in values
    }


def test_a_component_that_three_depend_on_and_that_depends_on_one_has_instability_a_quarter() -> (
    None
):
    """The example of Martin, Agile Software Development (2002), chapter 20, and Clean Architecture
    (2017), chapter 14: Ca = 3, Ce = 1, I = 1/4."""
    pairs = [("a/q.py", "c/t.py"), ("a/r.py", "c/u.py"), ("b/s.py", "c/u.py"), ("c/t.py", "d/v.py")]
    structure = of_pairs({path for pair in pairs for path in pair}, [*pairs, ("c/u.py", "c/t.py")])
    values = structure.values[Place(Scope.FOLDER, "c")]
    assert (values["afferent_coupling"], values["efferent_coupling"]) == (3, 1)
    assert values["instability"] == 0.25


def test_what_nobody_depends_on_is_unstable_and_what_depends_on_nothing_is_stable() -> None:
    structure = of_pairs(["a.py", "b.py", "alone.py"], [("a.py", "b.py")])
    assert column(structure, "instability") == {"a.py": 1, "b.py": 0}
    assert structure.of_file("alone.py")["afferent_coupling"] == 0


def test_a_folder_has_the_coupling_that_crosses_its_border() -> None:
    pairs = [("p/q/a.py", "p/b.py"), ("p/q/a.py", "r/c.py"), ("p/b.py", "p/q/a.py")]
    structure = of_pairs(["p/q/a.py", "p/b.py", "r/c.py"], pairs)
    assert column(structure, "efferent_coupling", Scope.FOLDER) == {"p": 1, "p/q": 2, "r": 0}
    assert column(structure, "afferent_coupling", Scope.FOLDER) == {"p": 0, "p/q": 1, "r": 1}


def test_a_file_that_is_used_in_many_ways_is_used_once() -> None:
    edges = (
        Edge(EdgeKind.IMPORT, "", "b.py", "g", "", 1, 1),
        Edge(EdgeKind.CALL, "f", "b.py", "g", "", 7, 2),
        Edge(EdgeKind.CALL, "f", "a.py", "h", "", 1, 2),
        Edge(EdgeKind.CALL, "f", "", "", "os.path", 1, 2),
    )
    linkages = {"a.py": Linkage("a.py", edges)}
    structure = measure.structure([plain("a.py"), plain("b.py")], linkages)
    assert column(structure, "efferent_coupling") == {"a.py": 1, "b.py": 0}


def test_tests_make_nothing_stable() -> None:
    structure = of_pairs(["a.py", "test_a.py"], [("test_a.py", "a.py")])
    assert structure.of_file("a.py")["afferent_coupling"] == 0
    assert structure.of_file("test_a.py") == {}


@pytest.mark.parametrize(
    ("path", "source", "abstractness"),
    [
        ("a.py", "def f(): pass\n", None),
        ("a.py", "class A: pass\n", 0),
        ("a.py", "class A(ABC): pass\nclass B(A): pass\n", 0.5),
        ("a.py", "class A(Protocol[T]): pass\n", 1),
        ("a.py", "class A(metaclass=ABCMeta): pass\nclass E(Enum): X = 1\n", 0.5),
        ("a.py", "class A:\n    @abstractmethod\n    def f(self): ...\nclass B: pass\n", 0.5),
        ("a.py", "type A = int\nclass B: pass\n", 0),
        ("a.ts", "interface A {}\ntype B = { b: A }\nclass C implements A {}\nenum D { X }\n", 0.5),
        (
            "a.ts",
            "abstract class A {}\nabstract class B { abstract f(): void }\nclass C {}\n",
            2 / 3,
        ),
        ("a.ts", "export const f = () => 1\n", None),
    ],
)
def test_abstractness_is_the_share_of_abstract_types(
    read: Reader, path: str, source: str, abstractness: float | None
) -> None:
    structure = measure.structure([measure.measure(read(source, path))], {})
    assert structure.of_file(path).get("abstractness") == pytest.approx(abstractness)


def test_a_concrete_file_that_all_depend_on_is_farthest_from_the_main_sequence(
    read: Reader,
) -> None:
    """The corners of Martin's diagram: pain at (I 0, A 0) and uselessness at (1, 1), both D = 1;
    on the line between (1, 0) and (0, 1) D = 0."""
    sources = {
        "pain.py": "class A: pass\n",
        "ports.py": "class A(ABC): pass\n",
        "main.py": "class A: pass\n",
        "useless.py": "class A(ABC): pass\n",
    }
    pairs = [(user, used) for user in ("main.py", "useless.py") for used in ("pain.py", "ports.py")]
    files = [measure.measure(read(source, path)) for path, source in sources.items()]
    structure = measure.structure(files, uses(pairs))
    assert column(structure, "distance") == {
        "pain.py": 1,
        "ports.py": 0,
        "main.py": 0,
        "useless.py": 1,
    }
    assert structure.totals["distance_mean"] == 0.5


TREE = """
class Root: pass
class Left(Root): pass
class Right(Root): pass
class Bottom(Left, Mixin): pass
class Mixin(Left): pass
class Error(ValueError): pass
class Alone(Generic[T], abc.ABC): pass
"""
RELATIONS = [("Left", "Root"), ("Right", "Root"), ("Bottom", "Left"), ("Bottom", "Mixin")]
RELATIONS += [("Mixin", "Left")]


def test_depth_and_children_in_a_tree_of_inheritance(read: Reader) -> None:
    """By the definitions of Chidamber and Kemerer (1994): DIT is the longest way to the root, NOC
    the immediate subclasses."""
    linkages = inherits(*(("a.py", child, "a.py", parent) for child, parent in RELATIONS))
    structure = measure.structure([measure.measure(read(TREE, "a.py"))], linkages)
    assert column(structure, "inheritance_depth", Scope.SYMBOL) == {
        "Root": 0,
        "Left": 1,
        "Right": 1,
        "Bottom": 3,
        "Mixin": 2,
        "Error": 1,
        "Alone": 0,
    }
    assert column(structure, "children", Scope.SYMBOL) == {
        "Root": 2,
        "Left": 2,
        "Right": 0,
        "Bottom": 0,
        "Mixin": 1,
        "Error": 0,
        "Alone": 0,
    }
    assert (structure.totals["inheritance_depth_max"], structure.totals["children_max"]) == (3, 2)


def test_ancestors_in_other_files_count(read: Reader) -> None:
    files = [
        measure.measure(read("class A(Outside): pass\n", "a.py")),
        measure.measure(read("class B(A): pass\n", "b.py")),
    ]
    structure = measure.structure(files, inherits(("b.py", "B", "a.py", "A")))
    assert column(structure, "inheritance_depth", Scope.SYMBOL) == {"A": 1, "B": 2}


def test_classes_that_seem_to_inherit_from_each_other_have_no_depth(read: Reader) -> None:
    source = "class A(B): pass\nclass B(A): pass\nclass C(A): pass\nclass D: pass\n"
    relations = [("a.py", "A", "a.py", "B"), ("a.py", "B", "a.py", "A"), ("a.py", "C", "a.py", "A")]
    structure = measure.structure([measure.measure(read(source, "a.py"))], inherits(*relations))
    assert column(structure, "inheritance_depth", Scope.SYMBOL) == {"D": 0}


def test_a_long_chain_of_classes_is_no_problem(read: Reader) -> None:
    source = "class C0: pass\n" + "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, 3000))
    relations = [("a.py", f"C{n}", "a.py", f"C{n - 1}") for n in range(1, 3000)]
    structure = measure.structure([measure.measure(read(source, "a.py"))], inherits(*relations))
    assert structure.totals["inheritance_depth_max"] == 2999


def test_files_in_a_circle_of_imports_know_its_size() -> None:
    pairs = [("a.py", "b.py"), ("b.py", "c.py"), ("c.py", "a.py"), ("d.py", "a.py")]
    files = [plain(path) for path in ("a.py", "b.py", "c.py", "d.py")]
    structure = measure.structure(files, uses(pairs, EdgeKind.IMPORT))
    assert column(structure, "import_cycle_size") == {"a.py": 3, "b.py": 3, "c.py": 3}
    assert (structure.totals["import_cycles"], structure.totals["import_cycle_files"]) == (1, 3)
    assert "import_cycle_size_max" not in of_pairs(["a.py", "b.py"], pairs).totals


PAGES = {"B": "C", "C": "B", "D": "AB", "E": "BDF", "F": "BE"}
PAGES |= {"G": "BE", "H": "BE", "I": "BE", "J": "E", "K": "E"}
SHARES = [("A", 3.3), ("B", 38.4), ("C", 34.3), ("DF", 3.9), ("E", 8.1), ("GHIJK", 1.6)]


def test_centrality_is_page_rank() -> None:
    """The picture that Wikipedia's article on PageRank opens with, in per cent, damping 0.85."""
    pairs = [(f"{page}.py", f"{link}.py") for page, links in PAGES.items() for link in links]
    ranks = column(of_pairs([f"{page}.py" for page in "ABCDEFGHIJK"], pairs), "centrality")
    shares = {path[0]: round(100 * rank, 1) for path, rank in ranks.items()}
    assert shares == {letter: share for letters, share in SHARES for letter in letters}


def test_metrics_of_nothing_are_none() -> None:
    structure = measure.structure([], {})
    assert structure.values == {}
    assert structure.totals == {"import_cycles": 0, "import_cycle_files": 0}


def ranked(name: str, values: Iterable[tuple[Place, float]] | None) -> Metric:
    def of_graph(graph: ModuleGraph) -> Iterable[tuple[Place, float]]:
        if values is None:
            raise ZeroDivisionError("by zero")
        return values

    return Metric(
        name=name,
        title=name,
        unit="",
        direction=Direction.NEUTRAL,
        rollup=Rollup.MAX,
        definition="",
        source="",
        of_graph=of_graph,
    )


def test_a_metric_of_the_graph_that_raises_costs_its_own_values_only() -> None:
    place = Place(Scope.FILE, "a.py")
    metrics = [
        ranked("bad", None),
        ranked("odd", [(place, math.nan)]),
        ranked("good", [(place, 2)]),
    ]
    failures: list[Failure] = []
    structure = measure.structure([plain("a.py")], {}, metrics, failures)
    assert structure.values == {place: {"good": 2}}
    assert [(each.stage, each.name) for each in failures] == [("metric", "bad"), ("metric", "odd")]


def test_every_metric_of_the_graph_names_its_smallest_scope(read: Reader) -> None:
    files = [measure.measure(read("class A(ABC): pass\n", path)) for path in ("p/a.py", "p/b.py")]
    pairs = {("p/a.py", "p/b.py"), ("p/b.py", "p/a.py")}
    compared = Duplication(lines={"p/a.py": 0, "p/b.py": 0})
    structure = measure.structure(files, uses(pairs, EdgeKind.IMPORT), duplication=compared)
    for metric in METRICS:
        if metric.of_graph:
            scopes = {
                place.scope for place, each in structure.values.items() if metric.name in each
            }
            assert metric.scope in scopes <= {metric.scope, Scope.FOLDER}


PATHS = [f"{folder}{name}.py" for folder in ("", "p/", "p/q/") for name in "abc"]
law = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GRAPHS = st.sets(st.tuples(st.sampled_from(PATHS), st.sampled_from(PATHS)))


@law
@given(pairs=GRAPHS)
def test_ratios_stay_between_nothing_and_all(pairs: set[Pair]) -> None:
    structure = of_pairs(PATHS, pairs)
    for name in ("instability", "abstractness", "distance", "centrality"):
        assert all(0 <= values.get(name, 0) <= 1 for values in structure.values.values())


@law
@given(pairs=GRAPHS)
def test_what_goes_out_comes_in(pairs: set[Pair]) -> None:
    structure = of_pairs(PATHS, pairs)
    between = len({(a, b) for a, b in pairs if a != b})
    assert sum(column(structure, "afferent_coupling").values()) == between
    assert sum(column(structure, "efferent_coupling").values()) == between


@law
@given(pairs=GRAPHS)
def test_a_folder_of_one_file_has_the_values_of_the_file(pairs: set[Pair]) -> None:
    apart = {path: path.replace("/", "_").replace(".py", "/only.py") for path in PATHS}
    structure = of_pairs(apart.values(), {(apart[a], apart[b]) for a, b in pairs})
    for place, values in structure.values.items():
        if place.scope is Scope.FOLDER:
            of_file = structure.of_file(f"{place.path}/only.py")
            assert values == {name: of_file[name] for name in values}


@law
@given(pairs=GRAPHS)
def test_centrality_is_where_networkx_google_matrix_leads_and_sums_to_one(pairs: set[Pair]) -> None:
    ranks = column(of_pairs(PATHS, pairs), "centrality")
    graph = networkx.DiGraph((a, b) for a, b in pairs if a != b)
    graph.add_nodes_from(PATHS)
    matrix = networkx.google_matrix(graph, alpha=0.85, nodelist=PATHS)
    for _ in range(8):  # 256 steps
        matrix = matrix @ matrix
    expected = dict(zip(PATHS, matrix[0], strict=True))
    assert math.fsum(ranks.values()) == pytest.approx(1, abs=1e-5)
    assert ranks == pytest.approx(expected, rel=1e-5)


@law
@given(pairs=GRAPHS)
def test_circles_are_networkx_strong_components(pairs: set[Pair]) -> None:
    structure = measure.structure([plain(path) for path in PATHS], uses(pairs, EdgeKind.IMPORT))
    components = networkx.strongly_connected_components(networkx.DiGraph(pairs))
    expected = {path: len(each) for each in components if len(each) > 1 for path in each}
    assert column(structure, "import_cycle_size") == expected


NUMBERS = st.integers(0, 7)
UPWARDS = st.sets(st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] > pair[1]))


@law
@given(pairs=UPWARDS)
def test_depth_is_the_longest_way_up_and_children_are_ways_down(
    read: Reader, pairs: set[tuple[int, int]]
) -> None:
    graph = networkx.DiGraph(pairs)
    graph.add_nodes_from(range(8))
    source = "".join(f"class C{n}({_bases(graph, n)}): pass\n" for n in range(8))
    relations = [("a.py", f"C{child}", "a.py", f"C{parent}") for child, parent in pairs]
    structure = measure.structure([measure.measure(read(source, "a.py"))], inherits(*relations))
    above = {n: graph.subgraph({n, *networkx.descendants(graph, n)}) for n in range(8)}
    assert column(structure, "inheritance_depth", Scope.SYMBOL) == {
        f"C{n}": networkx.dag_longest_path_length(each) for n, each in above.items()
    }
    assert column(structure, "children", Scope.SYMBOL) == {
        f"C{n}": count for n, count in graph.in_degree()
    }


def _bases(graph: networkx.DiGraph, child: int) -> str:
    return ", ".join(f"C{parent}" for parent in sorted(graph.successors(child)))

"""Who depends on whom, and whether what much depends on is abstract: Martin's package metrics."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import CLASSES, Direction, Language, Rollup, Scope, SymbolKind
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.structure import ModuleGraph, Place

type Values = Mapping[Place, float]


def _afferent(graph: ModuleGraph) -> Values:
    users: dict[Place, set[str]] = {place: set() for place in _places(graph)}
    for source, target in _pairs(graph):
        for place in _around(target, source):
            users[place].add(source)
    return {place: len(each) for place, each in users.items()}


def _efferent(graph: ModuleGraph) -> Values:
    used: dict[Place, set[str]] = {place: set() for place in _places(graph)}
    for source, target in _pairs(graph):
        for place in _around(source, target):
            used[place].add(target)
    return {place: len(each) for place, each in used.items()}


def _instability(graph: ModuleGraph) -> Values:
    ca, ce = _afferent(graph), _efferent(graph)
    return {place: ce[place] / (ca[place] + ce[place]) for place in ca if ca[place] + ce[place]}


def _abstractness(graph: ModuleGraph) -> Values:
    types: dict[Place, list[bool]] = defaultdict(list)
    for path in graph.dependencies:
        are_abstract = list(_types(graph.files[path].facts))
        for place in _around(path):
            types[place] += are_abstract
    return {place: sum(each) / len(each) for place, each in types.items() if each}


def _distance(graph: ModuleGraph) -> Values:
    abstractness, instability = _abstractness(graph), _instability(graph)
    return {p: abs(a + instability[p] - 1) for p, a in abstractness.items() if p in instability}


def _places(graph: ModuleGraph) -> Iterator[Place]:
    for path in graph.dependencies:
        yield from _around(path)


def _pairs(graph: ModuleGraph) -> Iterator[tuple[str, str]]:
    for source, targets in graph.dependencies.items():
        for target in targets:
            yield source, target


def _around(path: str, other: str = "") -> Iterator[Place]:
    """A file and the folders it lies in, but for the root and for those that hold another too."""
    yield Place(Scope.FILE, path)
    while folder := path.rpartition("/")[0]:
        if not other.startswith(f"{folder}/"):
            yield Place(Scope.FOLDER, folder)
        path = folder


def _types(facts: FileFacts) -> Iterator[bool]:
    """For each type of a file, whether it is abstract."""
    with_abstract = {symbol.parent_ordinal for symbol in facts.symbols if symbol.is_abstract}
    for symbol in facts.symbols:
        if symbol.kind in _BARE and facts.source.language is not Language.PYTHON:
            yield True
        elif symbol.kind in CLASSES:
            yield symbol.is_abstract or symbol.ordinal in with_abstract


_BARE = frozenset({SymbolKind.INTERFACE, SymbolKind.TYPE_ALIAS})


def _metric(
    name: str,
    title: str,
    unit: str,
    direction: Direction,
    definition: str,
    values: Callable[[ModuleGraph], Values],
) -> Metric:
    def of_graph(graph: ModuleGraph) -> Iterable[tuple[Place, float]]:
        return values(graph).items()

    return Metric(
        name=name,
        title=title,
        unit=unit,
        direction=direction,
        rollup=Rollup.MEAN if unit == "ratio" else Rollup.MAX,
        definition=definition,
        source=_SOURCE,
        category="structure",
        of_graph=of_graph,
    )


_SOURCE = "R. C. Martin, OO Design Quality Metrics (1994), with files in the place of classes"

MAIN_SEQUENCE = (
    _metric(
        "afferent_coupling",
        "Afferent coupling",
        "files",
        Direction.NEUTRAL,
        "Files outside that depend on a file, or on any in a folder and below: by import, call, "
        "reference, inheritance or re-export. Tests count neither as users nor as used.",
        _afferent,
    ),
    _metric(
        "efferent_coupling",
        "Efferent coupling",
        "files",
        Direction.LOWER,
        "Files of the codebase outside that a file, or any in a folder and below, depends on.",
        _efferent,
    ),
    _metric(
        "instability",
        "Instability",
        "ratio",
        Direction.NEUTRAL,
        "Ce / (Ca + Ce), from 0, hard to change because others depend on it, to 1; not defined "
        "for what has no coupling at all.",
        _instability,
    ),
    _metric(
        "abstractness",
        "Abstractness",
        "ratio",
        Direction.NEUTRAL,
        "Abstract types / types; not defined without types. Types are classes, enums, interfaces "
        "and TypeScript's type aliases. Abstract are interfaces, such aliases, classes said to be "
        "abstract (`abstract`, ABC, Protocol), and those with an abstract method.",
        _abstractness,
    ),
    _metric(
        "distance",
        "Distance from the main sequence",
        "ratio",
        Direction.LOWER,
        "|A + I - 1|, from 0, as abstract as much depended on, to 1; not defined where A or I is "
        "not.",
        _distance,
    ),
)

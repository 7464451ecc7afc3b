"""Where a class stands in the tree of inheritance."""

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

from graph_sitter_db.model.keys import CLASSES, Direction, Rollup, Scope
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.structure import ModuleGraph, Place


def _depths(graph: ModuleGraph) -> Iterator[tuple[Place, float]]:
    """From the roots down; a class that seems to inherit from itself is never reached."""
    depths, children = _least_depths(graph), _children(graph)
    waits_for = {c: len(each & depths.keys()) for c, each in graph.parents.items()}
    ready = deque(place for place, parents in waits_for.items() if not parents)
    while ready:
        place = ready.popleft()
        yield place, depths[place]
        for child in children.get(place, ()):
            depths[child] = max(depths[child], depths[place] + 1)
            waits_for[child] -= 1
            if not waits_for[child]:
                ready.append(child)


def _numbers_of_children(graph: ModuleGraph) -> Iterator[tuple[Place, float]]:
    children = _children(graph)
    for place in graph.parents:
        yield place, len(children.get(place, ()))


def _least_depths(graph: ModuleGraph) -> dict[Place, int]:
    """1 for a class with a parent, wherever that is, else 0."""
    return {
        Place(Scope.SYMBOL, path, symbol.key): int(any(map(_is_parent, symbol.bases)))
        for path, file in graph.files.items()
        for symbol in file.facts.symbols
        if symbol.kind in CLASSES
    }


def _is_parent(base: str) -> bool:
    """Python's markers of what kind of class it is hand nothing down."""
    name = re.split(r"[\[(<]", base, maxsplit=1)[0].strip().rpartition(".")[2]
    return name not in ("object", "ABC", "Generic", "Protocol")


def _children(graph: ModuleGraph) -> Mapping[Place, Sequence[Place]]:
    children: dict[Place, list[Place]] = defaultdict(list)
    for child, parents in graph.parents.items():
        for parent in parents:
            children[parent].append(child)
    return children


INHERITANCE = (
    Metric(
        name="inheritance_depth",
        title="Depth of inheritance",
        unit="classes",
        direction=Direction.LOWER,
        rollup=Rollup.MAX,
        category="structure",
        scope=Scope.SYMBOL,
        kinds=CLASSES,
        definition=(
            "Steps from a class up to its farthest ancestor; interfaces, and those that it "
            "implements, count as classes. Ancestors outside of the codebase count as one step; "
            "object, ABC, Generic and Protocol as none."
        ),
        source="DIT of Chidamber and Kemerer, A Metrics Suite for Object Oriented Design (1994)",
        of_graph=_depths,
    ),
    Metric(
        name="children",
        title="Children",
        unit="classes",
        direction=Direction.NEUTRAL,
        rollup=Rollup.MAX,
        category="structure",
        scope=Scope.SYMBOL,
        kinds=CLASSES,
        definition="Classes of the codebase that inherit directly from a class, or implement it.",
        source="NOC of Chidamber and Kemerer, A Metrics Suite for Object Oriented Design (1994)",
        of_graph=_numbers_of_children,
    ),
)

"""How many others use a symbol, and how many it uses."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from graph_sitter_db.model.keys import EdgeKind
from graph_sitter_db.model.relations import Linkage

type Place = tuple[str, str]  # path, symbol key; "" is the file itself

_COUNTED = frozenset({EdgeKind.CALL, EdgeKind.REFERENCE, EdgeKind.INHERIT})


def fans(linkages: Mapping[str, Linkage]) -> dict[Place, tuple[int, int]]:
    """(fan-in, fan-out) of every symbol with either: distinct symbols of this codebase that use
    it, and that it uses, by call, reference or inheritance. Use of itself does not count.
    """
    users: dict[Place, set[Place]] = defaultdict(set)
    used: dict[Place, set[Place]] = defaultdict(set)
    for source, target in _uses(linkages):
        users[target].add(source)
        used[source].add(target)
    return {
        place: (len(users.get(place, ())), len(used.get(place, ())))
        for place in sorted(users.keys() | used.keys())
    }


def _uses(linkages: Mapping[str, Linkage]) -> Iterator[tuple[Place, Place]]:
    for path, linkage in linkages.items():
        for edge in linkage.edges:
            source, target = (path, edge.source), (edge.target_path, edge.target)
            if edge.kind in _COUNTED and not edge.external and source != target:
                yield source, target

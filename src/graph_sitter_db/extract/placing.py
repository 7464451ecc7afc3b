"""A folder inside a repository: its files keep their place there while imports are resolved.

Seen on its own, a package's `types.py` would be what `import types` means to its neighbours.
"""

from collections.abc import Mapping
from dataclasses import replace

from graph_sitter_db.extract.outline import Outline
from graph_sitter_db.model.relations import Edge, Failure, Linkage, Relations


def placed(outlines: Mapping[str, Outline], prefix: str) -> Mapping[str, Outline]:
    """The same outlines under the paths they have in the whole repository."""
    return {f"{prefix}{p}": replace(each, path=f"{prefix}{p}") for p, each in outlines.items()}


def taken_out(relations: Relations, prefix: str) -> Relations:
    """The relations as they are seen from the folder."""
    linkages = (_linkage(each, prefix) for each in relations.linkages.values())
    return replace(
        relations,
        linkages={each.path: each for each in linkages},
        failures=tuple(_failure(each, prefix) for each in relations.failures),
    )


def _linkage(linkage: Linkage, prefix: str) -> Linkage:
    edges = tuple(_edge(each, prefix) for each in linkage.edges)
    return replace(linkage, path=linkage.path.removeprefix(prefix), edges=edges)


def _edge(edge: Edge, prefix: str) -> Edge:
    return replace(edge, target_path=edge.target_path.removeprefix(prefix))


def _failure(failure: Failure, prefix: str) -> Failure:
    return replace(failure, path=failure.path.removeprefix(prefix))

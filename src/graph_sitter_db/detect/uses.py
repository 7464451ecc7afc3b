"""What a file does with other files."""

from graph_sitter_db.model.keys import EdgeKind
from graph_sitter_db.model.ports import Codebase


def used_by(path: str, codebase: Codebase) -> frozenset[str]:
    """The files, no tests among them, that a file calls into, refers to or inherits from, and does
    not merely import or hand on.
    """
    edges = codebase.linkages[path].edges if path in codebase.linkages else ()
    used = {edge.target_path for edge in edges if edge.kind not in _MERELY_NAMED}
    return frozenset(codebase.structure.graph.dependencies.keys() & used - {path})


_MERELY_NAMED = frozenset({EdgeKind.IMPORT, EdgeKind.EXPORT})

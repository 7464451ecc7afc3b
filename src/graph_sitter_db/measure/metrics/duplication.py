"""How much code stands in the codebase more than once."""

from collections.abc import Iterator

from graph_sitter_db.model.keys import Direction, Rollup, Scope
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.structure import ModuleGraph, Place

_SOURCE = "limits of SonarQube, measures duplicated_lines and duplicated_lines_density"


def _of_graph(graph: ModuleGraph) -> Iterator[tuple[Place, float]]:
    for path, lines in graph.duplicated.items():
        yield Place(Scope.FILE, path), lines


DUPLICATION = (
    Metric(
        name="duplicated_lines",
        title="Duplicated lines",
        unit="lines",
        direction=Direction.LOWER,
        rollup=Rollup.SUM,
        category="clarity",
        definition=(
            "Lines that hold code of a block, of at least 100 tokens on 10 such lines, that stands "
            "in the codebase somewhere else too: the first of them counts as the others do. Not "
            "defined for generated files and tests. The limits are those of `duplicated_code`."
        ),
        source=_SOURCE,
        of_graph=_of_graph,
    ),
    Metric(
        name="duplicated_lines_density",
        title="Duplicated lines density",
        unit="%",
        direction=Direction.LOWER,
        rollup=Rollup.MEAN,
        category="clarity",
        definition="Duplicated lines in per cent of the source lines of the files compared.",
        source=_SOURCE,
        scope=Scope.CODEBASE,
    ),
)

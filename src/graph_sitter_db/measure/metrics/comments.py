"""How much is said in words."""

from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _of_file(facts: FileFacts) -> float | None:
    lines = facts.lines
    return round(100 * lines.comment / lines.physical, 4) if lines.physical else None


COMMENTS = Metric(
    name="comment_density",
    title="Comment density",
    unit="%",
    direction=Direction.NEUTRAL,
    rollup=Rollup.SHARE,
    weight="lines_physical",
    definition="Lines of comments and docstrings, of all lines.",
    source="radon 6.0.1 raw, C + M % L",
    category="clarity",
    of_file=_of_file,
)

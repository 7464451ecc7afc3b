"""How much of what others may use is described."""

from graph_sitter_db.measure.callables import once_a_file
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Direction, Rollup
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.publicity import documentable


@once_a_file
def _documented(facts: FileFacts) -> list[bool]:
    return [is_documented for _, is_documented in documentable(facts)]


def _coverage(facts: FileFacts) -> float | None:
    found = _documented(facts)
    return round(100 * sum(found) / len(found), 4) if found else None


DOCSTRINGS = (
    Metric(
        name="public_definitions",
        title="Public definitions",
        unit="definitions",
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition=(
            "Functions, methods and classes that others may use: by the export list, else by "
            "their name and what is around them. Not tests, accessors, constructors and other "
            "special methods, overloads, overriding methods, subclasses and their methods."
        ),
        source="graph-sitter-db 1",
        category="clarity",
        of_file=lambda facts: len(_documented(facts)),
    ),
    Metric(
        name="docstring_coverage",
        title="Docstring coverage",
        unit="%",
        direction=Direction.HIGHER,
        rollup=Rollup.SHARE,
        weight="public_definitions",
        definition="Public definitions with a docstring or a JSDoc comment, of all of them.",
        source="graph-sitter-db 1",
        category="clarity",
        of_file=_coverage,
    ),
)

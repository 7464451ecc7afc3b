"""How much of what functions take and give has a type."""

import re
from collections.abc import Iterator

from graph_sitter_db.measure.callables import has_own_object, is_callable, once_a_file
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import Direction, Language, Rollup
from graph_sitter_db.model.ports import Metric

_UNTYPED = frozenset({Language.JAVASCRIPT, Language.JSX})
_CONSTRUCTORS = frozenset({"__init__", "constructor"})
_SETTER = re.compile(r"(?:[a-z]+ )*set [^(]")  # TypeScript's, with its modifiers


@once_a_file
def _annotated(facts: FileFacts) -> list[bool]:
    if facts.source.language in _UNTYPED:
        return []
    return [
        each
        for symbol in facts.symbols
        if is_callable(symbol) and not symbol.name.startswith("<")
        for each in _places(symbol, facts)
    ]


def _places(symbol: Symbol, facts: FileFacts) -> Iterator[bool]:
    """For each place where a type can be written, whether one is."""
    for parameter in symbol.parameters[has_own_object(symbol, facts) :]:
        yield parameter.annotation is not None
    if symbol.name not in _CONSTRUCTORS and not _SETTER.match(symbol.signature):
        yield symbol.return_type is not None


def _coverage(facts: FileFacts) -> float | None:
    found = _annotated(facts)
    return round(100 * sum(found) / len(found), 4) if found else None


def _count(facts: FileFacts) -> float | None:
    return None if facts.source.language in _UNTYPED else len(_annotated(facts))


ANNOTATIONS = (
    Metric(
        name="annotation_places",
        title="Parameters and returns",
        unit="places",
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition=(
            "Parameters (without self, cls and this) and returns of functions, but for the "
            "returns of constructors and TypeScript's setters. Functions without a name, which "
            "get their types from where they stand, are left out; so is JavaScript."
        ),
        source="graph-sitter-db 1",
        category="clarity",
        of_file=_count,
    ),
    Metric(
        name="annotation_coverage",
        title="Annotation coverage",
        unit="%",
        direction=Direction.HIGHER,
        rollup=Rollup.SHARE,
        weight="annotation_places",
        definition="Parameters and returns with a type annotation, of all of them.",
        source="graph-sitter-db 1",
        category="clarity",
        of_file=_coverage,
    ),
)

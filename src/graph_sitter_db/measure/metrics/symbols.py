"""How many definitions, in all and by kind."""

from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Direction, Rollup, SymbolKind
from graph_sitter_db.model.ports import Metric

_PLURALS = {
    SymbolKind.CLASS: "classes",
    SymbolKind.PROPERTY: "accessors",
    SymbolKind.TYPE_ALIAS: "type aliases",
}


def _metric(kind: SymbolKind) -> Metric:
    def of_file(facts: FileFacts) -> float:
        return sum(symbol.kind is kind for symbol in facts.symbols)

    plural = _PLURALS.get(kind, f"{kind}s")
    return Metric(
        name=f"symbols_{kind}",
        title=f"Definitions: {plural}",
        unit=plural,
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition=f"Definitions that are {plural}, at any depth; overload signatures each.",
        source="graph-sitter-db 1",
        category="size",
        of_file=of_file,
    )


SYMBOLS = (
    Metric(
        name="symbols",
        title="Definitions",
        unit="definitions",
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition="All definitions; of variables only those of a module's own level.",
        source="graph-sitter-db 1",
        category="size",
        of_file=lambda facts: len(facts.symbols),
    ),
    *map(_metric, SymbolKind),
)

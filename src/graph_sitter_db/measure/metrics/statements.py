"""How many statements."""

from graph_sitter_db.model.keys import Direction, Rollup, SymbolKind
from graph_sitter_db.model.ports import Metric

STATEMENTS = Metric(
    name="statements",
    title="Statements",
    unit="statements",
    direction=Direction.NEUTRAL,
    rollup=Rollup.SUM,
    definition=(
        "Statements, definitions included, docstrings excluded. Python: what `ast` calls one, "
        "`elif` included. A symbol's are its own level's; the file's are all."
    ),
    source="Python 3.13 ast",
    category="size",
    kinds=frozenset(SymbolKind) - {SymbolKind.VARIABLE},
    of_file=lambda facts: facts.statements,
    of_symbol=lambda symbol, facts: symbol.statements,
)

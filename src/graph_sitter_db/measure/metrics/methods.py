"""How many methods a class has."""

from graph_sitter_db.measure.callables import inside, is_callable
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CLASSES, Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    own = (each for each in inside(symbol, facts) if each.parent_ordinal == symbol.ordinal)
    return len({each.name for each in own if is_callable(each)})


METHODS = Metric(
    name="method_count",
    title="Methods",
    unit="methods",
    direction=Direction.LOWER,
    rollup=Rollup.MAX,
    definition=(
        "Methods and accessors that a class or interface defines itself, by name: overloads, or "
        "the getter and setter of one name, are one."
    ),
    source="pylint R0904, which leaves out those with a leading underscore",
    category="structure",
    kinds=CLASSES,
    of_symbol=_of_symbol,
)

"""How often the road through a function rises and falls."""

from graph_sitter_db.measure.callables import BLOCKS
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup
from graph_sitter_db.model.ports import Metric


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    """Control points come in the order of the source: what is nested stands in the last block that
    was not.
    """
    bumps, is_flat = 0, False
    for control in symbol.controls:
        if control.nesting == 0 and control.kind in BLOCKS:
            is_flat = True
        elif is_flat and control.nesting and control.kind in BLOCKS:
            bumps, is_flat = bumps + 1, False
    return bumps


BUMPS = Metric(
    name="bumps",
    title="Bumps",
    unit="blocks",
    direction=Direction.LOWER,
    rollup=Rollup.SUM,
    definition=(
        "Blocks of a function's own level in which another block stands: branches of an if, "
        "switches, loops and handlers that hold an if, switch, loop or handler, however many and "
        "however deep. A switch is one block, whatever its cases hold. try, with and finally are "
        "no blocks; what stands in them stands beside them."
    ),
    source="CodeScene's Bumpy Road, which reports functions with 2 and more",
    category="complexity",
    kinds=CALLABLES,
    of_symbol=_of_symbol,
)

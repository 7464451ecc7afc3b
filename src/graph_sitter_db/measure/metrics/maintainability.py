"""The maintainability index: volume, decisions and length in one number."""

from math import log

from graph_sitter_db.measure.callables import own_lines
from graph_sitter_db.measure.decisions import complexities, complexity
from graph_sitter_db.measure.vocabulary import volume
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup
from graph_sitter_db.model.ports import Metric


def index(volume: float, complexity: float, lines: float) -> float | None:
    """From 0 to 100; not defined without tokens or lines."""
    if not volume or not lines:
        return None
    value = 171 - 5.2 * log(volume) - 0.23 * complexity - 16.2 * log(lines)
    return max(0.0, value * 100 / 171)


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float | None:
    at = symbol.ordinal
    return _rounded(index(volume(symbol.vocabulary), complexities(facts)[at], own_lines(facts)[at]))


def _of_file(facts: FileFacts) -> float | None:
    return _rounded(index(volume(facts.vocabulary), complexity(facts), facts.lines.source))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


MAINTAINABILITY = Metric(
    name="maintainability_index",
    title="Maintainability index",
    unit="points",
    direction=Direction.HIGHER,
    rollup=Rollup.MEAN,
    weight="lines_source",
    definition=(
        "max(0, (171 - 5.2 ln V - 0.23 G - 16.2 ln L) · 100 / 171), Visual Studio's form, without "
        "a bonus for comments. V is the Halstead volume (on tokens), G the cyclomatic complexity "
        "and L the source lines: of a function those of its own level, of a file those of all of "
        "it. Not defined without code. Visual Studio calls 0 to 9 red, 10 to 19 yellow."
    ),
    source="Oman and Hagemeister 1992; Microsoft Learn, Maintainability index range and meaning",
    category="complexity",
    kinds=CALLABLES,
    of_symbol=_of_symbol,
    of_file=_of_file,
)

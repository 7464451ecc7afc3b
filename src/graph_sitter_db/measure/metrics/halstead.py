"""Halstead's software science, on tokens."""

from collections.abc import Callable

from graph_sitter_db.measure.vocabulary import difficulty, effort, volume
from graph_sitter_db.model.facts import FileFacts, Symbol, Vocabulary
from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup
from graph_sitter_db.model.ports import Metric

_VARIANT = (
    "Counted on tokens: keywords, punctuation and brackets (a pair once) are operators; names and "
    "literals are operands; comments and docstrings are neither. A function's are those of its own "
    "level, without functions inside it; a file's are all. Tools that count only some operators, "
    "as radon does, give far smaller values."
)


def _metric(
    name: str,
    title: str,
    unit: str,
    formula: str,
    value: Callable[[Vocabulary], float],
    rollup: Rollup,
    direction: Direction = Direction.LOWER,
    weight: str | None = None,
) -> Metric:
    def of_symbol(symbol: Symbol, facts: FileFacts) -> float:
        return round(value(symbol.vocabulary), 2)

    def of_file(facts: FileFacts) -> float:
        return round(value(facts.vocabulary), 2)

    return Metric(
        name=f"halstead_{name}",
        title=title,
        unit=unit,
        direction=direction,
        rollup=rollup,
        weight=weight,
        definition=f"{formula} {_VARIANT}",
        source="Halstead, Elements of Software Science (1977)",
        category="complexity",
        kinds=CALLABLES,
        of_symbol=of_symbol,
        of_file=of_file,
    )


HALSTEAD = (
    _metric(
        "volume",
        "Halstead volume",
        "bits",
        "(N1 + N2) log2 (n1 + n2), of n1 distinct operators used N1 times and n2 distinct operands "
        "used N2 times.",
        volume,
        Rollup.SUM,
        Direction.NEUTRAL,
    ),
    _metric(
        "difficulty",
        "Halstead difficulty",
        "points",
        "n1 / 2 · N2 / n2; of a whole, effort by volume.",
        difficulty,
        Rollup.MEAN,
        weight="halstead_volume",
    ),
    _metric(
        "effort",
        "Halstead effort",
        "discriminations",
        "Difficulty · volume.",
        effort,
        Rollup.SUM,
    ),
)

"""From the values of parts to the values of their whole: of a file, a folder, the codebase."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup, SymbolKind
from graph_sitter_db.model.ports import Metric

DECIMALS = 4  # of what is computed here


@dataclass(frozen=True, slots=True)
class Part:
    """A file, as far as values of a whole follow from it: its own, and those of its symbols."""

    values: Mapping[str, float]
    symbols: Sequence[tuple[SymbolKind, Mapping[str, float]]] = ()


def rolled_up(parts: Sequence[Part], metrics: Iterable[Metric]) -> dict[str, float]:
    """Every metric that any part has, by name: the whole's value as the metric's `rollup` says,
    and over the definitions it is measured of `<name>_mean` and the worst, `<name>_max` (or
    `<name>_min`, where higher is better). Whole numbers stay whole.

    Definitions are functions, or classes where a metric is about those alone. A whole of files
    follows from the files' values; of a metric that files do not have, from the definitions'.
    """
    found: dict[str, float] = {}
    for metric in metrics:
        own = [part.values for part in parts if metric.name in part.values]
        inner = _inner(parts, metric)
        value = _whole(own or inner, metric)
        if value is not None:
            found[metric.name] = value
        if inner:
            found |= _spread([each[metric.name] for each in inner], metric)
    return found


def extreme(metric: str, direction: str) -> str:
    """The name of the value of the definition that stands worst."""
    return f"{metric}_min" if direction == Direction.HIGHER else f"{metric}_max"


def measured(total: str, known: Iterable[str]) -> str:
    """The metric that a total's name speaks of."""
    stem, _, spread = total.rpartition("_")
    is_spread = spread in ("mean", "max", "min") and total not in known and stem in known
    return stem if is_spread else total


def _inner(parts: Iterable[Part], metric: Metric) -> list[Mapping[str, float]]:
    over = metric.kinds & CALLABLES or metric.kinds
    return [
        values
        for part in parts
        for kind, values in part.symbols
        if kind in over and metric.name in values
    ]


def _whole(values: Sequence[Mapping[str, float]], metric: Metric) -> float | None:
    column = [each[metric.name] for each in values]
    if not column:
        return None
    match metric.rollup:
        case Rollup.SUM:
            return _sum(column)
        case Rollup.MAX:
            return max(column)
    weight = metric.weight or ("lines_source" if metric.rollup is Rollup.SHARE else None)
    return _mean(column, [each.get(weight, 0) if weight else 1 for each in values])


def _spread(column: Sequence[float], metric: Metric) -> dict[str, float]:
    worst = min(column) if metric.direction is Direction.HIGHER else max(column)
    mean = _mean(column, [1] * len(column))
    assert mean is not None
    return {f"{metric.name}_mean": mean, extreme(metric.name, metric.direction): worst}


def _sum(column: Sequence[float]) -> float:
    if all(isinstance(value, int) for value in column):
        return sum(column)
    return round(fsum(column), DECIMALS)


def _mean(column: Sequence[float], weights: Sequence[float]) -> float | None:
    """None where nothing has any weight. Exact sums, so that the order of parts does not show."""
    total = fsum(weights)
    if not total:
        return None
    weighed = [value for value, weight in zip(column, weights, strict=True) if weight]
    mean = fsum(v * w for v, w in zip(column, weights, strict=True)) / total
    return min(max(round(mean, DECIMALS), min(weighed)), max(weighed))

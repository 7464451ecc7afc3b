"""From the values of parts to the values of their whole: of a file, a folder, the codebase."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import fsum

from graph_sitter_db.model.keys import CALLABLES, Direction, Rollup, SymbolKind
from graph_sitter_db.model.ports import Metric

DECIMALS = 4  # of what is computed here


@dataclass(frozen=True, slots=True)
class Part:
    """A file, as far as values of a whole follow from it: its own, and those of its symbols."""

    values: Mapping[str, float]
    symbols: Sequence[tuple[SymbolKind, Mapping[str, float]]] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one metric, as far as a roll-up needs them. Sums are exact: as few numbers as
    have the sum of all, so that columns can be put together in any order and grouping.
    """

    count: int
    is_whole: bool  # no value has a fraction
    sums: Sequence[float]
    least: float
    most: float
    weights: Sequence[float]
    weighed: Sequence[float]  # values times their weights
    lightest: float | None  # the least and the most of values that have weight
    heaviest: float | None


# By metric: the value of the part itself, and those of its definitions.
type Tally = Mapping[str, tuple[Column | None, Column | None]]


def rolled_up(parts: Sequence[Part], metrics: Iterable[Metric]) -> dict[str, float]:
    """Every metric that any part has, by name: the whole's value as the metric's `rollup` says,
    and over the definitions it is measured of `<name>_mean` and the worst, `<name>_max` (or
    `<name>_min`, where higher is better). Whole numbers stay whole.

    Definitions are functions, or classes where a metric is about those alone. A whole of files
    follows from the files' values; of a metric that files do not have, from the definitions'.
    """
    metrics = tuple(metrics)
    return together([tally(part, metrics) for part in parts], metrics)


def tally(part: Part, metrics: Iterable[Metric]) -> Tally:
    """What a part adds to any whole."""
    found = {}
    by_kinds: dict[frozenset[SymbolKind], list[Mapping[str, float]]] = {}
    for metric in metrics:
        own = [part.values] if metric.name in part.values else []
        over = metric.kinds & CALLABLES or metric.kinds
        if over not in by_kinds:
            by_kinds[over] = [values for kind, values in part.symbols if kind in over]
        inner = [values for values in by_kinds[over] if metric.name in values]
        if own or inner:
            found[metric.name] = _column(own, metric), _column(inner, metric)
    return found


def together(tallies: Sequence[Tally], metrics: Iterable[Metric]) -> dict[str, float]:
    """What `rolled_up` gives for the parts that the tallies are of."""
    found: dict[str, float] = {}
    for metric in metrics:
        pairs = [each[metric.name] for each in tallies if metric.name in each]
        inner = [column for _, column in pairs if column]
        columns = [column for column, _ in pairs if column] or inner
        value = _whole(columns, metric) if columns else None
        if value is not None:
            found[metric.name] = value
        if inner:
            found |= _spread(inner, metric)
    return found


def extreme(metric: str, direction: str) -> str:
    """The name of the value of the definition that stands worst."""
    return f"{metric}_min" if direction == Direction.HIGHER else f"{metric}_max"


def measured(total: str, known: Iterable[str]) -> str:
    """The metric that a total's name speaks of."""
    stem, _, spread = total.rpartition("_")
    is_spread = spread in ("mean", "max", "min") and total not in known and stem in known
    return stem if is_spread else total


def _column(values: Sequence[Mapping[str, float]], metric: Metric) -> Column | None:
    if not values:
        return None
    column = [each[metric.name] for each in values]
    weights = [each.get(weight, 0) for each in values] if (weight := _weight(metric)) else None
    heavy = [v for v, w in zip(column, weights, strict=True) if w] if weights else column
    sums = _exact(column)
    return Column(
        count=len(column),
        is_whole=_are_whole(column),
        sums=sums,
        least=min(column),
        most=max(column),
        weights=_exact(weights) if weights else (len(column),),
        weighed=_exact([v * w for v, w in zip(column, weights, strict=True)]) if weights else sums,
        lightest=min(heavy, default=None),
        heaviest=max(heavy, default=None),
    )


def _weight(metric: Metric) -> str | None:
    return metric.weight or ("lines_source" if metric.rollup is Rollup.SHARE else None)


def _exact(values: Sequence[float]) -> Sequence[float]:
    if _are_whole(values):
        return (sum(values),)
    parts: list[float] = []
    while rest := fsum((*values, *(-part for part in parts))):
        parts.append(rest)
    return parts


def _are_whole(values: Sequence[float]) -> bool:
    return {int, bool}.issuperset(map(type, values))


def _total(parts: Iterable[Sequence[float]]) -> float:
    return fsum(chain.from_iterable(parts))


def _whole(columns: Sequence[Column], metric: Metric) -> float | None:
    match metric.rollup:
        case Rollup.SUM:
            if all(each.is_whole for each in columns):
                return sum(chain.from_iterable(each.sums for each in columns))
            return round(_total(each.sums for each in columns), DECIMALS)
        case Rollup.MAX:
            return max(each.most for each in columns)
    return _mean(columns)


def _mean(columns: Sequence[Column]) -> float | None:
    """None where nothing has any weight."""
    weight = _total(each.weights for each in columns)
    if not weight:
        return None
    mean = _total(each.weighed for each in columns) / weight
    least = min(each.lightest for each in columns if each.lightest is not None)
    most = max(each.heaviest for each in columns if each.heaviest is not None)
    return min(max(round(mean, DECIMALS), least), most)


def _spread(columns: Sequence[Column], metric: Metric) -> dict[str, float]:
    is_higher = metric.direction is Direction.HIGHER
    worst = min(each.least for each in columns) if is_higher else max(each.most for each in columns)
    mean = _total(each.sums for each in columns) / sum(each.count for each in columns)
    least, most = min(each.least for each in columns), max(each.most for each in columns)
    return {
        f"{metric.name}_mean": min(max(round(mean, DECIMALS), least), most),
        extreme(metric.name, metric.direction): worst,
    }

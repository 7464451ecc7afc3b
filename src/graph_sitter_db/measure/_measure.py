"""All metrics of one file."""

from collections.abc import Sequence

from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.keys import SymbolKind
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.relations import Failure

LARGEST = 1e300  # NaN and infinities are no values, and sums of values must not become any


def measure(
    facts: FileFacts,
    metrics: Sequence[Metric] | None = None,
    failures: list[Failure] | None = None,
) -> MeasuredFile:
    """Values by metric name, where the metric is defined. Without `metrics`: the built-in ones.

    A metric that raises or gives no finite number costs its own value; `failures` gets why. Of a
    file that could not be read, or was left out, nothing is known.
    """
    if metrics is None:
        from graph_sitter_db.measure.metrics import METRICS

        metrics = METRICS
    if not facts.is_read:
        return MeasuredFile(facts, {}, ())
    failed: list[Failure] = [] if failures is None else failures
    by_kind = {kind: _asked_about(kind, metrics) for kind in SymbolKind}
    return MeasuredFile(
        facts=facts,
        values=_of_file(facts, metrics, failed),
        symbol_values=tuple(_of_symbol(s, facts, by_kind[s.kind], failed) for s in facts.symbols),
    )


def _asked_about(kind: SymbolKind, metrics: Sequence[Metric]) -> list[Metric]:
    return [metric for metric in metrics if metric.of_symbol and kind in metric.kinds]


def checked(value: float | None) -> float | None:
    """What a stranger's metric gives may be anything, whatever its type says."""
    if value is None or (value.__class__ is int and -LARGEST <= value <= LARGEST):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and -LARGEST <= value <= LARGEST:
        return value
    raise ValueError(f"gives {value!r:.100}, which is no number up to {LARGEST:g}")


def _of_file(
    facts: FileFacts, metrics: Sequence[Metric], failed: list[Failure]
) -> dict[str, float]:
    values: dict[str, float] = {}
    for metric in metrics:
        if metric.of_file:
            try:
                value = checked(metric.of_file(facts))
            except Exception as error:  # whatever a stranger's metric does
                failed.append(_failure(facts, metric, error))
                continue
            if value is not None:
                values[metric.name] = value
    return values


def _of_symbol(
    symbol: Symbol, facts: FileFacts, metrics: Sequence[Metric], failed: list[Failure]
) -> dict[str, float]:
    values: dict[str, float] = {}
    for metric in metrics:
        assert metric.of_symbol
        try:
            value = checked(metric.of_symbol(symbol, facts))
        except Exception as error:
            failed.append(_failure(facts, metric, error, symbol.start_line))
            continue
        if value is not None:
            values[metric.name] = value
    return values


def _failure(
    facts: FileFacts, metric: Metric, error: Exception, line: int | None = None
) -> Failure:
    message = f"{type(error).__name__}: {error}"
    return Failure(facts.path, "metric", metric.name, message, line)

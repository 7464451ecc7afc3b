"""Metrics as they leave the library."""

from collections.abc import Iterable

from graph_sitter_db.model.keys import Scope
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.reports import MetricDefinition

_SAME = (
    *("name", "title", "category", "unit", "direction", "rollup", "weight"),
    *("definition", "source", "version"),
)


def definitions(metrics: Iterable[Metric]) -> list[MetricDefinition]:
    return [
        MetricDefinition(
            scope=metric.finest,
            kinds=sorted(metric.kinds) if metric.finest is Scope.SYMBOL else [],
            **{name: getattr(metric, name) for name in _SAME},
        )
        for metric in metrics
    ]

"""The page about metrics says what the metrics say."""

from pathlib import Path

from graph_sitter_db.measure.document import page
from graph_sitter_db.measure.metrics import METRICS
from graph_sitter_db.model.keys import Rollup

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"


def test_the_page_is_what_the_metrics_say() -> None:
    command = "python -m graph_sitter_db.measure.document > docs/metrics.md"
    assert PAGE.read_text() == page(METRICS), f"run: {command}"


def test_every_metric_is_on_the_page_with_its_source() -> None:
    text = page(METRICS)
    for metric in METRICS:
        assert f"| `{metric.name}` | {metric.title} | {metric.unit} |" in text
        assert f"(`{metric.name}`): {metric.definition} *{metric.source}.*" in text


def test_what_weighs_a_metric_is_a_sum() -> None:
    by_name = {metric.name: metric for metric in METRICS}
    weights = {by_name[metric.weight] for metric in METRICS if metric.weight}
    assert weights
    assert {weight.rollup for weight in weights} == {Rollup.SUM}

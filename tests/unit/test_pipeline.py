"""What the path of the data is decided by."""

from graph_sitter_db.measure.metrics import METRICS
from graph_sitter_db.measure.metrics.coverage import COVERAGE
from graph_sitter_db.pipeline import Recipe
from graph_sitter_db.settings import Settings


def test_every_metric_decides_what_is_stored_of_sources_but_for_what_reports_tell() -> None:
    told = {f"metric:{metric.name}" for metric in METRICS if metric not in COVERAGE}
    found = {name for name in Recipe.of(Settings()).definitions if name.startswith("metric:")}
    assert found == told

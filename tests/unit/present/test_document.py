"""JSON says exactly what the report says."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.model.reports import AnalysisResult, FileChange, RunSummary
from graph_sitter_db.present.document import as_json

type Make = Callable[..., Any]


def test_a_report_comes_back_whole(make: Make) -> None:
    run = make(RunSummary)
    assert RunSummary.model_validate_json(as_json(run)) == run


def test_lists_are_arrays_and_reports_inside_objects_are_objects(make: Make) -> None:
    run = make(RunSummary)
    assert json.loads(as_json([run, run]))[1]["short_id"] == "3f2a1b0c"
    assert json.loads(as_json({"run": run, "files": []}))["run"]["language"] == "python"


def test_a_value_that_is_no_number_is_null(make: Make) -> None:
    document = as_json(make(AnalysisResult, metrics={"x": float("nan")}))
    assert json.loads(document)["metrics"] == {"x": None}


def test_whole_metrics_are_no_floats(make: Make) -> None:
    document = as_json(make(AnalysisResult, metrics={"files": 213.0, "mean": 1.5}))
    assert '"files": 213,' in document
    assert '"mean": 1.5' in document


@given(st.text())
def test_names_are_untouched_and_harmless_on_a_terminal(name: str) -> None:
    document = as_json(FileChange(path=name, change="new"))
    assert json.loads(document)["path"] == name
    assert document.replace("\n", "").isprintable()

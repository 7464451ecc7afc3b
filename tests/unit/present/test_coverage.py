"""Coverage on every page that has it, and on none where it is not known."""

from collections.abc import Callable
from typing import Any

import pytest

from graph_sitter_db.model.reports import (
    AnalysisResult,
    CoverageSummary,
    FileReport,
    RunSummary,
    SymbolReport,
)
from graph_sitter_db.present import coverage, files, run, symbols
from graph_sitter_db.present.enhanced import enhanced_summary
from graph_sitter_db.present.layout import plain

type Make = Callable[..., Any]

TOLD = "82.1% of 1,204 executable lines, 99.9% of 19,998 branches"


def test_a_run_tells_its_coverage_if_it_has_any(make: Make) -> None:
    covered = make(AnalysisResult, coverage=make(CoverageSummary))
    assert f"- Coverage: {TOLD}" in enhanced_summary(covered).splitlines()
    assert f"Coverage  {TOLD}" in plain(run.page(make(RunSummary), covered, []))
    plainly = make(AnalysisResult)
    for text in (enhanced_summary(plainly), plain(run.page(make(RunSummary), plainly, []))):
        assert "overage" not in text


def test_branches_are_told_where_there_are_some(make: Make) -> None:
    told = coverage.told(make(CoverageSummary, branch_coverage=None, branches=0, lines=1))
    assert told == "82.1% of 1 executable line"


def test_what_no_report_mentions_is_unknown(make: Make) -> None:
    none = dict.fromkeys(("lines", "lines_covered", "branches", "branches_taken", "files"), 0)
    covered = make(CoverageSummary, line_coverage=None, branch_coverage=None, **none)
    assert coverage.told(covered).startswith("unknown")


@pytest.mark.parametrize(("kind", "page"), [(FileReport, files.page), (SymbolReport, symbols.page)])
def test_a_list_has_a_column_for_coverage_if_any_of_it_is_known(
    make: Make, kind: type[Any], page: Callable[..., Any]
) -> None:
    known, none, unknown = (make(kind, line_coverage=each) for each in (66.6667, 0.0, None))
    heading, *rows = plain(page([known, none, unknown])).splitlines()
    assert "Coverage" in heading.split()
    shown = [
        next(cell for cell in row.split() if cell in ("66.7%", "0.0%", "-")) for row in rows[:3]
    ]
    assert shown == ["66.7%", "0.0%", "-"]
    assert "Coverage" not in plain(page([unknown]))

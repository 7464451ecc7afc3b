"""The enhanced summary: the original text, then what the database knows."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.model.reports import (
    AnalysisResult,
    FailureReport,
    IssueReport,
    RunSummary,
    SymbolChange,
)
from graph_sitter_db.present.enhanced import enhanced_summary, separator

type Make = Callable[..., Any]


def added(result: AnalysisResult) -> list[str]:
    return enhanced_summary(result).removeprefix(result.summary).strip().splitlines()


def test_it_starts_with_the_original_text_byte_for_byte(make: Make) -> None:
    original = "Contains 3 nodes\r\n\t- odd \x1b text\u202e\n"
    assert enhanced_summary(make(AnalysisResult, summary=original)).startswith(original)


@given(st.text())
def test_a_blank_line_parts_the_two(original: str) -> None:
    whole = original + separator(original) + "Enhanced Analysis:"
    assert whole == "Enhanced Analysis:" or "\n\nEnhanced Analysis:" in "\n" + whole


def test_the_score_and_the_run_are_named(make: Make) -> None:
    lines = added(make(AnalysisResult))
    assert lines[:3] == [
        "Enhanced Analysis:",
        "Quality Score: 87.4/100 (B)",
        "- 6 h 20 min of debt, 0.53% of the cost of the code (SQALE rating A)",
    ]
    assert lines[-1] == "Run: 3f2a1b0c (00000000-0000-0000-0000-000000000001)"


def test_issues_are_counted_by_severity_worst_first(make: Make) -> None:
    issues = [make(IssueReport, severity=each) for each in ("info", "critical", "info")]
    assert "- 3 issues: 1 critical, 2 info" in added(make(AnalysisResult, issues=issues))


def test_the_first_run_of_a_branch_says_so(make: Make) -> None:
    assert "- No earlier run of branch main to compare with" in added(make(AnalysisResult))


def test_what_changed_since_the_previous_run_is_told(make: Make, compared: Make) -> None:
    symbols = [make(SymbolChange, change=each) for each in ("new", "new", "gone")]
    since = compared(symbols=symbols, issues_new=[make(IssueReport)], score_change=-1.25)
    assert (
        "- Since run aaaaaaaa at 0123456: score -1.25; issues 1 new, 0 fixed; "
        "symbols 2 new, 1 gone; relations no change"
    ) in added(make(AnalysisResult, since=since))


def test_relations_are_not_compared_with_a_run_that_has_none(make: Make, compared: Make) -> None:
    text = enhanced_summary(make(AnalysisResult, since=compared(edges_compared=False)))
    assert "relations" not in text


def test_recommendations_and_notes_are_listed(make: Make) -> None:
    result = make(AnalysisResult, recommendations=["Split core.py."], notes=["Working tree."])
    assert added(result)[5:9] == [
        "Recommendations:",
        "- Split core.py.",
        "Notes:",
        "- Working tree.",
    ]


def test_what_could_not_be_analysed_is_said(make: Make) -> None:
    failures = [FailureReport(path="a.py", stage="parse", name="", message="nested too deeply")]
    told = "- 1 part could not be analysed; the first: a.py: nested too deeply"
    assert told in added(make(AnalysisResult, failures=failures))


def test_a_run_that_was_not_stored_or_was_there_before_says_so(make: Make) -> None:
    assert added(make(AnalysisResult, id=None))[-1] == "Run: not stored"
    assert added(make(AnalysisResult, already_recorded=True))[-1].endswith(", recorded before")


def test_names_below_the_original_text_are_made_harmless(make: Make, compared: Make) -> None:
    since = compared(before=make(RunSummary, short_id="\x1b[2J"))
    text = enhanced_summary(make(AnalysisResult, since=since, recommendations=["\u202eevil"]))
    assert r"\x1b[2J" in text
    assert r"- \u202eevil" in text

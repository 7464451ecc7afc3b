"""Test coverage, written the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph_sitter_db.model.reports import CoverageSummary, FileReport, SymbolReport


def told(coverage: CoverageSummary) -> str:
    """`82.1% of 1,204 executable lines, 71.0% of 380 branches`."""
    if not coverage.lines and not coverage.branches:
        return "unknown, no report mentions a line of this codebase"
    lines = f"{share(coverage.line_coverage)} of {counted(coverage.lines, 'executable line')}"
    if coverage.branch_coverage is None:
        return lines
    branches = counted(coverage.branches, "branch", "branches")
    return f"{lines}, {share(coverage.branch_coverage)} of {branches}"


def share(value: float | None) -> str:
    return percent(None if value is None else value / 100)


def is_known(listed: Iterable[FileReport | SymbolReport]) -> bool:
    """Of any of them: otherwise a column of it would be empty."""
    return any(each.line_coverage is not None for each in listed)

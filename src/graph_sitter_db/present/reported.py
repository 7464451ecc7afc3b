"""What other tools reported, in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph_sitter_db.model.reports import AnalysisResult, SuiteReport


def told(result: AnalysisResult) -> Iterator[str]:
    """`Tests: 118 passed, 2 failed, 1 skipped in 12.4 s`, `ruff: 12 issues, 3 new`."""
    if result.tests:
        yield f"Tests: {_tests(result.tests)}"
    by_tool: dict[str, list[bool]] = {}
    for issue in result.reported:
        if issue.rule.partition("/")[0] != "tests":
            tool = issue.rule.partition("/")[0]
            by_tool.setdefault(tool, []).append(issue.lifecycle == "new")
    for tool, news in sorted(by_tool.items()):
        new = f", {sum(news):,} new" if any(news) else ""
        yield f"{tool}: {counted(len(news), 'issue')}{new}"


def _tests(tests: SuiteReport) -> str:
    parts = [f"{tests.passed:,} passed"]
    parts += [f"{tests.failed:,} failed"] if tests.failed else []
    parts += [f"{tests.skipped:,} skipped"] if tests.skipped else []
    return f"{', '.join(parts)} in {tests.seconds:,.1f} s"

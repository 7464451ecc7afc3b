"""The enhanced summary: graph-sitter's own text, and below it what the database knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present import comparison, coverage, reported
from graph_sitter_db.present.explanation import debt
from graph_sitter_db.present.figures import counted, grade_tone, number, score_tone, signed
from graph_sitter_db.present.issues import totals
from graph_sitter_db.present.layout import plain
from graph_sitter_db.present.page import Line, Page, Span, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from graph_sitter_db.model.reports import (
        AnalysisResult,
        Comparison,
        FileAnalysis,
        IssueReport,
        SymbolReport,
    )

HEADING = "Enhanced Analysis:"


def enhanced_summary(result: AnalysisResult) -> str:
    """Starts with `result.summary`, byte for byte; then a blank line and `Enhanced Analysis:`."""
    return result.summary + separator(result.summary) + codebase_part(result)


def codebase_part(result: AnalysisResult) -> str:
    """What stands below graph-sitter's text of a codebase."""
    return plain(page(result)).rstrip("\n")


def file_part(analysis: FileAnalysis) -> str:
    """What stands below graph-sitter's text of a file."""
    file, symbols = analysis.file, analysis.symbols
    size = f"{counted(file.lines, 'line')}, {file.lines_source:,} of code"
    stored = f"Stored: run {analysis.stored_in}" if analysis.stored_in else "Stored: not in a run"
    return _part(
        f"- {size}, {counted(len(symbols), 'symbol')}",
        f"- cyclomatic complexity {number(file.cyclomatic)}, cognitive {number(file.cognitive)}",
        *_found(analysis.issues, len(analysis.accepted)),
        stored if analysis.stored else "Stored: no",
    )


def symbol_part(symbol: SymbolReport | None, issues: Sequence[IssueReport]) -> str:
    """What stands below graph-sitter's text of a class, a function or another symbol.

    None: the syntax knows no symbol there.
    """
    if symbol is None:
        return _part("- nothing more is known of it")
    fans = f"used by {number(symbol.fan_in)}, uses {number(symbol.fan_out)}"
    return _part(
        f"- {symbol.kind} {symbol.key}, {symbol.path}:{symbol.start_line}",
        f"- {counted(symbol.lines, 'line')}, cyclomatic complexity {number(symbol.cyclomatic)}, "
        f"cognitive {number(symbol.cognitive)}",
        *([f"- {fans}"] if symbol.fan_in is not None else []),
        *_found(issues),
    )


def separator(summary: str) -> str:
    """What makes exactly one blank line, or more where the summary itself ends with some."""
    if not summary:
        return ""
    return "\n" if summary.endswith("\n") else "\n\n"


def page(result: AnalysisResult) -> Page:
    """The part below graph-sitter's text."""
    return [
        line(HEADING),
        _score(result),
        line(f"- {debt(result.debt_minutes, result.debt_ratio, result.debt_rating)}"),
        line(f"- {totals(result.issues, result.accepted_issues)}"),
        line("- ", *_since(result)),
        *([line(f"- Coverage: {coverage.told(result.coverage)}")] if result.coverage else []),
        *(line(f"- {each}") for each in reported.told(result)),
        *_list("Recommendations", result.recommendations),
        *_list("Notes", _notes(result)),
        line(_run(result)),
    ]


def _part(*lines: str) -> str:
    return plain([line(HEADING), *map(line, lines)]).rstrip("\n")


def _found(issues: Sequence[IssueReport], accepted: int = 0) -> Iterator[str]:
    yield f"- {totals(issues, accepted)}"
    for issue in issues:
        yield f"- {issue.severity}: {issue.message} ({issue.rule}, line {issue.start_line})"


def _score(result: AnalysisResult) -> Line:
    told = f"{result.quality_score:.1f}/100 ({result.grade})"
    return line("Quality Score: ", Span(told, grade_tone(result.grade)))


def _since(result: AnalysisResult) -> list[str | Span]:
    if result.since is None:
        branch = f"branch {result.branch}" if result.branch else "this codebase"
        return [f"No earlier run of {branch} to compare with"]
    before = result.since.before
    at = f" at {before.commit[:7]}" if before.commit else ""
    change = comparison.score_change(result.since)
    moved = f"score {signed(change)}" if change else "score unchanged"
    if change is None:
        moved = "scores not comparable"
    return [
        f"Since run {before.short_id}{at}: ",
        Span(moved, score_tone(change)),
        _changes(result.since),
    ]


def _changes(since: Comparison) -> str:
    issues = f"issues {len(since.issues_new):,} new, {len(since.issues_fixed):,} fixed"
    if accepted := len(since.issues_accepted):
        issues += f", {accepted:,} accepted"
    symbols = f"symbols {comparison.counts(each.change for each in since.symbols)}"
    parts = [issues, symbols]
    if since.edges_compared:
        parts.append(f"relations {comparison.counts(each.change for each in since.edges)}")
    return "".join(f"; {part}" for part in parts)


def _notes(result: AnalysisResult) -> list[str]:
    failed = len(result.failures)
    if not failed:
        return result.notes
    first = result.failures[0]
    where = f"{first.path}: {first.message}" if first.path else first.message
    told = f"{counted(failed, 'part')} could not be analysed; the first: {where}"
    return [*result.notes, told]


def _list(title: str, entries: Iterable[str]) -> Page:
    lines = [line(f"- {entry}") for entry in entries]
    return [line(f"{title}:"), *lines] if lines else []


def _run(result: AnalysisResult) -> str:
    if result.id is None:
        return "Run: not stored"
    return f"Run: {result.short_id} ({result.id})" + (
        ", recorded before" if result.already_recorded else ""
    )

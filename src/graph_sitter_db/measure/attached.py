"""From what reports of other tools say of lines to issues of files and functions."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from graph_sitter_db.languages import family_of
from graph_sitter_db.measure.matching import match
from graph_sitter_db.model.coverage import Span
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.reported import Attached, Reported, Suite, ToolReport


def attached(
    reports: Sequence[ToolReport],
    functions: Mapping[str, Sequence[Span]],
    family: Family,
    beside: Collection[Family] = (),
) -> Attached | None:
    """Of the codebase whose files have these functions. Findings in files of the families `beside`
    are another codebase's. None where there is no report.
    """
    if not reports:
        return None
    findings, notes = list[Mapping[str, object]](), list[str]()
    for report in reports:
        ours = [each for each in report.findings if family_of(each.path) not in beside]
        matches = match({each.path for each in ours}, (), functions)
        found = [(matches.paths[each.path], each) for each in ours if each.path in matches.paths]
        findings += _issues(found, functions)
        notes += _notes(report, [each for each in ours if each.path not in matches.paths])
    return Attached(
        findings=sorted(findings, key=_place),
        tools=tuple(dict.fromkeys(tool for report in reports for tool in report.tools)),
        tests=_together([each.tests for each in reports if each.tests]),
        notes=tuple(notes),
    )


def _issues(
    found: Iterable[tuple[str, Reported]], functions: Mapping[str, Sequence[Span]]
) -> Iterator[dict[str, object]]:
    """Known by tool, rule and function; outside of functions by the message. Equal ones of a file
    are numbered by place.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for path, each in sorted(found, key=lambda pair: (pair[0], pair[1].start_line)):
        symbol = _around(each.start_line, functions[path])
        identity = (each.tool, each.rule, symbol or "", "" if symbol else each.message)
        number = seen[path, *identity]
        seen[path, *identity] += 1
        text = "\0".join((*identity, str(number)))
        yield {
            "tool": each.tool,
            "rule": f"{each.tool}/{each.rule}",
            "severity": each.severity,
            "message": each.message,
            "path": path,
            "symbol": symbol,
            "start_line": each.start_line,
            "end_line": each.end_line,
            "fingerprint": hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        }


def _place(each: Mapping[str, object]) -> tuple[str, int]:
    return str(each["path"]), int(str(each["start_line"]))


def _around(line: int, spans: Iterable[Span]) -> str | None:
    """The innermost function, which is the last that holds it."""
    holding = [span.key for span in spans if span.start_line <= line <= span.end_line]
    return holding[-1] if holding else None


def _notes(report: ToolReport, left: Sequence[Reported]) -> Iterator[str]:
    if left:
        names = ", ".join(sorted({each.path for each in left})[:3])
        count = f"{len(left)} of {len(report.findings)}"
        yield f"{report.name}: findings in files that are not in this codebase: {count} ({names})"


def _together(tests: Sequence[Suite]) -> Suite | None:
    if not tests:
        return None
    return Suite(
        sum(each.passed for each in tests),
        sum(each.failed for each in tests),
        sum(each.skipped for each in tests),
        round(sum(each.seconds for each in tests), 3),
    )

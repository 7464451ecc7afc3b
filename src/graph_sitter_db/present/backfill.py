"""What a backfill did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import number
from graph_sitter_db.present.page import Page, Span, Tone, line

if TYPE_CHECKING:
    from graph_sitter_db.model.reports import BackfillReport

_MOST_FAILURES = 10


def page(report: BackfillReport) -> Page:
    rate = report.commits / report.seconds if report.seconds else 0
    found: Page = [
        line(
            Span(f"{number(report.recorded)} runs recorded", Tone.STRONG),
            f" of {number(report.commits)} commits in {report.seconds:.1f} s "
            f"({rate:.1f} commits/s); {number(report.files_analyzed)} file versions analysed",
        )
    ]
    if report.already:
        found.append(line(f"{number(report.already)} runs were there already"))
    if report.empty:
        found.append(line(f"{number(report.empty)} commits have nothing to analyse"))
    failures = list(report.failures.items())
    found += [
        line(Span(f"{sha[:7]} was left out: {reason}", Tone.WARNING))
        for sha, reason in failures[:_MOST_FAILURES]
    ]
    if len(failures) > _MOST_FAILURES:
        found.append(line(f"and {len(failures) - _MOST_FAILURES} more"))
    return found

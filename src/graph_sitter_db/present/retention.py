"""What was dropped, or would be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import counted, number
from graph_sitter_db.present.page import Column, Grid, Page, Span, Tone, figure, line, row

if TYPE_CHECKING:
    from graph_sitter_db.model.retrospect import RetentionReport

_REASONS = {
    "newest": "the newest of a branch",
    "pinned": "pinned",
    "tagged": "of a tagged commit",
    "gate": "where the gate turned",
    "recent": "recent",
    "daily": "last of their day",
    "weekly": "last of their week",
    "monthly": "last of their month",
}


def page(found: RetentionReport) -> Page:
    verb = "would go" if found.is_dry_run else "are gone"
    rows = tuple(
        row(text, number(found.kept[name])) for name, text in _REASONS.items() if name in found.kept
    )
    said: Page = [
        line(
            Span(f"{counted(found.dropped, 'run')} of {number(found.runs)} {verb}", Tone.STRONG),
            f", with {counted(found.snapshots_dropped, 'state')} and "
            f"{counted(found.file_versions_dropped, 'file version')} that no other run needs: "
            f"{size(found.bytes_freed)} of {size(found.bytes_before)} (rows, without indexes)",
        ),
        line(),
        Grid((Column("Kept"), figure("Runs")), rows),
        line(),
        line(
            f"In a year, at the pace of the last one: {counted(found.runs_in_a_year, 'run')}, "
            f"about {size(found.bytes_in_a_year)}"
        ),
    ]
    if found.dropped and not found.is_dry_run and not found.is_pruned:
        told = "What they held waits for the schema's owner: see Keeping house in the data model."
        said.append(line(Span(told, Tone.WARNING)))
    return said


def size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"

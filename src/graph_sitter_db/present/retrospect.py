"""Hotspots, couplings, owners, and the life of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import ABSENT, counted, moment, number
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, figure, line, row

if TYPE_CHECKING:
    from graph_sitter_db.model.retrospect import Couplings, Hotspots, IssueHistory, Owners


def hotspots(found: Hotspots) -> Page:
    if not found.hotspots:
        return [line(f"None of {counted(found.commits, 'commit')} changed a file that is complex.")]
    columns = (
        Column("File", Fit.MIDDLE),
        figure("Heat, %"),
        figure("Commits"),
        figure("Cognitive"),
        figure("Fan-in"),
        figure("Authors", spare=2),
        figure("Lines changed", spare=3),
    )
    rows = tuple(
        row(
            Span(each.path, Tone.STRONG),
            f"{each.share:.1f}",
            number(each.commits),
            number(each.complexity),
            ABSENT if each.fan_in is None else number(each.fan_in),
            number(each.authors),
            number(each.lines_changed),
        )
        for each in found.hotspots
    )
    said = f"in {counted(found.commits, 'commit')}; complexity as of run {found.run.short_id}"
    unknown = "; without a graph, fan-in is not known" if found.run.depth != "graph" else ""
    return [Grid(columns, rows), line(Span(said + unknown, Tone.MUTED))]


def coupling(found: Couplings) -> Page:
    said = f"in {counted(found.commits, 'commit')}"
    if found.run.depth != "graph":
        said += "; without a graph it is not known which of them depend on each other"
    elif found.related:
        said += f"; {counted(found.related, 'pair')} left out, where one depends on the other"
    if not found.pairs:
        return [line(f"No files change together unexplained, {said}.")]
    columns = (
        Column("File", Fit.MIDDLE),
        Column("changes with", Fit.MIDDLE),
        figure("Degree, %"),
        figure("Shared"),
        figure("Average"),
    )
    rows = tuple(
        row(each.path, each.other, str(each.degree), number(each.shared), number(each.average_revs))
        for each in found.pairs
    )
    return [Grid(columns, rows), line(Span(said, Tone.MUTED))]


def owners(found: Owners, limit: int) -> Page:
    tone = Tone.BAD if found.bus_factor < 2 else Tone.STRONG
    people = counted(found.bus_factor, "person", "people")
    columns = (
        Column("Author", Fit.END),
        figure("Author of, %"),
        figure("Files"),
        figure("Commits"),
        figure("Lines added", spare=2),
    )
    rows = tuple(
        row(
            Span(each.author, Tone.STRONG),
            f"{each.share:.1f}",
            number(each.files),
            number(each.commits),
            number(each.lines_added),
        )
        for each in found.owners[:limit]
    )
    left = len(found.owners) - limit
    more = [line(Span(f"and {left} more", Tone.MUTED))] if left > 0 else []
    alone = sum(len(each.authors) == 1 for each in found.files)
    return [
        line(
            "Bus factor ",
            Span(number(found.bus_factor), tone),
            f": without {people}, more than half of {counted(len(found.files), 'file')} "
            f"would have no author left. {counted(alone, 'file')} have one only.",
        ),
        line(),
        Grid(columns, rows),
        *more,
    ]


def issue(found: IssueHistory) -> Page:
    state = Span("open", Tone.BAD) if found.is_open else Span("fixed", Tone.GOOD)
    lived = f", {found.days:,.1f} days" if found.days is not None else ""
    columns = (
        Column("Event"),
        Column("Committed"),
        Column("Commit"),
        Column("Author", Fit.END),
        Column("Subject", Fit.END),
    )
    rows = tuple(
        row(
            Span(each.kind, Tone.BAD if each.kind == "introduced" else Tone.GOOD),
            moment(each.committed_at),
            each.commit[:7] + ("" if each.exact else " or earlier"),
            each.author,
            each.subject,
        )
        for each in found.events
    )
    return [
        line(Span(found.title, Tone.STRONG), f" ({found.rule}) ", state, lived),
        line(", ".join(found.paths)),
        Grid(columns, rows),
    ]

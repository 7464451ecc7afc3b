"""The state of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import ABSENT, number
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone

if TYPE_CHECKING:
    from graph_sitter_db.model.reports import DatabaseStatus


def page(status: DatabaseStatus) -> Page:
    facts = {
        "Database": Span("embedded" if status.embedded else "a server of your own"),
        "State": _state(status),
        "URL": Span(status.url),
        "PostgreSQL": Span(status.version or ABSENT),
        "Schema": Span(status.schema_version or ABSENT),
        "Connections": Span(number(status.users)),
    }
    if status.home:
        facts["Data"] = Span(status.home)
    columns = (Column("what"), Column("value", Fit.FOLD))
    rows = tuple((Span(name, Tone.MUTED), value) for name, value in facts.items())
    return [Grid(columns, rows, headed=False)]


def _state(status: DatabaseStatus) -> Span:
    if not status.running:
        return Span("not running", Tone.WARNING)
    process = f" (process {status.pid})" if status.pid else ""
    return Span(f"running{process}", Tone.GOOD)

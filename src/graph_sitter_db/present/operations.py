"""How the database is, what is wrong, and what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.figures import number
from graph_sitter_db.present.page import Column, Fit, Grid, Page, Span, Tone, figure, line, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.operations import Alert, Diagnosis, HealthReport, JobReport

_TONES = {
    "healthy": Tone.GOOD,
    "completed": Tone.GOOD,
    "ok": Tone.GOOD,
    "warning": Tone.WARNING,
    "skipped": Tone.WARNING,
    "critical": Tone.BAD,
    "failed": Tone.BAD,
    "missing": Tone.BAD,
}
_WORDS = Column("", Fit.FOLD, first=True)


def health(found: HealthReport) -> Page:
    rows = tuple(
        row(part.component, _status(part.status), "; ".join(part.findings))
        for part in found.components
    )
    head = line(f"{found.database}: ", _status(found.status))
    return [head, line(), Grid((Column("Part"), Column("Status"), _WORDS), rows)]


def alerts(found: Sequence[Alert]) -> Page:
    if not found:
        return [line("No threshold is crossed.")]
    rows = tuple(row(_status(alert.severity), alert.message) for alert in found)
    return [Grid((Column("Severity"), _WORDS), rows)]


def jobs(found: Sequence[JobReport]) -> Page:
    if not found:
        return [line("No job is due.")]
    rows = tuple(
        row(job.job, _status(job.status), number(job.duration_ms), job.error or "") for job in found
    )
    return [Grid((Column("Job"), Column("Status"), figure("ms"), _WORDS), rows)]


def diagnoses(found: Sequence[Diagnosis]) -> Page:
    rows = tuple(
        row(each.subject, _status(each.status), " ".join(filter(None, (each.found, each.remedy))))
        for each in found
    )
    return [Grid((Column("What"), Column("Status"), _WORDS), rows)]


def _status(status: str) -> Span:
    return Span(status, _TONES.get(status, Tone.MUTED))

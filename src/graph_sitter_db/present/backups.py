"""What was backed up and restored."""

from __future__ import annotations

from graph_sitter_db.model.backups import BackupReport, RestoreReport
from graph_sitter_db.present.figures import counted
from graph_sitter_db.present.page import Page, line
from graph_sitter_db.present.retention import size


def page(report: BackupReport | RestoreReport) -> Page:
    held = (
        f"{counted(report.rows, 'row')} of {counted(report.tables, 'table')}, "
        f"schema {report.schema_version}"
    )
    took = f"({report.seconds:.1f} s)"
    if isinstance(report, RestoreReport):
        return [line(f"{report.database}: {held}, every table checked {took}")]
    said: Page = [line(f"{report.file}: {size(report.size_bytes)}, {held} {took}")]
    if report.test_seconds is not None:
        said.append(line(f"Restored and checked, as a test, in {report.test_seconds:.1f} s"))
    return said

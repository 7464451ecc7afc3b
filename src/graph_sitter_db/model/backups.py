"""What was backed up and restored."""

from graph_sitter_db.model.reports import Report


class BackupReport(Report):
    """A backup that was written."""

    file: str
    database: str  # its URL, without the password
    schema_version: str
    size_bytes: int
    tables: int
    rows: int
    seconds: float
    test_seconds: float | None = None  # how long restoring it took; None: not tried


class RestoreReport(Report):
    """A backup that was restored; every table was found again as the backup tells it."""

    database: str
    schema_version: str
    tables: int
    rows: int
    seconds: float

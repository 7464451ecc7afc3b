"""How the database is, what is wrong with it, and what was done about that."""

from collections.abc import Mapping
from typing import Any

from graph_sitter_db.model.reports import Report


class ComponentHealth(Report):
    """One part of the installation or of the server."""

    component: str
    status: str  # healthy, warning, critical, "no data" or "not available"
    findings: tuple[str, ...]
    details: Mapping[str, Any]


class HealthReport(Report):
    database: str  # its URL, without the password
    status: str  # the worst of all
    components: tuple[ComponentHealth, ...]


class Alert(Report):
    """A threshold that is crossed now."""

    alert_type: str
    severity: str  # warning or critical
    message: str
    details: Mapping[str, Any]


class JobReport(Report):
    """A job that was due."""

    job: str
    status: str  # completed, failed, skipped (another runner does it) or "not available"
    duration_ms: int | None = None
    error: str | None = None
    result: Mapping[str, Any] | None = None  # what each function returned


class Diagnosis(Report):
    """One thing that everything else needs, or that helps."""

    subject: str
    status: str  # ok, missing, or optional: nothing needs it
    found: str
    remedy: str = ""

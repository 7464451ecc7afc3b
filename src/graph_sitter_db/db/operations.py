"""Asking the database how it is, and doing what is due, as the role that keeps house."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from graph_sitter_db.db import schema, session, targets
from graph_sitter_db.db.targets import Connection, Source, Target
from graph_sitter_db.model.operations import Alert, ComponentHealth, HealthReport, JobReport

_HEALTH = "SELECT component, status, details FROM ops.system_health()"
_WORST = "SELECT ops.worst(%s)"
_ALERTS = "SELECT alert_type, severity, message, details FROM ops.critical_alerts()"
_JOBS = """
    SELECT job FROM ops.job_status WHERE enabled AND is_available AND (is_due OR %s) ORDER BY job
"""


def health(target: Target = None) -> HealthReport:
    """What is watched, in a transaction that changes nothing."""
    with closing(_source(target)) as source, session.keeping(source, read_only=True) as connection:
        found = connection.execute(_HEALTH).fetchall()
        (worst,) = connection.execute(_WORST, ([status for _, status, _ in found],)).fetchone() or (
            "unknown",
        )
    parts = tuple(
        ComponentHealth(component=name, status=status, details=details, findings=_findings(details))
        for name, status, details in found
    )
    return HealthReport(database=source.label, status=worst, components=parts)


def alerts(target: Target = None) -> list[Alert]:
    """The thresholds that are crossed at this moment."""
    with closing(_source(target)) as source, session.keeping(source, read_only=True) as connection:
        return [
            Alert(alert_type=kind, severity=severity, message=message, details=details)
            for kind, severity, message, details in connection.execute(_ALERTS)
        ]


def maintain(target: Target = None, *, every: bool = False) -> Iterator[JobReport]:
    """Do each job that is due (or `every` one), in a transaction of its own."""
    with closing(_source(target)) as source:
        with session.keeping(source) as connection:
            due = [job for (job,) in connection.execute(_JOBS, (every,))]
        for job in due:
            with session.keeping(source) as connection:
                yield _done(connection, job)


def _source(target: Target) -> Source:
    source = targets.source(target)
    try:
        schema.ensure(source, upgrade=False)
    except BaseException:
        source.close()
        raise
    return source


def _findings(details: dict[str, Any]) -> tuple[str, ...]:
    return tuple(details.get("findings") or ([details["detail"]] if "detail" in details else []))


def _done(connection: Connection, job: str) -> JobReport:
    row = connection.execute("SELECT ops.run_job(%s, 'maintain')", (job,)).fetchone()
    assert row is not None
    return JobReport(**row[0])

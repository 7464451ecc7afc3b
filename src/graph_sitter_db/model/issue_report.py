"""What is told of an issue that was found just now, and is not stored."""

from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.reports import IssueReport


def report_of(issue: Issue, lifecycle: str | None = None) -> IssueReport:
    found = issue.finding
    return IssueReport(
        fingerprint=issue.fingerprint.hex(),
        rule=issue.rule,
        category=issue.category,
        severity=issue.severity,
        title=issue.title,
        message=found.message,
        path=storable(found.path),
        symbol=found.symbol,
        start_line=found.start_line,
        end_line=found.end_line,
        measured=found.measured,
        limit=found.limit,
        effort_minutes=issue.effort_minutes,
        lifecycle=lifecycle,
        accepted=issue.accepted,
    )

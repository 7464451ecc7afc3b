"""Thins out a codebase's runs, or says what that would do."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from graph_sitter_db import query, store
from graph_sitter_db.checkout import Choice, commits
from graph_sitter_db.db import Database
from graph_sitter_db.model.reports import RunSummary
from graph_sitter_db.model.retention import Candidate, Policy, forecast, kept
from graph_sitter_db.model.retrospect import RetentionReport


def retain(
    database: Database, run: RunSummary, path: str | Path, policy: Policy, *, dry_run: bool
) -> RetentionReport:
    """Of the codebase that a run is of; tags are those of the repository at `path`."""
    now, codebase = datetime.now(UTC), run.codebase_id
    tagged = commits(path, Choice(tags=True)) if run.commit else []
    runs = _candidates(database, codebase, tagged)
    reasons = kept(runs, policy, now)
    gone = [each.id for each in runs if each.id not in reasons]
    with database.transaction(read_only=True) as connection:
        whole = query.size(connection, codebase, [])
        freed = query.size(connection, codebase, gone) if gone else None
    left = whole["bytes"] - (freed["bytes"] if freed else 0)
    later = forecast(runs, policy, now)
    is_pruned = bool(gone) and not dry_run and store.drop(database, codebase, gone)
    return RetentionReport(
        codebase=run.codebase,
        language=run.language,
        is_dry_run=dry_run,
        runs=len(runs),
        kept=dict(Counter(reasons.values())),
        dropped=len(gone),
        snapshots_dropped=freed["snapshots"] if freed else 0,
        file_versions_dropped=freed["file_versions"] if freed else 0,
        bytes_before=whole["bytes"],
        bytes_freed=freed["bytes"] if freed else 0,
        is_pruned=is_pruned,
        runs_in_a_year=later,
        bytes_in_a_year=round(left / max(1, len(reasons)) * later),
    )


def _candidates(database: Database, codebase: UUID, tagged: Collection[str]) -> Sequence[Candidate]:
    with database.transaction(read_only=True) as connection:
        return query.candidates(connection, codebase, tagged)

"""What a run says of itself once its content is stored."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from uuid import UUID

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.relations import Failure
from graph_sitter_db.model.rollup import measured
from graph_sitter_db.model.snapshot import Analysis, Outcome
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored, stored_json


def finished(analysis: Outcome, snapshot_id: int | None, new_files: int) -> dict[str, object]:
    """The columns of analytics.analysis_runs that an analysis decides."""
    files = analysis.files
    linkages = [file.linkage for file in files if file.linkage]
    issues = [issue for file in files for issue in file.issues]
    failed = {failure.path for failure in analysis.failures if failure.path}
    return {
        "status": "partial" if analysis.failures else "completed",
        "snapshot_id": snapshot_id,
        "files_analyzed": len(files),
        "files_reused": len(files) - new_files,
        "files_failed": len(failed),
        "lines_analyzed": sum(file.lines_physical for file in files),
        "symbol_count": sum(file.symbol_count for file in files),
        "edge_count": sum(len(linkage.edges) for linkage in linkages),
        "resolved_count": sum(linkage.resolved for linkage in linkages),
        "unresolved_count": sum(linkage.unresolved for linkage in linkages),
        "issue_count": len(issues),
        "accepted_issue_count": sum(len(file.accepted) for file in files),
        "critical_issue_count": sum(issue.severity is Severity.CRITICAL for issue in issues),
        "maintainability_index": analysis.totals.get("maintainability_index"),
        "quality_score": analysis.score.value,
        "grade": analysis.score.grade,
        "score_model": analysis.score.model,
        "technical_debt_minutes": round(analysis.score.debt_minutes),
        "technical_debt_ratio": round(analysis.score.debt_ratio, 6),
        "metrics": stored_json(analysis.totals),
        "node_count": analysis.node_count,
        "failures": stored_json([_failure(each) for each in analysis.failures]),
        "notes": [stored(note) for note in analysis.origin.notes],
        "graph_summary": stored(analysis.graph_summary),
        "seconds": stored_json(analysis.seconds),
        "metadata": stored_json({"recommendations": analysis.recommendations}),
    }


def write_metrics(sql: Statements, run_id: UUID, analysis: Analysis) -> None:
    """The roll-ups of the whole codebase, each with the version of its definition."""
    versions = versions_of(analysis.totals, analysis.metrics)
    define(sql, analysis.metrics)
    sql.many(
        "insert_metric",
        [
            {
                "run_id": run_id,
                "metric_name": name,
                "definition_version": versions[name],
                "value": value,
            }
            for name, value in analysis.totals.items()
        ],
    )


def define(sql: Statements, metrics: Sequence[Metric]) -> None:
    sql.many("define_metric", [definition(metric) for metric in metrics])


def versions_of(totals: Iterable[str], metrics: Sequence[Metric]) -> dict[str, str]:
    """By the name of a total: the version of the definition that it is by."""
    known = {metric.name: metric.version for metric in metrics}
    return {name: known.get(measured(name, known), "1") for name in totals}


def write_steps(sql: Statements, run_id: UUID, seconds: Mapping[str, float]) -> None:
    """How long each stage took, laid end to end up to now."""
    now = datetime.now(UTC)
    ends = [now - timedelta(seconds=s) for s in _remaining(seconds.values())]
    stages = zip(seconds.items(), ends, strict=True)
    sql.many(
        "insert_step",
        [
            {
                "run_id": run_id,
                "name": name,
                "position": position,
                "started_at": end - timedelta(seconds=took),
                "completed_at": end,
            }
            for position, ((name, took), end) in enumerate(stages, 1)
        ],
    )


def _remaining(seconds: Iterable[float]) -> list[float]:
    """For each stage, the time that the stages after it took."""
    return list(accumulate(reversed([*seconds][1:]), initial=0.0))[::-1]


def definition(metric: Metric) -> dict[str, object]:
    return {
        "metric_name": metric.name,
        "definition_version": metric.version,
        "scope": metric.finest,
        "unit": metric.unit,
        "direction": metric.direction,
        "rollup": metric.rollup,
        "description": metric.definition,
        "source": metric.source,
        "title": metric.title,
        "category": metric.category,
        "weight": metric.weight,
        "kinds": sorted(metric.kinds),
    }


def _failure(failure: Failure) -> dict[str, object]:
    return {
        "path": storable(failure.path),
        "stage": failure.stage,
        "name": failure.name,
        "message": failure.message,
        "line": failure.line,
    }

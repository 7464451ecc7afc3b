"""What coverage reports say of a run, stored whenever they are given."""

from collections.abc import Iterator
from dataclasses import asdict
from uuid import UUID

from graph_sitter_db.db import Database
from graph_sitter_db.model.coverage import Coverage
from graph_sitter_db.model.keys import Rollup
from graph_sitter_db.store.results import definition
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored_json

# Bytes of a path and key. What is longer stays unknown: an index entry holds 2,704 in all.
LONGEST = 2500


def cover(database: Database, run_id: UUID, coverage: Coverage) -> None:
    """Give a run its coverage, in place of what was known of it."""
    names = [metric.name for metric in coverage.metrics]
    with database.transaction() as connection:
        sql = Statements(connection)
        sql.run(
            "cover_run",
            run_id=run_id,
            test_coverage=coverage.values.get("line_coverage"),
            names=names,
            totals=stored_json(coverage.values),
            coverage=stored_json(_told(coverage)),
        )
        sql.run("forget_coverage", run_id=run_id, names=names)
        definitions = [definition(metric) for metric in coverage.metrics]
        sql.many("define_metric", definitions)
        sql.run(
            "insert_coverage",
            run_id=run_id,
            values=stored_json([*_values(coverage)]),
            definitions=stored_json(definitions),
        )


def _told(coverage: Coverage) -> dict[str, object]:
    return {
        **{
            metric.name: coverage.values.get(metric.name)
            for metric in coverage.metrics
            if metric.rollup is Rollup.SHARE
        },
        **asdict(coverage.total),
        "files": len(coverage.files),
        "reports": coverage.reports,
        "notes": coverage.notes,
    }


def _values(coverage: Coverage) -> Iterator[dict[str, object]]:
    parts = [
        ("codebase", "", coverage.values),
        *(("file", path, each) for path, each in coverage.files.items()),
        *(("symbol", f"{path}:{key}", each) for (path, key), each in coverage.functions.items()),
    ]
    for scope, identifier, values in parts:
        if len(identifier.encode(errors="replace")) > LONGEST:
            continue
        for name, value in values.items():
            yield {"scope": scope, "identifier": identifier, "metric_name": name, "value": value}

"""Runs that are dropped take nothing with them that another needs."""

import random
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.conftest import Git

from graph_sitter_db import CodebaseDBAdapter, store


def told(adapter: CodebaseDBAdapter, run: UUID) -> dict[str, Any]:
    """All that is answered about a run, but for what came before it."""
    fixed: dict[str, Any] = {"since": None, "seconds": {}, "summary": ""}
    result = adapter.result(run).model_copy(update=fixed).model_dump(exclude={"issues", "notes"})
    return result | {
        "issues": [each.model_dump(exclude={"lifecycle"}) for each in adapter.issues(run)],
        "files": [each.model_dump() for each in adapter.files(run)],
        "symbols": [each.model_dump() for each in adapter.symbols(run, "", limit=1000)],
        "metrics": adapter.metrics(run).model_dump(),
    }


@pytest.mark.parametrize("seed", range(4))
def test_dropping_any_runs_never_damages_another(
    past: Path, adapter: CodebaseDBAdapter, installed_database: str, seed: int
) -> None:
    adapter.backfill(past, languages=["python"])
    (past / "src" / "edited.py").write_text("x = 1\n")
    adapter.record(past, depth="syntax", languages=["python"])
    (past / "src" / "edited.py").write_text("x = 2\n")
    adapter.record(past, depth="syntax", languages=["python"])
    with psycopg.connect(installed_database) as connection:
        rows = connection.execute("SELECT id, codebase_id FROM analytics.analysis_runs").fetchall()
    choice = random.Random(seed)
    gone = choice.sample([run for run, _ in rows], choice.randint(1, len(rows)))
    left = [run for run, _ in rows if run not in gone]
    before = {run: told(adapter, run) for run in left}
    assert store.drop(adapter._database, rows[0][1], gone)
    assert {run: told(adapter, run) for run in left} == before
    with psycopg.connect(installed_database) as connection:
        damaged = connection.execute(
            "SELECT id FROM codebase.snapshots s WHERE codebase.snapshot_digest(id) <> digest"
        ).fetchall()
        orphans = connection.execute(
            "SELECT id FROM codebase.file_versions v WHERE NOT EXISTS"
            " (SELECT FROM codebase.snapshot_files m WHERE m.file_version_id = v.id)"
        ).fetchall()
    assert (damaged, orphans) == ([], [])


def test_a_dry_run_tells_what_would_go_and_drops_nothing(
    past: Path, adapter: CodebaseDBAdapter
) -> None:
    adapter.backfill(past, languages=["python"])
    run = adapter.resolve(path=past, language="python")
    asked: dict[str, Any] = {"every": 0, "daily": 0, "weekly": 0, "monthly": 0}
    dry = adapter.retain(run, past, **asked, dry_run=True)
    assert (dry.runs, dry.kept, dry.dropped) == (10, {"tagged": 1, "newest": 1}, 8)
    assert 0 < dry.bytes_freed < dry.bytes_before
    assert len(adapter.runs(path=past)) == 10
    done = adapter.retain(run, past, **asked)
    assert (done.dropped, done.is_pruned) == (8, True)
    assert done.bytes_freed == dry.bytes_freed
    assert len(adapter.runs(path=past)) == 2
    after = adapter.retain(run, past, **asked, dry_run=True)
    assert (after.dropped, after.bytes_before) == (0, dry.bytes_before - dry.bytes_freed)


def test_runs_are_classed_by_when_the_commit_was_made(
    past: Path, git: Git, adapter: CodebaseDBAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in ("2020-03-03", "2020-03-09", "2020-03-30", "2020-05-01"):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T12:00:00Z")
        git(past, "commit", "-q", "--allow-empty", "-m", day)
    adapter.backfill(past, last=4, languages=["python"])
    run = adapter.resolve(path=past, language="python")
    found = adapter.retain(run, past, dry_run=True)
    assert (found.kept, found.dropped) == ({"monthly": 1, "newest": 1}, 2)


def test_a_pinned_run_stays_until_it_is_not(past: Path, adapter: CodebaseDBAdapter) -> None:
    adapter.backfill(past, last=3, languages=["python"])
    oldest = adapter.runs(path=past)[-1]
    adapter.pin(oldest.id)
    asked: dict[str, Any] = {"every": 0, "daily": 0, "weekly": 0, "monthly": 0, "dry_run": True}
    assert adapter.retain(oldest, past, **asked).kept["pinned"] == 1
    adapter.pin(oldest.id, False)
    assert "pinned" not in adapter.retain(oldest, past, **asked).kept


def test_relations_count_among_what_is_freed(past: Path, adapter: CodebaseDBAdapter) -> None:
    (flat,) = adapter.record(past, commit="HEAD", depth="syntax", languages=["python"])
    run = adapter.resolve(flat.id)
    before = adapter.retain(run, past, dry_run=True).bytes_before
    (deep,) = adapter.record(past, commit="HEAD", languages=["python"])
    grown = adapter.retain(run, past, dry_run=True).bytes_before - before
    with adapter._database.transaction(read_only=True) as connection:
        row = connection.execute(
            "SELECT sum(pg_column_size(e.*)) FROM codebase.linkage_edges e"
        ).fetchone()
    assert deep.edges > 0
    assert row and grown > row[0] > 0

"""A history that is filled at once is the one that is recorded commit by commit."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.conftest import Git

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import RepositoryError, UsageError

RUNS = """
    SELECT c.sha, b.language, b.root_path, r.branch, r.depth, r.status, r.files_analyzed,
        r.files_failed,
        r.lines_analyzed, r.symbol_count, r.edge_count, r.resolved_count, r.unresolved_count,
        r.issue_count, r.critical_issue_count, r.accepted_issue_count, r.quality_score, r.grade,
        r.score_model, r.maintainability_index, r.technical_debt_minutes, r.technical_debt_ratio,
        r.metrics, r.failures, r.notes, r.configuration, encode(r.configuration_digest, 'hex'),
        r.metadata, encode(s.digest, 'hex'), s.totals, s.structure, s.file_count, s.depth,
        encode(codebase.snapshot_digest(s.id), 'hex'), r.is_working_tree, r.tool_version,
        c.parent_shas, c.author_name, c.author_email, c.authored_at, c.committed_at, c.message
    FROM analytics.analysis_runs r
    JOIN codebase.codebases b ON b.id = r.codebase_id
    JOIN codebase.commits c ON c.id = r.commit_id
    JOIN codebase.snapshots s ON s.id = r.snapshot_id
    JOIN base.organizations o ON o.id = r.organization_id
    WHERE o.name = %(name)s OR o.slug = %(name)s ORDER BY c.sha, b.language
"""
METRICS = """
    SELECT c.sha, b.language, m.scope, m.scope_identifier, m.metric_name, m.definition_version,
        m.value_numeric
    FROM analytics.metrics m
    JOIN analytics.analysis_runs r ON r.id = m.analysis_run_id
    JOIN codebase.codebases b ON b.id = r.codebase_id
    JOIN codebase.commits c ON c.id = r.commit_id
    JOIN base.organizations o ON o.id = r.organization_id
    WHERE o.name = %(name)s OR o.slug = %(name)s ORDER BY c.sha, b.language, m.metric_name
"""
CONTENT = """
    SELECT encode(s.digest, 'hex'), f.path,
        to_jsonb(v) - '{id,organization_id,created_at,file_id,extractor_id}'::text[],
        (SELECT jsonb_agg(to_jsonb(y) - '{organization_id,file_version_id}'::text[]
                          ORDER BY y.ordinal)
         FROM codebase.symbols y WHERE y.file_version_id = v.id),
        (SELECT jsonb_agg(to_jsonb(i) - '{id,organization_id,file_version_id,created_at}'::text[]
                          ORDER BY i.fingerprint, i.start_line)
         FROM codebase.issue_records i WHERE i.file_version_id = v.id),
        (SELECT jsonb_agg(to_jsonb(i) - '{id,organization_id,file_version_id,created_at}'::text[]
                          ORDER BY i.fingerprint, i.start_line)
         FROM codebase.accepted_issues i WHERE i.file_version_id = v.id)
    FROM codebase.snapshots s
    JOIN base.organizations o ON o.id = s.organization_id
    JOIN codebase.snapshot_files sf ON sf.snapshot_id = s.id
    JOIN codebase.files f ON f.id = sf.file_id
    JOIN codebase.file_versions v ON v.id = sf.file_version_id
    WHERE o.name = %(name)s OR o.slug = %(name)s ORDER BY s.digest, f.path
"""


def stored(url: str, organization: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(url) as connection:
        return {
            name: connection.execute(sql, {"name": organization}).fetchall()
            for name, sql in (("runs", RUNS), ("metrics", METRICS), ("content", CONTENT))
        }


def shas(root: Path, git: Git, *words: str) -> list[str]:
    return git(root, "rev-list", *words, "HEAD").split()


def runs(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM analytics.analysis_runs").fetchone()
    assert row
    return int(row[0])


def test_it_stores_what_recording_each_commit_stores(
    past: Path, git: Git, adapter: CodebaseDBAdapter, installed_database: str
) -> None:
    report = adapter.backfill(past)
    assert (report.commits, report.failures) == (10, {})
    with CodebaseDBAdapter(installed_database, "recorded") as one_by_one:
        for sha in reversed(shas(past, git)):
            one_by_one.record(past, commit=sha, depth="syntax")
    filled, recorded = stored(installed_database, "filled"), stored(installed_database, "recorded")
    assert len(filled["runs"]) == report.recorded == 19
    for part in ("runs", "metrics", "content"):
        for one, other in zip(filled[part], recorded[part], strict=True):
            assert one == other


def test_nothing_in_the_folder_is_touched(past: Path, git: Git, adapter: CodebaseDBAdapter) -> None:
    (past / "mine.py").write_text("unfinished = ")
    before = git(past, "status", "--porcelain=v2", "--branch")
    adapter.backfill(past)
    assert git(past, "status", "--porcelain=v2", "--branch") == before


def test_it_goes_on_where_it_stopped_and_fills_gaps(
    past: Path, adapter: CodebaseDBAdapter, installed_database: str
) -> None:
    first = adapter.backfill(past, every=3)
    rest = adapter.backfill(past)
    again = adapter.backfill(past)
    assert first.recorded + rest.recorded == 19
    assert rest.already == first.recorded
    assert (again.recorded, again.already, again.files_analyzed) == (0, 19, 0)
    assert runs(installed_database) == 19


def test_a_version_that_comes_back_is_analysed_once(
    past: Path, git: Git, adapter: CodebaseDBAdapter
) -> None:
    report = adapter.backfill(past, languages=["python"])
    names = {
        (line.split()[2], line.split("\t")[1])
        for sha in shas(past, git)
        for line in git(past, "ls-tree", "-r", sha).splitlines()
        if line.endswith(".py")
    }
    settings = 2  # one of the commits has other limits, by which all is judged anew
    assert len(names) < report.files_analyzed < settings * len(names)


def test_commits_are_chosen_by_number_tag_range_date_and_parent(
    past: Path, git: Git, adapter: CodebaseDBAdapter
) -> None:
    assert adapter.backfill(past, last=2).commits == 2
    assert adapter.backfill(past, tags=True).commits == 1
    assert adapter.backfill(past, reach="HEAD~3..HEAD~1").commits == 2
    assert adapter.backfill(past, first_parent=True).commits == len(
        shas(past, git, "--first-parent")
    )
    assert adapter.backfill(past, since=datetime(2100, 1, 1, tzinfo=UTC)).commits == 0


def test_a_bare_repository_has_a_past_too(
    past: Path, git: Git, tmp_path: Path, adapter: CodebaseDBAdapter
) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(past), "bare.git")
    assert adapter.backfill(tmp_path / "bare.git", last=3).recorded == 6


def test_a_folder_is_filled_where_it_was_there(past: Path, adapter: CodebaseDBAdapter) -> None:
    report = adapter.backfill(past / "web")
    assert report.recorded == 9
    assert len(report.failures) == 1
    assert all("no folder" in reason for reason in report.failures.values())


def test_a_commit_with_wrong_settings_is_left_out_and_named(
    past: Path, git: Git, adapter: CodebaseDBAdapter
) -> None:
    (past / "pyproject.toml").write_text("[tool.graph-sitter-db]\nlimit = 1\n")
    git(past, "add", "-A")
    git(past, "commit", "-q", "-m", "Wrong")
    report = adapter.backfill(past, last=2)
    [(sha, reason)] = report.failures.items()
    assert sha == git(past, "rev-parse", "HEAD")
    assert "limit in [tool.graph-sitter-db]" in reason


def test_several_processes_store_the_same(
    past: Path, adapter: CodebaseDBAdapter, installed_database: str
) -> None:
    told: list[tuple[int, int | None]] = []
    report = adapter.backfill(
        past, jobs=2, progress=lambda _, done, total: told.append((done, total))
    )
    with CodebaseDBAdapter(installed_database, "alone") as alone:
        alone.backfill(past)
    filled, single = stored(installed_database, "filled"), stored(installed_database, "alone")
    assert report.recorded == len(filled["runs"]) == 19
    assert filled["runs"] == single["runs"]
    assert told[-1] == (10, 10)


def test_the_graph_is_recorded_when_asked_for(past: Path, adapter: CodebaseDBAdapter) -> None:
    first = adapter.backfill(past, last=1, depth="graph", languages=["python"])
    again = adapter.backfill(past, last=1, depth="graph", languages=["python"])
    assert (first.recorded, again.recorded, again.already) == (1, 0, 1)
    assert adapter.runs(path=past)[0].depth == "graph"


def test_a_folder_without_git_has_no_past(tmp_path: Path, adapter: CodebaseDBAdapter) -> None:
    with pytest.raises(RepositoryError, match="not a git repository"):
        adapter.backfill(tmp_path)


def test_several_processes_cannot_share_a_connection(past: Path, installed_database: str) -> None:
    with (
        psycopg.connect(installed_database) as connection,
        CodebaseDBAdapter(connection) as adapter,
        pytest.raises(UsageError, match="need a database URL"),
    ):
        adapter.backfill(past, jobs=2)


def test_it_can_be_killed_at_any_time_and_started_again(
    past: Path, git: Git, adapter: CodebaseDBAdapter, installed_database: str
) -> None:
    sha = shas(past, git)[0]
    with psycopg.connect(installed_database) as connection:
        adapter.record(past, commit=sha, depth="syntax")
        connection.execute(
            "UPDATE analytics.analysis_runs SET status = 'running', snapshot_id = NULL"
        )
    report = adapter.backfill(past, last=1)
    assert report.recorded == 2
    assert {run.status for run in adapter.runs(path=past, unfinished=True)} == {"completed"}

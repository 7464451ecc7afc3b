"""One analysis becomes one run: once, all or nothing, sharing what is the same."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from graph_sitter_db import CodebaseDBAdapter, store
from graph_sitter_db.db import Database
from graph_sitter_db.errors import DatabaseUnavailable
from graph_sitter_db.model.reports import AnalysisResult
from graph_sitter_db.model.snapshot import Analysis

type Count = Callable[[], dict[str, int]]
type Make = Callable[..., Path]
type Git = Callable[..., str]
type Write = Callable[[Path, Mapping[str, str]], Path]

CONTENT: tuple[str, ...] = ("files", "file_versions", "symbols", "linkages", "linkage_edges")
CONTENT += ("issue_records", "snapshots", "snapshot_files")
FILES = {
    "app/__init__.py": "",
    "app/core.py": "from app.util import add\n\n\ndef total(items):\n    return add(items, 0)\n",
    "app/util.py": "def add(items, start):\n    return sum(items, start)\n",
    "app/left.py": "x = 1\n",
    "web/index.ts": "export function greet(name: string): string {\n  return name;\n}\n",
}


@pytest.fixture
def adapter(installed_database: str) -> Iterator[CodebaseDBAdapter]:
    with CodebaseDBAdapter(installed_database) as opened:
        yield opened


@pytest.fixture
def count(installed_database: str) -> Count:
    return lambda: {table: rows_of(installed_database, f"codebase.{table}") for table in CONTENT}


def rows_of(database: str, table: str) -> int:
    with psycopg.connect(database) as connection:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
        (number,) = connection.execute(query).fetchone() or (0,)
    return int(number)


def test_every_language_of_a_repository_is_a_codebase_of_one_project(
    adapter: CodebaseDBAdapter, repository: Make, installed_database: str
) -> None:
    results = adapter.record(repository(FILES))
    assert [(r.language, r.files_analyzed) for r in results] == [("python", 4), ("typescript", 1)]
    places = ("projects.projects", "projects.repositories", "codebase.codebases")
    assert [rows_of(installed_database, place) for place in places] == [1, 1, 2]


def test_the_same_commit_is_one_run_and_writes_nothing_again(
    adapter: CodebaseDBAdapter, repository: Make, count: Count
) -> None:
    root = repository(FILES)
    first = adapter.record(root)
    before = count()
    again = adapter.record(root)
    assert [r.id for r in again] == [r.id for r in first]
    assert all(r.already_recorded and r.rows_written == {} for r in again)
    assert count() == before


def test_a_commit_that_changes_one_file_writes_one_file(
    adapter: CodebaseDBAdapter, repository: Make, write: Write, git: Git, count: Count
) -> None:
    root = repository(FILES)
    adapter.record(root, languages=["python"])
    before = count()
    write(root, {"app/util.py": "def add(items, start=0):\n    return sum(items, start)\n"})
    git(root, "commit", "-qam", "A default")
    (result,) = adapter.record(root, languages=["python"])
    assert (result.files_analyzed, result.files_reused) == (4, 3)
    after = count()
    assert after["file_versions"] - before["file_versions"] == 1
    assert after["linkages"] - before["linkages"] == 1
    assert after["files"] == before["files"]


def test_a_commit_that_changes_no_source_shares_the_snapshot(
    adapter: CodebaseDBAdapter, repository: Make, write: Write, git: Git, count: Count
) -> None:
    root = repository(FILES)
    first = adapter.record(root)
    before = count()
    write(root, {"README.md": "# Hello\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Words")
    second = adapter.record(root)
    assert [r.id for r in second] != [r.id for r in first]
    assert count() == before


def test_both_depths_share_file_versions(
    adapter: CodebaseDBAdapter, repository: Make, count: Count
) -> None:
    root = repository(FILES)
    adapter.record(root, depth="syntax")
    before = count()
    adapter.record(root, depth="graph")
    after = count()
    assert after["file_versions"] == before["file_versions"]
    assert after["symbols"] == before["symbols"]


def test_a_folder_of_a_repository_resolves_imports_as_the_whole_does(
    adapter: CodebaseDBAdapter, repository: Make
) -> None:
    root = repository(
        {
            "app/__init__.py": "",
            "app/core.py": "from types import TracebackType\nfrom app.util import add\n\nadd()\n",
            "app/types.py": "from app.core import add\n",
            "app/util.py": "def add():\n    return 1\n",
        }
    )
    (result,) = adapter.record(root / "app")
    assert result.id is not None
    assert [issue.rule for issue in result.issues if issue.rule == "import_cycle"] == []
    users = adapter.dependencies(result.id, "add").used_by
    assert {user.path for user in users} == {"core.py", "types.py"}


def test_what_a_run_says_equals_its_rows(
    adapter: CodebaseDBAdapter, repository: Make, installed_database: str
) -> None:
    results = adapter.record(repository(FILES))
    with psycopg.connect(installed_database) as connection:
        for result in results:
            assert connection.execute(_RECOUNT, {"run": result.id}).fetchone() == (
                result.files_analyzed,
                result.lines,
                result.symbols,
                result.edges,
                result.resolved,
                result.unresolved,
                len(result.issues),
                True,
                True,
            )


def test_a_recording_that_was_killed_is_completed_by_the_next(
    adapter: CodebaseDBAdapter, repository: Make, monkeypatch: pytest.MonkeyPatch, count: Count
) -> None:
    root = repository(FILES)
    with monkeypatch.context() as patch:
        patch.setattr(store, "complete", _die)
        with pytest.raises(SystemExit):
            adapter.record(root, depth="syntax", languages=["python"])
    assert set(count().values()) == {0}
    (result,) = adapter.record(root, depth="syntax", languages=["python"])
    assert result.status == "completed"
    assert len(adapter.runs(path=root)) == 1


def test_a_connection_lost_in_the_middle_stores_nothing_and_the_next_recording_completes(
    adapter: CodebaseDBAdapter,
    repository: Make,
    installed_database: str,
    monkeypatch: pytest.MonkeyPatch,
    count: Count,
) -> None:
    root = repository(FILES)
    from graph_sitter_db.store import recording

    def cut(*_: object) -> None:
        with psycopg.connect(installed_database, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    with monkeypatch.context() as patch:
        patch.setattr(recording, "write_metrics", cut)
        with pytest.raises(DatabaseUnavailable, match="Nothing of"):
            adapter.record(root, depth="syntax", languages=["python"])
    assert set(count().values()) == {0}
    (result,) = adapter.record(root, depth="syntax", languages=["python"])
    assert result.status == "completed"


def test_recordings_of_one_commit_at_once_become_one_run(
    installed_database: str, repository: Make, count: Count
) -> None:
    root = repository(FILES)

    def record(_: int) -> object:
        with CodebaseDBAdapter(installed_database) as adapter:
            return adapter.record(root, depth="syntax", languages=["python"])[0].id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(record, range(6)))) == 1
    assert count()["snapshots"] == 1


type Between = Callable[[store.Begun], object]
type Meanwhile = Callable[[Path, Between], AnalysisResult]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch, adapter: CodebaseDBAdapter) -> Meanwhile:
    """Records, and lets something happen between the analysis and the writing of it."""

    def record(root: Path, between: Between) -> AnalysisResult:
        complete = store.complete

        def late(database: Database, begun: store.Begun, analysis: Analysis) -> store.Recorded:
            with monkeypatch.context() as patch:
                patch.setattr(store, "complete", complete)
                between(begun)
            return complete(database, begun, analysis)

        with monkeypatch.context() as patch:
            patch.setattr(store, "complete", late)
            (result,) = adapter.record(root, depth="syntax", languages=["python"])
        return result

    return record


def test_a_job_that_fails_takes_nothing_from_another_that_shares_its_run(
    adapter: CodebaseDBAdapter, database: Database, repository: Make, meanwhile: Meanwhile
) -> None:
    result = meanwhile(repository(FILES), lambda begun: store.fail(database, begun, "interrupted"))
    assert (result.status, result.already_recorded) == ("completed", False)
    assert [run.status for run in adapter.runs(unfinished=True)] == ["completed"]


def test_a_run_that_was_failed_and_recorded_anew_meanwhile_is_the_other_jobs(
    adapter: CodebaseDBAdapter, database: Database, repository: Make, meanwhile: Meanwhile
) -> None:
    root, others = repository(FILES), []

    def fail_and_record(begun: store.Begun) -> None:
        store.fail(database, begun, "interrupted")
        others.extend(adapter.record(root, depth="syntax", languages=["python"]))

    result = meanwhile(root, fail_and_record)
    assert ([result.id], result.already_recorded) == ([run.id for run in others], True)


def test_a_run_that_was_failed_and_begun_anew_meanwhile_is_finished_for_both(
    adapter: CodebaseDBAdapter, database: Database, repository: Make, meanwhile: Meanwhile
) -> None:
    root, begun_anew = repository(FILES), []

    def begin_and_die(begun: store.Begun) -> None:
        begun_anew.append(begun.run_id)
        raise SystemExit

    def fail_and_begin(begun: store.Begun) -> None:
        store.fail(database, begun, "interrupted")
        with pytest.raises(SystemExit):
            meanwhile(root, begin_and_die)
        with database.transaction() as connection:
            connection.execute(_REVIVE, {"run": begun_anew[0]})

    result = meanwhile(root, fail_and_begin)
    assert (result.status, [result.id]) == ("completed", begun_anew)


def test_a_run_deleted_meanwhile_is_written_again(
    installed_database: str, repository: Make, meanwhile: Meanwhile
) -> None:
    def delete(begun: store.Begun) -> None:
        with psycopg.connect(installed_database) as connection:
            connection.execute("DELETE FROM analytics.analysis_runs")

    assert meanwhile(repository(FILES), delete).status == "completed"


def test_commits_and_languages_are_recorded_within_a_transaction_of_the_callers(
    installed_database: str, repository: Make, write: Write, git: Git, count: Count
) -> None:
    root = repository(FILES)
    write(root, {"app/left.py": "x = 2\n"})
    git(root, "commit", "-qam", "Two")
    with psycopg.connect(installed_database) as connection:
        connection.execute("SELECT 1")
        with CodebaseDBAdapter(connection) as adapter:
            for commit in ("HEAD~1", "HEAD"):
                results = adapter.record(root, commit=commit, depth="syntax")
                assert [r.language for r in results] == ["python", "typescript"]
        assert set(count().values()) == {0}, "nothing is stored before the caller commits"
    assert count()["snapshots"] == 3


def test_a_commit_recorded_on_a_side_branch_joins_the_default_branch_when_it_is_merged(
    adapter: CodebaseDBAdapter, repository: Make, write: Write, git: Git
) -> None:
    root = repository(FILES)
    git(root, "checkout", "-qb", "feature")
    write(root, {"app/left.py": "x = 2\n"})
    git(root, "commit", "-qam", "Two")
    (side,) = adapter.record(root, depth="syntax", languages=["python"])
    git(root, "checkout", "-q", "main")
    git(root, "merge", "-q", "feature")
    (merged,) = adapter.record(root, depth="syntax", languages=["python"])
    assert (side.branch, merged.branch, merged.id) == ("feature", "main", side.id)


def test_a_working_tree_is_recorded_as_such_and_superseded_by_the_next(
    adapter: CodebaseDBAdapter, repository: Make, write: Write
) -> None:
    root = repository(FILES)
    adapter.record(root, depth="syntax", languages=["python"])
    write(root, {"app/left.py": "x = 2\n"})
    (dirty,) = adapter.record(root, depth="syntax", languages=["python"])
    assert dirty.is_working_tree
    assert any("working tree" in note for note in dirty.notes)
    (same,) = adapter.record(root, depth="syntax", languages=["python"])
    assert same.id == dirty.id
    write(root, {"app/left.py": "x = 3\n"})
    (newer,) = adapter.record(root, depth="syntax", languages=["python"])
    shown = [run.id for run in adapter.runs(path=root)]
    assert newer.id in shown
    assert dirty.id not in shown


def test_a_folder_without_git_is_one_codebase_that_changes(
    adapter: CodebaseDBAdapter, tmp_path: Path, write: Write
) -> None:
    root = write(tmp_path / "plain", {"a.py": "def f():\n    return 1\n"})
    (first,) = adapter.record(root, depth="syntax")
    (same,) = adapter.record(root, depth="syntax")
    assert same.id == first.id
    assert any("not a git repository" in note for note in first.notes)
    write(root, {"a.py": "def f():\n    return 2\n"})
    (second,) = adapter.record(root, depth="syntax")
    assert second.id != first.id
    assert second.codebase_id == first.codebase_id
    assert second.since is not None
    assert [(c.key, c.change) for c in second.since.symbols] == [("f", "changed")]


def test_text_that_no_database_can_hold_is_stored_readably(
    adapter: CodebaseDBAdapter, repository: Make, git: Git
) -> None:
    odd = 'def f(a="\\x00\\ud800"):\n    """Nul \0 here."""\n    return a\n'
    root = repository({'na me\'s "%s".py': odd, "ünï.py": "ä = 'ü'\n"})
    git(root, "checkout", "-qb", "it's;DROP--%s")
    (result,) = adapter.record(root, depth="syntax")
    assert result.branch == "it's;DROP--%s"
    assert {file.path for file in adapter.files(result.id or UUID(int=0))} == {
        'na me\'s "%s".py',
        "ünï.py",
    }


_RECOUNT = """
SELECT count(*), sum(v.lines_physical),
       (SELECT count(*) FROM codebase.symbols
          JOIN codebase.snapshot_files f USING (file_version_id)
         WHERE f.snapshot_id = r.snapshot_id),
       coalesce(sum(l.edge_count), 0), coalesce(sum(l.resolved_count), 0),
       coalesce(sum(l.unresolved_count), 0),
       (SELECT count(*) FROM codebase.issue_records i JOIN codebase.snapshot_files f
         ON i.file_version_id = f.file_version_id OR i.linkage_id = f.linkage_id
         WHERE f.snapshot_id = r.snapshot_id),
       codebase.snapshot_digest(r.snapshot_id) = s.digest,
       analytics.calculate_quality_score(r.id) = r.quality_score
  FROM analytics.analysis_runs r
  JOIN codebase.snapshots s ON s.id = r.snapshot_id
  JOIN codebase.snapshot_files sf ON sf.snapshot_id = r.snapshot_id
  JOIN codebase.file_versions v ON v.id = sf.file_version_id
  LEFT JOIN codebase.linkages l ON l.id = sf.linkage_id
 WHERE r.id = %(run)s
 GROUP BY r.id, s.id
"""

_REVIVE = """
UPDATE analytics.analysis_runs SET status = 'running', completed_at = NULL WHERE id = %(run)s
"""


def _die(*_: object) -> None:
    raise SystemExit(137)

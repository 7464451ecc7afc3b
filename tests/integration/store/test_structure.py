"""Values that follow from all relations: kept with the snapshot, so no file is written anew."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.db import Database
from graph_sitter_db.model.reports import AnalysisResult

type Make = Callable[..., Path]
type Git = Callable[..., str]
type Write = Callable[[Path, Mapping[str, str]], Path]

FILES = {
    "app/ports.py": "class Port:\n    pass\n",
    "app/disk.py": "from app.ports import Port\n\n\nclass Disk(Port):\n    pass\n",
    "main.py": "from app.disk import Disk\n\nDisk()\n",
}


@pytest.fixture
def adapter(installed_database: str) -> Iterator[CodebaseDBAdapter]:
    with CodebaseDBAdapter(installed_database) as opened:
        yield opened


type Values = dict[tuple[str, str, str | None, str], float]


@pytest.fixture
def values(database: Database) -> Callable[[AnalysisResult], Values]:
    def of_run(run: AnalysisResult) -> Values:
        with database.transaction(read_only=True) as connection:
            rows = connection.execute(_VALUES, {"run": run.id}).fetchall()
        return {(scope, path, symbol, metric): v for scope, path, symbol, metric, v in rows}

    return of_run


_VALUES = """
SELECT v.scope, v.path, v.symbol_key, v.metric_name, v.value
FROM codebase.structure_values v JOIN analytics.analysis_runs r ON r.snapshot_id = v.snapshot_id
WHERE r.id = %(run)s
"""


def test_the_view_gives_back_what_was_measured(
    adapter: CodebaseDBAdapter, repository: Make, values: Callable[[AnalysisResult], Values]
) -> None:
    (result,) = adapter.record(repository(FILES))
    stored = values(result)
    assert stored["file", "app/disk.py", None, "afferent_coupling"] == 1
    assert stored["file", "app/disk.py", None, "instability"] == 0.5
    assert stored["folder", "app", None, "afferent_coupling"] == 1
    assert stored["symbol", "app/disk.py", "Disk", "inheritance_depth"] == 1
    assert stored["symbol", "app/ports.py", "Port", "children"] == 1
    assert ("file", "main.py", None, "abstractness") not in stored
    assert {key[0] for key in stored} == {"file", "folder", "symbol"}
    ranks = [value for key, value in stored.items() if key[3] == "centrality"]
    assert sum(ranks) == pytest.approx(1, abs=1e-5)
    assert result.metrics["distance_mean"] == 0.75
    assert result.metrics["inheritance_depth_max"] == 1
    assert result.metrics["import_cycle_files"] == 0


def test_a_file_whose_values_change_is_not_written_again(
    adapter: CodebaseDBAdapter,
    repository: Make,
    write: Write,
    git: Git,
    values: Callable[[AnalysisResult], Values],
) -> None:
    root = repository(FILES)
    (before,) = adapter.record(root)
    write(root, {"app/tape.py": "from app.ports import Port\n\n\nclass Tape(Port):\n    pass\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Tape")
    (after,) = adapter.record(root)
    key = ("file", "app/ports.py", None, "afferent_coupling")
    assert (values(before)[key], values(after)[key]) == (1, 2)
    written = ("files", "file_versions", "linkages", "snapshots")
    assert [after.rows_written[table] for table in written] == [1, 1, 1, 1]


def test_a_commit_that_changes_no_relation_stores_the_same_values_once(
    adapter: CodebaseDBAdapter,
    repository: Make,
    write: Write,
    git: Git,
    values: Callable[[AnalysisResult], Values],
) -> None:
    root = repository(FILES)
    (before,) = adapter.record(root)
    write(root, {"main.py": f"# Starts.\n{FILES['main.py']}", "README.md": "# Disks\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Comment")
    (commented,) = adapter.record(root)
    write(root, {"README.md": "# More disks\n"})
    git(root, "commit", "-qam", "Words")
    (worded,) = adapter.record(root)
    assert values(before) == values(commented) == values(worded)
    assert commented.rows_written["file_versions"] == commented.rows_written["snapshots"] == 1
    assert "snapshots" not in worded.rows_written


def test_without_relations_there_are_no_such_values(
    adapter: CodebaseDBAdapter, repository: Make, values: Callable[[AnalysisResult], Values]
) -> None:
    (result,) = adapter.record(repository(FILES), depth="syntax")
    assert values(result) == {}
    assert "distance_mean" not in result.metrics

"""Ways to give the adapter its database, and what an organization sees."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from psycopg.rows import dict_row

from graph_sitter_db import CodebaseDBAdapter, create_enhanced_analyzer
from graph_sitter_db.db import open_database
from graph_sitter_db.errors import GraphSitterDBError, UsageError
from graph_sitter_db.model.reports import AnalysisResult

type Make = Callable[..., Path]
type Recorded = tuple[AnalysisResult, AnalysisResult]

FILES = {"a.py": "def f(x=[]):\n    return x\n\n\ndef g():\n    return f()\n"}


@pytest.fixture
def root(repository: Make) -> Path:
    return repository(FILES)


def recorded(adapter: CodebaseDBAdapter, root: Path) -> str | None:
    (result,) = adapter.record(root, depth="syntax")
    return result.short_id


def test_a_url_an_engine_a_connection_and_the_environment_lead_to_the_same_runs(
    installed_database: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CodebaseDBAdapter(installed_database) as by_url:
        expected = recorded(by_url, root)
    engine = sqlalchemy.create_engine(installed_database.replace("://", "+psycopg://", 1))
    with CodebaseDBAdapter(engine) as by_engine:
        assert [run.short_id for run in by_engine.runs()] == [expected]
    engine.dispose()
    with psycopg.connect(installed_database) as own, CodebaseDBAdapter(own) as by_connection:
        assert [run.short_id for run in by_connection.runs()] == [expected]
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", installed_database)
    with CodebaseDBAdapter() as by_environment:
        assert [run.short_id for run in by_environment.runs()] == [expected]


def test_a_connection_stays_open_and_as_it_was(installed_database: str, root: Path) -> None:
    with psycopg.connect(installed_database, row_factory=dict_row, autocommit=True) as connection:
        adapter = CodebaseDBAdapter(connection)
        assert recorded(adapter, root)
        adapter.close()
        row = connection.execute("SELECT current_user AS name, 1 AS one").fetchone()
        assert row == {"name": connection.info.user, "one": 1}


def test_within_a_callers_transaction_the_caller_decides(
    installed_database: str, root: Path
) -> None:
    with psycopg.connect(installed_database) as connection:
        connection.execute("SELECT 1")
        adapter = CodebaseDBAdapter(connection)
        assert recorded(adapter, root)
        connection.rollback()
        assert adapter.runs() == []


def test_an_engine_serves_the_caller_afterwards(installed_database: str, root: Path) -> None:
    engine = sqlalchemy.create_engine(installed_database.replace("://", "+psycopg://", 1))
    with CodebaseDBAdapter(engine) as adapter:
        assert recorded(adapter, root)
    with engine.connect() as connection:
        user = connection.execute(sqlalchemy.text("SELECT current_user")).scalar_one()
        assert user == engine.url.username
    engine.dispose()


def test_the_older_name_takes_connection_and_organization(
    installed_database: str, root: Path
) -> None:
    with psycopg.connect(installed_database) as connection:
        analyzer = create_enhanced_analyzer(connection, "acme")
        assert recorded(analyzer, root)
    with CodebaseDBAdapter(installed_database, organization="acme") as adapter:
        assert len(adapter.runs()) == 1


def test_the_environment_names_the_organization(
    installed_database: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_ORGANIZATION", "acme")
    with CodebaseDBAdapter(installed_database) as adapter:
        recorded(adapter, root)
    monkeypatch.delenv("GRAPH_SITTER_DB_ORGANIZATION")
    with CodebaseDBAdapter(installed_database) as adapter:
        assert adapter.runs() == []


@pytest.fixture
def acme(installed_database: str) -> Iterator[CodebaseDBAdapter]:
    """An organization that is there, and of which nothing is recorded."""
    with open_database(installed_database, "acme") as database:
        assert database.organization_id
    with CodebaseDBAdapter(installed_database, "acme") as opened:
        yield opened


@pytest.fixture
def theirs(adapter: CodebaseDBAdapter, root: Path, git: Any, write: Any) -> Recorded:
    """Two runs of another organization."""
    (first,) = adapter.record(root)
    write(root, {"b.py": "x = 1\n"})
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Second")
    (second,) = adapter.record(root)
    return first, second


def test_no_method_shows_what_is_another_organizations(
    acme: CodebaseDBAdapter, theirs: Recorded, root: Path, opened: Callable[..., Any]
) -> None:
    first, second = theirs
    assert first.id and second.id and first.codebase_id
    assert acme.runs(unfinished=True) == acme.runs(path=root) == []
    assert acme.get_historical_analysis(first.codebase_id) == []
    assert acme.get_quality_trends().points == []
    assert acme.get_quality_trends(first.repository_id).points == []
    assert not (acme.files(first.id) or acme.symbols(first.id, "") or acme.issues(first.id))
    for question in (
        lambda: acme.compare_analyses(first.id, second.id),
        lambda: acme.resolve(path=root),
        lambda: acme.resolve(first.id, path=root),
        lambda: acme.resolve("latest", path=root),
        lambda: acme.result(first.id),
        lambda: acme.summary(first.id),
        lambda: acme.dependencies(first.id, "f"),
    ):
        with pytest.raises(UsageError):
            question()
    file = opened(root).get_file("a.py")
    assert not acme.get_file_analysis_enhanced(file, store_results=False).stored


def test_the_same_commit_is_a_run_of_its_own_in_each_organization(
    acme: CodebaseDBAdapter, adapter: CodebaseDBAdapter, theirs: Recorded, root: Path
) -> None:
    (ours,) = acme.record(root)
    assert not ours.already_recorded and ours.since is None
    assert ours.rows_written["file_versions"] == 2
    assert len(acme.runs()) == 1 and len(adapter.runs()) == 2


@pytest.mark.parametrize("name", ["Acme Inc", "a--b", "x" * 200, "'; DROP"])
def test_a_name_that_cannot_be_an_organizations_is_refused(
    installed_database: str, name: str
) -> None:
    with pytest.raises(GraphSitterDBError):
        CodebaseDBAdapter(installed_database, name)


@pytest.mark.parametrize("thing", [3, object(), "sqlite:///x.db"])
def test_what_is_no_database_is_refused(thing: Any) -> None:
    with pytest.raises(UsageError, match=r"is no (PostgreSQL )?database"):
        CodebaseDBAdapter(thing)

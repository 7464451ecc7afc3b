"""What a caller of the old function gets when the database fails: the old text, and one warning."""

import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import conninfo, sql

from graph_sitter_db import CodebaseDBAdapter, GraphSitterDBError, get_codebase_summary_enhanced
from graph_sitter_db.db import server
from graph_sitter_db.extract import quiet

type Broken = tuple[CodebaseDBAdapter, str]
type Break = Callable[[str], Iterator[Broken]]


@pytest.fixture
def codebase() -> Any:
    quiet.load()
    from graph_sitter import Codebase

    return Codebase.from_string("def f():\n    return 1\n", language="python")


def closed_connection(url: str) -> Iterator[Broken]:
    connection = psycopg.connect(url)
    adapter = CodebaseDBAdapter(connection)
    assert adapter.runs() == []
    connection.close()
    yield adapter, "Give an open one"


def lost_connection(url: str) -> Iterator[Broken]:
    with psycopg.connect(url) as connection:
        adapter = CodebaseDBAdapter(connection)
        assert adapter.runs() == []
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
        yield adapter, "was lost"


def user_gone(url: str) -> Iterator[Broken]:
    """As after a change of passwords: the next connection is refused."""
    name, password = f"user_{uuid4().hex[:8]}", "secret"
    user = sql.Identifier(name)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(user, password))
        admin.execute(sql.SQL("GRANT graph_sitter_app TO {}").format(user))
        adapter = CodebaseDBAdapter(conninfo.make_conninfo(url, user=name, password=password))
        assert adapter.runs() == []
        adapter.close()  # its idle connections
        admin.execute(sql.SQL("REVOKE graph_sitter_app FROM {}").format(user))
        admin.execute(sql.SQL("DROP ROLE {}").format(user))
        yield adapter, "Correct user and password"


def schema_gone(url: str) -> Iterator[Broken]:
    adapter = CodebaseDBAdapter(url)
    assert adapter.runs() == []
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP SCHEMA analytics CASCADE")
    yield adapter, "analytics"
    adapter.close()


@pytest.fixture(params=[closed_connection, lost_connection, user_gone, schema_gone])
def broken(request: pytest.FixtureRequest, installed_database: str) -> Iterator[Broken]:
    """An adapter that worked and no longer does, and words that tell why."""
    yield from request.param(installed_database)


def test_the_text_comes_back_with_one_warning(
    broken: Broken, codebase: Any, caplog: pytest.LogCaptureFixture
) -> None:
    adapter, words = broken
    with caplog.at_level(logging.DEBUG):
        told = get_codebase_summary_enhanced(codebase, adapter)
    assert told == get_codebase_summary_enhanced(codebase)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert words in caplog.records[0].getMessage()


def test_strict_raises_an_error_of_ours(broken: Broken, codebase: Any) -> None:
    adapter, words = broken
    with pytest.raises(GraphSitterDBError, match=words):
        get_codebase_summary_enhanced(codebase, adapter, strict=True)


def test_a_server_that_was_stopped_costs_the_part_below_only(
    home: Any, codebase: Any, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.start()
    adapter = CodebaseDBAdapter(url, upgrade=True)
    assert "Enhanced Analysis:" in get_codebase_summary_enhanced(codebase, adapter)
    adapter.close()
    server.stop(force=True)
    with caplog.at_level(logging.DEBUG):
        told = get_codebase_summary_enhanced(codebase, adapter)
    assert told == get_codebase_summary_enhanced(codebase)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    with pytest.raises(GraphSitterDBError, match="No PostgreSQL server answers"):
        get_codebase_summary_enhanced(codebase, adapter, strict=True)

"""Opening a database from whatever the caller has, and transactions in an organization's name."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from psycopg import pq
from psycopg.rows import dict_row

from graph_sitter_db.db import Database, open_database, server
from graph_sitter_db.errors import DatabaseUnavailable, UsageError

SESSION = (
    "SELECT current_user::text, current_setting('graph_sitter.organization_id', true),"
    " current_setting('search_path'), current_setting('transaction_read_only')"
)
RENAME = "UPDATE base.organizations SET name = %s"
NAME = "SELECT name FROM base.organizations"


@pytest.fixture
def borrowed(installed_database: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with psycopg.connect(installed_database) as connection:
        yield connection


@pytest.fixture
def engine(installed_database: str) -> Iterator[sqlalchemy.Engine]:
    made = sqlalchemy.create_engine(
        installed_database.replace("postgresql:", "postgresql+psycopg:"), pool_size=1
    )
    yield made
    made.dispose()


def test_a_transaction_acts_as_the_app_for_its_organization(database: Database) -> None:
    with database.transaction() as connection:
        user, organization, path, read_only = connection.execute(SESSION).fetchone() or ()

    assert user == "graph_sitter_app"
    assert organization == str(database.organization_id)
    assert path.startswith("base, projects, ") and path.endswith(", public")
    assert read_only == "off"


def test_nothing_of_it_stays_on_the_connection(
    borrowed: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    before = borrowed.execute(SESSION).fetchone()
    borrowed.commit()

    with open_database(borrowed).transaction():
        pass

    assert borrowed.info.transaction_status == pq.TransactionStatus.IDLE
    user, organization, *rest = borrowed.execute(SESSION).fetchone() or ()
    assert (user, *rest) == (before or ())[:1] + (before or ())[2:]
    assert not organization


def test_organizations_do_not_see_each_other(installed_database: str) -> None:
    with (
        open_database(installed_database, "red") as red,
        open_database(installed_database, "blue") as blue,
    ):
        with red.transaction() as connection:
            connection.execute(RENAME, ("Red Ltd",))
        with blue.transaction() as connection:
            assert connection.execute(NAME).fetchall() == [("blue",)]
        with red.transaction() as connection:
            assert connection.execute(NAME).fetchall() == [("Red Ltd",)]


def test_an_organization_is_made_once_however_often_it_is_opened(installed_database: str) -> None:
    ids = set()
    for _ in range(3):
        with open_database(installed_database, "acme") as opened:
            ids.add(opened.organization_id)

    assert len(ids) == 1


def test_an_organization_can_be_given_by_id_but_must_exist(
    installed_database: str, database: Database
) -> None:
    with open_database(installed_database, str(database.organization_id)) as same:
        assert same.organization_id == database.organization_id

    with pytest.raises(UsageError, match="no organization"):
        open_database(installed_database, str(uuid4()))


@pytest.mark.parametrize("name", ["", "Acme", "a b", "-a", "a--b", "x" * 101])
def test_a_name_that_cannot_be_an_organizations_is_refused_before_connecting(name: str) -> None:
    with pytest.raises(UsageError, match="no name of an organization"):
        open_database("postgresql://nobody@localhost:1/nothing", name)


def test_an_exception_undoes_the_transaction(database: Database) -> None:
    with pytest.raises(KeyError), database.transaction() as connection:
        connection.execute(RENAME, ("Lost",))
        raise KeyError

    with database.transaction() as connection:
        assert connection.execute(NAME).fetchall() == [("default",)]


def test_a_read_only_transaction_cannot_write(database: Database) -> None:
    with (
        pytest.raises(Exception, match="read-only"),
        database.transaction(read_only=True) as connection,
    ):
        connection.execute(RENAME, ("Lost",))

    with database.transaction() as connection:
        connection.execute(RENAME, ("Kept",))


def test_transactions_can_run_beside_each_other(database: Database) -> None:
    with database.transaction() as outer, database.transaction() as inner:
        outer.execute(RENAME, ("Unseen",))
        assert inner.execute(NAME).fetchall() == [("default",)]


def test_threads_share_a_database(database: Database) -> None:
    seen: list[object] = []

    def work() -> None:
        for _ in range(20):
            with database.transaction() as connection:
                seen.append(connection.execute("SELECT pg_sleep(0.001), 1").fetchone())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 80


def test_a_connection_lost_between_transactions_is_replaced(
    database: Database, installed_database: str
) -> None:
    with database.transaction() as connection:
        pid = connection.info.backend_pid
    _terminate(installed_database, pid)

    with database.transaction() as connection:
        assert connection.info.backend_pid != pid


def test_a_connection_of_an_engine_lost_between_transactions_is_replaced(
    engine: sqlalchemy.Engine, installed_database: str
) -> None:
    opened = open_database(engine)
    with opened.transaction() as connection:
        pid = connection.info.backend_pid
    _terminate(installed_database, pid)

    with opened.transaction() as connection:
        assert connection.info.backend_pid != pid


def test_a_connection_lost_inside_a_transaction_is_told_and_the_next_one_works(
    database: Database, installed_database: str
) -> None:
    with (
        pytest.raises(DatabaseUnavailable, match=r"lost in the middle.*run it again"),
        database.transaction() as connection,
    ):
        connection.execute(RENAME, ("Lost",))
        _terminate(installed_database, connection.info.backend_pid)
        connection.execute(NAME)

    with database.transaction() as connection:
        assert connection.execute(NAME).fetchall() == [("default",)]


def test_an_engine_gets_its_connections_back_and_stays_open(engine: sqlalchemy.Engine) -> None:
    with open_database(engine) as opened, opened.transaction() as connection:
        connection.execute(RENAME, ("By engine",))

    pool = engine.pool
    assert isinstance(pool, sqlalchemy.QueuePool) and pool.checkedout() == 0
    with engine.connect() as again:
        row = again.exec_driver_sql(
            "SELECT current_user = session_user, count(*) FROM base.organizations"
        )
        assert row.one() == (True, 1)


def test_an_engine_of_another_database_is_refused() -> None:
    with pytest.raises(UsageError, match=r"speaks sqlite.*postgresql\+psycopg"):
        open_database(sqlalchemy.create_engine("sqlite://"))


def test_a_borrowed_connection_is_never_closed(
    borrowed: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    with open_database(borrowed) as opened, opened.transaction() as connection:
        assert connection is borrowed
        connection.execute(RENAME, ("By connection",))

    assert not borrowed.closed
    assert borrowed.execute(NAME).fetchall() == [("By connection",)]


def test_within_a_transaction_of_the_caller_nothing_is_stored_before_the_caller_commits(
    borrowed: "psycopg.Connection[tuple[object, ...]]", installed_database: str
) -> None:
    borrowed.execute("SET LOCAL search_path = pg_catalog")
    before = borrowed.execute(SESSION).fetchone()
    opened = open_database(borrowed)

    with opened.transaction() as connection:
        connection.execute(RENAME, ("Pending",))
    with opened.transaction(read_only=True) as connection:
        assert connection.execute(NAME).fetchone() == ("Pending",)

    after = borrowed.execute(SESSION).fetchone()
    assert after is not None and before is not None
    assert (after[0], after[2:]) == (before[0], before[2:])
    assert not after[1]
    borrowed.rollback()
    assert borrowed.execute(NAME).fetchall() == []


def test_a_failure_within_a_transaction_of_the_caller_leaves_it_usable(
    borrowed: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    opened = open_database(borrowed)
    borrowed.execute("CREATE TABLE public.callers (x integer)")

    with pytest.raises(psycopg.errors.DivisionByZero), opened.transaction() as connection:
        connection.execute("SELECT 1/0")

    assert borrowed.execute("SELECT * FROM public.callers").fetchall() == []
    assert borrowed.execute("SELECT current_user = session_user").fetchone() == (True,)


def test_a_connection_whose_transaction_has_failed_is_refused(
    borrowed: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        borrowed.execute("SELECT 1/0")

    with pytest.raises(UsageError, match=r"INERROR.*Roll it back"):
        open_database(borrowed)


def test_a_closed_connection_is_refused(
    borrowed: "psycopg.Connection[tuple[object, ...]]",
) -> None:
    borrowed.close()

    with pytest.raises(DatabaseUnavailable, match="closed"):
        open_database(borrowed)


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_borrowed_connection_keeps_its_ways(installed_database: str, autocommit: bool) -> None:
    with psycopg.connect(
        installed_database, row_factory=dict_row, autocommit=autocommit
    ) as connection:
        with open_database(connection).transaction() as ours:
            assert ours.execute(NAME).fetchone() == ("default",)

        assert connection.autocommit == autocommit
        assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_an_empty_database_gets_the_schema_through_a_connection(empty_database: str) -> None:
    with (
        psycopg.connect(empty_database) as connection,
        open_database(connection, upgrade=True).transaction() as ours,
    ):
        assert ours.execute(NAME).fetchone() == ("default",)


def test_an_engine_can_bring_the_schema(empty_database: str) -> None:
    engine = sqlalchemy.create_engine(empty_database.replace("postgresql:", "postgresql+psycopg:"))
    with open_database(engine, upgrade=True).transaction() as ours:
        assert ours.execute(NAME).fetchone() == ("default",)
    engine.dispose()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_urls_of_every_spelling_are_read(installed_database: str, scheme: str) -> None:
    url = installed_database.replace("postgresql:", f"{scheme}:")

    with open_database(url) as opened, opened.transaction() as connection:
        assert connection.execute(NAME).fetchone() == ("default",)


def test_without_a_target_the_environment_decides(
    installed_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", installed_database)

    with open_database() as opened:
        assert urlsplit(installed_database).path in opened.url


@pytest.mark.usefixtures("made_home")
def test_without_anything_the_embedded_server_brings_its_own_schema() -> None:
    with open_database() as opened:
        assert opened.url == server.url()
        with opened.transaction() as connection:
            assert connection.execute(NAME).fetchone() == ("default",)


@pytest.mark.usefixtures("made_home")
def test_an_embedded_server_that_was_stopped_is_started_again() -> None:
    with open_database() as opened:
        server.stop(force=True)

        with opened.transaction() as connection:
            assert connection.execute(NAME).fetchone() == ("default",)


def test_servers_see_who_is_connected(database: Database) -> None:
    with database.transaction() as connection:
        name = connection.execute("SELECT current_setting('application_name')").fetchone()

    assert name == ("graph-sitter-db",)


def _terminate(url: str, pid: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

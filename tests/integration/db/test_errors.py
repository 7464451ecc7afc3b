"""What stands in the way is named, with its remedy, and no password is told."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import create_engine
from tests.integration.db.conftest import eventually, refuses

from graph_sitter_db.db import Database, explain, open_database, schema, server
from graph_sitter_db.errors import (
    DatabaseError,
    DatabaseRefused,
    DatabaseTooOld,
    DatabaseUnavailable,
    SchemaMissing,
    SchemaTooNew,
    UsageError,
)

PASSWORD = "s3cret%2Fword"


@pytest.fixture
def strict_server(made_home: Path) -> Iterator[str]:
    """The URL of a user `guest` who needs a password, on a server of this test's own."""
    url = server.start()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 's3cret/word'")
        rules = made_home / "data" / "pg_hba.conf"
        rules.write_text(f"local all guest scram-sha-256\n{rules.read_text()}")
        connection.execute("SELECT pg_reload_conf()")
    eventually(lambda: refuses(urlsplit(url)._replace(netloc="guest@").geturl()))
    yield urlsplit(url)._replace(netloc=f"guest:{PASSWORD}@").geturl()


@pytest.fixture
def guest(installed_database: str) -> Iterator[str]:
    """The URL of a login without any right, on a database with the schema."""
    yield from _login(installed_database)


@pytest.fixture
def guest_of_empty(empty_database: str) -> Iterator[str]:
    yield from _login(empty_database)


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("postgresql://me@127.0.0.1:1/quality", "Connection refused"),
        ("postgresql://me@127.0.0.1:1,127.0.0.2:1/quality", "Connection refused"),
        ("postgresql://me@/quality?host=/nowhere", "No such file or directory"),
    ],
)
def test_a_server_that_is_down_is_told_with_the_cause_and_a_remedy(url: str, cause: str) -> None:
    message = _refused(url, DatabaseUnavailable)

    assert message.startswith("No PostgreSQL server answers at postgresql://me@")
    assert f": {cause}. Start it, or correct host and port" in message
    assert message.isprintable()


def test_a_host_that_does_not_exist() -> None:
    message = _refused("postgresql://me@no-such-host.invalid/quality", DatabaseUnavailable)

    assert "no-such-host.invalid" in message and "correct host" in message


def test_a_wrong_password(strict_server: str) -> None:
    message = _refused(strict_server.replace(PASSWORD, "wr0ng"), DatabaseRefused)

    assert 'password authentication failed for user "guest"' in message
    assert "Correct user and password" in message
    assert "wr0ng" not in message


def test_a_password_that_is_not_given(strict_server: str) -> None:
    message = _refused(strict_server.replace(f":{PASSWORD}", ""), DatabaseRefused)

    assert "no password supplied" in message and "PGPASSWORD" in message


def test_the_password_is_never_told(strict_server: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        schema.upgrade(server.url())
        connection.execute("GRANT graph_sitter_app TO guest")

    with open_database(strict_server) as opened:
        said = f"{opened!r} {opened.url}"

    assert "guest:***@" in said
    assert "s3cret" not in said


def test_a_url_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        open_database("postgresql://me:s3cr%et@host/db")

    assert "percent-encoded" in str(caught.value)
    assert caught.value.__suppress_context__  # the driver quotes the piece it stumbled over
    assert "s3cr" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret/tail@host/db",
        "postgresql://me:tail/s3cret@host/db",
        "postgresql://me:12/s3cret@host/db",
        "postgresql://me:tail@s3cret@host/db",
        "host=me:s3cret@host dbname=db",
        "dbname=postgresql://me:s3cret@host/db",
        "me:s3://cret@host/db",
    ],
)
def test_a_password_that_splits_the_url_is_not_taken_for_a_place_and_told(url: str) -> None:
    message = _refused(url, UsageError)

    assert "percent-encoded" in message
    assert not any(piece in message for piece in ("s3", "cret", "tail"))


def test_a_password_that_looks_like_a_scheme_is_not_told() -> None:
    message = _refused("password=s3://cret host=127.0.0.1 port=1", DatabaseUnavailable)

    assert "s3" not in message


@pytest.mark.parametrize(
    "url",
    ["me@127.0.0.1:1/db?password=s3cret", "me:s3cret@127.0.0.1:1/db", "me:s3/cret@127.0.0.1:1/db"],
)
def test_the_password_of_an_engine_is_never_told(url: str) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        open_database(create_engine(f"postgresql+psycopg://{url}"))

    assert "postgresql://me:***@127.0.0.1:1/db: Connection refused." in str(caught.value)
    assert "s3" not in str(caught.value)


def test_an_engine_whose_password_was_split_is_refused() -> None:
    with pytest.raises(UsageError, match="percent-encoded") as caught:
        open_database(create_engine("postgresql+psycopg://me:wo@s3cret@host/db"))

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://me@host/db", "sqlite:///file.db"])
def test_a_url_of_something_else(url: str) -> None:
    assert "is no PostgreSQL database" in _refused(url, UsageError)


def test_a_thing_that_is_no_database() -> None:
    with pytest.raises(UsageError, match="A dict is no database"):
        open_database({})  # type: ignore[arg-type]


def test_a_database_that_is_missing(server_url: str) -> None:
    message = _refused(urlsplit(server_url)._replace(path="/nothing").geturl(), DatabaseRefused)

    assert 'database "nothing" does not exist' in message and "createdb" in message


def test_a_login_that_may_not_become_the_app(guest: str) -> None:
    message = _refused(guest, DatabaseRefused)

    assert "GRANT graph_sitter_app TO" in message


def test_a_login_that_may_become_the_app_needs_nothing_else(
    guest: str, installed_database: str
) -> None:
    _as_superuser(installed_database, f"GRANT graph_sitter_app TO {urlsplit(guest).username}")

    with open_database(guest) as opened, opened.transaction() as connection:
        connection.execute("SELECT FROM base.organizations")


def test_a_right_that_the_app_does_not_have(database: Database) -> None:
    with (
        pytest.raises(DatabaseRefused, match="permission denied for table schema_migrations"),
        database.transaction() as connection,
    ):
        connection.execute("DELETE FROM base.schema_migrations")


def test_a_login_that_may_not_install(guest_of_empty: str, empty_database: str) -> None:
    database = urlsplit(empty_database).path.removeprefix("/")
    _as_superuser(empty_database, f"REVOKE CREATE ON DATABASE {database} FROM PUBLIC")

    with pytest.raises(DatabaseRefused) as caught:
        open_database(guest_of_empty, upgrade=True)

    assert "CREATEROLE" in str(caught.value) or "GRANT" in str(caught.value)
    assert schema.current(empty_database) is None


def test_an_owner_who_is_no_superuser_installs_and_records(
    guest_of_empty: str, empty_database: str
) -> None:
    login = urlsplit(guest_of_empty).username
    roles = "graph_sitter_owner, graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance"
    database = urlsplit(empty_database).path.removeprefix("/")
    _as_superuser(
        empty_database,
        f"ALTER ROLE {login} CREATEROLE",
        f"GRANT {roles} TO {login}",
        f"ALTER DATABASE {database} OWNER TO {login}",
    )

    with open_database(guest_of_empty, upgrade=True) as opened, opened.transaction() as connection:
        assert connection.execute("SELECT name FROM base.organizations").fetchall()


@pytest.mark.parametrize("number", [90624, 130012])
def test_a_server_older_than_14(number: int) -> None:
    with pytest.raises(DatabaseTooOld, match=r"is PostgreSQL (9\.6|13\.12), .* needs 14 or newer"):
        explain.check_version(number, "postgresql://me@host/db")


def test_14_is_new_enough() -> None:
    explain.check_version(140000, "postgresql://me@host/db")


def test_a_database_without_the_schema_names_the_command(empty_database: str) -> None:
    message = _refused(empty_database, SchemaMissing)

    assert "graph-sitter-db db upgrade" in message and "--upgrade" in message
    assert schema.current(empty_database) is None


def test_a_schema_newer_than_the_code(installed_database: str) -> None:
    _as_superuser(
        installed_database,
        "UPDATE base.alembic_version SET version_num = '9999'",
        "INSERT INTO base.schema_migrations (version, module, checksum)"
        " VALUES ('9999.01.001', 'base', pg_catalog.sha256(''::bytea))",
    )

    for upgrade in (False, True):
        with pytest.raises(SchemaTooNew, match=r"9999\.01\.001.*pip install --upgrade"):
            open_database(installed_database, upgrade=upgrade)


def test_a_foreign_schema_named_base(empty_database: str) -> None:
    _as_superuser(empty_database, "CREATE SCHEMA base")

    with pytest.raises(DatabaseRefused, match="a database of its own"):
        open_database(empty_database, upgrade=True)


def test_a_database_that_cannot_hold_every_text(server_url: str) -> None:
    name = f"latin_{os.getpid()}"
    options = "TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    provider = " LOCALE_PROVIDER libc" if _major(server_url) >= 15 else ""
    _as_superuser(server_url, f"CREATE DATABASE {name} {options}{provider}")
    try:
        with pytest.raises(DatabaseError, match="UTF8"):
            open_database(urlsplit(server_url)._replace(path=f"/{name}").geturl(), upgrade=True)
    finally:
        _as_superuser(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def test_a_server_that_takes_no_more_connections(installed_database: str) -> None:
    login = f"busy_{os.getpid()}"
    options = "LOGIN CONNECTION LIMIT 0 PASSWORD 'guest'"
    _as_superuser(installed_database, f"CREATE ROLE {login} {options}")
    try:
        message = _refused(_as_login(installed_database, login), DatabaseUnavailable)
    finally:
        _as_superuser(installed_database, f"DROP ROLE {login}")

    assert "too many connections" in message and "Try again" in message


def test_a_server_that_only_lets_itself_be_read_answers_and_takes_nothing(
    installed_database: str,
) -> None:
    database = urlsplit(installed_database).path.removeprefix("/")
    _as_superuser(
        installed_database, f"ALTER DATABASE {database} SET default_transaction_read_only = on"
    )

    with open_database(installed_database, "new-one") as opened:
        with opened.transaction(read_only=True) as connection:
            connection.execute("SELECT count(*) FROM analytics.analysis_runs")
        with pytest.raises(DatabaseRefused, match="only lets itself be read"):
            opened.transaction()


def test_a_server_that_stops_in_the_middle(made_home: Path) -> None:
    with (
        open_database() as opened,
        pytest.raises(DatabaseUnavailable, match="lost in the middle"),
        opened.transaction() as connection,
    ):
        server.stop(force=True)
        connection.execute("SELECT 1")


def test_the_embedded_data_is_readable_by_postgresqls_own_tools(made_home: Path) -> None:
    url = server.start()
    from graph_sitter_db.db import binaries

    done = subprocess.run(
        [binaries.program("psql"), "-X", "-A", "-t", "-c", "SELECT 6 * 7", url],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "42"


def _refused(url: str, error: type[Exception]) -> str:
    with pytest.raises(error) as caught:
        open_database(url)
    return str(caught.value)


def _login(database: str) -> Iterator[str]:
    name = f"guest_{os.getpid()}"
    _as_superuser(database, f"CREATE ROLE {name} LOGIN PASSWORD 'guest'")
    yield _as_login(database, name)
    _as_superuser(
        database,
        f"REASSIGN OWNED BY {name} TO CURRENT_USER",
        f"DROP OWNED BY {name}",
        f"DROP ROLE {name}",
    )


def _as_login(database: str, name: str) -> str:
    parts = urlsplit(database)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{name}:guest@{place}").geturl()


def _as_superuser(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _major(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version // 10000

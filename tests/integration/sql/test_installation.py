"""Loading the module files: by whom, in which order, at the same moment."""

import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql
from tests.integration.sql.conftest import Connection, value

from graph_sitter_db.db import binaries

SQL = Path(__file__).parents[3] / "sql"
MODULES = [path for path in sorted(SQL.iterdir()) if re.fullmatch(r"\d\d_\w+\.sql", path.name)]
ROLES = "graph_sitter_owner, graph_sitter_app, graph_sitter_reader, graph_sitter_maintenance"


def _load(url: str, also: str = "") -> None:
    """Each file in one transaction, as `psql -1 -f` does; `also` at the end of the first."""
    with psycopg.connect(url, autocommit=True) as connection:
        for module in MODULES:
            with connection.transaction():
                connection.execute(module.read_text() + also)


@pytest.fixture
def installer(empty_database: str, server_url: str) -> Iterator[str]:
    """The empty database's URL for somebody who may create roles, and schemas in it, no more."""
    name = f"installer_{uuid4().hex[:12]}"
    database = urlsplit(empty_database).path.removeprefix("/")
    with psycopg.connect(empty_database, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'pw'").format(sql.Identifier(name))
        )
        admin.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
                sql.Identifier(database), sql.Identifier(name)
            )
        )
        parts = urlsplit(empty_database)
        host = parts.netloc.rpartition("@")[2]
        yield parts._replace(netloc=f"{name}:pw@{host}").geturl()
        admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _version(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version


def test_who_may_create_roles_and_schemas_can_install_and_use_it(
    installer: str, empty_database: str, template_database: str
) -> None:
    # The roles exist on this server, made by somebody else: from 16 on that one has to lend them.
    if _version(empty_database) >= 160000:
        with pytest.raises(errors.InsufficientPrivilege) as refused:
            _load(installer)
        assert "GRANT graph_sitter_owner" in str(refused.value.diag.message_hint)
        with psycopg.connect(empty_database, autocommit=True) as admin:
            login = urlsplit(installer).username or ""
            admin.execute(sql.SQL(f"GRANT {ROLES} TO {{}}").format(sql.Identifier(login)))
    _load(installer)
    with psycopg.connect(installer) as connection:
        connection.execute("SET LOCAL ROLE graph_sitter_app")
        assert value(connection, "SELECT base.create_organization('x', 'x')")
    with psycopg.connect(empty_database) as connection:
        connection.execute("SET search_path = pg_catalog")
        foreign = connection.execute(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE base.module_of(n.nspname) IS NOT NULL"
            " AND pg_get_userbyid(relowner) NOT IN ('graph_sitter_owner',"
            " 'graph_sitter_maintenance')"
        ).fetchall()
    assert foreign == []


def test_databases_of_one_server_can_be_installed_at_once(server_url: str) -> None:
    names = [f"test_{uuid4().hex[:16]}" for _ in range(4)]
    with psycopg.connect(server_url, autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            urls = [urlsplit(server_url)._replace(path=f"/{name}").geturl() for name in names]
            with ThreadPoolExecutor(len(urls)) as pool:
                list(pool.map(_load, urls))
            for url in urls:
                with psycopg.connect(url) as connection:
                    recorded = value(connection, "SELECT count(*) FROM base.schema_migrations")
                    assert recorded == len(MODULES)
        finally:
            for name in names:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_module_that_fails_leaves_nothing(empty_database: str) -> None:
    with pytest.raises(errors.UndefinedTable):
        _load(empty_database, also="SELECT FROM absent;")
    with psycopg.connect(empty_database) as connection:
        assert value(connection, "SELECT to_regnamespace('base')") is None


def test_psql_loads_the_files_one_by_one(empty_database: str, connection: Connection) -> None:
    for module in MODULES:
        options = ("-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(module))
        done = subprocess.run(
            [binaries.program("psql"), *options, empty_database],
            env={**os.environ, **binaries.environment()},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    manifest = "SELECT kind, name, definition_digest FROM base.schema_objects ORDER BY 1, 2"
    with psycopg.connect(empty_database) as loaded:
        assert loaded.execute(manifest).fetchall() == connection.execute(manifest).fetchall()


def test_a_database_in_another_encoding_is_refused(server_url: str) -> None:
    name = f"test_{uuid4().hex[:16]}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc"
            f" LOCALE 'C'"
        )
        try:
            with pytest.raises(errors.FeatureNotSupported, match="LATIN1"):
                _load(urlsplit(server_url)._replace(path=f"/{name}").geturl())
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

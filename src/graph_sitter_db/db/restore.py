"""Putting a backup into a database: all of it and checked, or nothing."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast
from uuid import uuid4

from psycopg import sql

from graph_sitter_db.db import (
    archive,
    backup,
    clients,
    explain,
    fingerprints,
    installed,
    modules,
    revisions,
    targets,
)
from graph_sitter_db.db.archive import Seal
from graph_sitter_db.db.named import sql_directory
from graph_sitter_db.db.targets import Connection, Source, Target, UrlSource
from graph_sitter_db.errors import DatabaseRefused, SchemaTooNew
from graph_sitter_db.model.backups import RestoreReport

_DATA = re.compile(rb"COPY .* FROM stdin;$")
_RIGHTS = re.compile(rb"(?:GRANT|REVOKE) [A-Z,]+ ON TABLE ")
_MAINTAIN = re.compile(rb",MAINTAIN(,| )")  # a right since 17
# Made again afterwards, where the server offers trigrams.
_OPTIONAL = "symbols_name_trgm_idx"
_WAIT = "SET lock_timeout = '10s';\n"
_HAS_ROWS = """
    SELECT EXISTS (SELECT FROM base.organizations) OR EXISTS (SELECT FROM base.users)
"""


def read(path: Path, target: Target = None, *, overwrite: bool = False) -> RestoreReport:
    """Restore `path`. A database with somebody's rows is replaced only with `overwrite`."""
    started = time.monotonic()
    seal = archive.read(path)
    _refuse_newer(path, seal)
    with closing(targets.source(target)) as source:
        _restore(path, seal, source, overwrite)
        return _report(seal, source, started)


def rehearse(path: Path, target: Target = None) -> RestoreReport:
    """Restore `path` into a database made for it on the same server, which is dropped again."""
    started = time.monotonic()
    seal = archive.read(path)
    with closing(targets.source(target)) as source, _scratch(source) as scratch:
        _restore(path, seal, scratch, overwrite=False)
        return _report(seal, source, started)


def _report(seal: Seal, source: Source, started: float) -> RestoreReport:
    return RestoreReport(
        database=source.label,
        schema_version=seal.version,
        tables=len(seal.tables),
        rows=seal.rows,
        seconds=round(time.monotonic() - started, 3),
    )


def _refuse_newer(path: Path, seal: Seal) -> None:
    if seal.number > revisions.head().number:
        raise SchemaTooNew(
            f"{path} holds the schema {seal.version}, and this release of graph-sitter-db knows "
            f"{revisions.head().version}: pip install --upgrade graph-sitter-db."
        )


def _restore(path: Path, seal: Seal, source: Source, overwrite: bool) -> None:
    with closing(source.separate()) as connection, explain.working(source.label, connection):
        explain.check_version(connection.info.server_version, source.label)
        replaces = bool(installed.look(source).number)
        if replaces and not overwrite and _has_rows(connection):
            raise DatabaseRefused(
                f"{source.label} holds data already, and restoring replaces all of it. Name an "
                "empty database, or give --overwrite."
            )
        _play(path, seal, connection, replaces)


def _has_rows(connection: Connection) -> bool:
    with connection.transaction():
        connection.execute(f"SET LOCAL ROLE {backup.ROLE}")
        return connection.execute(_HAS_ROWS).fetchone() == (True,)


def _play(path: Path, seal: Seal, connection: Connection, replaces: bool) -> None:
    """Everything in one transaction of psql's: an error anywhere leaves the database as it was."""
    environment = clients.environment(connection) | {"LC_ALL": "C"}
    psql = [clients.program("psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null"]
    is_old = connection.info.server_version < 170000
    with tempfile.TemporaryFile() as said, _script(path) as script:
        playing = subprocess.Popen(
            [*psql, "-f", "-"], env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said
        )
        assert playing.stdin
        with suppress(BrokenPipeError), playing.stdin as into:  # it has ended, and says why
            into.write(_before(replaces).encode())
            _copy(script, into, is_old=is_old)
            into.write(_after(seal).encode())
        if playing.wait():
            raise _not_restored(path, said)


@contextmanager
def _script(path: Path) -> Iterator[IO[bytes]]:
    """The archive as SQL, while pg_restore writes it."""
    program = clients.program("pg_restore")
    with tempfile.NamedTemporaryFile() as chosen, tempfile.TemporaryFile() as said:
        listed = subprocess.run([program, "-l", path], capture_output=True, check=False)
        chosen.write(b"".join(line for line in listed.stdout.splitlines(True) if _wanted(line)))
        chosen.flush()
        command = [program, "--enable-row-security", "-L", chosen.name, "-f", "-", str(path)]
        reading = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)
        assert reading.stdout
        try:
            yield reading.stdout
        finally:
            reading.stdout.close()
            reading.wait()


def _wanted(line: bytes) -> bool:
    return _OPTIONAL.encode() not in line.split()


def _copy(script: IO[bytes], into: IO[bytes], *, is_old: bool) -> None:
    """As it is, or for a server before 17 without what such a server does not know."""
    if not is_old:
        shutil.copyfileobj(script, into)
        return
    is_data = False
    for line in script:
        into.write(line if is_data else _understood(line))
        is_data = _DATA.match(line) is not None if not is_data else line != b"\\.\n"


def _understood(line: bytes) -> bytes:
    if line.startswith(b"SET transaction_timeout"):
        return b""
    return _MAINTAIN.sub(rb"\1", line) if _RIGHTS.match(line) else line


def _before(replaces: bool) -> str:
    """Taking out what is there, and the roles."""
    roles, end, _ = modules.modules()[0].text.partition("\n$$;\n")  # its first statement
    removal = revisions.baseline().down if replaces else ""
    return f"{_WAIT}{removal}\n{roles}{end}"


def _after(seal: Seal) -> str:
    """What the archive leaves to the database it comes into, and the check of the rows."""
    schemas = "".join(f"CALL base.finish_schema('{each}');\n" for each in _schemas(seal))
    settle = (sql_directory() / "restore.sql").read_text(encoding="utf-8")
    return (
        f"\nSET ROLE {backup.ROLE};\n{fingerprints.check(seal.tables)}\n"
        f"SET ROLE graph_sitter_owner;\n{schemas}RESET ROLE;\n{settle}"
    )


def _schemas(seal: Seal) -> list[str]:
    return sorted({table.partition(".")[0] for table in seal.tables})


def _not_restored(path: Path, said: IO[bytes]) -> DatabaseRefused:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    told = next((line for line in lines if "ERROR:" in line), lines[-1] if lines else "psql failed")
    reason = told.partition("ERROR:  ")[2] or told
    return DatabaseRefused(f"{path} is not restored, and the database is as it was: {reason}.")


@contextmanager
def _scratch(source: Source) -> Iterator[Source]:
    name = f"graph_sitter_rehearsal_{uuid4().hex[:12]}"
    with closing(source.separate()) as connection, explain.working(source.label, connection):
        quoted = sql.Identifier(name)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute(create.format(quoted))
        try:
            info = connection.info
            where = info.get_parameters() | {"password": info.password, "dbname": name}
            with closing(UrlSource(lambda: cast(Any, where))) as scratch:
                yield scratch
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))

"""Writing everything into one file, at one moment, while others go on working."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from graph_sitter_db.db import archive, clients, explain, fingerprints, installed, modules, targets
from graph_sitter_db.db.archive import Seal
from graph_sitter_db.db.targets import Connection, Source, Target
from graph_sitter_db.errors import DatabaseRefused, SchemaMissing, UsageError
from graph_sitter_db.model.backups import BackupReport

# Under row security everybody else would dump, silently, only what they see.
ROLE = "graph_sitter_maintenance"


def write(path: Path, target: Target = None, *, overwrite: bool = False) -> BackupReport:
    """Every row of every organization as pg_dump's custom format, with figures to check it by."""
    started = time.monotonic()
    if path.exists() and not overwrite:
        raise UsageError(f"{path} is there already. Choose another name, or give --overwrite.")
    with closing(targets.source(target)) as source:
        seal = _write(path, source)
        label = source.label
    return BackupReport(
        file=str(path),
        database=label,
        schema_version=seal.version,
        size_bytes=path.stat().st_size,
        tables=len(seal.tables),
        rows=seal.rows,
        seconds=round(time.monotonic() - started, 3),
    )


def _write(path: Path, source: Source) -> Seal:
    found = installed.look(source)
    if not (found.number and found.version):
        raise SchemaMissing(f"{source.label} has no graph-sitter-db schema: nothing to back up.")
    with _moment(source) as (connection, snapshot), _whole_or_nothing(path) as partial:
        major = connection.info.server_version // 10000
        _dump(connection, snapshot, partial, major)
        tables = fingerprints.take(connection)
        return archive.close(partial, Seal(found.number, found.version, major, tables))


@contextmanager
def _moment(source: Source) -> Iterator[tuple[Connection, str]]:
    """A transaction that sees one moment, and its name for others who want to see the same."""
    with (
        closing(source.separate()) as connection,
        explain.working(source.label, connection),
        connection.transaction(),
    ):
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(f"SET LOCAL ROLE {ROLE}")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield connection, row[0]


@contextmanager
def _whole_or_nothing(path: Path) -> Iterator[Path]:
    """A file beside `path`, which takes its place when it is complete. Only its owner reads it."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield partial
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _dump(connection: Connection, snapshot: str, path: Path, major: int) -> None:
    schemas = [f"--schema={module.schema}" for module in modules.modules()]
    options = ["--format=custom", f"--role={ROLE}", "--enable-row-security", *schemas]
    command = [clients.program("pg_dump", major), *options]
    done = subprocess.run(
        [*command, "--no-toast-compression", f"--snapshot={snapshot}", f"--file={path}"],
        env=clients.environment(connection) | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["pg_dump failed"]
        raise DatabaseRefused(f"The database cannot be dumped: {said[0]}")

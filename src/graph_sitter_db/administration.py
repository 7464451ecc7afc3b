"""What an administrator does with the database: serve it, install its schema, look inside.

Without a URL everything is about GRAPH_SITTER_DB_URL, else the embedded server.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from graph_sitter_db.db import revisions, schema, server
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.backups import BackupReport, RestoreReport
from graph_sitter_db.model.operations import Alert, Diagnosis, HealthReport, JobReport
from graph_sitter_db.model.reports import DatabaseStatus


def start(stay: bool = False) -> str:
    """Start the embedded server (with `stay` until `stop`); its URL."""
    return server.start(stay)


def stop(force: bool = False) -> bool:
    """Stop the embedded server; false when none runs. `force`: even while others use it."""
    return server.stop(force)


def status(url: str | None = None) -> DatabaseStatus:
    """Whether the database answers, and what is in it. Nothing is started."""
    from graph_sitter_db.db import state

    if where := _chosen(url):
        found = state.look(where)
        return DatabaseStatus(
            embedded=False,
            running=True,
            url=found.url,
            version=found.version,
            schema_version=found.schema_version,
            users=found.users,
        )
    return _embedded_status()


def url(url: str | None = None) -> str:
    """Where the database is, or would be, without the password."""
    from graph_sitter_db.db import state

    where = _chosen(url)
    return state.label(where) if where else server.url()


def psql(url: str | None, arguments: Sequence[str] = ()) -> int:
    """Open psql on the database; its exit code."""
    from graph_sitter_db.db import psql as terminal

    return terminal.run(arguments, url)


def upgrade(url: str | None = None) -> str:
    """Install the schema or bring it up to date; its version then."""
    return schema.upgrade(url)


def downgrade(url: str | None, version: str) -> str | None:
    """Take the schema back to `version`, or with `base` remove it; its version then."""
    return schema.downgrade(version, url)


def check_version(version: str) -> None:
    """UsageError unless `downgrade` knows it."""
    if version != "base":
        revisions.find(version)


def current(url: str | None = None) -> str | None:
    """The schema's version; None when it is not installed."""
    return schema.current(url)


def ddl(consolidated: bool = False) -> str:
    """The whole schema as SQL; `consolidated`: as a script that is one transaction by itself."""
    return schema.consolidated() if consolidated else schema.ddl()


def backup(
    url: str | None, file: Path, *, overwrite: bool = False, test: bool = False
) -> BackupReport:
    """Write everything into `file`; with `test`, restore it once into a scratch database."""
    from graph_sitter_db.db import backup, restore

    written = backup.write(file, url, overwrite=overwrite)
    if not test:
        return written
    rehearsed = restore.rehearse(file, url)
    return written.model_copy(update={"test_seconds": rehearsed.seconds})


def restore(url: str | None, file: Path, *, overwrite: bool = False) -> RestoreReport:
    """Put a backup into the database: all of it, checked, or nothing."""
    from graph_sitter_db.db import restore

    return restore.read(file, url, overwrite=overwrite)


def move(url: str | None, goal: str, *, overwrite: bool = False) -> RestoreReport:
    """Copy everything to the database `goal`, checked there; what was copied stays where it is."""
    from graph_sitter_db.db import backup, restore, state

    where = _chosen(url)
    if state.label(goal) == (state.label(where) if where else server.url()):
        raise UsageError("Both are the same database. Name another one to move to.")
    with tempfile.TemporaryDirectory(prefix="graph-sitter-db-") as folder:
        file = Path(folder) / "everything"
        backup.write(file, url)
        return restore.read(file, goal, overwrite=overwrite)


def health(url: str | None = None) -> HealthReport:
    """How every installed module and everything that is watched is."""
    from graph_sitter_db.db import operations

    return operations.health(url)


def alerts(url: str | None = None) -> list[Alert]:
    """The thresholds that are crossed now."""
    from graph_sitter_db.db import operations

    return operations.alerts(url)


def maintain(url: str | None = None, *, every: bool = False) -> list[JobReport]:
    """Do each job that is due, once, or `every` one."""
    from graph_sitter_db.db import operations

    return list(operations.maintain(url, every=every))


def doctor(url: str | None = None) -> list[Diagnosis]:
    """What is there, what is missing, and what to do."""
    from graph_sitter_db.db import doctor

    return list(doctor.examine(url))


def _chosen(url: str | None) -> str | None:
    return url or os.environ.get("GRAPH_SITTER_DB_URL") or None


def _embedded_status() -> DatabaseStatus:
    found = server.status()
    return DatabaseStatus(
        embedded=True,
        running=found.running,
        url=found.url,
        version=found.version,
        schema_version=schema.current(found.url) if found.running else None,
        users=found.users if found.running else None,
        pid=found.pid,
        home=str(found.home),
    )

"""What is missing on this machine and in the database, and what to do about it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

from graph_sitter_db.db import binaries, clients, installed, revisions, session, targets
from graph_sitter_db.db.installed import Installed
from graph_sitter_db.db.targets import Connection, Source, Target
from graph_sitter_db.errors import GraphSitterDBError
from graph_sitter_db.model.operations import Diagnosis

_BROKEN = "SELECT check_name, details FROM ops.validate_schema_integrity() WHERE status = 'FAIL'"
_OVERDUE = "SELECT job FROM ops.job_status WHERE enabled AND is_available AND periods_missed > 2"
_FEATURES = "SELECT feature, status::text, detail FROM base.feature_status()"
_INTEGRITY = "Compare it with 'graph-sitter-db db sql', or restore a backup."
_CRON = "Let cron run 'graph-sitter-db maintain' every few minutes."


def examine(target: Target = None) -> Iterator[Diagnosis]:
    """First the machine, then the database as far as it can be reached."""
    yield _git()
    yield _tried("embedded server", lambda: str(binaries.folder()))
    for name in ("psql", "pg_dump", "pg_restore"):
        yield _tried(name, partial(clients.program, name))
    try:
        with closing(targets.source(target)) as source:
            yield from _database(source)
    except GraphSitterDBError as error:
        yield Diagnosis(subject="database", status="missing", found="not usable", remedy=str(error))


def _git() -> Diagnosis:
    if found := shutil.which("git"):
        return Diagnosis(subject="git", status="ok", found=found)
    remedy = "Install git (Debian: apt install git): without it folders are recorded as they lie."
    return Diagnosis(subject="git", status="missing", found="not on the PATH", remedy=remedy)


def _tried(subject: str, look: Callable[[], str]) -> Diagnosis:
    """Of what a server of the user's own can stand in for."""
    try:
        return Diagnosis(subject=subject, status="ok", found=look())
    except GraphSitterDBError as error:
        return Diagnosis(subject=subject, status="optional", found="not there", remedy=str(error))


def _database(source: Source) -> Iterator[Diagnosis]:
    with source.lend() as connection:
        release = connection.info.parameter_status("server_version") or "unknown"
    yield Diagnosis(
        subject="database", status="ok", found=f"{source.label}, PostgreSQL {release.split()[0]}"
    )
    found = installed.look(source)
    yield _schema(found, source)
    if found.number == revisions.head().number:
        with session.keeping(source, read_only=True) as connection:
            yield from _inside(connection)


def _schema(found: Installed, source: Source) -> Diagnosis:
    head = revisions.head()
    if found.number == head.number:
        return Diagnosis(subject="schema", status="ok", found=str(found.version))
    if found.number and found.number > head.number:
        remedy = "Install a newer release: pip install --upgrade graph-sitter-db."
    else:
        where = "" if source.embedded else " --url …"
        remedy = f"Run 'graph-sitter-db db upgrade{where}'."
    return Diagnosis(
        subject="schema", status="missing", found=found.version or "not installed", remedy=remedy
    )


def _inside(connection: Connection) -> Iterator[Diagnosis]:
    broken = connection.execute(_BROKEN).fetchall()
    for name, details in broken:
        told = f"Not so: {name} ({details})"
        yield Diagnosis(subject="schema", status="missing", found=told, remedy=_INTEGRITY)
    overdue = ", ".join(job for (job,) in connection.execute(_OVERDUE))
    if overdue:
        yield Diagnosis(subject="jobs", status="missing", found=f"overdue: {overdue}", remedy=_CRON)
    else:
        yield Diagnosis(subject="jobs", status="ok", found="none is overdue")
    for feature, status, detail in connection.execute(_FEATURES):
        yield Diagnosis(
            subject=feature, status="ok" if status == "healthy" else "optional", found=detail
        )

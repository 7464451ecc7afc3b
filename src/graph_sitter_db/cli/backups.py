"""`db backup`, `db restore`, `db move`: everything, out of a database and into one."""

from pathlib import Path

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.session import Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.model.backups import BackupReport, RestoreReport
from graph_sitter_db.present import backups

_FILE = click.Path(path_type=Path, dir_okay=False)
_overwrite = click.option("--overwrite", is_flag=True, help="Replace what is there.")


@click.command(
    cls=Verb,
    short_help="Write everything in the database into one file.",
    examples=(
        "graph-sitter-db db backup monday.backup",
        "graph-sitter-db db backup monday.backup --test",
    ),
)
@click.argument("file", type=_FILE)
@_overwrite
@click.option("--test", is_flag=True, help="Restore it once, into a database made for it.")
@in_session
def backup(session: Session, file: Path, overwrite: bool, test: bool) -> None:
    """Write everything in the database, as it is at this moment, into FILE.

    It is pg_dump's custom format, with each table's rows and checksum behind it, by which
    `restore` checks what it did. Others may go on working meanwhile.
    """
    from graph_sitter_db import administration

    _tell(session, administration.backup(session.url, file, overwrite=overwrite, test=test))


@click.command(
    cls=Verb,
    short_help="Put a backup into a database.",
    examples=(
        "graph-sitter-db db restore monday.backup --url postgresql://me@server/quality",
        "graph-sitter-db db restore monday.backup --overwrite",
    ),
)
@click.argument("file", type=_FILE)
@_overwrite
@in_session
def restore(session: Session, file: Path, overwrite: bool) -> None:
    """Put what `backup` wrote into FILE into the database: all of it and checked, or nothing.

    A database that holds somebody's data is refused without --overwrite.
    """
    from graph_sitter_db import administration

    _tell(session, administration.restore(session.url, file, overwrite=overwrite))


@click.command(
    cls=Verb,
    short_help="Copy the embedded database to a server.",
    examples=("graph-sitter-db db move postgresql://me@server/quality",),
)
@click.argument("goal", metavar="URL")
@_overwrite
@in_session
def move(session: Session, goal: str, overwrite: bool) -> None:
    """Copy everything in the embedded database to the one at URL, and check it there.

    --url names another database to copy from. It stays as it is: set $GRAPH_SITTER_DB_URL to use
    the new one from then on.
    """
    from graph_sitter_db import administration

    _tell(session, administration.move(session.url, goal, overwrite=overwrite))


def _tell(session: Session, report: BackupReport | RestoreReport) -> None:
    if session.json:
        screen.show_document(report)
    else:
        screen.show(backups.page(report))

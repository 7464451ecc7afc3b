"""`db`: the database itself."""

import sys

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.exits import USAGE
from graph_sitter_db.cli.session import Session, in_session
from graph_sitter_db.cli.verb import LazyGroup, Verb
from graph_sitter_db.errors import UsageError
from graph_sitter_db.present import database
from graph_sitter_db.present.page import line

_HERE = "graph_sitter_db.cli.db"
_BACKUPS = "graph_sitter_db.cli.backups"

_PLACES = {
    "start": (f"{_HERE}:start", "Start the embedded server and keep it running."),
    "stop": (f"{_HERE}:stop", "Stop the embedded server."),
    "status": (f"{_HERE}:status", "Tell whether the database answers, and its schema's version."),
    "url": (f"{_HERE}:url", "Print where the database is."),
    "psql": (f"{_HERE}:psql", "Open the database in psql."),
    "upgrade": (f"{_HERE}:upgrade", "Install the schema, or bring it up to date."),
    "downgrade": (f"{_HERE}:downgrade", "Take the schema back to an earlier version."),
    "current": (f"{_HERE}:current", "Print the schema's version."),
    "sql": (f"{_HERE}:sql", "Print the schema as SQL, without connecting."),
    "backup": (f"{_BACKUPS}:backup", "Write everything in the database into one file."),
    "restore": (f"{_BACKUPS}:restore", "Put a backup into a database."),
    "move": (f"{_BACKUPS}:move", "Copy the embedded database to a server."),
}


@click.group(
    cls=LazyGroup,
    places=_PLACES,
    invoke_without_command=True,
    short_help="Serve, install, migrate and open the database.",
    examples=("graph-sitter-db db status", "graph-sitter-db db sql > schema.sql"),
)
@click.pass_context
def db(ctx: click.Context) -> None:
    """Serve, install, migrate and open the database.

    Without --url and $GRAPH_SITTER_DB_URL these commands are about the embedded server.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(USAGE)


@click.command(
    cls=Verb,
    short_help="Start the embedded server and keep it running.",
    examples=("graph-sitter-db db start",),
)
@in_session
def start(session: Session) -> None:
    """Start the embedded server and keep it running until `db stop`.

    Every other command starts it as well, for as long as it is used.
    """
    _only_embedded(session)
    from graph_sitter_db import administration

    _tell(session, "url", administration.start(stay=True))


@click.command(
    cls=Verb, short_help="Stop the embedded server.", examples=("graph-sitter-db db stop",)
)
@click.option("--force", is_flag=True, help="Even while others use it; their work is lost.")
@in_session
def stop(session: Session, force: bool) -> None:
    """Stop the embedded server. The data stays where it is."""
    _only_embedded(session)
    from graph_sitter_db import administration

    stopped = administration.stop(force)
    if session.json:
        screen.show_document({"stopped": stopped})
    else:
        screen.show([line("Stopped." if stopped else "It was not running.")])


@click.command(
    cls=Verb,
    short_help="Tell whether the database answers, and its schema's version.",
    examples=("graph-sitter-db db status", "graph-sitter-db db status --json"),
)
@in_session
def status(session: Session) -> None:
    """Tell whether the database answers, and its schema's version. Nothing is started."""
    from graph_sitter_db import administration

    found = administration.status(session.url)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(database.page(found))


@click.command(
    cls=Verb,
    short_help="Print where the database is.",
    examples=("graph-sitter-db db url",),
)
@in_session
def url(session: Session) -> None:
    """Print where the database is, without the password."""
    from graph_sitter_db import administration

    _tell(session, "url", administration.url(session.url))


@click.command(
    cls=Verb,
    short_help="Open the database in psql.",
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
    examples=(
        "graph-sitter-db db psql",
        "graph-sitter-db db psql -c 'SELECT count(*) FROM analytics.analysis_runs'",
    ),
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@in_session
def psql(session: Session, arguments: tuple[str, ...]) -> None:
    """Open the database in psql, which gets ARGUMENTS."""
    if session.json:
        raise UsageError("psql speaks for itself: leave out --json, or give it --csv.")
    from graph_sitter_db import administration

    sys.exit(administration.psql(session.url, arguments))


@click.command(
    cls=Verb,
    short_help="Install the schema, or bring it up to date.",
    examples=("graph-sitter-db db upgrade --url postgresql://me@server/quality",),
)
@in_session
def upgrade(session: Session) -> None:
    """Install the schema, or bring it up to date. What is stored is kept."""
    from graph_sitter_db import administration

    _tell(session, "version", administration.upgrade(session.url))


@click.command(
    cls=Verb,
    short_help="Take the schema back to an earlier version.",
    examples=("graph-sitter-db db downgrade base --accept-loss",),
)
@click.argument("version")
@click.option("--accept-loss", is_flag=True, help="Do not ask.")
@in_session
def downgrade(session: Session, version: str, accept_loss: bool) -> None:
    """Take the schema back to VERSION; `base` removes it.

    What only the newer schema can hold is lost.
    """
    from graph_sitter_db import administration

    administration.check_version(version)
    if not accept_loss:
        _ask(f"Take the schema back to {version}, and lose what it cannot hold?")
    _tell(session, "version", administration.downgrade(session.url, version))


@click.command(
    cls=Verb, short_help="Print the schema's version.", examples=("graph-sitter-db db current",)
)
@in_session
def current(session: Session) -> None:
    """Print the schema's version, or `none`."""
    from graph_sitter_db import administration

    _tell(session, "version", administration.current(session.url))


@click.command(
    cls=Verb,
    short_help="Print the schema as SQL, without connecting.",
    examples=(
        "graph-sitter-db db sql > modules.sql",
        "graph-sitter-db db sql --consolidated > schema.sql",
    ),
)
@click.option("--consolidated", is_flag=True, help="As one script with a transaction of its own.")
@in_session
def sql(session: Session, consolidated: bool) -> None:
    """Print the schema as SQL, without connecting: to read it, or to install it by psql."""
    from graph_sitter_db import administration

    ddl = administration.ddl(consolidated)
    if session.json:
        screen.show_document({"sql": ddl})
    else:
        screen.show_text(ddl)


def _tell(session: Session, name: str, value: str | None) -> None:
    if session.json:
        screen.show_document({name: value})
    else:
        screen.show([line(value or "none")])


def _only_embedded(session: Session) -> None:
    if session.url:
        raise UsageError("The embedded server is meant here, it needs no URL: leave out --url.")


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("There is nobody to ask here: give --accept-loss to downgrade.")
    click.confirm(question, abort=True, err=True)

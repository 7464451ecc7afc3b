"""`metrics`: what was measured."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import metrics as measurements


@click.command(
    cls=Verb,
    short_help="Show what was measured, of all or of a part.",
    examples=(
        "graph-sitter-db metrics",
        "graph-sitter-db metrics src/click --run main",
        "graph-sitter-db metrics src/click/core.py:Context.invoke",
        "graph-sitter-db metrics --list",
    ),
)
@click.argument("place", metavar="[PATH]", required=False)
@click.option("--list", "listed", is_flag=True, help="What each metric means, and its source.")
@in_run
@in_session
def metrics(
    session: Session,
    place: str | None,
    listed: bool,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """Show every metric of a run: of the whole codebase, or of PATH in it.

    PATH is a folder, a file, or a symbol as `deps` takes it: a name, or `path:qualified.name`.
    Beside a value stand the mean and the worst of the functions inside (of the classes, where it is
    about classes). ↓ is better when lower, ↑ when higher; – is unknown.
    """
    if listed:
        _list(session)
        return
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        answer = adapter.metrics(about.id, place)
    if session.json:
        screen.show_document(answer)
    else:
        screen.show(measurements.page(answer))


def _list(session: Session) -> None:
    with session.adapter() as adapter:
        found = adapter.metric_definitions()
    if session.json:
        screen.show_document(found)
    else:
        screen.show(measurements.definitions(found))

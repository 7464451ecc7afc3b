"""`deps`: who uses a symbol, and what it uses."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import dependencies


@click.command(
    cls=Verb,
    short_help="Show who uses a symbol, and what it uses.",
    examples=(
        "graph-sitter-db deps Context.invoke",
        "graph-sitter-db deps src/click/core.py:Context.invoke --run main",
    ),
)
@click.argument("symbol")
@in_run
@in_session
def deps(
    session: Session, symbol: str, run: str | None, repository: str, language: str | None
) -> None:
    """Show who uses SYMBOL, what SYMBOL uses, and how complete that is.

    SYMBOL is a name, a qualified name, `path:qualified.name`, or the path of a whole file. Several
    definitions of one name in a file, such as overloads, answer as one; `name#1` (`symbols` shows
    them) picks one.
    """
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        answer = adapter.dependencies(about.id, symbol)
    if session.json:
        screen.show_document(answer)
    else:
        screen.show(dependencies.page(answer))

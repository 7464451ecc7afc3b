"""`symbols`: find definitions."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import COUNT, Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.model.keys import SymbolKind
from graph_sitter_db.present import symbols as symbol_list


@click.command(
    cls=Verb,
    short_help="Find functions, classes and other definitions.",
    examples=(
        "graph-sitter-db symbols Context",
        "graph-sitter-db symbols context.inv --kind method",
    ),
)
@click.argument("query")
@click.option("--kind", type=click.Choice([kind.value for kind in SymbolKind]), help="Only this.")
@click.option(
    "--limit",
    metavar="N",
    type=COUNT,
    default=50,
    show_default=True,
    help="At most so many.",
)
@in_run
@in_session
def symbols(
    session: Session,
    query: str,
    kind: str | None,
    limit: int,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """Find the symbols with QUERY in their qualified name, in any case; exact names come first.

    `name#1`, `name#2` … are further definitions of one name in a file, such as overloads. Their
    fan-in and fan-out count all of them as one.
    """
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        found = adapter.symbols(about.id, query, kind, limit if session.json else limit + 1)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(symbol_list.page(found, limit))

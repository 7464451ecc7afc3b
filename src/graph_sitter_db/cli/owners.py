"""`owners`: who knows the code."""

from datetime import datetime

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import COUNT, Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import retrospect


@click.command(
    cls=Verb,
    short_help="Show who knows the code, and how many people it can lose.",
    examples=("graph-sitter-db owners", "graph-sitter-db owners --since 2024-01-01 --json"),
)
@click.option("--since", metavar="DATE", type=click.DateTime(), help="Only commits since then.")
@click.option("--limit", metavar="N", type=COUNT, default=20, help="At most so many people.")
@in_run
@in_session
def owners(
    session: Session,
    since: datetime | None,
    limit: int,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """Show of how many files each person is an author, by degree of authorship.

    The bus factor is the number of people with most files that have to go until more than half of
    the files have no author left (Avelino et al., 2016).
    """
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        found = adapter.owners(about, repository, since=since)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(retrospect.owners(found, limit))

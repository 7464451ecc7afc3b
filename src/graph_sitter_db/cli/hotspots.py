"""`hotspots`: where change meets complexity."""

from datetime import datetime

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import COUNT, Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import retrospect


@click.command(
    cls=Verb,
    short_help="List complex files that are changed often.",
    examples=("graph-sitter-db hotspots", "graph-sitter-db hotspots --since 2024-01-01"),
)
@click.option("--since", metavar="DATE", type=click.DateTime(), help="Only commits since then.")
@click.option("--limit", metavar="N", type=COUNT, default=20, help="At most so many files.")
@in_run
@in_session
def hotspots(
    session: Session,
    since: datetime | None,
    limit: int,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """List files by commits × cognitive complexity × (1 + files that depend on them)."""
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        found = adapter.hotspots(about, repository, since=since, limit=limit)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(retrospect.hotspots(found))

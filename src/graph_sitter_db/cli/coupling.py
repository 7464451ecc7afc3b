"""`coupling`: what changes together though nothing says why."""

from datetime import datetime

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import COUNT, Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import retrospect


@click.command(
    cls=Verb,
    short_help="List files that change together without depending on each other.",
    examples=("graph-sitter-db coupling", "graph-sitter-db coupling --min-degree 50 --related"),
)
@click.option("--min-revs", metavar="N", type=COUNT, default=5, help="Commits, on average.")
@click.option("--min-shared", metavar="N", type=COUNT, default=5, help="Commits with both.")
@click.option(
    "--min-degree", metavar="N", type=click.IntRange(0, 100), default=30, help="In per cent."
)
@click.option(
    "--max-files", metavar="N", type=COUNT, default=30, help="Leave out commits with more files."
)
@click.option("--related", is_flag=True, help="Also files of which one depends on the other.")
@click.option("--since", metavar="DATE", type=click.DateTime(), help="Only commits since then.")
@in_run
@in_session
def coupling(
    session: Session,
    min_revs: int,
    min_shared: int,
    min_degree: int,
    max_files: int,
    related: bool,
    since: datetime | None,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """List pairs of files by how often a commit that changes one changes both.

    The degree is Code Maat's: shared commits in per cent of the average of both files' commits.
    """
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        found = adapter.coupling(
            about,
            repository,
            since=since,
            min_revs=min_revs,
            min_shared=min_shared,
            min_degree=min_degree,
            max_files=max_files,
            related=related,
        )
    if session.json:
        screen.show_document(found)
    else:
        screen.show(retrospect.coupling(found))

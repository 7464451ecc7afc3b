"""`files`: a run's files."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import files as file_list


@click.command(
    cls=Verb,
    short_help="List a run's files with their sizes and complexities.",
    examples=("graph-sitter-db files", "graph-sitter-db files 'src/*' --run main"),
)
@click.argument("pattern", required=False)
@in_run
@in_session
def files(
    session: Session, pattern: str | None, run: str | None, repository: str, language: str | None
) -> None:
    """List a run's files, or those with PATTERN in their path.

    With `*` (any characters) or `?` (any one) in it, PATTERN must match the whole path."""
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        found = adapter.files(about.id, pattern)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(file_list.page(found))

"""`compare`: what differs between two runs."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import LANGUAGES, Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import comparison


@click.command(
    cls=Verb,
    short_help="Show what differs between two runs.",
    examples=(
        "graph-sitter-db compare main my-branch",
        "graph-sitter-db compare HEAD~5",
        "graph-sitter-db compare p2cn8v4b --all",
    ),
)
@click.argument("before", metavar="A")
@click.argument("after", metavar="[B]", required=False)
@click.option("--all", "everything", is_flag=True, help="List everything, not the first ten.")
@click.option(
    "--repository",
    metavar="PATH",
    default=".",
    show_default=True,
    help="Repository whose runs are meant.",
)
@click.option("--language", type=LANGUAGES, help="Of a repository with several languages.")
@in_session
def compare(
    session: Session,
    before: str,
    after: str | None,
    everything: bool,
    repository: str,
    language: str | None,
) -> None:
    """Show what changed from run A to run B, by default the newest of the repository."""
    with session.adapter() as adapter:
        first = chosen(session, adapter, before, repository, language)
        second = adapter.resolve(after, path=repository, language=language or first.language)
        answer = adapter.compare_analyses(first.id, second.id, path=repository)
    if session.json:
        screen.show_document(answer)
    else:
        screen.show(comparison.page(answer, None if everything else 10))

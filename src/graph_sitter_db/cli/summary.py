"""`summary`: the enhanced summary, from what is stored."""

from pathlib import Path

import click

from graph_sitter_db.cli import report, screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import LANGUAGES, Session, in_session
from graph_sitter_db.cli.verb import Verb


@click.command(
    cls=Verb,
    short_help="Print the summary of a recorded run.",
    examples=("graph-sitter-db summary", "graph-sitter-db summary p2cn8v4b"),
)
@click.argument("target", metavar="[PATH|RUN]", default=".")
@click.option("--language", type=LANGUAGES, help="Of a repository with several languages.")
@in_session
def summary(session: Session, target: str, language: str | None) -> None:
    """Print the summary of RUN, or of the newest run of the repository at PATH.

    What exists as a folder is taken as a PATH.
    """
    folder = Path(target).is_dir()
    with session.adapter() as adapter:
        run = chosen(
            session, adapter, None if folder else target, target if folder else ".", language
        )
        result = adapter.result(run.id)
        titled = bool(adapter.other_languages(run.id))
    if session.json:
        screen.show_document(result)
    else:
        report.show(result, titled)

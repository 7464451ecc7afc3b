"""`show`: one run."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import LANGUAGES, Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import run as one_run


@click.command(
    cls=Verb,
    short_help="Show one run: its metrics and its worst files.",
    examples=("graph-sitter-db show p2cn8v4b", "graph-sitter-db show main --worst 25"),
)
@click.argument("run")
@click.option(
    "--repository",
    metavar="PATH",
    default=".",
    show_default=True,
    help="Repository whose runs are meant.",
)
@click.option("--language", type=LANGUAGES, help="Of a repository with several languages.")
@click.option(
    "--worst",
    metavar="N",
    type=click.IntRange(min=0, max=1_000_000_000),
    default=10,
    show_default=True,
    help="How many of the worst files to list.",
)
@in_session
def show(session: Session, run: str, repository: str, language: str | None, worst: int) -> None:
    """Show RUN: what it is, its metrics, and the files to look at first."""
    with session.adapter() as adapter:
        found = chosen(session, adapter, run, repository, language)
        result = adapter.result(found.id)
        files = one_run.worst_first(adapter.files(found.id))[:worst]
    if session.json:
        screen.show_document({"run": found, "result": result, "worst_files": files})
    else:
        screen.show(one_run.page(found, result, files))

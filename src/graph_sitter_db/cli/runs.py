"""`runs`: what is recorded."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.session import COUNT, Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import runs as run_list


@click.command(
    cls=Verb,
    short_help="List recorded runs, newest first.",
    examples=("graph-sitter-db runs", "graph-sitter-db runs --all --limit 100"),
)
@click.argument("path", default=".")
@click.option("--all", "everything", is_flag=True, help="Of every repository, not only PATH's.")
@click.option("--unfinished", is_flag=True, help="Also those that failed or are under way.")
@click.option("--branch", metavar="NAME", help="Only of this branch.")
@click.option(
    "--limit",
    metavar="N",
    type=COUNT,
    default=20,
    show_default=True,
    help="At most so many.",
)
@in_session
def runs(
    session: Session,
    path: str,
    everything: bool,
    unfinished: bool,
    branch: str | None,
    limit: int,
) -> None:
    """List recorded runs of the repository at PATH, newest first."""
    with session.adapter() as adapter:
        where = None if everything else path
        found = adapter.runs(path=where, branch=branch, unfinished=unfinished, limit=limit)
        others = [] if found or branch is None else adapter.runs(path=where, limit=None)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(run_list.page(found, branch, {run.branch for run in others}))

"""`explain`: where the points of a score went."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import COUNT, Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import explanation


@click.command(
    cls=Verb,
    short_help="Show where the points of a score went.",
    examples=("graph-sitter-db explain", "graph-sitter-db explain --rule long_function"),
)
@click.option("--rule", metavar="NAME", help="Only what this rule cost.")
@click.option("--path", metavar="PATH", help="Only what this file or folder cost.")
@click.option(
    "--limit",
    metavar="N",
    type=COUNT,
    default=20,
    show_default=True,
    help="List so many issues; the rest is summed up.",
)
@in_run
@in_session
def explain(
    session: Session,
    rule: str | None,
    path: str | None,
    limit: int,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """Trace each point that a run's score has lost to an issue, worst first.

    What is listed sums to 100 less the score. With --json all issues are listed.
    """
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        answer = adapter.explain(about.id, rule, path)
    if session.json:
        screen.show_document(answer)
    else:
        screen.show(explanation.page(answer, limit))

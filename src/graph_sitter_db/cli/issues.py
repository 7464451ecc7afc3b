"""`issues`: what the rules found."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import COUNT, Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.present import issues as issue_list


@click.command(
    cls=Verb,
    short_help="List what the rules found.",
    examples=(
        "graph-sitter-db issues",
        "graph-sitter-db issues --severity error --path src",
        "graph-sitter-db issues --accepted",
    ),
)
@click.option("--severity", type=click.Choice([each.value for each in Severity]), help="Only this.")
@click.option("--rule", metavar="NAME", help="Only of this rule.")
@click.option("--path", metavar="PATH", help="Only in this file or folder.")
@click.option("--limit", metavar="N", type=COUNT, help="Only the first.")
@click.option("--accepted", is_flag=True, help="Those that comments in the code accept, and why.")
@in_run
@in_session
def issues(
    session: Session,
    severity: str | None,
    rule: str | None,
    path: str | None,
    limit: int | None,
    accepted: bool,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """List the issues of a run, worst first."""
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        first = limit if session.json else None
        found = adapter.issues(about.id, severity, rule, path, first, accepted=accepted)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(issue_list.page(found, limit))

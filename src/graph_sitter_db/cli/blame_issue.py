"""`blame-issue`: since when, by which commit, until when."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import retrospect


@click.command(
    cls=Verb,
    short_help="Show which commit introduced an issue, and which fixed it.",
    examples=(
        "graph-sitter-db blame-issue 3f9a1c",
        "graph-sitter-db blame-issue 3f9a1c --path a.py",
    ),
)
@click.argument("issue")
@click.option("--path", metavar="PATH", help="File, of an issue that stands in several.")
@in_run
@in_session
def blame_issue(
    session: Session,
    issue: str,
    path: str | None,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """Show the life of ISSUE, a fingerprint or how it begins, as far as commits are recorded."""
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        found = adapter.issue_history(about.codebase_id, issue, path)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(retrospect.issue(found))

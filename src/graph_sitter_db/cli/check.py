"""`check`: what is about to be committed."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.exits import FAILURE, OK
from graph_sitter_db.cli.session import Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.present import issues as issue_list


@click.command(
    cls=Verb,
    short_help="Judge what is about to be committed.",
    examples=("graph-sitter-db check", "graph-sitter-db check --severity warning"),
)
@click.argument("path", default=".")
@click.option(
    "--severity",
    type=click.Choice([each.value for each in Severity]),
    default=Severity.ERROR.value,
    show_default=True,
    help="New issues of this severity or a graver one fail.",
)
@in_session
def check(session: Session, path: str, severity: str) -> int:
    """List the issues that are new in the files below PATH that are staged in git.

    It asks no database and reads no other file: rules that need the whole codebase are left to
    `gate`. Exit codes: 0 no new issue of that severity, 1 there is one.
    """
    with session.adapter() as adapter:
        found = adapter.check(path)
    new = [each for each in found if each.lifecycle == "new"]
    if session.json:
        screen.show_document(found)
    elif new:
        screen.show(issue_list.page(new))
    order = [*Severity]
    gravest = max((order.index(Severity(each.severity)) for each in new), default=-1)
    return FAILURE if gravest >= order.index(Severity(severity)) else OK

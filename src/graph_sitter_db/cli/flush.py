"""`flush`: record what had to wait."""

import click

from graph_sitter_db.cli import report, screen
from graph_sitter_db.cli.session import Session, in_session, spool_folder
from graph_sitter_db.cli.verb import Verb


@click.command(
    cls=Verb,
    short_help="Record what was spooled.",
    examples=("graph-sitter-db flush", "graph-sitter-db flush artifacts/spool"),
)
@click.argument("folder", required=False)
@in_session
def flush(session: Session, folder: str | None) -> None:
    """Record the runs that `record --spool` wrote to FOLDER, as it would have recorded them.

    Without FOLDER they are looked for where that writes them. Each file goes once it is recorded.
    """
    with session.adapter() as adapter:
        results = adapter.flush(folder or spool_folder())
    if session.json:
        screen.show_document(results)
    elif results:
        report.show_all(results)
    else:
        screen.complain(f"Nothing is spooled in {folder or spool_folder()}.")

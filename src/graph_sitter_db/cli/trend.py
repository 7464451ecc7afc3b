"""`trend`: a metric over time."""

from datetime import datetime

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.session import COUNT, LANGUAGES, Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import trend as picture


@click.command(
    cls=Verb,
    short_help="Show how a metric changed from commit to commit.",
    examples=(
        "graph-sitter-db trend",
        "graph-sitter-db trend cognitive_complexity --file src/click/core.py",
        "graph-sitter-db trend cyclomatic_complexity --symbol src/click/core.py:Command.main",
        "graph-sitter-db trend lines_source --folder src --since 2024-01-01",
    ),
)
@click.argument("metric", default="quality_score")
@click.option("--file", metavar="PATH", help="Of this file.")
@click.option("--symbol", metavar="PATH:NAME", help="Of this symbol in a file.")
@click.option("--folder", metavar="PATH", help="Of the files below this folder together.")
@click.option("--since", metavar="DATE", type=click.DateTime(), help="Only commits since then.")
@click.option("--all-parents", is_flag=True, help="Also the commits that were merged in.")
@click.option("--depth", type=click.Choice(["syntax", "graph"]), help="Only runs of this depth.")
@click.option("--limit", metavar="N", type=COUNT, default=20, help="At most so many rows.")
@click.option("--repository", metavar="PATH", default=".", help="Repository whose past is meant.")
@click.option("--language", type=LANGUAGES, help="Of a repository with several languages.")
@in_session
def trend(
    session: Session,
    metric: str,
    file: str | None,
    symbol: str | None,
    folder: str | None,
    since: datetime | None,
    all_parents: bool,
    depth: str | None,
    limit: int,
    repository: str,
    language: str | None,
) -> None:
    """Show how METRIC changed: quality_score, issues, debt_minutes or what `metrics` lists.

    Along the first parents of what is checked out, as far as it is recorded; `^` marks where the
    metric's definition, or the rules, changed. The rows are the commits that moved it.
    """
    with session.adapter() as adapter:
        found = adapter.trend(
            metric,
            path=repository,
            file=file,
            symbol=symbol,
            folder=folder,
            since=since,
            all_parents=all_parents,
            depth=depth,
            language=language,
        )
    if session.json:
        screen.show_document(found)
    else:
        screen.show(picture.page(found, limit))

"""`backfill`: the past, recorded."""

from datetime import datetime

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.progress import progress_bar
from graph_sitter_db.cli.session import COUNT, LANGUAGES, Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import backfill as summary


@click.command(
    cls=Verb,
    short_help="Record the commits of a repository's past.",
    examples=(
        "graph-sitter-db backfill --last 500",
        "graph-sitter-db backfill ~/src/click --all --jobs 2",
        "graph-sitter-db backfill --tags --depth graph",
        "graph-sitter-db backfill --since 2024-01-01 --every 10",
    ),
)
@click.argument("path", default=".")
@click.option("--all", "everything", is_flag=True, help="Every commit that HEAD reaches.")
@click.option("--last", metavar="N", type=COUNT, help="The newest N of them; without all, 100.")
@click.option(
    "--since", metavar="DATE", type=click.DateTime(), help="Only those committed then or later."
)
@click.option("--every", metavar="N", type=COUNT, default=1, help="One of N, with the newest.")
@click.option("--tags", is_flag=True, help="Only those that have a tag.")
@click.option("--rev-range", "reach", metavar="A..B", help="What B reaches and A does not.")
@click.option("--first-parent", is_flag=True, help="Without the commits that were merged in.")
@click.option(
    "--depth",
    type=click.Choice(["syntax", "graph"]),
    default="syntax",
    show_default=True,
    help="syntax: file by file, fast. graph: with the relations between them.",
)
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1, 256), default=1, help="Processes to work in."
)
@click.option(
    "--language", "languages", type=LANGUAGES, multiple=True, help="Only this; may be repeated."
)
@click.option("--upgrade", is_flag=True, help="Install or upgrade the database's schema first.")
@in_session
def backfill(
    session: Session,
    path: str,
    everything: bool,
    last: int | None,
    since: datetime | None,
    every: int,
    tags: bool,
    reach: str | None,
    first_parent: bool,
    depth: str,
    jobs: int,
    languages: tuple[str, ...],
    upgrade: bool,
) -> None:
    """Record commits of the repository at PATH, without checking anything out.

    Commits that are recorded are passed over: it can be stopped and started again, and gaps filled
    later. Without a choice the newest 100 are recorded.
    """
    is_chosen = everything or tags or since or reach or every > 1
    with session.adapter(upgrade=upgrade) as adapter, progress_bar(rate=True) as progress:
        report = adapter.backfill(
            path,
            reach=reach,
            since=since,
            tags=tags,
            first_parent=first_parent,
            last=last if last or is_chosen else 100,
            every=every,
            depth=depth,
            languages=languages,
            jobs=jobs,
            progress=progress,
        )
    if session.json:
        screen.show_document(report)
    else:
        screen.show(summary.page(report))

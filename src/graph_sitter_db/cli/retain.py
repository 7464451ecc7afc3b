"""`retain`: fewer runs of what is long ago."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import retention

_DAYS = click.IntRange(min=0, max=100_000)


@click.command(
    cls=Verb,
    short_help="Thin out the runs of commits that are long ago.",
    examples=(
        "graph-sitter-db retain --dry-run",
        "graph-sitter-db retain --all-days 14 --monthly-days 1825",
        "graph-sitter-db retain --pin --run v1.0",
    ),
)
@click.option("--all-days", type=_DAYS, default=30, show_default=True, help="Keep every run.")
@click.option("--daily-days", type=_DAYS, default=90, show_default=True, help="Keep one a day.")
@click.option("--weekly-days", type=_DAYS, default=365, show_default=True, help="Keep one a week.")
@click.option(
    "--monthly-days", type=_DAYS, help="Keep one a month, and none before; without it for ever."
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--pin/--unpin", "pin", default=None, help="Keep this run whatever its age, or not.")
@in_run
@in_session
def retain(
    session: Session,
    all_days: int,
    daily_days: int,
    weekly_days: int,
    monthly_days: int | None,
    dry_run: bool,
    pin: bool | None,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """Drop runs of the codebase by the age of their commits, whenever they were recorded.

    The newest run of each branch stays, and so do those of tagged commits, those where the gate
    turned, and pinned ones. What other runs need of a dropped one stays as well.
    """
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        if pin is not None:
            adapter.pin(about.id, pin)
            screen.complain(f"run {about.short_id} is {'pinned' if pin else 'not pinned'}")
            return
        found = adapter.retain(
            about,
            repository,
            every=all_days,
            daily=daily_days,
            weekly=weekly_days,
            monthly=monthly_days,
            dry_run=dry_run,
        )
    if session.json:
        screen.show_document(found)
    else:
        screen.show(retention.page(found))

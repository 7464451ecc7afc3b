"""`health`, `alerts`, `maintain`, `doctor`: what an operator, or cron, calls."""

import sys
from collections.abc import Callable, Collection
from typing import Any

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.exits import FAILURE
from graph_sitter_db.cli.session import Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import operations

_BAD = {"critical": {"critical"}, "warning": {"critical", "warning"}, "never": set[str]()}
_fail_on: Callable[[Any], Any] = click.option(
    "--fail-on",
    type=click.Choice(list(_BAD)),
    default="critical",
    show_default=True,
    help="How bad it must be for exit code 1.",
)


@click.command(
    cls=Verb,
    short_help="Tell how the database and its parts are.",
    examples=("graph-sitter-db health", "graph-sitter-db health --json --fail-on warning"),
)
@_fail_on
@in_session
def health(session: Session, fail_on: str) -> None:
    """Tell how every installed module and everything that is watched is. Nothing is changed.

    "no data" is no judgement: there is nothing yet to judge by.
    """
    from graph_sitter_db import administration

    found = administration.health(session.url)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(operations.health(found))
    _end({found.status}, _BAD[fail_on])


@click.command(
    cls=Verb,
    short_help="List the thresholds that are crossed now.",
    examples=("graph-sitter-db alerts", "graph-sitter-db alerts --fail-on warning"),
)
@_fail_on
@in_session
def alerts(session: Session, fail_on: str) -> None:
    """List the thresholds that are crossed now; ops.alert_thresholds says where they are."""
    from graph_sitter_db import administration

    found = administration.alerts(session.url)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(operations.alerts(found))
    _end({alert.severity for alert in found}, _BAD[fail_on])


@click.command(
    cls=Verb,
    short_help="Do every job that is due, once.",
    examples=("graph-sitter-db maintain", "graph-sitter-db maintain --all"),
)
@click.option("--all", "every", is_flag=True, help="Also those that are not due.")
@in_session
def maintain(session: Session, every: bool) -> None:
    """Do every job that is due, once, and tell how each ended. Meant for cron.

    ops.job_status says what falls due when. Each job is a transaction of its own; one that another
    runner is doing is skipped.
    """
    from graph_sitter_db import administration

    found = administration.maintain(session.url, every=every)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(operations.jobs(found))
    _end({job.status for job in found}, {"failed"})


@click.command(
    cls=Verb,
    short_help="Say what is missing, and what to do.",
    examples=("graph-sitter-db doctor", "graph-sitter-db doctor --url postgresql://me@server/db"),
)
@in_session
def doctor(session: Session) -> None:
    """Look at this machine, the database and its schema: what is missing, and what to do.

    What is optional helps, and nothing needs it.
    """
    from graph_sitter_db import administration

    found = administration.doctor(session.url)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(operations.diagnoses(found))
    _end({each.status for each in found}, {"missing"})


def _end(found: Collection[str], bad: Collection[str]) -> None:
    if not set(bad).isdisjoint(found):
        sys.exit(FAILURE)

"""`gate`: may this be merged?"""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.exits import FAILURE, OK, UNDECIDED
from graph_sitter_db.cli.progress import progress_bar
from graph_sitter_db.cli.session import Session, in_run, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.present import verdict as verdict_page


@click.command(
    cls=Verb,
    short_help="Judge a change by a policy, for CI.",
    examples=(
        "graph-sitter-db gate",
        "graph-sitter-db gate --base origin/main --record-base",
        "graph-sitter-db gate --policy gate.yml --json",
    ),
)
@click.option(
    "--base",
    metavar="REF",
    help="Revision or run to compare with; without it where HEAD left the branch that CI says it "
    "is to go into ($GITHUB_BASE_REF, $CI_MERGE_REQUEST_…), else the default branch.",
)
@click.option(
    "--policy",
    metavar="FILE",
    help="YAML or TOML; without it [tool.graph-sitter-db.gate] of pyproject.toml, else a built-in "
    "policy.",
)
@click.option("--record-base", is_flag=True, help="Record the base when it is not yet.")
@in_run
@in_session
def gate(
    session: Session,
    base: str | None,
    policy: str | None,
    record_base: bool,
    run: str | None,
    repository: str,
    language: str | None,
) -> int:
    """Judge what was recorded of HEAD (or of the uncommitted state), and keep the verdict with it.

    Exit codes: 0 it may be merged, 1 a condition is not kept, 2 the call or the policy is wrong,
    3 it cannot be decided (the state or the base is not recorded, the clone is too shallow).
    """
    with session.adapter() as adapter, progress_bar() as progress:
        verdicts = adapter.gate(
            repository,
            run=run,
            base=base,
            policy=policy,
            language=language,
            record_base=record_base,
            progress=progress,
        )
    if session.json:
        screen.show_document(verdicts)
    else:
        screen.show(verdict_page.page(verdicts))
    return _exit_code({verdict.status for verdict in verdicts})


def _exit_code(statuses: set[str]) -> int:
    if "failed" in statuses:
        return FAILURE
    return UNDECIDED if "undecided" in statuses else OK

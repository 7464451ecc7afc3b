"""`graph-sitter-db` itself: the list of its commands."""

import click

from graph_sitter_db.cli.exits import USAGE
from graph_sitter_db.cli.session import shared
from graph_sitter_db.cli.verb import LazyGroup

_HERE = "graph_sitter_db.cli"

_PLACES = {
    "record": (f"{_HERE}.record:record", "Analyse a repository and store the result."),
    "backfill": (f"{_HERE}.backfill:backfill", "Record the commits of a repository's past."),
    "flush": (f"{_HERE}.flush:flush", "Record what was spooled."),
    "summary": (f"{_HERE}.summary:summary", "Print the summary of a recorded run."),
    "runs": (f"{_HERE}.runs:runs", "List recorded runs, newest first."),
    "show": (f"{_HERE}.show:show", "Show one run: its metrics and its worst files."),
    "files": (f"{_HERE}.files:files", "List a run's files with their sizes and complexities."),
    "symbols": (f"{_HERE}.symbols:symbols", "Find functions, classes and other definitions."),
    "metrics": (f"{_HERE}.metrics:metrics", "Show what was measured, of all or of a part."),
    "deps": (f"{_HERE}.deps:deps", "Show who uses a symbol, and what it uses."),
    "issues": (f"{_HERE}.issues:issues", "List what the rules found."),
    "explain": (f"{_HERE}.explain:explain", "Show where the points of a score went."),
    "rules": (f"{_HERE}.rules:rules", "List the rules, or run one written in SQL."),
    "compare": (f"{_HERE}.compare:compare", "Show what differs between two runs."),
    "check": (f"{_HERE}.check:check", "Judge what is about to be committed."),
    "gate": (f"{_HERE}.gate:gate", "Judge a change by a policy, for CI."),
    "export": (f"{_HERE}.export:export", "Write a run in another tool's format."),
    "trend": (f"{_HERE}.trend:trend", "Show how a metric changed from commit to commit."),
    "hotspots": (f"{_HERE}.hotspots:hotspots", "List complex files that are changed often."),
    "coupling": (
        f"{_HERE}.coupling:coupling",
        "List files that change together without depending on each other.",
    ),
    "owners": (
        f"{_HERE}.owners:owners",
        "Show who knows the code, and how many people it can lose.",
    ),
    "blame-issue": (
        f"{_HERE}.blame_issue:blame_issue",
        "Show which commit introduced an issue, and which fixed it.",
    ),
    "retain": (f"{_HERE}.retain:retain", "Thin out the runs of commits that are long ago."),
    "health": (f"{_HERE}.operations:health", "Tell how the database and its parts are."),
    "alerts": (f"{_HERE}.operations:alerts", "List the thresholds that are crossed now."),
    "maintain": (f"{_HERE}.operations:maintain", "Do every job that is due, once."),
    "doctor": (f"{_HERE}.operations:doctor", "Say what is missing, and what to do."),
    "db": (f"{_HERE}.db:db", "Serve, install, migrate and open the database."),
}


@click.group(
    cls=LazyGroup,
    places=_PLACES,
    invoke_without_command=True,
    examples=(
        "graph-sitter-db record",
        "graph-sitter-db runs",
        "graph-sitter-db compare main my-branch",
    ),
)
@click.version_option(package_name="graph-sitter-db", message="graph-sitter-db %(version)s")
@shared
@click.pass_context
def root(ctx: click.Context) -> None:
    """Record what graph-sitter sees of a codebase in PostgreSQL, and ask it there.

    RUN in these commands is a run's id or short id, a branch, the start of a commit's hash (four
    digits or more), or `latest`.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(USAGE)

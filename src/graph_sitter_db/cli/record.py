"""`record`: analyse and store."""

from typing import Any

import click

from graph_sitter_db.cli import report, screen
from graph_sitter_db.cli.progress import progress_bar
from graph_sitter_db.cli.session import LANGUAGES, Session, in_session, spool_folder
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.errors import DatabaseUnavailable, EmbeddedServerError


@click.command(
    cls=Verb,
    short_help="Analyse a repository and store the result.",
    examples=(
        "graph-sitter-db record",
        "graph-sitter-db record ~/src/click --commit v8.1.0",
        "graph-sitter-db record --depth syntax --language python --json",
        "graph-sitter-db record --coverage coverage.xml --coverage web/lcov.info",
        "graph-sitter-db record --report ruff.sarif --report tests.xml",
    ),
)
@click.argument("path", default=".")
@click.option("--commit", metavar="REV", help="Commit, branch or tag to read instead of the files.")
@click.option(
    "--depth",
    type=click.Choice(["syntax", "graph"]),
    default="graph",
    show_default=True,
    help="syntax: file by file, fast. graph: with the relations between them.",
)
@click.option(
    "--language", "languages", type=LANGUAGES, multiple=True, help="Only this; may be repeated."
)
@click.option(
    "--coverage",
    metavar="FILE",
    multiple=True,
    help="Coverage report to keep with the run, Cobertura or lcov; may be repeated.",
)
@click.option(
    "--report",
    "reports",
    metavar="FILE",
    multiple=True,
    help="Another tool's report to keep with the run, SARIF, SonarQube's generic issues or JUnit; "
    "may be repeated.",
)
@click.option("--upgrade", is_flag=True, help="Install or upgrade the database's schema first.")
@click.option(
    "--spool",
    is_flag=True,
    help="When the database cannot be reached, write the runs to $GRAPH_SITTER_DB_SPOOL (or a "
    "folder of the user's), for flush to record them later.",
)
@in_session
def record(
    session: Session,
    path: str,
    commit: str | None,
    depth: str,
    languages: tuple[str, ...],
    coverage: tuple[str, ...],
    reports: tuple[str, ...],
    upgrade: bool,
    spool: bool,
) -> None:
    """Analyse the repository at PATH and store the result as a run per language.

    Without --commit the files are recorded as they lie there; with it they are read from git, and
    nothing in the folder is looked at or touched. The same commit is recorded once; with --coverage
    or --report its run gets what they say, in place of what it knew of that.
    """
    with session.adapter(upgrade=upgrade) as adapter, progress_bar() as progress:
        asked: dict[str, Any] = {
            "commit": commit,
            "depth": depth,
            "languages": list(languages) or None,
            "progress": progress,
            "coverage": coverage,
            "reports": reports,
        }
        try:
            results = adapter.record(path, **asked)
        except (DatabaseUnavailable, EmbeddedServerError) as error:
            if not spool:
                raise
            files = adapter.spool(path, folder=spool_folder(), **asked)
            told = "\n".join(map(str, files))
            screen.complain(f"{error}\nSpooled; record it with: graph-sitter-db flush\n{told}")
            results = []
    if session.json:
        screen.show_document(results)
    else:
        report.show_all(results)

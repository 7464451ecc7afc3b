"""`export`: a run in another tool's format."""

from pathlib import Path

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.session import LANGUAGES, Session, in_session
from graph_sitter_db.cli.verb import Verb
from graph_sitter_db.errors import UsageError
from graph_sitter_db.present.exporters import BINARY, FORMATS, exporter, parquet

_LISTED = "\n".join(f"  {name:<12} {told}" for name, told in (FORMATS | BINARY).items())


@click.command(
    cls=Verb,
    short_help="Write a run in another tool's format.",
    examples=(
        "graph-sitter-db export --format sarif --output results.sarif",
        "graph-sitter-db export main --format badge",
        "graph-sitter-db export --format parquet --output values.parquet",
        'graph-sitter-db export --format summary >>"$GITHUB_STEP_SUMMARY"',
    ),
    help="Write a run, by default the newest of the repository, in another tool's format.\n\n"
    "What the gate said of it is told as well, where it was asked.\n\n"
    f"\b\nFormats:\n{_LISTED}",
)
@click.argument("run", metavar="[RUN]", required=False)
@click.option(
    "--format", "form", type=click.Choice([*FORMATS, *BINARY]), required=True, help="See above."
)
@click.option("--output", metavar="FILE", help="Write to this file instead of stdout.")
@click.option(
    "--repository",
    metavar="PATH",
    default=".",
    show_default=True,
    help="Repository whose runs are meant.",
)
@click.option("--language", type=LANGUAGES, help="Of a repository with several languages.")
@in_session
def export(
    session: Session,
    run: str | None,
    form: str,
    output: str | None,
    repository: str,
    language: str | None,
) -> None:
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        if form in BINARY:
            _write(output, form, parquet.content(adapter.export_values(about.id)))
            return
        hashes = form in ("sarif", "json")
        text = exporter(form)(adapter.export(about.id, repository, hashes=hashes))
    if output is None:
        screen.show_export(text)
        return
    _write(output, form, (text + "\n").encode("utf-8", "backslashreplace"))


def _write(output: str | None, form: str, content: bytes) -> None:
    if output is None:
        raise UsageError(f"{form} is no text: name a file with --output")
    try:
        Path(output).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}") from error

"""Writes docs/commands.md from what `--help` says: python -m graph_sitter_db.cli.reference"""

from collections.abc import Iterator

import click

from graph_sitter_db.cli.root import root

_WIDTH = 100
_HEAD = """\
# Commands

What `--help` says, for every command. This page is generated; after changing a command run
`python -m graph_sitter_db.cli.reference > docs/commands.md`.

Answers go to stdout, everything else (progress, errors) to stderr. With `--json` the answer is one
JSON document in ASCII: an object, or an array where the text shows a list. Colours and the progress
bar appear only on a terminal, colours only without `NO_COLOR`; without a terminal no line is folded
or shortened. Control characters and direction marks in names from a repository are shown as escapes
such as `\\x1b`. An error is one line on stderr; `GRAPH_SITTER_DB_DEBUG=1` adds the traceback.
"""


def reference() -> str:
    return "\n".join([_HEAD, *_sections(root, "graph-sitter-db", None)])


def _sections(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(
        command, parent, name, terminal_width=_WIDTH, **command.context_settings
    )
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            child = command.get_command(context, each)
            assert child
            yield from _sections(child, each, context)


if __name__ == "__main__":
    click.echo(reference(), nl=False)

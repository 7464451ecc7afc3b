"""Commands whose help ends with examples, and groups that load a command when it is called."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from graph_sitter_db.cli.exits import EXIT_CODES


class Verb(click.Command):
    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **_with_short_help_option(kwargs))
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self.examples, formatter)


class LazyGroup(click.Group):
    """Holds for each command where it is (`module:name`) and its one line of help.

    So `--help` lists the commands without importing one of them.
    """

    def __init__(
        self,
        *args: Any,
        places: Mapping[str, tuple[str, str]] | None = None,
        examples: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **_with_short_help_option(kwargs))
        self.places = places or {}
        self.examples = examples

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.places:
            return None
        module, _, name = self.places[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in self.places.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        _write_examples(self.examples, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in EXIT_CODES.items()])


def _with_short_help_option(settings: dict[str, Any]) -> dict[str, Any]:
    own = settings.get("context_settings") or {}
    return {**settings, "context_settings": {"help_option_names": ["-h", "--help"], **own}}


def _write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    if not examples:
        return
    with formatter.section("Examples" if len(examples) > 1 else "Example"):
        for example in examples:
            formatter.write(f"{'':{formatter.current_indent}}{example}\n")

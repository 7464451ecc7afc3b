"""Every command explains itself, and the pages about it are not stale."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from graph_sitter_db import errors
from graph_sitter_db.cli.exits import EXIT_CODES
from graph_sitter_db.cli.reference import reference
from graph_sitter_db.cli.root import root
from graph_sitter_db.cli.verb import LazyGroup, Verb

COMMANDS_PAGE = Path(__file__).parents[3] / "docs" / "commands.md"


def groups() -> Iterator[tuple[click.Context, LazyGroup]]:
    context = click.Context(root, info_name="graph-sitter-db", **root.context_settings)
    db = root.get_command(context, "db")
    assert isinstance(root, LazyGroup)
    assert isinstance(db, LazyGroup)
    yield context, root
    yield click.Context(db, info_name="db", parent=context), db


def verbs() -> list[tuple[str, Verb]]:
    found = [
        (f"{context.command_path} {name}", group.get_command(context, name))
        for context, group in groups()
        for name in group.list_commands(context)
    ]
    return [(path, command) for path, command in found if isinstance(command, Verb)]


def test_each_listed_line_of_help_is_the_commands_own() -> None:
    for context, group in groups():
        for name, (_, told) in group.places.items():
            command = group.get_command(context, name)
            assert command
            assert command.get_short_help_str(100) == told


@pytest.mark.parametrize(("path", "verb"), verbs())
def test_each_command_has_an_example_that_calls_it(path: str, verb: Verb) -> None:
    assert verb.examples
    assert all(example.startswith(path) for example in verb.examples)


@pytest.mark.parametrize(("path", "verb"), verbs())
def test_each_example_is_a_valid_command_line(path: str, verb: Verb) -> None:
    for example in verb.examples:
        arguments = shlex.split(example.removeprefix(path).partition(">")[0])
        assert verb.make_context(path, arguments)


@pytest.mark.parametrize(("path", "verb"), verbs())
def test_each_command_takes_the_shared_options(path: str, verb: Verb) -> None:
    assert {"url", "organization", "json"} <= {option.name for option in verb.params}


@pytest.mark.parametrize(("path", "verb"), verbs())
def test_each_option_says_what_it_does(path: str, verb: Verb) -> None:
    options = [option for option in verb.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_help_lists_the_exit_code_of_every_error() -> None:
    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.GraphSitterDBError)
    }
    assert codes <= set(EXIT_CODES)
    shown = CliRunner().invoke(root, ["--help"]).output.partition("Exit codes:")[2]
    assert [int(line.split()[0]) for line in shown.splitlines() if line[2:3].isdigit()] == list(
        EXIT_CODES
    )


def test_the_page_of_commands_says_what_help_says() -> None:
    assert COMMANDS_PAGE.read_text() == reference()

"""The only place that writes to the terminal: answers to stdout, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from graph_sitter_db.present.document import as_json
from graph_sitter_db.present.layout import lay_out
from graph_sitter_db.present.page import Page, Span, Tone
from graph_sitter_db.present.printable import printable, printable_lines

if TYPE_CHECKING:
    from graph_sitter_db.model.reports import Report

_STYLES: Mapping[Tone, Mapping[str, Any]] = {
    Tone.STRONG: {"bold": True},
    Tone.MUTED: {"dim": True},
    Tone.GOOD: {"fg": "green"},
    Tone.WARNING: {"fg": "yellow"},
    Tone.BAD: {"fg": "red"},
}


def show(page: Page) -> None:
    """A page, in colours and fitted to the width when stdout is a terminal."""
    coloured = _coloured()
    lines = ("".join(_paint(span, coloured) for span in spans) for spans in lay_out(page, _width()))
    _write("".join(line.rstrip() + "\n" for line in lines))


def show_text(text: str) -> None:
    """Text as it is, its line feeds included, made harmless."""
    _write(printable_lines(text))


def show_document(answer: Report | Sequence[Report] | Mapping[str, Any]) -> None:
    _write(as_json(answer) + "\n")


def show_export(text: str) -> None:
    """A document of another tool's format, as it is."""
    _write(text + "\n")


def complain(message: str) -> None:
    """On stderr, made harmless. A message has one line, unless it lists what to choose from."""
    click.echo("\n".join(printable(line) for line in message.strip().splitlines()), err=True)


def _write(text: str) -> None:
    try:
        click.echo(text, nl=False)
    except OSError as error:
        # Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # there the reader (`| head`) has enough
            raise click.ClickException(
                f"The answer cannot be written: {error.strerror or error}."
            ) from error


def _paint(span: Span, coloured: bool) -> str:
    style = _STYLES.get(span.tone)
    return click.style(span.text, **style) if coloured and style and span.text else span.text


def _coloured() -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

"""From arguments to an exit code: what fails ends in one line that says what to do."""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from graph_sitter_db.cli.exits import FAILURE, INTERRUPTED, OK, TERMINATED, USAGE
from graph_sitter_db.cli.root import root
from graph_sitter_db.cli.screen import complain
from graph_sitter_db.errors import GraphSitterDBError


def run(arguments: Sequence[str]) -> int:
    if sys.stdout is None:  # what is opened next would take its place, and the answer
        complain("error: There is nowhere to answer to, stdout is closed: use >/dev/null")
        return USAGE
    tolerate_any_character()
    tidy_up_when_terminated()
    try:
        result = root.main(list(arguments), prog_name="graph-sitter-db", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    except SystemExit as end:
        if end.code == TERMINATED:
            complain("terminated")
        raise
    except Exception as error:
        return failed(error)
    return result if isinstance(result, int) else OK


def failed(error: Exception) -> int:
    debugging = os.environ.get("GRAPH_SITTER_DB_DEBUG", "0") not in ("", "0")
    if debugging:
        traceback.print_exception(error)
    match error:
        case click.UsageError(ctx=ctx):
            asked = f" (see: {ctx.command_path} --help)" if ctx else ""
            complain(f"error: {error.format_message()}{asked}")
            return error.exit_code
        case click.ClickException():
            complain(f"error: {error.format_message()}")
            return error.exit_code
        case GraphSitterDBError():
            complain(f"error: {error}")
            return error.exit_code
        case UnicodeEncodeError(object=text, reason="surrogates not allowed"):
            complain(f"error: “{text}” is no UTF-8, and nothing recorded is named so")
            return USAGE
    hint = "" if debugging else " (GRAPH_SITTER_DB_DEBUG=1 shows where)"
    told = " ".join(str(error).split())
    complain(f"error: unexpected {type(error).__name__}: {told}{hint}")
    return FAILURE


def tolerate_any_character() -> None:
    """A terminal that cannot show a character gets its escape instead of an exception."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def tidy_up_when_terminated() -> None:
    """SIGTERM unwinds like Ctrl-C: no temporary file stays, no run seems to go on.

    A second one ends at once. Whoever handles or ignores the signal already goes on doing so.
    """
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        with suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGTERM, _terminated)


def _terminated(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise SystemExit(TERMINATED)

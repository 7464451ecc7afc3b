"""Colours, width and the end of a pipe, on real terminals and pipes."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

SHOW = """
from graph_sitter_db.cli.entry import tolerate_any_character
from graph_sitter_db.cli.screen import show
from graph_sitter_db.present.page import Column, Fit, Grid, Span, Tone, row
tolerate_any_character()
path = "src/" + "folder/" * 20 + "module.py"
columns = (Column("Path", Fit.MIDDLE), Column("Score"))
show([Grid(columns, (row(path, Span("名", Tone.GOOD)),))] * {times})
"""
PROGRESS = """
from graph_sitter_db.cli.progress import progress_bar
with progress_bar() as report:
    print("bar" if report else "no bar")
    for done in range(3):
        report and report("extract", done, 3)
"""


def on_terminal(code: str, environment: Mapping[str, str] | None = None) -> str:
    """What the program writes to a terminal of 60 columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**plain_environment(), "TERM": "xterm", "COLUMNS": "60", **(environment or {})},
    )
    os.close(theirs)
    text = b"".join(read_all(ours)).decode()
    os.close(ours)
    assert process.wait(30) == 0, text
    return text


def plain_environment() -> dict[str, str]:
    meddling = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "LINES")
    return {name: value for name, value in os.environ.items() if name not in meddling}


def read_all(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(descriptor, 65536)
        except OSError:  # Linux says so when the other side is closed
            return
        if not data:
            return
        yield data


def piped(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**plain_environment(), **environment},
    )
    return (done.stdout + done.stderr).decode()


def test_a_terminal_gets_colours_and_its_width() -> None:
    shown = on_terminal(SHOW.format(times=1))
    assert "\x1b[32m名\x1b[0m" in shown
    assert "src/…/" in shown


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_declined(environment: dict[str, str]) -> None:
    assert "\x1b" not in on_terminal(SHOW.format(times=1), environment)


def test_an_empty_no_color_declines_nothing() -> None:
    assert "\x1b[32m" in on_terminal(SHOW.format(times=1), {"NO_COLOR": ""})


def test_a_pipe_gets_whole_lines_without_colours() -> None:
    shown = piped(SHOW.format(times=1), COLUMNS="60")
    assert "\x1b" not in shown
    assert "folder/" * 20 + "module.py  名" in shown


def test_a_character_the_locale_lacks_is_escaped() -> None:
    assert "\\u540d" in piped(SHOW.format(times=1), PYTHONIOENCODING="latin-1")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SHOW.format(times=20_000)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    with process.stderr as stderr:
        assert stderr.read() == b""
    assert process.wait(30) == 0


def test_a_bar_is_shown_on_a_terminal() -> None:
    shown = on_terminal(PROGRESS)
    assert "extract" in shown
    assert "2/3" in shown


def test_no_bar_is_shown_elsewhere() -> None:
    assert piped(PROGRESS) == "no bar\n"

"""How the program ends: its exit code, and one line that says what to do. No database is needed."""

import os
import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from graph_sitter_db.cli import entry
from graph_sitter_db.errors import DatabaseRefused, RepositoryError

Captured = pytest.CaptureFixture[str]


def gsdb(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", "from graph_sitter_db.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=Path.home(),
    )


def test_the_version_is_the_packages() -> None:
    done = gsdb("--version")
    assert (done.returncode, done.stdout) == (0, f"graph-sitter-db {version('graph-sitter-db')}\n")


def test_help_is_no_error_and_no_command_is_one() -> None:
    for group in ([], ["db"]):
        asked, silent = gsdb(*group, "--help"), gsdb(*group)
        assert (asked.returncode, silent.returncode) == (0, 2)
        assert asked.stdout == silent.stdout
        assert silent.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["runs", "--bogus"], "No such option"),
        (["record", "--depth", "deep"], "'deep' is not one of 'syntax', 'graph'"),
        (["symbols"], "Missing argument 'QUERY'"),
        (["db", "bogus"], "(see: graph-sitter-db db --help)"),
        (["db", "downgrade", "base"], "--accept-loss"),
        (["db", "downgrade", "nope"], "There is no schema version 'nope'"),
        (["symbols", "x", "--limit", "9" * 20], "is not in the range"),
        (["db", "psql", "--json"], "leave out --json"),
    ],
)
def test_a_wrong_command_line_is_one_line_on_stderr(arguments: list[str], told: str) -> None:
    done = gsdb(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_home_that_cannot_be_is_one_line_that_names_the_remedy() -> None:
    done = gsdb("db", "status", GRAPH_SITTER_DB_HOME="/dev/null/x", GRAPH_SITTER_DB_URL="")
    assert done.returncode == 5
    assert "Set GRAPH_SITTER_DB_HOME to a folder you can write to" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("redirected", "code", "told"),
    [(">/dev/full", 1, "The answer cannot be written"), (">&-", 2, "stdout is closed")],
)
def test_an_answer_that_cannot_be_written_is_one_line(
    redirected: str, code: int, told: str
) -> None:
    program = "from graph_sitter_db.cli import main; main()"
    command = f"'{sys.executable}' -c '{program}' db sql --json {redirected}"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True)
    assert done.returncode == code
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_text_that_is_no_utf_8_is_a_wrong_command_line(capsys: Captured) -> None:
    with pytest.raises(UnicodeEncodeError) as caught:
        "\udcff".encode()
    assert entry.failed(caught.value) == 2
    assert capsys.readouterr().err == (
        "error: “\\xff” is no UTF-8, and nothing recorded is named so\n"
    )


def test_an_error_of_ours_ends_with_its_exit_code(capsys: Captured) -> None:
    assert entry.failed(RepositoryError("x is no repository")) == 3
    assert entry.failed(DatabaseRefused("wrong password")) == 5
    assert capsys.readouterr().err == "error: x is no repository\nerror: wrong password\n"


def test_an_unforeseen_error_is_one_line_that_says_how_to_see_more(capsys: Captured) -> None:
    assert entry.failed(ValueError("two\nlines")) == 1
    assert capsys.readouterr().err == (
        "error: unexpected ValueError: two lines (GRAPH_SITTER_DB_DEBUG=1 shows where)\n"
    )


def test_the_traceback_is_shown_on_request(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_DEBUG", "1")
    try:
        raise RepositoryError("x is no repository")
    except RepositoryError as error:
        entry.failed(error)
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert told.endswith("error: x is no repository\n")


def test_names_in_errors_are_made_harmless(capsys: Captured) -> None:
    entry.failed(RepositoryError("\x1b]0;owned\x07 is no repository"))
    assert capsys.readouterr().err == "error: \\x1b]0;owned\\x07 is no repository\n"


def test_an_error_may_list_what_to_choose_from(capsys: Captured) -> None:
    entry.failed(RepositoryError("several are meant:\n  one\n  two"))
    assert capsys.readouterr().err == "error: several are meant:\n  one\n  two\n"


def test_help_loads_neither_the_database_nor_the_tables() -> None:
    code = (
        "import sys; from graph_sitter_db.cli.entry import run; run(sys.argv[1:]);"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    for arguments in (["--help"], ["runs", "--help"], ["db", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
        )
        loaded = set(done.stderr.split())
        assert loaded & {"psycopg", "pydantic", "rich", "sqlalchemy", "graph_sitter"} == set()


def test_ctrl_c_ends_quietly_with_the_code_of_an_interrupt() -> None:
    program = "from graph_sitter_db.cli import main; main()"
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = f"postgresql://me@127.0.0.1:{server.getsockname()[1]}/x"
        process = subprocess.Popen(
            [sys.executable, "-c", program, "runs", "--all", "--url", there],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = server.accept()
        with connection:  # accepted, and never answered
            process.send_signal(signal.SIGINT)
            printed, complaint = process.communicate(timeout=30)
    assert (process.returncode, printed) == (130, "")
    assert complaint.split() == ["interrupted"]

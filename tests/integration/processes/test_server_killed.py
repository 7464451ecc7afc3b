"""The server dies in the middle of a recording: an error that says so, and the next one works."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from tests.integration.processes.conftest import History, stored

from graph_sitter_db.db import server

type Make = Callable[[int], History]
type Victim = Callable[[str], int]

PROGRAM = "from graph_sitter_db.cli import main; main()"


def postmaster(url: str) -> int:
    process = server.status().pid
    assert process
    return process


def backend(url: str) -> int:
    """The server's process that does the recording's work."""
    with psycopg.connect(url) as connection:
        row = connection.execute(_WAITING).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize("victim", [postmaster, backend])
def test_a_server_killed_in_the_middle_is_told_and_the_next_recording_works(
    made_home: Path, history: Make, victim: Victim
) -> None:
    url, made = server.start(), history(2)
    first, second = made.commits
    with psycopg.connect(url, autocommit=True) as connection:  # the tests' servers are hasty
        connection.execute("ALTER DATABASE graph_sitter SET synchronous_commit = on")
    recording(made, first).communicate()
    before = stored(url)
    with held(url):
        process = recording(made, second)
        deadline = time.monotonic() + 60
        while not backend(url):
            if time.monotonic() > deadline:
                process.kill()
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        os.kill(victim(url), signal.SIGKILL)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.count("\n")) == (5, 1), said
    assert "lost in the middle" in said and "run it again" in said
    process = recording(made, second)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    found = stored(server.start())
    assert before.runs.items() <= found.runs.items() and found.strays == 0
    *interrupted, run = sorted(found.of(second), key=lambda run: len(run.symbols))
    assert run.holds(made.commits[second])
    assert all(each.is_empty and each.status == "failed" for each in interrupted)


def recording(made: History, commit: str) -> subprocess.Popen[str]:
    words = ["record", str(made.root), "--commit", commit, "--depth", "syntax"]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def held(url: str) -> Iterator[None]:
    """No recording can store anything meanwhile; one that wants to waits."""
    connection = psycopg.connect(url)
    connection.execute("LOCK TABLE codebase.snapshots IN SHARE MODE")
    try:
        yield
    finally:
        connection.close()


_WAITING = """
    SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE d.datname = current_database() AND NOT l.granted
"""

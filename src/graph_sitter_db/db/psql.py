"""PostgreSQL's own terminal, opened on the database."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from psycopg import pq

from graph_sitter_db.db import binaries, targets
from graph_sitter_db.db.targets import Target
from graph_sitter_db.errors import EmbeddedServerError


def run(arguments: Sequence[str], target: Target = None) -> int:
    """Runs psql on this terminal until it ends; its exit code.

    This process stays meanwhile: as long as it does, the embedded server is in use.
    """
    environment = {**os.environ, **_where(target)}
    with _interrupts_left_to_the_child():
        return subprocess.run([_program(), *arguments], env=environment, check=False).returncode


def _where(target: Target) -> dict[str, str]:
    """The connection's parameters as libpq's variables: arguments are seen by every other user."""
    # Connecting first tells what is wrong in our words.
    with closing(targets.source(target)) as source, closing(source.separate()) as connection:
        info = connection.info
        found = {**info.get_parameters(), "password": info.password}
    variables = {each.keyword.decode(): each.envvar for each in pq.Conninfo.get_defaults()}
    return {
        variable.decode(): value
        for name, value in found.items()
        if value and (variable := variables.get(name))
    }


def _program() -> str:
    try:
        program = binaries.program("psql")
    except EmbeddedServerError:
        program = None
    if program and program.exists():
        return str(program)
    if found := shutil.which("psql"):
        return found
    raise EmbeddedServerError(
        "There is no psql on this machine. Install PostgreSQL's client programs "
        "(Debian: apt install postgresql-client)."
    )


@contextmanager
def _interrupts_left_to_the_child() -> Iterator[None]:
    """Ctrl-C ends psql's query, not us. (A handler is not inherited, ignoring would be.)"""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

"""PostgreSQL's own terminal, opened on the database."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from graph_sitter_db.db import clients, targets
from graph_sitter_db.db.targets import Target


def run(arguments: Sequence[str], target: Target = None) -> int:
    """Runs psql on this terminal until it ends; its exit code.

    This process stays meanwhile: as long as it does, the embedded server is in use.
    """
    # Connecting first tells what is wrong in our words.
    with closing(targets.source(target)) as source, closing(source.separate()) as connection:
        environment = clients.environment(connection)
    command = [clients.program("psql"), *arguments]
    with _interrupts_left_to_the_child():
        return subprocess.run(command, env=environment, check=False).returncode


@contextmanager
def _interrupts_left_to_the_child() -> Iterator[None]:
    """Ctrl-C ends psql's query, not us. (A handler is not inherited, ignoring would be.)"""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

"""File locks that the kernel gives back when a process dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph_sitter_db.errors import EmbeddedServerError

_PATIENCE = 120.0  # seconds; longer than any start or stop is given


def take(path: Path, *, shared: bool = False, patience: float = _PATIENCE) -> int:
    """Lock `path`, waiting for others, and return the descriptor whose closing frees it.

    Give it back with `os.close` only: an explicit unlock would also end the lock of a forked
    child, or of the parent, which share it.
    """
    descriptor = take_within(patience, path, shared=shared)
    if descriptor is None:
        raise EmbeddedServerError(
            f"Another program has held {path} for {patience:.0f} seconds. It starts or stops "
            "the embedded database and seems to hang: end it and try again."
        )
    return descriptor


def take_within(patience: float, path: Path, *, shared: bool = False) -> int | None:
    """As `take`, but None when `patience` seconds were not enough."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience
    while not _try(descriptor, shared):
        if time.monotonic() > deadline:
            os.close(descriptor)
            return None
        time.sleep(0.01)
    return descriptor


def is_held(path: Path) -> bool:
    """Whether some process holds `path`, shared or not."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return not _try(descriptor, shared=False)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    descriptor = take(path)
    try:
        yield
    finally:
        os.close(descriptor)


def _try(descriptor: int, shared: bool) -> bool:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

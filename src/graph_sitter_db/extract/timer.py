"""Ends a step that takes too long, from inside the same thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Self


class Timer:
    """Without a limit it does nothing. Inside a running step, another one shares its time."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._is_running = False

    @classmethod
    @contextmanager
    def installed(cls, seconds: float | None) -> Iterator[Self]:
        if seconds is None:
            yield cls(None)
            return
        before = signal.signal(signal.SIGALRM, partial(_overdue, seconds))
        try:
            yield cls(seconds)
        finally:
            signal.signal(signal.SIGALRM, before)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Raises TimeoutError in the step when its time is up."""
        if self._seconds is None or self._is_running:
            yield
            return
        self._is_running = True
        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._is_running = False


def _overdue(seconds: float, number: int, frame: Any) -> None:
    raise TimeoutError(f"took too long: one file or symbol may take {seconds:g} seconds")

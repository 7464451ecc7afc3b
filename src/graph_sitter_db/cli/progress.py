"""One bar for long work, on stderr, and only when somebody sits before it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Report(Protocol):
    def __call__(self, stage: str, done: int, total: int | None) -> None: ...


@contextmanager
def progress_bar() -> Iterator[Report | None]:
    """Yields what to call with (stage, done, total); None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as report:
        yield report


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def report(stage: str, done: int, total: int | None) -> None:
            progress.update(task, description=stage, completed=done, total=total)

        yield report

"""Who does what: this process alone, or several with shares of the history."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized

from graph_sitter_db.backfill.walk import Tally, Walk
from graph_sitter_db.db import Database, open_database
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.pipeline import Progress

# Commits that a process takes at a time. The first of them is read whole, so there should be many;
# at depth graph each is read whole anyway, and a process that ends gives its memory back.
SHARES = {Depth.SYNTAX: 500, Depth.GRAPH: 5}
_STAGE = "commits"


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with commits, in a form that other processes understand."""

    path: str
    families: tuple[Family, ...]
    depth: Depth


def backfill(
    database: Database, task: Task, shas: Sequence[str], progress: Progress | None = None
) -> Tally:
    """In this process."""
    tell, done = progress or _silent, 0
    tell(_STAGE, 0, len(shas))

    def count() -> None:
        nonlocal done
        done += 1
        tell(_STAGE, done, len(shas))

    walk = Walk(database, task.path, task.families, task.depth)
    walk.commits(shas, count)
    return walk.tally


def backfill_parallel(
    target: str | None,
    organization: str,
    task: Task,
    shas: Sequence[str],
    jobs: int,
    progress: Progress | None = None,
) -> Tally:
    """In so many processes, each with a connection of its own."""
    tell, context = progress or _silent, get_context("spawn")
    counter = context.Value("L", 0)
    tally = Tally()
    tell(_STAGE, 0, len(shas))
    with ProcessPoolExecutor(jobs, context, _begin, (counter,), max_tasks_per_child=1) as processes:
        share = partial(_share, target, organization, task)
        waiting = {processes.submit(share, part) for part in _shares(shas, jobs, task.depth)}
        try:
            while waiting:
                finished, waiting = wait(waiting, timeout=0.2)
                for each in finished:
                    tally.add(each.result())
                tell(_STAGE, counter.value, len(shas))
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            raise
    return tally


def _shares(shas: Sequence[str], jobs: int, depth: Depth) -> Iterator[Sequence[str]]:
    size = max(1, min(SHARES[depth], -(-len(shas) // jobs)))
    for start in range(0, len(shas), size):
        yield shas[start : start + size]


_counter: "Synchronized[int] | None" = None


def _begin(counter: "Synchronized[int]") -> None:
    global _counter
    _counter = counter


def _share(target: str | None, organization: str, task: Task, shas: Sequence[str]) -> Tally:
    with open_database(target, organization) as database:
        return backfill(database, task, shas, _counted)


def _counted(stage: str, done: int, total: int | None) -> None:
    if done and _counter is not None:
        with _counter.get_lock():
            _counter.value += 1


def _silent(stage: str, done: int, total: int | None) -> None:
    pass

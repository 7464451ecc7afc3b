"""Many processes that record at once, and readers beside them that see whole runs only."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID

from tests.integration.processes.conftest import FILES, FUNCTIONS, History, Nursery, stored

from graph_sitter_db import CodebaseDBAdapter

type Make = Callable[[int], History]

PROCESSES = 16


def test_processes_that_record_one_commit_at_once_make_one_run(
    nursery: Nursery, history: Make, installed_database: str
) -> None:
    made = history(1)
    (commit,) = made.commits
    outcomes = nursery([made.job(installed_database, commit)] * PROCESSES)
    assert {outcome["code"] for outcome in outcomes} == {0}
    found = stored(installed_database)
    assert [run.holds(made.commits[commit]) for run in found.runs.values()] == [True]
    assert found.strays == 0


def test_processes_that_record_different_commits_at_once_all_do_and_readers_see_whole_runs(
    nursery: Nursery, history: Make, installed_database: str
) -> None:
    made = history(PROCESSES)
    with ThreadPoolExecutor(2) as pool:
        done = Event()
        readers = [pool.submit(read_until, done, installed_database) for _ in range(2)]
        try:
            outcomes = nursery(
                [made.job(installed_database, commit) for commit in made.commits] * 2
            )
        finally:
            done.set()
    assert {outcome["code"] for outcome in outcomes} == {0}
    found = stored(installed_database)
    assert Counter(run.commit for run in found.runs.values()) == dict.fromkeys(made.commits, 1)
    assert all(run.holds(made.commits[run.commit]) for run in found.runs.values())
    assert found.strays == 0
    assert all(reader.result() for reader in readers), "a reader saw no run before the end"


def read_until(done: Event, url: str) -> int:
    """Asks for every run there is, over and over; how many times it found any."""
    times = 0
    with CodebaseDBAdapter(url) as adapter:
        while not done.is_set():
            runs = adapter.runs(limit=None)
            for run in runs:
                assert run.id
                assert_whole(adapter, run.id)
            times += bool(runs)
    return times


def assert_whole(adapter: CodebaseDBAdapter, run: UUID) -> None:
    result = adapter.result(run)
    assert (result.status, result.files_analyzed) == ("completed", FILES)
    assert result.symbols == FILES * FUNCTIONS
    assert len(adapter.files(run)) == FILES
    assert len(adapter.symbols(run, "f", limit=1000)) == FILES * FUNCTIONS
    assert adapter.metrics(run).metrics

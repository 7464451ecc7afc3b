"""`kill -9` at any moment of a recording: whole or not at all, and the next recording does it."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import psutil
import pytest
from tests.integration.processes.conftest import History, Nursery, stored

type Make = Callable[[int], History]

SEED = 20  # another one tries other moments


@pytest.mark.slow
def test_a_killed_recording_is_stored_whole_or_not_at_all_and_done_by_the_next(
    nursery: Nursery, history: Make, installed_database: str
) -> None:
    ends = killed(nursery, history(28), installed_database, "syntax", 3, kills=4)
    stages = {stage for stage, _ in ends}
    assert (len(ends), stages >= {"", "extract", "score"}) == (100, True), ends
    assert {status for _, status in ends} == {"", "running", "completed"}
    assert ("score", "running") in ends, "none was killed while it stored"


@pytest.mark.slow
def test_a_recording_killed_with_its_graph_leaves_no_process_and_is_done_by_the_next(
    nursery: Nursery, history: Make, installed_database: str, tmp_path: Path
) -> None:
    ends = killed(nursery, history(4), installed_database, "graph", 1, kills=2)
    assert "relate" in {stage for stage, _ in ends}, ends
    deadline = time.monotonic() + 60
    while left := [*working_below(tmp_path / "temporary")]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def killed(
    nursery: Nursery, history: History, url: str, depth: str, rehearsals: int, kills: int
) -> list[tuple[str, str]]:
    """Kills so many recordings of each commit but the first ones, one after the other.

    Each comes further than the one before, to a random point of its share of the usual time.
    Returns in which stage each was, and the state of its run then.
    """
    chance, ends = random.Random(SEED), []
    commits = [*history.commits]
    took = [record(nursery, history, url, commit, depth) for commit in commits[:rehearsals]]
    known = stored(url)
    for commit in commits[rehearsals:]:
        for number in range(kills):
            after = 1.1 * median(took[-9:]) * (number + chance.random()) / kills
            (outcome,) = nursery([history.job(url, commit, depth, kill_after=after)])
            found = stored(url)
            told = f"{commit} after {after:.4f} s: {outcome}"
            runs = found.of(commit)
            assert (found.strays, len(runs) < 2) == (0, True), told
            assert all(run.is_empty or run.holds(history.commits[commit]) for run in runs), told
            assert known.finished.items() <= found.runs.items(), told
            ends.append((outcome["stage"], runs[0].status if runs else ""))
            known = found
        took.append(record(nursery, history, url, commit, depth))
        found = stored(url)
        assert [run.holds(history.commits[commit]) for run in found.of(commit)] == [True]
        assert known.finished.items() <= found.runs.items()
        known = found
    return ends


def record(nursery: Nursery, history: History, url: str, commit: str, depth: str) -> float:
    (outcome,) = nursery([history.job(url, commit, depth)])
    assert outcome["code"] == 0
    return float(outcome["seconds"])


def working_below(folder: Path) -> Iterator[psutil.Process]:
    """The processes that stand in a folder below this one, as a graph's own process does."""
    for process in psutil.process_iter():
        try:
            if folder in Path(process.cwd()).parents:
                yield process
        except psutil.Error:
            continue

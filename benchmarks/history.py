"""A history beside wily: commits a second and bytes for each, on one core each.

Of HISTORY, a clone with a past, or else of this repository itself.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import psycopg

from benchmarks import inputs
from benchmarks.recording import adapter
from benchmarks.rows import Row
from graph_sitter_db.db import server

WILY = "1.25.0"
COMMITS = int(os.environ.get("COMMITS") or 500)


def rows(_runs: int) -> Iterator[Row]:
    origin = Path(os.environ.get("HISTORY") or Path(__file__).parents[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        inputs.git(Path(folder), "clone", "--quiet", "--no-hardlinks", str(origin), str(clone))
        commits = _commits(clone)
        what = f"{commits} commits of {origin.name}"
        ours, our_bytes = _backfilled(clone, commits)
        theirs, their_bytes = _built(clone, commits, Path(folder) / "home")
    yield Row(f"backfill / wily build, {what}", ours, theirs, "s", 1 / 20)
    mib = 1024**2
    yield Row(f"database / wily's cache, {what}", our_bytes / mib, their_bytes / mib, "MiB", 0.2)
    yield Row(f"backfilled, {what}", commits / ours, None, "commits/s")


def _commits(clone: Path) -> int:
    return min(COMMITS, int(inputs.git(clone, "rev-list", "--count", "--first-parent", "HEAD")))


def _backfilled(clone: Path, commits: int) -> tuple[float, int]:
    """Seconds of the whole process, and bytes that the database grew by."""
    with adapter():
        before = _size()
    command = [str(Path(sys.executable).with_name("graph-sitter-db")), "backfill", str(clone)]
    command += ["--last", str(commits), "--first-parent", "--organization", "history"]
    seconds = _on_one_core(command)
    return seconds, _size() - before


def _built(clone: Path, commits: int, home: Path) -> tuple[float, int]:
    """The same for wily, which keeps its cache in the home folder; of all that it measures."""
    home.mkdir()
    command = [str(_wily()), "--path", str(clone), "build", ".", "-n", str(commits)]
    seconds = _on_one_core(command, HOME=str(home))
    return seconds, sum(each.stat().st_size for each in home.rglob("*") if each.is_file())


def _on_one_core(command: list[str], **environment: str) -> float:
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})  # a child inherits it
    started = time.perf_counter()
    try:
        subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)
    finally:
        os.sched_setaffinity(0, allowed)
    return time.perf_counter() - started


def _size() -> int:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("VACUUM FULL")
        (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (
            0,
        )
    return int(size)


def _wily() -> Path:
    """In an environment of its own: it wants other versions of what we use."""
    folder = platformdirs.user_cache_path("graph-sitter-db") / f"wily-{WILY}"
    if not (folder / "bin" / "wily").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", f"wily=={WILY}", "setuptools<80"]
        subprocess.run(pip, check=True)
    return folder / "bin" / "wily"

"""What a recording that is told to end leaves behind: one word, and a run that says it failed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter

type Recording = subprocess.Popen[str]
type Moment = Callable[[psutil.Process, Path, str], bool]

PROGRAM = "from graph_sitter_db.cli import main; main()"


def writing_sources(_: psutil.Process, temporary: Path, __: str) -> bool:
    return bool([*temporary.glob("*/repository/a.py")])


def building_the_graph(process: psutil.Process, _: Path, __: str) -> bool:
    return any("worker_process" in " ".join(child.cmdline()) for child in process.children())


def waiting_to_store(_: psutil.Process, __: Path, url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute(_WAITING).fetchone() is not None


@pytest.mark.parametrize("moment", [writing_sources, building_the_graph, waiting_to_store])
@pytest.mark.parametrize(
    ("told", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_recording_told_to_end_says_so_and_leaves_no_process_and_a_run_that_failed(
    installed_database: str,
    tmp_path: Path,
    told: signal.Signals,
    code: int,
    word: str,
    moment: Moment,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with held(installed_database):
        process = recording(tmp_path / "project", installed_database, temporary)
        itself = psutil.Process(process.pid)
        deadline = time.monotonic() + 60
        while not moment(itself, temporary, installed_database):
            if time.monotonic() > deadline:
                process.kill()
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        started = itself.children(recursive=True)
        process.send_signal(told)
        printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed, said.strip()) == (code, "", word)
    assert [*temporary.iterdir()] == []
    # One that was only just being started learns by the end of its input that nobody waits for it.
    _, left = psutil.wait_procs(started, timeout=60)
    assert left == []
    with CodebaseDBAdapter(installed_database) as adapter:
        assert [run.status for run in adapter.runs(unfinished=True)] == ["failed"]


def recording(root: Path, url: str, temporary: Path) -> Recording:
    root.mkdir()
    (root / "a.py").write_text("x = 1\n")
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "record", str(root), "--url", url],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def held(url: str) -> Iterator[None]:
    """No recording can store anything meanwhile; one that wants to waits."""
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE codebase.snapshots IN SHARE MODE")
        yield


_WAITING = """
    SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE d.datname = current_database() AND NOT l.granted
"""

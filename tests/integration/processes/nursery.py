"""A program that forks recordings of its own, so that each costs no imports, and may kill them.

It reads lists of jobs from standard input, one JSON document a line. The jobs of a list run at
once, each in a process; the answer is what became of them.
"""

import json
import mmap
import os
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any

import graph_sitter_db.recording  # noqa: F401  all that a recording needs, loaded before forking
from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.extract import syntax  # noqa: F401
from graph_sitter_db.query import results  # noqa: F401

_LONGEST = 64  # bytes of a stage's name


class Child:
    """A recording in a process of its own; `url`, `root`, `depth`, `commit` say of what."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        self._job = job
        self._stage = mmap.mmap(-1, _LONGEST)  # shared, and outlives the process
        self._started = time.monotonic()
        self.pid = os.fork()
        if not self.pid:
            self._record()

    def outcome(self) -> dict[str, object]:
        if "kill_after" in self._job:
            end = self._started + self._job["kill_after"]
            time.sleep(max(0.0, end - time.monotonic()))
            os.kill(self.pid, 9)
        _, status = os.waitpid(self.pid, 0)
        return {
            "code": os.waitstatus_to_exitcode(status),
            "stage": self._stage[:].rstrip(b"\0").decode(),
            "seconds": time.monotonic() - self._started,
        }

    def _record(self) -> None:
        job = self._job
        try:
            with CodebaseDBAdapter(job["url"]) as adapter:
                adapter.record(
                    job["root"], commit=job["commit"], depth=job["depth"], progress=self._tell
                )
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def _tell(self, stage: str, done: int, total: int | None) -> None:
        self._stage[:] = stage.encode().ljust(_LONGEST, b"\0")


for line in sys.stdin:
    children = [Child(job) for job in json.loads(line)]
    print(json.dumps([child.outcome() for child in children]), flush=True)

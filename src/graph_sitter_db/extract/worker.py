"""The graph in a process of its own: with limits of time and memory, and a fixed order of hashing.

graph_sitter follows names in the order of sets, so on some trees its edges depend on the hash seed;
nested blocks cost it exponential time; and it never gives memory back. All three end here.
"""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any

from graph_sitter_db.extract.outline import Outline, outline
from graph_sitter_db.extract.placing import placed, taken_out
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Family, ParseStatus
from graph_sitter_db.model.relations import Failure, Relations

type Progress = Callable[[str, int, int | None], None]

_BOOT = (
    "import sys; sys.path[:] = {path!r}; "
    "from graph_sitter_db.extract.worker_process import serve; serve()"
)


@dataclass(frozen=True, slots=True)
class Job:
    root: Path
    family: Family
    outlines: Mapping[str, Outline]
    memory: int  # bytes of address space


class GraphError(Exception):
    """The process ended before its work did; the message says why."""


def isolated(
    root: Path,
    family: Family,
    facts: Mapping[str, FileFacts],
    *,
    timeout: float,
    memory: int,
    prefix: str = "",
    progress: Progress | None = None,
) -> Relations:
    """The relations of the files in `facts`, which lie below `root` and there below `prefix`.

    When the graph as a whole cannot be had, they are empty but for a failure that says why.
    """
    read = {p: outline(f) for p, f in facts.items() if f.parse_status is not ParseStatus.SKIPPED}
    job = Job(root, family, placed(read, prefix), memory)
    try:
        with _process(job, root.parent) as (process, errors):
            found = _answer(process, errors, time.monotonic() + timeout, timeout, progress)
            return taken_out(found, prefix)
    except GraphError as end:
        return Relations(failures=(Failure("", "graph", "", str(end)),))


@contextmanager
def _process(job: Job, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    path = [str(Path(entry).resolve()) for entry in sys.path]
    command = [sys.executable, "-P", "-c", _BOOT.format(path=path)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            _send(process, job)
            yield process, errors
        finally:
            _end(process)


def _send(process: subprocess.Popen[bytes], job: Job) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # the process will have said why it ended
        pickle.dump(job, process.stdin)
        process.stdin.flush()  # and it stays open: its end tells the process that we are gone


def _end(process: subprocess.Popen[bytes]) -> None:
    """With whatever it has started; a process that has ended by itself leaves nobody behind."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def _answer(
    process: subprocess.Popen[bytes],
    errors: IO[bytes],
    deadline: float,
    timeout: float,
    progress: Progress | None,
) -> Relations:
    assert process.stdout is not None
    messages: SimpleQueue[tuple[Any, ...] | None] = SimpleQueue()
    Thread(target=_receive, args=(process.stdout, messages), daemon=True).start()
    while True:
        try:
            message = messages.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            raise GraphError(
                f"the graph was not ready after {timeout:g} seconds: "
                "raise the setting graph_timeout, or leave files out by the setting exclude"
            ) from None
        match message:
            case ("progress", stage, done, total):
                if progress:
                    progress(stage, done, total)
            case ("relations", Relations() as relations):
                return relations
            case ("failed", str(reason)):
                raise GraphError(reason)
            case _:
                raise GraphError(_cause(process, errors))


def _receive(pipe: IO[bytes], messages: "SimpleQueue[tuple[Any, ...] | None]") -> None:
    try:
        while True:
            messages.put(pickle.load(pipe))
    except (EOFError, OSError, ValueError, pickle.UnpicklingError):
        messages.put(None)


def _cause(process: subprocess.Popen[bytes], errors: IO[bytes]) -> str:
    code = process.wait(timeout=10)
    errors.seek(0)
    said = errors.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
    last = f": {said[-1]}" if said else ""
    if code == -signal.SIGKILL:
        return "the graph's process was killed, most likely because memory ran out"
    if code < 0:
        name = signal.Signals(-code).name
        return f"the graph's process ended by {name}, perhaps for want of graph_memory{last}"
    return f"the graph's process ended with {code}{last}"

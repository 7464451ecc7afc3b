"""What runs inside the graph's own process."""

import gc
import os
import pickle
import resource
import sys
from contextlib import suppress
from threading import Thread
from typing import IO, Any

import psutil

from graph_sitter_db.extract import quiet
from graph_sitter_db.extract.graph import build
from graph_sitter_db.extract.relations import related
from graph_sitter_db.extract.worker import Job

_STACK = 120 * 1024**2  # deep recursion; Linux keeps at least 128 MB free below the main stack
_PATIENCE = 30.0  # seconds for one symbol or file; the slowest known real ones take 2


def serve() -> None:
    """Reads a job from standard input and answers on standard output, kept from anybody else."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    job: Job = pickle.load(sys.stdin.buffer)
    Thread(target=_watch, args=(sys.stdin.buffer,), daemon=True).start()
    gc.disable()  # the process ends before garbage could matter
    try:
        quiet.load()
        _limit(resource.RLIMIT_STACK, _STACK)
        _limit(resource.RLIMIT_AS, job.memory)
        _say(answers, "relations", _work(job, answers))
    except Exception as error:
        _limit(resource.RLIMIT_AS, sys.maxsize)  # so that there is memory to say it
        _say(answers, "failed", _reason(error, job.memory))
    finally:
        os._exit(0)  # taking the graph apart would take seconds


def _work(job: Job, answers: IO[bytes]) -> Any:
    def tell(stage: str, done: int, total: int | None) -> None:
        _say(answers, "progress", stage, done, total)

    graph = build(job.root, job.family, list(job.outlines), tell, patience=_PATIENCE)
    return related(graph, job.outlines)


def _say(answers: IO[bytes], *message: Any) -> None:
    pickle.dump(message, answers)
    answers.flush()


def _reason(error: Exception, memory: int) -> str:
    """Want of memory shows itself as all kinds of errors, in compiled code above all."""
    if isinstance(error, MemoryError) or psutil.Process().memory_info().vms > 0.9 * memory:
        limit = f"{memory / 1024**3:.1f} GB"
        return f"the graph needs more memory than the setting graph_memory, {limit}"
    return f"graph-sitter failed: {type(error).__name__}: {error}"


def _watch(pipe: IO[bytes]) -> None:
    """Ends this process when the one it works for is gone."""
    pipe.read()
    os._exit(1)


def _limit(what: int, size: int) -> None:
    _, hard = resource.getrlimit(what)
    wanted = size if hard == resource.RLIM_INFINITY else min(size, hard)
    with suppress(ValueError, OSError):  # some systems have no such limit
        resource.setrlimit(what, (wanted, hard))

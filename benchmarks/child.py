"""A measurement in a process of its own: nothing is warm, and its peak of memory is its own.

`python -m benchmarks.child module:function ARGUMENT…` writes what the function returns to the file
that the environment names.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ANSWER = "BENCHMARKS_ANSWER"


@dataclass(frozen=True, slots=True)
class Measured:
    value: Any
    seconds: float  # of the whole process
    peak: int  # bytes: of the process, and of the largest that it started


def child(function: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Measured:
    """What `module:function` returns for these texts, when a new interpreter calls it."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as answer:
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.child", function, *arguments],
            env={**os.environ, **(environment or {}), _ANSWER: answer.name},
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - started
        if done.returncode != 0:
            raise RuntimeError(f"{function} failed:\n{done.stderr[-3000:]}")
        told = json.load(answer)
    return Measured(told["value"], seconds, told["peak"])


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    value = getattr(importlib.import_module(module), name)(*sys.argv[2:])
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = [
        resource.getrusage(who).ru_maxrss * unit
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    Path(os.environ[_ANSWER]).write_text(json.dumps({"value": value, "peak": sum(peaks)}))
    os._exit(0)  # taking a graph apart takes seconds, and is no part of what is measured


if __name__ == "__main__":
    main()

"""Programs that use an embedded server, and the processes they leave."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest


class Program:
    """A Python program beside this one."""

    def __init__(self, code: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def line(self) -> str:
        """What it says first; it goes on meanwhile."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def end(self) -> tuple[str, str]:
        """Let it end, and have what it said on the two channels."""
        return self.process.communicate("")


@pytest.fixture
def run(home: Path) -> Iterator[Callable[..., Program]]:
    """Start a program; environment variables that are None are taken away."""
    started: list[Program] = []

    def start(code: str, **environment: str | None) -> Program:
        variables = {**os.environ, **environment}
        known = {name: value for name, value in variables.items() if value is not None}
        started.append(Program(code, known))
        return started[-1]

    yield start
    for program in started:
        program.process.kill()
        program.process.communicate()


def eventually(condition: Callable[[], bool], patience: float = 60) -> None:
    """Wait until it is so, however busy the machine is."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def refuses(url: str) -> bool:
    """Whether the server lets nobody in at `url`."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return True
    return False


@pytest.fixture
def postmasters(home: Path) -> Callable[[], list[psutil.Process]]:
    """The servers that run on this test's home."""
    data = str(home / "data")

    def look() -> list[psutil.Process]:
        found = _processes(lambda words: words[0].endswith("/postgres") and data in words)
        numbers = {None, *(process.pid for process in found)}
        # A process that was forked just now has not told its own name yet.
        return [process for process in found if _parent(process) not in numbers]

    return look


@pytest.fixture
def watchers(home: Path) -> Callable[[], list[psutil.Process]]:
    mark = f"{home}/"
    return lambda: _processes(
        lambda words: any("watcher.py" in word for word in words) and mark in words[-1]
    )


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def _processes(wanted: Callable[[list[str]], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if words and wanted(words):
            found.append(process)
    return found

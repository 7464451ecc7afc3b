"""A home of their own for tests that run the installed commands."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
}

GREETING = '''"""Greets."""


def greet(name: str) -> str:
    return f"Hello, {name}"
'''

FAREWELL = '''"""Says goodbye, to everybody once."""

from greeting import greet


def farewell(name: str, told: list[str] = []) -> str:
    if name in told:
        return ""
    told.append(name)
    return greet(name).replace("Hello", "Goodbye")
'''


@pytest.fixture
def environment(one_server: Mapping[str, str]) -> Mapping[str, str]:
    """For subprocesses: nobody else's rows, so that a test sees what a new user sees."""
    return {**one_server, "GRAPH_SITTER_DB_ORGANIZATION": f"test-{uuid4().hex[:12]}"}


@pytest.fixture(scope="session")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """This Python's commands first on PATH, and an embedded server that ends."""
    home = tmp_path_factory.mktemp("home")
    binaries = Path(sys.executable).parent
    variables = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GRAPH_SITTER_")},
        **IDENTITY,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "GRAPH_SITTER_DB_HOME": str(home / "data"),
        "COLUMNS": "100",
    }
    yield variables
    subprocess.run(["graph-sitter-db", "db", "stop"], env=variables, cwd=home, check=False)


@pytest.fixture
def repository(tmp_path: Path, environment: Mapping[str, str]) -> Path:
    """Two commits: one function, then a second one in a second file that calls it."""
    folder = tmp_path / "hello"
    folder.mkdir()
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=folder, check=True)
    for day, (name, text) in enumerate((("greeting", GREETING), ("farewell", FAREWELL)), 1):
        (folder / f"{name}.py").write_text(text)
        date = f"2025-01-0{day}T12:00:00Z"
        dated = {**environment, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        for command in (["add", "."], ["commit", "--quiet", "--message", f"Add {name}"]):
            subprocess.run(["git", *command], cwd=folder, env=dated, check=True)
    return folder

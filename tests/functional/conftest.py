"""A home of their own for tests that run the installed commands."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

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

FAREWELL = '''"""Says goodbye."""

from greeting import greet


def farewell(name: str) -> str:
    if not name:
        return "Goodbye"
    return greet(name).replace("Hello", "Goodbye")
'''


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """For subprocesses: this Python's commands first on PATH, and an embedded server that ends."""
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
    commands = [["git", "init", "--quiet", "--initial-branch", "main"]]
    for name, text in (("greeting", GREETING), ("farewell", FAREWELL)):
        (folder / f"{name}.py").write_text(text)
        commands += [
            ["git", "add", f"{name}.py"],
            ["git", "commit", "--quiet", "-m", f"Add {name}"],
        ]
        for command in commands:
            subprocess.run(command, cwd=folder, env=dict(environment), check=True)
        commands = []
    return folder

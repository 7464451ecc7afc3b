"""A repository whose history holds what can go wrong, and what is stored of it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import Git, Write

from graph_sitter_db import CodebaseDBAdapter

BODY = "".join(f"    value_{n} = compute({n}, key='{n}') + {n} * other\n" for n in range(14))
TWICE = f"def one(other, compute):\n{BODY}    return value_0\n"
TYPESCRIPT = "export function half(n: number) {\n  return n > 2 ? n / 2 : debugger_(n)\n}\n"


@pytest.fixture
def past(repository: Callable[..., Path], git: Git, write: Write) -> Path:
    """Ten commits: a merge, a rename, a copy, a revert, broken and empty states, other settings."""
    root = repository({"src/a.py": TWICE, "src/b.py": "def f(x=[]):\n    return x\n"})
    steps: list[dict[str, str | None]] = [
        {"src/copy.py": TWICE.replace("one", "two"), "web/half.ts": TYPESCRIPT},
        {"src/b.py": "def f(x=[]):  # gsdb: ignore[mutable_default] it is a memo\n    return x\n"},
        {"src/b.py": None, "src/lib/b.py": "def f(x=[]):\n    return x\n"},
        {"src/broken.py": "def g(:\n    pass\n", "README.md": "Hello\n"},
        {"pyproject.toml": "[tool.graph-sitter-db.limits.duplicated_code]\ntokens = 50\n"},
        {"src/copy.py": None, "src/same.py": TWICE, "src/broken.py": "x = 1\n"},
        {"src/copy.py": TWICE.replace("one", "two"), "pyproject.toml": None},
    ]
    for number, step in enumerate(steps):
        _take(root, step, write)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", f"Step {number}")
        if number == 2:
            git(root, "switch", "-q", "-c", "side", "HEAD~1")
            _take(root, {"src/side.py": "import os\n"}, write)
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", "Aside")
            git(root, "switch", "-q", "main")
            git(root, "merge", "-q", "--no-edit", "side")
    git(root, "tag", "v1", "HEAD~2")
    return root


def _take(root: Path, step: dict[str, str | None], write: Write) -> None:
    for path, content in step.items():
        if content is None:
            (root / path).unlink()
        else:
            write(root, {path: content})


@pytest.fixture
def adapter(installed_database: str) -> Iterator[CodebaseDBAdapter]:
    with CodebaseDBAdapter(installed_database, "filled") as opened:
        yield opened

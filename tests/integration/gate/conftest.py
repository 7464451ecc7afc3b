"""A repository with a main branch that is recorded, and a branch with a change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.model.verdicts import Cause, ConditionReport, Verdict

type Git = Callable[..., str]

CLEAN = '''"""Adds."""


def add(first: int, second: int) -> int:
    """The sum."""
    return first + second
'''
DEBUGGED = '''"""Takes away."""


def take(first: int, second: int) -> int:
    """The difference."""
    breakpoint()
    return first - second
'''


@dataclass
class Change:
    """A clone on branch `change`, one commit ahead of the recorded main."""

    adapter: CodebaseDBAdapter
    root: Path
    git: Git

    def commit(self, files: dict[str, str], subject: str = "Change") -> str:
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        self.git(self.root, "add", "-A")
        self.git(self.root, "commit", "-q", "-m", subject)
        return self.git(self.root, "rev-parse", "HEAD")

    def record(self, **options: Any) -> None:
        self.adapter.record(self.root, **{"depth": "syntax", **options})

    def gate(self, **options: Any) -> Verdict:
        (verdict,) = self.adapter.gate(self.root, **{"environment": {}, **options})
        return verdict


@pytest.fixture
def adapter(installed_database: str) -> Iterator[CodebaseDBAdapter]:
    with CodebaseDBAdapter(installed_database) as opened:
        yield opened


@pytest.fixture
def change(
    adapter: CodebaseDBAdapter, repository: Callable[..., Path], git: Git, tmp_path: Path
) -> Change:
    """Nothing is changed yet."""
    origin = repository({"add.py": CLEAN, "other.py": CLEAN.replace("add", "plus")}, "origin")
    root = tmp_path / "clone"
    git(tmp_path, "clone", "-q", f"file://{origin}", "clone")
    git(root, "switch", "-q", "-c", "change")
    made = Change(adapter, root, git)
    made.record()
    return made


def condition(verdict: Verdict, name: str) -> ConditionReport:
    (found,) = [each for each in verdict.conditions if f"{each.on}.{each.name}" == name]
    return found


def causes(verdict: Verdict, name: str) -> list[Cause]:
    return condition(verdict, name).causes

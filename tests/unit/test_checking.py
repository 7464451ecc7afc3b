"""Staged files, judged against what they were."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Git, Write

from graph_sitter_db.checking import check
from graph_sitter_db.errors import RepositoryError

BAD = "def f(x=[]):\n    return x\n"
STOPS = "def g():\n    breakpoint()\n"


def found(root: Path) -> set[tuple[str, str, str | None]]:
    return {
        (each.rule, each.path, each.lifecycle) for each in check(root) if each.severity != "info"
    }


def test_only_what_is_staged_counts_and_as_it_is_staged(
    repository: Callable[..., Path], git: Git, write: Write
) -> None:
    root = repository({"a.py": "x = 1\n", "b.py": STOPS})
    write(root, {"a.py": BAD, "c.py": STOPS, "notes.txt": "breakpoint()\n"})
    assert found(root) == set()
    git(root, "add", "a.py", "notes.txt")
    write(root, {"a.py": "x = 1\n"})
    assert found(root) == {("mutable_default", "a.py", "new")}


def test_what_was_there_is_not_new_where_it_moves(
    repository: Callable[..., Path], git: Git, write: Write
) -> None:
    root = repository({"a.py": BAD, "b.py": STOPS, "c.py": "y = 1\n"})
    (root / "a.py").unlink()
    write(root, {"lib/a.py": f"# Moved.\n{BAD}", "b.py": "x = 1\n", "c.py": f"y = 1\n\n\n{STOPS}"})
    git(root, "add", "-A")
    assert found(root) == {
        ("mutable_default", "lib/a.py", "existing"),
        ("debugger_left", "c.py", "existing"),
    }
    write(root, {"d.py": STOPS})
    git(root, "add", "-A")
    assert sorted(life or "" for _, _, life in found(root)).count("new") == 1


def test_settings_and_folders_are_kept_to(
    repository: Callable[..., Path], git: Git, write: Write
) -> None:
    root = repository({"README.md": "Hello\n"})
    settings = '[tool.graph-sitter-db]\nexclude = ["gen"]\ndisable = ["mutable_default"]\n'
    write(root, {"api/pyproject.toml": settings, "web/b.ts": "debugger\n"})
    write(root, {"api/a.py": BAD + STOPS, "api/gen/c.py": STOPS})
    git(root, "add", "-A")
    assert found(root / "api") == {("debugger_left", "a.py", "new")}
    assert ("debugger_left", "web/b.ts", "new") in found(root)


def test_the_first_commit_is_all_new(tmp_path: Path, git: Git, write: Write) -> None:
    git(tmp_path, "init", "-q", "fresh")
    root = write(tmp_path / "fresh", {"a.py": STOPS})
    git(root, "add", "-A")
    assert found(root) == {("debugger_left", "a.py", "new")}


def test_without_git_nothing_can_be_staged(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="nothing can be staged"):
        check(tmp_path)

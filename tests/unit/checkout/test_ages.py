"""Since when lines have been there."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from graph_sitter_db.checkout import ages, open_tree

type Git = Callable[..., str]
type Make = Callable[..., Path]


def commit(git: Git, root: Path, text: str, day: str) -> None:
    (root / "a.py").write_text(text)
    git(root, "add", "-A")
    git(root, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", day, f"--date={day}T12:00Z")


@pytest.fixture
def history(repository: Make, git: Git) -> Path:
    root = repository({})
    for day, text in (("2019-03-04", "A = 1\n"), ("2021-05-06", "A = 1\nB = 2\n")):
        commit(git, root, text, day)
    return root


def days(root: Path, *lines: int, path: str = "a.py", revision: str | None = "HEAD") -> list[str]:
    tree = open_tree(root, revision)
    assert tree.ages
    since: Mapping[int, object] = tree.ages.since(path, lines)
    return [str(since[line])[:10] for line in lines if line in since]


def test_each_line_has_been_there_since_the_commit_that_wrote_it(history: Path) -> None:
    assert days(history, 1, 2) == ["2019-03-04", "2021-05-06"]
    assert days(history, 2, revision=None) == ["2021-05-06"]


def test_what_git_cannot_tell_is_left_out(history: Path, git: Git, tmp_path: Path) -> None:
    assert days(history, 1, path="no.py") == []
    git(tmp_path, "clone", "-q", "--depth", "1", history.as_uri(), "shallow")
    assert days(tmp_path / "shallow", 1) == []


def test_a_changed_folder_has_no_ages(history: Path) -> None:
    (history / "a.py").write_text("A = 3\n")
    assert open_tree(history).ages is None


def test_reading_history_ends_in_time(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ages, "MOST_SECONDS", 0.0)
    assert days(history, 1) == []


def test_ages_are_those_of_a_folder_inside_of_its_repository(history: Path, git: Git) -> None:
    (history / "in").mkdir()
    git(history, "mv", "a.py", "in/a.py")
    git(history, "commit", "-q", "-m", "Move")
    assert len(days(history / "in", 1)) == 1

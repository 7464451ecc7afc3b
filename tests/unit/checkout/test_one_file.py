"""One file, before there is a tree: of the same place and revision as the tree will be."""

from pathlib import Path

import pytest
from tests.unit.checkout.conftest import Git, Make, Write

from graph_sitter_db.checkout import open_tree, read_file
from graph_sitter_db.errors import RepositoryError


def test_a_revision_gives_the_files_of_then_and_none_what_lies_there(
    repository: Make, write: Write, git: Git
) -> None:
    root = repository({"a.txt": "1", "src/a.txt": "2"})
    write(root, {"a.txt": "3", "src/a.txt": "4", "new.txt": "5"})
    assert [read_file(root, at, "a.txt") for at in ("HEAD", None)] == [b"1", b"3"]
    assert [read_file(root / "src", at, "a.txt") for at in ("HEAD", None)] == [b"2", b"4"]
    assert [read_file(root, at, "new.txt") for at in ("HEAD", None)] == [None, b"5"]
    assert [read_file(root, at, "src") for at in ("HEAD", None)] == [None, None]


def test_a_bare_repository_gives_the_files_of_its_head(
    repository: Make, tmp_path: Path, git: Git
) -> None:
    root = repository({"a.txt": "1"})
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare")
    assert read_file(tmp_path / "bare", None, "a.txt") == b"1"


def test_links_are_not_followed(repository: Make, tmp_path: Path, git: Git) -> None:
    (tmp_path / "secret").write_text("x")
    root = repository({"a.py": ""})
    (root / "a.txt").symlink_to(tmp_path / "secret")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Link")
    assert [read_file(root, at, "a.txt") for at in ("HEAD", None)] == [None, None]


def test_a_folder_without_git_gives_what_lies_there(tmp_path: Path, write: Write) -> None:
    assert read_file(write(tmp_path / "plain", {"a.txt": "1"}), None, "a.txt") == b"1"


@pytest.mark.parametrize("revision", ["nowhere", "HEAD~7"])
def test_what_is_no_revision_is_refused_as_for_a_tree(repository: Make, revision: str) -> None:
    root = repository({"a.py": ""})
    said = []
    for ask in (lambda: open_tree(root, revision), lambda: read_file(root, revision, "a.txt")):
        with pytest.raises(RepositoryError) as refused:
            ask()
        said.append(str(refused.value))
    assert said[0] == said[1]

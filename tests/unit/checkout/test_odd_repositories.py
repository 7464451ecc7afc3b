"""Damaged, odd and hostile repositories: what is wrong costs little, and nothing of theirs runs."""

import hashlib
import os
from pathlib import Path

import pytest
from tests.unit.checkout.conftest import Git, Make, Write, contents

from graph_sitter_db.checkout import open_tree
from graph_sitter_db.errors import RepositoryError


def digest(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder, with the time of its last change and a digest of its bytes."""
    return {
        str(place.relative_to(folder)): (
            place.stat().st_mtime_ns,
            hashlib.sha256(place.read_bytes()).digest(),
        )
        for place in sorted(folder.rglob("*"))
        if place.is_file()
    }


@pytest.mark.parametrize("damage", [("config", b"[core\n"), ("refs/heads/main", b"a" * 40)])
def test_a_damaged_repository_is_an_error_not_a_crash(
    repository: Make, damage: tuple[str, bytes]
) -> None:
    root = repository({"a.py": "1\n"})
    (root / ".git" / damage[0]).write_bytes(damage[1])
    with pytest.raises(RepositoryError, match="git cannot read"):
        open_tree(root)


def test_a_configuration_full_of_nul_bytes_does_not_matter(repository: Make) -> None:
    root = repository({"a.py": "1\n"})
    (root / ".git" / "config").write_bytes(b"\0" * 200)
    assert contents(open_tree(root)) == {"a.py": b"1\n"}


def test_an_object_that_is_missing_costs_one_file(repository: Make, git: Git) -> None:
    root = repository({"a.py": "1\n", "b.py": "2\n"})
    blob = git(root, "rev-parse", "HEAD:a.py")
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    tree = open_tree(root, "HEAD")
    assert set(contents(tree)) == {"b.py"}
    [failure] = tree.failures
    assert (failure.path, failure.stage) == ("a.py", "read")
    assert blob in failure.message


def test_a_file_that_vanishes_costs_one_file(repository: Make, write: Write) -> None:
    root = write(repository({"a.py": "1\n"}), {"new.py": "2\n"})
    tree = open_tree(root)
    (root / "new.py").unlink()
    assert set(contents(tree)) == {"a.py"}
    assert [failure.path for failure in tree.failures] == ["new.py"]


def test_names_that_are_not_utf_8_are_kept(repository: Make, git: Git) -> None:
    root = repository({"a.py": "1\n"})
    odd = os.fsdecode(b"caf\xe9.py")
    (root / odd).write_bytes(b"2\n")
    assert contents(open_tree(root)) == {"a.py": b"1\n", odd: b"2\n"}
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Second")
    for tree in (open_tree(root), open_tree(root, "HEAD")):
        assert contents(tree) == {"a.py": b"1\n", odd: b"2\n"}
        assert not tree.origin.is_working_tree
        with tree.export() as folder:
            assert (folder / odd).read_bytes() == b"2\n"


@pytest.mark.parametrize(
    "name", ["with space.py", "neu\nline.py", "qu'o\"te.py", "-dash.py", "ü.py"]
)
def test_odd_names_are_kept(repository: Make, name: str) -> None:
    assert set(contents(open_tree(repository({name: "1\n"})))) == {name}


def test_folders_may_be_deeper_than_pythons_stack(tmp_path: Path) -> None:
    folder = root = tmp_path / "plain"
    root.mkdir()
    for _ in range(1050):
        folder = folder / "a"
        folder.mkdir()
    (folder / "deep.py").write_text("x = 1\n")
    tree = open_tree(root)
    with tree.export():
        assert contents(tree) == {f"{'a/' * 1050}deep.py": b"x = 1\n"}
    assert tree.failures == ()


def test_two_names_that_are_written_alike_are_not_taken_for_one(
    tmp_path: Path, write: Write
) -> None:
    names = {os.fsdecode(b"caf\xe9.py"): "1\n", r"caf\xe9.py": "2\n"}
    tree = open_tree(write(tmp_path / "plain", names))
    [kept], [failure] = contents(tree), tree.failures
    assert {kept, failure.path} == set(names)
    assert "rename one" in failure.message


def test_a_crafted_tree_cannot_name_a_place_outside(
    repository: Make, git: Git, tmp_path: Path
) -> None:
    root = repository({"a.py": "1\n"})
    blob = git(root, "rev-parse", "HEAD:a.py")
    raw = root / "raw"
    raw.write_bytes(b"100644 ../../evil.py\0" + bytes.fromhex(blob))
    bad = git(root, "hash-object", "-t", "tree", "-w", "--literally", "raw")
    sha = git(root, "commit-tree", bad, "-m", "Bad")
    tree = open_tree(root, sha)
    assert contents(tree) == {}
    assert [failure.message for failure in tree.failures] == ["not a valid file name"]
    with tree.export() as folder:
        assert list(folder.rglob("*")) == []


def test_no_hook_filter_or_monitor_of_the_repository_runs(
    repository: Make, git: Git, write: Write, tmp_path: Path
) -> None:
    marker = tmp_path / "executed"
    root = repository({"a.py": "1\n", ".gitattributes": "*.py filter=evil diff=evil\n"})
    trap = write(tmp_path, {"trap": f"#!/bin/sh\ntouch {marker}\ncat\n"}) / "trap"
    trap.chmod(0o755)
    for setting in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "credential.helper",
    ):
        git(root, "config", setting, str(trap))
    for hook in (
        "post-index-change",
        "post-checkout",
        "fsmonitor-watchman",
        "reference-transaction",
    ):
        place = root / ".git/hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"#!/bin/sh\ntouch {marker}\n")
        place.chmod(0o755)
    write(root, {"a.py": "2\n", "b.py": "3\n"})
    for tree in (open_tree(root), open_tree(root, "HEAD")):
        with tree.export():
            contents(tree)
    assert not marker.exists()


def test_nothing_in_the_repository_is_written(repository: Make, git: Git, write: Write) -> None:
    root = repository({"a.py": "1\n", "src/b.ts": "1\n"})
    os.utime(root / "a.py", (1, 1))  # git status would refresh the index here
    write(root, {"new.py": "2\n"})
    before = digest(root)
    for tree in (open_tree(root), open_tree(root, "HEAD"), open_tree(root / "src")):
        with tree.export():
            contents(tree)
    assert digest(root) == before

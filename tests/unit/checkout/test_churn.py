"""What commits changed, under the names that files have today."""

from collections.abc import Callable
from pathlib import Path

from tests.conftest import Git, Write

from graph_sitter_db.checkout import Choice, changes
from graph_sitter_db.model.changes import Change

LINES = "".join(f"value_{n} = {n}\n" for n in range(20))


def test_a_renamed_file_is_known_by_its_last_name(
    repository: Callable[..., Path], git: Git, write: Write
) -> None:
    root = repository({"old.py": LINES})
    write(root, {"old.py": LINES + "x = 1\n"})
    git(root, "commit", "-qam", "Edit")
    git(root, "mv", "old.py", "new.py")
    git(root, "commit", "-qm", "Move")
    write(root, {"old.py": "y = 2\n", "new.py": LINES})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Another of the old name")
    assert [{(f.path, f.added, f.removed) for f in each.files} for each in told(root)] == [
        {("new.py", 0, 1), ("old.py", 1, 0)},
        {("new.py", 0, 0)},
        {("new.py", 1, 0)},
        {("new.py", 20, 0)},
    ]


def test_merges_and_other_files_are_left_out(
    repository: Callable[..., Path], git: Git, write: Write
) -> None:
    root = repository({"src/a.py": LINES, "README.md": "Hello\n"})
    git(root, "switch", "-qc", "side")
    write(root, {"src/b.py": "b = 1\n", "README.md": "Hello there\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Aside")
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "--no-edit", "side")
    assert [each.paths for each in told(root)] == [{"src/b.py"}, {"src/a.py"}]
    assert [each.paths for each in told(root, root="src")] == [{"b.py"}, {"a.py"}]


def test_people_are_who_the_mailmap_says(
    repository: Callable[..., Path], git: Git, write: Write
) -> None:
    root = repository({"a.py": LINES})
    write(root, {".mailmap": "Ada Lovelace <lovelace@example.org> <ada@example.org>\n"})
    [change] = told(root)
    assert (change.author, change.email) == ("Ada Lovelace", "lovelace@example.org")


def told(folder: Path, root: str = "") -> list[Change]:
    return changes(folder, Choice(), root=root)

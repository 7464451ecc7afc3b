"""What files were called at earlier commits."""

from collections.abc import Callable
from pathlib import Path

from tests.conftest import Git, Write

from graph_sitter_db.checkout import Choice, Held, commits, names_of, renames

TEXT = "".join(f"line_{n} = {n}\n" for n in range(20))


def renamed(root: Path, git: Git, write: Write) -> list[str]:
    """Three commits: a.py, which becomes lib/b.py with another line, and lib/c.py on its own."""
    (root / "lib").mkdir()
    git(root, "mv", "a.py", "lib/b.py")
    write(root, {"lib/b.py": TEXT + "more = 1\n"})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Rename")
    git(root, "mv", "lib/b.py", "lib/c.py")
    git(root, "commit", "-qm", "Rename again")
    return commits(root, Choice())


def test_a_file_is_followed_through_its_renames_in_its_folder(
    repository: Callable[..., Path], git: Git, write: Write
) -> None:
    root = repository({"lib2/x.py": "x = 1\n", "a.py": TEXT})
    first, second, third = renamed(root, git, write)
    assert names_of(root, "lib/c.py", [first, second, third]) == {
        first: "a.py",
        second: "lib/b.py",
    }
    assert names_of(root, "c.py", [second, third], "lib") == {second: "b.py"}
    assert names_of(root, "lib2/x.py", [first, second, third]) == {}
    told = [(m.before, m.after) for m in renames(Held(root, "", first), Held(root, "", third))]
    assert told[0] == ("a.py", "lib/c.py")


def test_in_a_partial_clone_only_files_of_the_same_bytes_are_followed_and_nothing_fails(
    repository: Callable[..., Path], git: Git, write: Write, tmp_path: Path
) -> None:
    root = repository({"a.py": TEXT})
    shas = renamed(root, git, write)
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{root}", "part")
    part = tmp_path / "part"
    assert names_of(part, "lib/c.py", shas) == dict.fromkeys(shas[:2], "lib/b.py")
    told = [*renames(Held(part, "", shas[0]), Held(part, "", shas[2]))]
    assert not [move for move in told if move.before == "a.py"]
    assert Held(part, "", shas[0]).read("a.py") is None

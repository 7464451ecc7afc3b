"""Repositories of every shape are recorded whole, or refused in words that name the remedy."""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pygit2
import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.reports import AnalysisResult

type Git = Callable[..., str]
type Make = Callable[..., Path]
type Write = Callable[..., Path]

FILES = {"a.py": "def f(x=[]):\n    return x\n", "b.py": "from a import f\n\nf()\n"}


def recorded(adapter: CodebaseDBAdapter, root: Path, commit: str | None = None) -> AnalysisResult:
    (result,) = adapter.record(root, commit=commit, depth="syntax")
    return result


def paths(adapter: CodebaseDBAdapter, result: AnalysisResult) -> set[str]:
    return {file.path for file in adapter.files(result.id or UUID(int=0))}


@pytest.mark.parametrize("name", ["origin", "upstream"])
@pytest.mark.parametrize(
    "url", ["/srv/git/x", "file:///srv/x.git", "../x", "https://", "ext::sh x"]
)
def test_a_remote_that_names_no_host_does_not_matter(
    adapter: CodebaseDBAdapter, repository: Make, git: Git, name: str, url: str
) -> None:
    root = repository(FILES)
    git(root, "remote", "add", name, url)
    result = recorded(adapter, root)
    assert (result.status, paths(adapter, result)) == ("completed", set(FILES))


def test_a_clone_of_a_folder_has_relations_though_graph_sitter_cannot_open_it(
    adapter: CodebaseDBAdapter, repository: Make, git: Git, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", str(repository(FILES)), "clone")
    (result,) = adapter.record(tmp_path / "clone")
    assert (result.status, result.files_analyzed, result.edges > 0) == ("completed", 2, True)


def test_a_remote_whose_name_is_not_utf_8_is_passed_over(
    adapter: CodebaseDBAdapter, repository: Make
) -> None:
    root = repository(FILES)
    with (root / ".git" / "config").open("ab") as file:
        file.write(b'[remote "caf\xe9"]\n\turl = https://example.org/a/b\n')
    assert recorded(adapter, root).repository.startswith("project@")


def test_shallow_detached_and_linked_trees_are_recorded_and_say_what_they_are(
    adapter: CodebaseDBAdapter, repository: Make, git: Git, tmp_path: Path
) -> None:
    root = repository(FILES)
    git(root, "commit", "-q", "--allow-empty", "-m", "Second")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "shallow")
    git(root, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    shallow = recorded(adapter, tmp_path / "shallow")
    linked = recorded(adapter, tmp_path / "linked")
    git(root, "checkout", "-q", "--detach", "HEAD~1")
    detached = recorded(adapter, root)
    assert shallow.notes == ["shallow clone: earlier history is not here"]
    assert (linked.branch, linked.notes) == ("side", [])
    assert linked.repository_id == detached.repository_id
    assert detached.branch is None
    assert detached.notes[0].startswith("no branch: HEAD is detached")
    for result in (shallow, linked, detached):
        assert (result.status, paths(adapter, result)) == ("completed", set(FILES))


def test_submodules_are_left_out_and_recorded_by_themselves(
    adapter: CodebaseDBAdapter, repository: Make, git: Git, tmp_path: Path
) -> None:
    other = repository({"m.py": "1\n"}, "other")
    root = repository(FILES)
    git(root, "submodule", "add", "-q", str(other), "sub")
    git(root, "commit", "-q", "-m", "Second")
    result = recorded(adapter, root)
    assert paths(adapter, result) == set(FILES)
    assert result.notes == ["submodules and repositories inside are left out: sub"]
    assert paths(adapter, recorded(adapter, root / "sub")) == {"m.py"}
    git(tmp_path, "clone", "-q", str(root), "clone")
    with pytest.raises(RepositoryError, match="nothing to record"):
        recorded(adapter, tmp_path / "clone" / "sub")
    with pytest.raises(RepositoryError, match="no folder 'sub/' in commit"):
        recorded(adapter, tmp_path / "clone" / "sub", "HEAD")


def test_a_sparse_checkout_is_the_commit_whatever_form_its_index_has(
    adapter: CodebaseDBAdapter, repository: Make, git: Git
) -> None:
    files = {f"{folder}/x.py": f"x = '{folder}'\n" for folder in "abc"}
    root = repository(files)
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "a")
    result = recorded(adapter, root)
    assert (result.is_working_tree, paths(adapter, result)) == (False, set(files))
    assert result.notes == ["sparse checkout: files not on disk are read from the commit: 2"]


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_nothing_and_says_what_is_missing(
    adapter: CodebaseDBAdapter, repository: Make, git: Git, tmp_path: Path, kind: str
) -> None:
    root = repository(FILES)
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", f"--filter={kind}", "--no-checkout", f"file://{root}", "part")
    git(tmp_path / "part", "config", "extensions.partialClone", "origin")
    if kind == "tree:0":
        with pytest.raises(RepositoryError, match="git fetch --refetch"):
            recorded(adapter, tmp_path / "part", "HEAD")
    else:
        result = recorded(adapter, tmp_path / "part", "HEAD")
        assert (result.status, result.files_failed) == ("partial", 2)
        assert all("git fetch --refetch" in failure.message for failure in result.failures)


def test_links_and_loops_of_them_are_no_files(
    adapter: CodebaseDBAdapter, repository: Make, git: Git
) -> None:
    root = repository(FILES)
    for link, target in {
        "self.py": "self.py",
        "x.py": "y.py",
        "y.py": "x.py",
        "loop": ".",
        "outside.py": "/etc/passwd",
        "etc": "/etc",
    }.items():
        (root / link).symlink_to(target)
    lying = recorded(adapter, root)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Links")
    for result in (lying, recorded(adapter, root)):
        assert paths(adapter, result) == set(FILES)
        assert result.notes == ["symbolic links are left out: 4"]


def test_a_reference_that_is_a_loop_of_links_is_an_error_that_names_the_repository(
    adapter: CodebaseDBAdapter, repository: Make
) -> None:
    root = repository(FILES)
    (root / ".git/refs/heads/main").unlink()
    (root / ".git/refs/heads/main").symlink_to("main")
    with pytest.raises(RepositoryError, match="git cannot read the repository"):
        recorded(adapter, root)


def test_a_file_becomes_a_folder_and_a_file_again(
    adapter: CodebaseDBAdapter, repository: Make, git: Git, write: Write
) -> None:
    root = repository({"pkg.py": "def f():\n    pass\n", "x": "no source\n"})
    first = recorded(adapter, root)
    (root / "pkg.py").unlink()
    (root / "x").unlink()
    write(root, {"pkg.py/inner.py": "def g():\n    pass\n", "x/y.py": "y = 1\n"})
    lying = recorded(adapter, root)
    assert lying.is_working_tree
    assert paths(adapter, recorded(adapter, root / "x")) == {"y.py"}
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Folders")
    second = recorded(adapter, root)
    git(root, "revert", "--no-edit", "HEAD")
    third = recorded(adapter, root)
    assert paths(adapter, lying) == paths(adapter, second) == {"pkg.py/inner.py", "x/y.py"}
    assert paths(adapter, first) == paths(adapter, third) == {"pkg.py"}
    compared = adapter.compare_analyses(first.id or "", second.id or "")
    assert {(each.path, each.change) for each in compared.files} == {
        ("pkg.py", "gone"),
        ("pkg.py/inner.py", "new"),
        ("x/y.py", "new"),
    }


def test_names_that_differ_in_case_alone_are_different_files(
    adapter: CodebaseDBAdapter, repository: Make, git: Git, write: Write
) -> None:
    root = repository({"Shape.py": "def f():\n    pass\n"})
    recorded(adapter, root)
    git(root, "mv", "Shape.py", "shape.py")
    git(root, "commit", "-q", "-m", "Rename")
    renamed = recorded(adapter, root)
    assert renamed.since is not None
    changes = [(each.before, each.path, each.change) for each in renamed.since.files]
    assert changes == [("Shape.py", "shape.py", "moved")]
    write(root, {"Shape.py": "x = 1\n"})
    assert paths(adapter, recorded(adapter, root)) == {"Shape.py", "shape.py"}


@pytest.mark.parametrize("elsewhere", ["/usr", "../inside"])
def test_a_working_tree_that_is_said_to_be_elsewhere_is_not_looked_at(
    adapter: CodebaseDBAdapter, repository: Make, git: Git, write: Write, elsewhere: str
) -> None:
    root = write(repository(FILES), {"inside/c.py": "c = 1\n"})
    git(root, "config", "core.worktree", elsewhere)
    result = recorded(adapter, root)
    assert (result.is_working_tree, paths(adapter, result)) == (False, set(FILES))


@pytest.mark.parametrize("revision", ["caf\udce9", "x" * 5000, "a\0b"])
def test_a_revision_that_git_cannot_even_look_up_is_named(
    adapter: CodebaseDBAdapter, repository: Make, revision: str
) -> None:
    with pytest.raises(RepositoryError, match="has no commit"):
        recorded(adapter, repository(FILES), revision)


def test_a_branch_whose_name_is_not_utf_8_is_written_out(
    adapter: CodebaseDBAdapter, repository: Make, git: Git
) -> None:
    root = repository(FILES)
    git(root, "checkout", "-q", "-b", os.fsdecode(b"caf\xe9"))
    assert recorded(adapter, root).branch == "caf\\udce9"


def test_a_path_is_recorded_however_long_and_deep_it_is(
    adapter: CodebaseDBAdapter, repository: Make, git: Git
) -> None:
    root = repository(FILES)
    found = pygit2.Repository(str(root))
    tree = pygit2.Oid(hex=git(root, "rev-parse", "HEAD^{tree}"))
    for level in range(1500):
        builder = found.TreeBuilder()
        builder.insert(f"{level * 7919:06}", tree, pygit2.enums.FileMode.TREE)
        tree = builder.write()
    result = recorded(adapter, root, git(root, "commit-tree", str(tree), "-m", "Deep"))
    assert (result.status, len(paths(adapter, result))) == ("completed", 2)

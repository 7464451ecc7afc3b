"""What a path and a revision mean, on real repositories of every shape."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.checkout.conftest import Git, Make, Write, contents

from graph_sitter_db.checkout import open_tree, place_of
from graph_sitter_db.errors import RepositoryError
from graph_sitter_db.model.keys import Family


def test_a_clean_working_tree_is_its_commit(repository: Make, git: Git) -> None:
    root = repository({"a.py": "a = 1\n", "b/c.ts": "let c = 1\n", "README.md": "Hi\n"})
    tree = open_tree(root)
    assert contents(tree) == {"a.py": b"a = 1\n", "b/c.ts": b"let c = 1\n"}
    assert tree.families() == {Family.PYTHON: 1, Family.TYPESCRIPT: 1}
    assert not tree.origin.is_working_tree
    assert tree.origin.commit is not None
    assert tree.origin.commit.sha == git(root, "rev-parse", "HEAD")
    assert (tree.origin.branch, tree.origin.default_branch) == ("main", "main")
    assert tree.origin.notes == ()


def test_sources_carry_the_digest_of_their_bytes(repository: Make) -> None:
    tree = open_tree(repository({"a.py": "a = 1\n"}))
    [source] = tree.sources(Family.PYTHON)
    assert source.sha256 == hashlib.sha256(b"a = 1\n").digest()


def test_a_dirty_working_tree_is_taken_as_it_lies(repository: Make, git: Git, write: Write) -> None:
    root = repository(
        {"edited.py": "1\n", "gone.py": "1\n", "same.py": "1\n", ".gitignore": "built/\n"}
    )
    write(root, {"edited.py": "2\n", "new.py": "3\n", "built/out.py": "4\n"})
    (root / "gone.py").unlink()
    tree = open_tree(root)
    assert contents(tree) == {"edited.py": b"2\n", "new.py": b"3\n", "same.py": b"1\n"}
    assert tree.origin.is_working_tree
    short = git(root, "rev-parse", "--short=7", "HEAD")
    assert tree.origin.notes == (
        f"3 files have uncommitted changes: recording the working tree, not commit {short}",
    )


@pytest.mark.parametrize("staged", [True, False])
def test_a_new_source_makes_the_tree_dirty_staged_or_not(
    repository: Make, git: Git, write: Write, staged: bool
) -> None:
    root = write(repository({"a.py": "1\n"}), {"new.py": "2\n"})
    if staged:
        git(root, "add", "new.py")
    assert open_tree(root).origin.is_working_tree


def test_changes_outside_the_sources_do_not_matter(repository: Make, write: Write) -> None:
    root = write(repository({"a.py": "1\n", "README.md": "1\n"}), {"README.md": "2\n", "x.txt": ""})
    assert not open_tree(root).origin.is_working_tree


def test_a_file_that_is_tracked_though_ignored_is_recorded(
    repository: Make, git: Git, write: Write
) -> None:
    root = write(repository({"a.py": "1\n", ".gitignore": "built/\n"}), {"built/b.py": "2\n"})
    git(root, "add", "-f", "built/b.py")
    assert set(contents(open_tree(root))) == {"a.py", "built/b.py"}
    git(root, "commit", "-q", "-m", "Second")
    assert not open_tree(root).origin.is_working_tree
    assert set(contents(open_tree(root))) == {"a.py", "built/b.py"}


def test_line_ends_converted_on_checkout_are_no_change(repository: Make, write: Write) -> None:
    root = write(repository({"a.py": "a = 1\nb = 2\n"}), {"a.py": "a = 1\r\nb = 2\r\n"})
    tree = open_tree(root)
    assert not tree.origin.is_working_tree
    assert contents(tree) == {"a.py": b"a = 1\nb = 2\n"}


def test_a_revision_is_read_without_the_working_tree(
    repository: Make, git: Git, write: Write
) -> None:
    root = repository({"a.py": "1\n", "b.py": "1\n"})
    write(root, {"a.py": "2\n"})
    git(root, "commit", "-q", "-a", "-m", "Second")
    write(root, {"a.py": "3\n", "new.py": "3\n"})
    tree = open_tree(root, "HEAD~1")
    assert contents(tree) == {"a.py": b"1\n", "b.py": b"1\n"}
    assert not tree.origin.is_working_tree
    assert tree.origin.branch == "main"  # which holds that commit
    assert (root / "a.py").read_text() == "3\n"


def test_a_revision_that_names_a_branch_belongs_to_it(
    repository: Make, git: Git, write: Write
) -> None:
    root = repository({"a.py": "1\n"})
    git(root, "checkout", "-q", "-b", "side")
    write(root, {"a.py": "2\n"})
    git(root, "commit", "-q", "-a", "-m", "Second")
    sha = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "main")
    assert open_tree(root, "side").origin.branch == "side"
    by_id = open_tree(root, sha).origin
    assert by_id.branch is None
    assert by_id.notes == (
        "no branch: HEAD is detached, or the commit is not on the current branch",
    )


def test_a_commit_tells_who_and_when(repository: Make, git: Git) -> None:
    root = repository({"a.py": "1\n"})
    zone = "--date=2024-02-29T12:00:00-0730"
    git(root, "commit", "-q", "--amend", "--no-edit", zone, "--author=Zoë <zoe@example.org>")
    commit = open_tree(root).origin.commit
    assert commit is not None
    assert (commit.author_name, commit.author_email) == ("Zoë", "zoe@example.org")
    assert commit.authored_at.isoformat() == "2024-02-29T12:00:00-07:30"
    assert commit.committed_at.utcoffset() is not None
    assert (commit.message, commit.parents) == ("First\n", ())


def test_an_author_in_latin_1_at_an_impossible_hour_is_read(repository: Make, git: Git) -> None:
    root = repository({"a.py": "1\n"})
    tree = git(root, "rev-parse", "HEAD^{tree}")
    raw = root / "raw"
    raw.write_bytes(
        f"tree {tree}\n".encode()
        + b"author Zo\xeb <z@example.org> 99999999999999 +9900\n"
        + b"committer Zo\xeb <z@example.org> 1700000000 +0100\n\nGr\xfc\xdfe\n"
    )
    sha = git(root, "hash-object", "-t", "commit", "-w", "--literally", "raw")
    commit = open_tree(root, sha).origin.commit
    assert commit is not None
    assert commit.author_name == "Zo�"
    assert commit.authored_at.tzinfo is not None
    assert commit.committed_at.utcoffset() == timedelta(hours=1)


def test_a_bare_repository_stands_for_its_head(repository: Make, git: Git, tmp_path: Path) -> None:
    root = repository({"a.py": "1\n"})
    git(tmp_path, "clone", "-q", "--bare", str(root), "copy.git")
    tree = open_tree(tmp_path / "copy.git")
    assert contents(tree) == {"a.py": b"1\n"}
    assert (tree.origin.name, tree.origin.branch, tree.origin.root_path) == ("copy", "main", "")
    assert contents(open_tree(root / ".git")) == {"a.py": b"1\n"}


def test_a_linked_worktree_has_its_own_branch_and_files(
    repository: Make, git: Git, write: Write, tmp_path: Path
) -> None:
    root = repository({"a.py": "1\n"})
    git(root, "worktree", "add", "-q", "-b", "side", str(tmp_path / "linked"))
    linked = write(tmp_path / "linked", {"b.py": "2\n"})
    tree = open_tree(linked)
    assert (tree.origin.branch, tree.origin.is_working_tree) == ("side", True)
    assert set(contents(tree)) == {"a.py", "b.py"}
    assert not open_tree(root).origin.is_working_tree


def test_a_shallow_clone_says_so(repository: Make, git: Git, write: Write, tmp_path: Path) -> None:
    root = write(repository({"a.py": "1\n"}), {"a.py": "2\n"})
    git(root, "commit", "-q", "-a", "-m", "Second")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "shallow")
    tree = open_tree(tmp_path / "shallow")
    assert contents(tree) == {"a.py": b"2\n"}
    assert tree.origin.notes == ("shallow clone: earlier history is not here",)
    with pytest.raises(RepositoryError, match="--unshallow"):
        open_tree(tmp_path / "shallow", "HEAD~1")


def test_a_detached_head_has_no_branch(repository: Make, git: Git) -> None:
    root = repository({"a.py": "1\n"})
    git(root, "checkout", "-q", "--detach")
    tree = open_tree(root)
    assert tree.origin.branch is None
    assert tree.origin.default_branch == "main"
    assert tree.origin.commit is not None


def test_submodules_and_nested_repositories_are_left_out(repository: Make, git: Git) -> None:
    other = repository({"m.py": "1\n"}, "other")
    root = repository({"a.py": "1\n"})
    git(root, "submodule", "add", "-q", str(other), "sub")
    git(root, "commit", "-q", "-m", "Second")
    for tree in (open_tree(root), open_tree(root, "HEAD")):
        assert set(contents(tree)) == {"a.py"}
        assert tree.origin.notes == ("submodules and repositories inside are left out: sub",)
        assert not tree.origin.is_working_tree
    assert set(contents(open_tree(root / "sub"))) == {"m.py"}


def test_symbolic_links_are_left_out_and_loops_are_harmless(repository: Make, git: Git) -> None:
    root = repository({"a.py": "1\n", "folder/b.py": "1\n"})
    (root / "link.py").symlink_to("a.py")
    (root / "outside.py").symlink_to("/etc/passwd")
    (root / "folder/loop").symlink_to("..")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Second")
    for tree in (open_tree(root), open_tree(root, "HEAD")):
        assert set(contents(tree)) == {"a.py", "folder/b.py"}
        assert tree.origin.notes == ("symbolic links are left out: 2",)


def test_a_folder_inside_gives_its_own_part(repository: Make, git: Git, write: Write) -> None:
    root = repository({"src/pkg/a.py": "1\n", "src/b.py": "1\n", "tests/t.py": "1\n"})
    for tree in (open_tree(root / "src"), open_tree(root / "src", "HEAD")):
        assert set(contents(tree)) == {"b.py", "pkg/a.py"}
        assert (tree.origin.root_path, tree.origin.name) == ("src", "project")
    write(root, {"tests/t.py": "2\n"})
    assert not open_tree(root / "src").origin.is_working_tree
    write(root, {"src/pkg/a.py": "2\n"})
    assert contents(open_tree(root / "src"))["pkg/a.py"] == b"2\n"
    assert open_tree(root / "src").origin.is_working_tree


def test_a_folder_that_a_revision_lacks_is_named(repository: Make, write: Write) -> None:
    root = write(repository({"a.py": "1\n"}), {"later/b.py": "1\n"})
    assert set(contents(open_tree(root / "later"))) == {"b.py"}
    with pytest.raises(RepositoryError, match="no folder 'later/' in commit"):
        open_tree(root / "later", "HEAD")


def test_a_folder_without_git_is_taken_as_it_lies(tmp_path: Path, write: Write) -> None:
    root = write(
        tmp_path / "plain",
        {
            "a.py": "1\n",
            "node_modules/x/y.js": "1\n",
            "env/pyvenv.cfg": "",
            "env/lib/z.py": "1\n",
            "app.min.js": "1\n",
            "__pycache__/q.py": "1\n",
        },
    )
    tree = open_tree(root)
    assert contents(tree) == {"a.py": b"1\n"}
    origin = tree.origin
    assert (origin.provider, origin.full_name, origin.commit) == ("local", str(root), None)
    assert origin.notes == ("not a git repository: recorded without a commit",)
    assert origin.is_working_tree


def test_a_folder_that_git_ignores_is_a_folder_without_git(repository: Make, write: Write) -> None:
    root = write(repository({"a.py": "1\n", ".gitignore": "lib/\n"}), {"lib/x/b.py": "1\n"})
    tree = open_tree(root / "lib" / "x")
    assert contents(tree) == {"b.py": b"1\n"}
    assert (tree.origin.name, tree.origin.commit) == ("x", None)


def test_a_repository_without_commits_is_taken_as_it_lies(
    tmp_path: Path, git: Git, write: Write
) -> None:
    root = write(tmp_path / "fresh", {"a.py": "1\n"})
    git(root, "init", "-q")
    tree = open_tree(root)
    assert contents(tree) == {"a.py": b"1\n"}
    assert (tree.origin.commit, tree.origin.branch) == (None, "main")
    assert tree.origin.notes == ("no commit yet: recording the working tree",)
    with pytest.raises(RepositoryError, match="has no commits yet"):
        open_tree(root, "HEAD")


def test_a_tree_without_sources_has_no_families(repository: Make) -> None:
    assert open_tree(repository({"README.md": "Hi\n"})).families() == {}
    assert open_tree(repository({}, "empty")).families() == {}


@pytest.mark.parametrize("revision", ["nope", "HEAD~9", "HEAD:a.py", "", "--all", "f" * 40])
def test_an_unknown_revision_is_named(repository: Make, revision: str) -> None:
    with pytest.raises(RepositoryError, match="has no commit") as caught:
        open_tree(repository({"a.py": "1\n"}), revision)
    assert repr(revision) in str(caught.value)


def test_a_missing_path_and_a_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="does not exist"):
        open_tree(tmp_path / "nothing")
    (tmp_path / "file.py").touch()
    with pytest.raises(RepositoryError, match="is a file"):
        open_tree(tmp_path / "file.py")
    with pytest.raises(RepositoryError, match=r"no revision 'HEAD'.*leave it out"):
        open_tree(tmp_path, "HEAD")


def test_a_sparse_checkout_is_completed_from_the_commit(repository: Make, git: Git) -> None:
    root = repository({"a/x.py": "1\n", "b/y.py": "2\n"})
    git(root, "sparse-checkout", "set", "a")
    assert not (root / "b").exists()
    tree = open_tree(root)
    assert contents(tree) == {"a/x.py": b"1\n", "b/y.py": b"2\n"}
    assert not tree.origin.is_working_tree
    assert any("sparse checkout" in note for note in tree.origin.notes)


def test_include_and_exclude_choose(repository: Make) -> None:
    root = repository({"src/a.py": "1\n", "src/gen/b.py": "1\n", "docs/c.py": "1\n"})
    tree = open_tree(root, include=["src"], exclude=["gen"])
    assert set(contents(tree)) == {"src/a.py"}


def test_an_export_holds_sources_and_what_they_need(repository: Make) -> None:
    root = repository(
        {"a.py": "1\n", "web/b.ts": "1\n", "web/tsconfig.json": "{}", "pic.png": "x", "x.txt": ""}
    )
    with open_tree(root).export() as folder:
        files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        assert files == {"a.py", "web/b.ts", "web/tsconfig.json"}
        assert folder.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["..", ".", "x" * 300, "a\x1b[31mb"])
def test_a_repository_of_any_name_can_be_exported(repository: Make, git: Git, name: str) -> None:
    root = repository({"a.py": "1\n"})
    git(root, "remote", "add", "origin", f"https://github.com/foo/{name}")
    with open_tree(root).export() as folder:
        assert (folder / "a.py").read_text() == "1\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_export_goes_away_whatever_happens(repository: Make, error: type[BaseException]) -> None:
    tree = open_tree(repository({"a.py": "1\n"}))
    with pytest.raises(error), tree.export() as folder:
        raise error
    assert not folder.parent.exists()


@pytest.mark.parametrize(
    ("url", "provider", "full_name", "shown"),
    [
        ("https://me:secret@github.com/o/n.git", "github", "o/n", "https://github.com/o/n.git"),
        ("/srv/git/n.git", "local", "project", "/srv/git/n.git"),
    ],
)
def test_the_remote_names_the_repository(
    repository: Make, git: Git, url: str, provider: str, full_name: str, shown: str
) -> None:
    root = repository({"a.py": "1\n"})
    git(root, "remote", "add", "upstream", url)
    origin = open_tree(root).origin
    name = origin.full_name.partition("@")[0]
    assert (origin.provider, name, origin.url) == (provider, full_name, shown)


def test_a_repository_without_a_host_is_known_by_its_first_commit(
    repository: Make, git: Git, tmp_path: Path
) -> None:
    root = repository({"a.py": "1\n"})
    first = open_tree(root).origin.commit
    assert first is not None
    git(root, "commit", "--allow-empty", "-m", "second")
    git(root, "worktree", "add", str(tmp_path / "elsewhere"))
    for place in (root, tmp_path / "elsewhere"):
        assert open_tree(place).origin.full_name == f"{root.name}@{first.sha[:8]}"
        assert place_of(place).full_name == f"{root.name}@{first.sha[:8]}"


def test_origin_comes_before_other_remotes_and_tells_the_default_branch(
    repository: Make, git: Git
) -> None:
    root = repository({"a.py": "1\n"})
    git(root, "remote", "add", "alpha", "https://gitlab.com/a/alpha")
    git(root, "remote", "add", "origin", "git@github.com:o/beta.git")
    git(root, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    origin = open_tree(root).origin
    assert (origin.full_name, origin.name, origin.default_branch) == ("o/beta", "beta", "trunk")


def test_manifests_are_handed_on_as_they_are_at_that_point(repository: Make, write: Write) -> None:
    files = {"a.py": "", "pyproject.toml": "1", "b/package.json": "2", "tsconfig.json": "3"}
    root = repository(files)
    write(root, {"pyproject.toml": "4", "node_modules/c/package.json": "5"})
    assert open_tree(root, "HEAD").manifests() == {"pyproject.toml": b"1", "b/package.json": b"2"}
    assert open_tree(root).manifests() == {"pyproject.toml": b"4", "b/package.json": b"2"}

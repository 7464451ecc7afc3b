"""Which commit a change is compared with: in clones of any depth, by hand and in CI."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from graph_sitter_db.checkout import base_of
from graph_sitter_db.errors import UndecidedError

type Git = Callable[..., str]


@pytest.fixture
def origin(repository: Callable[..., Path], git: Git) -> Path:
    """Main has three commits; `change` left it at the second; `merged` is what CI would test."""
    root = repository({"a.py": "a = 1\n"}, "origin")
    git(root, "commit", "-q", "--allow-empty", "-m", "Second")
    git(root, "switch", "-q", "-c", "change")
    git(root, "commit", "-q", "--allow-empty", "-m", "Change")
    git(root, "switch", "-q", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "Third")
    git(root, "switch", "-q", "-c", "merged")
    git(root, "merge", "-q", "--no-ff", "-m", "Merge", "change")
    git(root, "switch", "-q", "main")
    return root


@pytest.fixture
def clone(origin: Path, git: Git, tmp_path: Path) -> Callable[..., Path]:
    """A clone with one branch checked out as CI does: no branch, and maybe not all of history."""

    def make(branch: str, *options: str) -> Path:
        root = tmp_path / "clone"
        git(tmp_path, "clone", "-q", *options, "-b", branch, f"file://{origin}", "clone")
        git(root, "checkout", "-q", "--detach")
        return root

    return make


def found(
    root: Path, git: Git, wanted: str | None = None, variables: Mapping[str, str] | None = None
) -> str:
    """The subject of the base, which the origin knows even if the clone does not."""
    head = git(root, "rev-parse", "HEAD")
    base = base_of(root, head, wanted, variables or {})
    return git(root.parent / "origin", "log", "-1", "--format=%s", base.commits[0])


def test_a_change_is_compared_with_where_it_left_the_default_branch(
    clone: Callable[..., Path], git: Git
) -> None:
    assert found(clone("change"), git) == "Second"


def test_a_base_given_as_a_revision_means_where_both_parted(
    clone: Callable[..., Path], git: Git
) -> None:
    root = clone("change")
    assert found(root, git, "origin/main") == "Second"
    assert found(root, git, "HEAD~2") == "First"


def test_what_git_does_not_know_may_be_a_run(clone: Callable[..., Path]) -> None:
    base = base_of(clone("change"), "0" * 40, "k3v9x2pq", {})
    assert (base.commits, base.told) == ((), "k3v9x2pq")


def test_on_the_default_branch_the_state_before_is_the_base(
    clone: Callable[..., Path], git: Git
) -> None:
    root = clone("main")
    base = base_of(root, git(root, "rev-parse", "HEAD"), None, {})
    assert base.commits == tuple(git(root, "rev-list", "HEAD").split()[1:])


def test_uncommitted_changes_on_the_default_branch_are_compared_with_head(
    clone: Callable[..., Path], git: Git
) -> None:
    root = clone("main")
    head = git(root, "rev-parse", "HEAD")
    assert base_of(root, head, None, {}, is_tree=True).commits == (head,)


@pytest.mark.parametrize("options", [(), ("--depth", "1")])
def test_a_merge_that_github_made_is_compared_with_what_it_was_merged_with(
    clone: Callable[..., Path], git: Git, options: tuple[str, ...]
) -> None:
    variables = {"GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/7/merge"}
    assert found(clone("merged", *options), git, None, variables) == "Third"


def test_a_pull_requests_own_head_is_compared_with_its_target(
    clone: Callable[..., Path], git: Git
) -> None:
    variables = {"GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/heads/change"}
    assert found(clone("change"), git, None, variables) == "Second"


def test_gitlab_names_the_commit_itself(clone: Callable[..., Path], origin: Path, git: Git) -> None:
    root = clone("change", "--depth", "1")
    second, third = git(origin, "rev-parse", "main~1"), git(origin, "rev-parse", "main")
    variables = {
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": second,
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "",
    }
    assert found(root, git, None, variables) == "Second"
    variables["CI_MERGE_REQUEST_TARGET_BRANCH_SHA"] = third
    assert found(root, git, None, variables) == "Third"


def test_a_clone_too_shallow_to_tell_is_undecided(clone: Callable[..., Path], git: Git) -> None:
    root = clone("change", "--depth", "1", "--no-single-branch")
    with pytest.raises(UndecidedError, match=r"in common: the clone is shallow.*fetch-depth: 0"):
        base_of(root, git(root, "rev-parse", "HEAD"), None, {"GITHUB_BASE_REF": "main"})


def test_a_target_that_was_not_fetched_is_undecided(clone: Callable[..., Path], git: Git) -> None:
    root = clone("change", "--depth", "1")
    with pytest.raises(UndecidedError, match=r"\$GITHUB_BASE_REF is main, and git knows no such"):
        base_of(root, git(root, "rev-parse", "HEAD"), None, {"GITHUB_BASE_REF": "main"})

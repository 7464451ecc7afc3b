"""Which commit a change is to be compared with: where it left the branch that it is to go into."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pygit2

from graph_sitter_db.checkout import repository
from graph_sitter_db.checkout.folders import folder_at
from graph_sitter_db.checkout.identity import identity_of
from graph_sitter_db.checkout.origin import default_branch
from graph_sitter_db.errors import UndecidedError

# The branch a change is to go into, as CI names it in the jobs of a pull or merge request.
TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
# Commits that GitLab names, the more exact one first: in a pipeline of merged results the head is
# a merge with the first; the second is where the branches parted.
GITLAB = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA")
FURTHEST = 1000  # commits back on the branch itself


@dataclass(frozen=True, slots=True)
class Base:
    """`commits`: the one to compare with; on the target branch itself, those before the head, of
    which the first that is recorded is meant. Empty: `told` is nothing git knows, a run perhaps.
    """

    commits: tuple[str, ...]
    told: str


def base_of(
    path: str | Path,
    head: str,
    wanted: str | None,
    environment: Mapping[str, str],
    *,
    is_tree: bool = False,
) -> Base:
    """The base of commit `head`: as `wanted`, a revision, else as CI says, else the default branch.

    Of two branches it is where they parted; of uncommitted changes (`is_tree`) that may be the
    head. A merge commit that CI made of a request is compared with its first parent, which even the
    shallowest clone can name.
    """
    found = repository.find(folder_at(path))
    if found is None:
        return Base((), wanted or "")
    if wanted:
        known = _commit(found, wanted) is not None
        return _parted(found, head, wanted, is_tree) if known else Base((), wanted)
    for name in GITLAB:
        if sha := environment.get(name, "").strip():
            return Base((sha,), f"${name}")
    if _is_merge_of_github(environment) and len(parents := _parents(found, head)) == 2:
        return Base((parents[0],), "what the pull request was merged with")
    for name in TARGETS:
        if branch := environment.get(name, "").strip():
            return _of_branch(found, head, branch, f"${name}", is_tree)
    branch = default_branch(found, identity_of(found).remote)
    return _of_branch(found, head, branch, "the default branch", is_tree)


def _of_branch(
    found: pygit2.Repository, head: str, branch: str, source: str, is_tree: bool
) -> Base:
    remote = identity_of(found).remote
    for name in (f"{remote}/{branch}", branch):
        if _commit(found, name):
            return _parted(found, head, name, is_tree)
    raise UndecidedError(
        f"{source} is {branch}, and git knows no such branch here{_deeper(found)}; "
        "or name a recorded commit or run with --base."
    )


def _parted(found: pygit2.Repository, head: str, name: str, is_tree: bool) -> Base:
    other = _commit(found, name)
    assert other
    if not _commit(found, head):
        return Base((str(other.id),), name)
    common = found.merge_base(pygit2.Oid(hex=head), other.id)
    if common is None:
        raise UndecidedError(
            f"git sees no commit that {head[:12]} and {name} have in common{_deeper(found)}."
        )
    if is_tree or str(common) != head:
        return Base((str(common),), f"merge base with {name}")
    return Base(tuple(islice(_before(found, head), FURTHEST)), f"recorded before on {name}")


def _before(found: pygit2.Repository, head: str) -> Iterator[str]:
    """Along first parents. The last is named although a shallow clone has it not."""
    while parents := _parents(found, head):
        head = parents[0]
        yield head


def _parents(found: pygit2.Repository, sha: str) -> list[str]:
    """As the commit itself says: git hides those that a shallow clone left behind."""
    try:
        _, content = found.read(pygit2.Oid(hex=sha))
    except (KeyError, ValueError):
        return []
    head, _, _ = content.partition(b"\n\n")
    return [line[7:].decode() for line in head.splitlines() if line.startswith(b"parent ")]


def _is_merge_of_github(environment: Mapping[str, str]) -> bool:
    ref = environment.get("GITHUB_REF", "")
    return ref.startswith("refs/pull/") and ref.endswith("/merge")


def _commit(found: pygit2.Repository, revision: str) -> pygit2.Commit | None:
    try:
        return found.revparse_single(revision).peel(pygit2.Commit)
    except (KeyError, ValueError, pygit2.GitError):
        return None


def _deeper(found: pygit2.Repository) -> str:
    if not found.is_shallow:
        return ": fetch it"
    return (
        ": the clone is shallow, fetch the rest (git fetch --unshallow; fetch-depth: 0 of GitHub's "
        "checkout, GIT_DEPTH: 0 in GitLab)"
    )

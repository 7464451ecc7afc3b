"""What is known of a repository beside its files: name, source, branch and commit."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pygit2
from pygit2.enums import ReferenceType

from graph_sitter_db.checkout.identity import current_branch, identity_of
from graph_sitter_db.checkout.repository import head_commit
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.snapshot import Commit, Origin


def without_git(folder: Path, notes: tuple[str, ...]) -> Origin:
    name = storable(folder.name) or "root"
    return Origin("local", storable(str(folder)), name, None, "main", None, None, True, "", notes)


def of_repository(
    repository: pygit2.Repository,
    commit: pygit2.Commit | None,
    branch: str | None,
    root_path: str,
    is_working_tree: bool,
    notes: tuple[str, ...],
) -> Origin:
    known = identity_of(repository)
    return Origin(
        provider=known.provider,
        full_name=known.full_name,
        name=known.full_name.rpartition("/")[2].partition("@")[0],
        url=known.url,
        default_branch=default_branch(repository, known.remote),
        branch=branch,
        commit=commit_of(commit) if commit else None,
        is_working_tree=is_working_tree,
        root_path=storable(root_path),
        notes=notes,
    )


def branch_of(repository: pygit2.Repository, revision: str, commit: pygit2.Commit) -> str | None:
    """The branch a revision names, else the current one when the commit is part of it."""
    if revision in repository.branches.local:
        return revision
    short = revision.partition("/")[2]
    if revision in repository.branches.remote and short != "HEAD":
        return short
    head = head_commit(repository)
    if head is not None and (head.id == commit.id or repository.descendant_of(head.id, commit.id)):
        return current_branch(repository)
    return None


def default_branch(repository: pygit2.Repository, remote_name: str | None) -> str:
    """What the remote says, as far as it was fetched; else main or master, else the current one."""
    head = repository.references.get(f"refs/remotes/{remote_name}/HEAD") if remote_name else None
    if head is not None and head.type == ReferenceType.SYMBOLIC:
        return str(head.target).removeprefix(f"refs/remotes/{remote_name}/")
    for name in ("main", "master"):
        if (
            name in repository.branches.local
            or f"{remote_name}/{name}" in repository.branches.remote
        ):
            return name
    return current_branch(repository) or "main"


def commit_of(commit: pygit2.Commit) -> Commit:
    return Commit(
        sha=str(commit.id),
        parents=tuple(str(parent) for parent in commit.parent_ids),
        author_name=_text(commit.author.raw_name),
        author_email=_text(commit.author.raw_email),
        authored_at=_moment(commit.author.time, commit.author.offset),
        committed_at=_moment(commit.commit_time, commit.commit_time_offset),
        message=_text(commit.raw_message),
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\0", "")


def _moment(seconds: int, offset_minutes: int) -> datetime:
    """Damaged history has offsets of days, which become UTC, and years off the calendar, 1970."""
    zone = timezone(timedelta(minutes=offset_minutes)) if abs(offset_minutes) < 24 * 60 else UTC
    try:
        return datetime.fromtimestamp(seconds, zone)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)

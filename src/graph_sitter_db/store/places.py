"""Where a run belongs: repository, project, codebase, commit, extractor; made when missing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from uuid import UUID

from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.snapshot import Commit, Origin
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored, stored_json


@dataclass(frozen=True, slots=True)
class Place:
    codebase_id: UUID
    commit_id: int | None
    extractor_id: int
    extractor: bytes


def find_place(
    sql: Statements,
    origin: Origin,
    family: Family,
    extractor: bytes,
    definitions: Mapping[str, str],
) -> Place:
    # Two first recordings at once would otherwise both find nothing and collide on the names.
    sql.run("lock_organization")
    repository_id = _repository(sql, origin, family)
    codebase_id = _codebase(sql, origin, family, repository_id)
    if origin.branch:
        sql.run("insert_branch", repository_id=repository_id, name=stored(origin.branch))
    return Place(
        codebase_id=codebase_id,
        commit_id=_commit(sql, codebase_id, origin.commit) if origin.commit else None,
        extractor_id=_extractor(sql, extractor, definitions),
        extractor=extractor,
    )


def slug(name: str) -> str:
    """Lower-case words of letters and digits joined by hyphens, at most 90 characters."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:90].strip("-") or "project"


def _repository(sql: Statements, origin: Origin, family: Family) -> UUID:
    key: dict[str, Any] = {"provider": origin.provider, "full_name": storable(origin.full_name)}
    if found := sql.value("find_repository", **key):
        return found  # type: ignore[no-any-return]
    name = storable(origin.name)
    repository_id: UUID = sql.value(
        "insert_repository",
        **key,
        name=name,
        url=origin.url and stored(origin.url),
        default_branch=stored(origin.default_branch),
        language=family,
    )
    project_id = sql.value("insert_project", name=name, slug=slug(name))
    sql.run("link_project", project_id=project_id, repository_id=repository_id)
    return repository_id


def _codebase(sql: Statements, origin: Origin, family: Family, repository_id: UUID) -> UUID:
    root = storable(origin.root_path)
    key: dict[str, Any] = {"repository_id": repository_id, "language": family, "root_path": root}
    if found := sql.value("find_codebase", **key):
        return found  # type: ignore[no-any-return]
    created: UUID = sql.value(
        "insert_codebase",
        **key,
        project_id=sql.value("find_project", repository_id=repository_id),
        name=f"{origin.provider}:{storable(origin.full_name)}",
    )
    return created


def _commit(sql: Statements, codebase_id: UUID, commit: Commit) -> int:
    found = sql.value("find_commit", codebase_id=codebase_id, sha=commit.sha)
    return found or sql.value(  # type: ignore[no-any-return]
        "insert_commit",
        codebase_id=codebase_id,
        sha=commit.sha,
        parent_shas=list(commit.parents),
        author_name=stored(commit.author_name),
        author_email=stored(commit.author_email),
        authored_at=commit.authored_at,
        committed_at=commit.committed_at,
        message=stored(commit.message),
    )


def _extractor(sql: Statements, fingerprint: bytes, definitions: Mapping[str, str]) -> int:
    sql.run(
        "insert_extractor",
        fingerprint=fingerprint,
        library_version=version("graph-sitter-db"),
        definitions=stored_json(definitions),
    )
    found: int = sql.value("find_extractor", fingerprint=fingerprint)
    return found

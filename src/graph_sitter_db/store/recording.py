"""The life of a run: begun, completed or failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.errors import UniqueViolation

from graph_sitter_db.db import Database
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.snapshot import AnalysedFile, Analysis, Origin
from graph_sitter_db.store.content import write_content
from graph_sitter_db.store.digests import configuration_digest, extractor_digest
from graph_sitter_db.store.places import Place, find_place
from graph_sitter_db.store.results import finished, write_metrics, write_steps
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored, stored_json

type Run = tuple[UUID, str, bool]  # id, status, whether it says all there is


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that is under way; `done` when this commit and configuration was recorded before."""

    run_id: UUID
    place: Place
    # Codebase, commit, depth and configuration: what makes two runs the same.
    key: Mapping[str, object]
    row: Mapping[str, object]  # all columns it is opened with
    is_working_tree: bool
    done: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """`rows` counts what was written, by table; nothing was when the run existed."""

    run_id: UUID
    codebase_id: UUID
    rows: Mapping[str, int] = field(default_factory=dict)
    already: bool = False


def begin(
    database: Database,
    origin: Origin,
    family: Family,
    depth: Depth,
    *,
    definitions: Mapping[str, str],
    settings: Mapping[str, object],
    trigger: str = "api",
    sources: bytes | None = None,
) -> Begun:
    """Find or open the run of this commit, configuration and depth.

    `sources` is the digest of all bytes that decide the result, by which `repeat` finds a twin.
    """
    extractor = extractor_digest(definitions)
    with database.transaction() as connection:
        sql = Statements(connection)
        place = find_place(sql, origin, family, extractor, definitions)
        key = {
            "codebase_id": place.codebase_id,
            "commit_id": place.commit_id,
            "depth": depth,
            "configuration_digest": configuration_digest(extractor, settings),
        }
        is_working_tree = origin.is_working_tree or origin.commit is None
        row = {
            **key,
            "branch": origin.branch and stored(origin.branch),
            "is_working_tree": is_working_tree,
            "configuration": stored_json(settings),
            "tool_version": version("graph-sitter-db"),
            "trigger_source": trigger,
            "sources_digest": sources,
        }
        if not is_working_tree and (run := sql.one("find_run", **key)):
            if origin.branch == origin.default_branch:
                sql.run("claim_branch", run_id=run[0], branch=stored(origin.default_branch))
            return Begun(run[0], place, key, row, is_working_tree, done=_is_done(run))
        run_id = sql.value("insert_run", **row)
        return Begun(run_id, place, key, row, is_working_tree, done=False)


def new_files(database: Database, begun: Begun, files: Sequence[AnalysedFile]) -> set[str]:
    """Paths of those files of which this very version is not stored yet."""
    if not files:
        return set()
    keys = {(storable(f.path), f.measured.facts.source.sha256): f.path for f in files}
    with database.transaction(read_only=True) as connection:
        known = Statements(connection).rows(
            "known_versions",
            codebase_id=begun.place.codebase_id,
            extractor_id=begun.place.extractor_id,
            paths=[path for path, _ in keys],
        )
    return {keys[key] for key in keys.keys() - {(path, bytes(blob)) for path, blob in known}}


def complete(database: Database, begun: Begun, analysis: Analysis) -> Recorded:
    """Write everything the analysis found that was not stored yet, and close its run.

    That need not be the run it began with: others record the same commit, finish and fail.
    """
    place = begun.place
    with database.transaction() as connection:
        sql = Statements(connection)
        sql.run("lock_codebase", codebase_id=place.codebase_id)
        run = _run_now(sql, begun)
        if run and _is_done(run):
            return Recorded(run[0], place.codebase_id, already=True)
        run_id = _opened(connection, sql, begun, run, analysis)
        content = write_content(sql, place, analysis)
        if begun.is_working_tree and (
            same := sql.value("same_working_tree", **begun.key, snapshot_id=content.snapshot_id)
        ):
            sql.run("delete_run", run_id=run_id)
            return Recorded(same, place.codebase_id, already=True)
        sql.run(
            "finish_run",
            run_id=run_id,
            **finished(analysis, content.snapshot_id, content.new_versions),
        )
        write_metrics(sql, run_id, analysis)
        write_steps(sql, run_id, analysis.seconds)
        if begun.is_working_tree:
            sql.run("supersede_working_tree", **begun.key, run_id=run_id)
        return Recorded(run_id, place.codebase_id, content.rows)


def fail(database: Database, begun: Begun, error: str) -> None:
    """Mark the run as failed; a later recording of the same commit opens a new one."""
    with database.transaction() as connection:
        Statements(connection).run(
            "fail_run", run_id=begun.run_id, error_message=stored(error)[:2000]
        )


def _is_done(run: Run) -> bool:
    _, status, is_whole = run
    return status in ("completed", "partial") and is_whole


def _run_now(sql: Statements, begun: Begun) -> Run | None:
    """The run as it is by now, or the one that took its place when another job failed it."""
    run = sql.one("run_state", run_id=begun.run_id)
    if run and run[1] != "failed":
        return run
    return (None if begun.is_working_tree else sql.one("find_run", **begun.key)) or run


def _opened(
    connection: Connection[Any],
    sql: Statements,
    begun: Begun,
    run: Run | None,
    analysis: Analysis,
) -> UUID:
    """A run that is `running` and holds nothing."""
    if run and run[1] == "running":
        return run[0]
    run_id: UUID
    try:
        with connection.transaction():
            if run is None:
                run_id = sql.value("insert_run", **begun.row)
            else:
                run_id = run[0]
                for results in ("metrics", "steps"):
                    sql.run(f"forget_{results}", run_id=run_id)
                sql.run("reopen_run", run_id=run_id, seconds=sum(analysis.seconds.values()))
    except UniqueViolation:  # somebody began it anew just now, and will find it done
        run_id = sql.value("find_run", **begun.key)
    return run_id

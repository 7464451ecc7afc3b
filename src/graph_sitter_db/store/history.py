"""Many runs of one codebase at once, at depth syntax: what `begin` and `complete` do for one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from graph_sitter_db.db import Database
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.snapshot import AnalysedFile, Commit, Origin, Outcome
from graph_sitter_db.store.content import write_versions
from graph_sitter_db.store.digests import extractor_digest, snapshot_digest
from graph_sitter_db.store.places import find_place
from graph_sitter_db.store.results import define, finished, versions_of
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored, stored_json

type Key = tuple[str, bytes]  # a file version: its path as stored, the SHA-256 of its bytes

MOST_KNOWN = 200_000  # file versions whose ids are remembered


@dataclass(frozen=True, slots=True)
class Point:
    """A commit with what a run says of it."""

    outcome: Outcome
    files: Sequence[Key]
    new: Mapping[Key, AnalysedFile]  # those that were not met before
    configuration: Mapping[str, object]
    configuration_digest: bytes

    @property
    def commit(self) -> Commit:
        assert self.outcome.origin.commit
        return self.outcome.origin.commit


class History:
    """One codebase by one set of definitions, to be filled."""

    def __init__(
        self,
        database: Database,
        origin: Origin,
        family: Family,
        definitions: Mapping[str, str],
        metrics: Sequence[Metric],
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._known: dict[Key, tuple[int, int]] = {}  # ids of the file and of its version
        with database.transaction() as connection:
            sql = Statements(connection)
            digest = extractor_digest(definitions)
            self.place = find_place(sql, origin, family, digest, definitions)
            define(sql, metrics)

    def recorded(self, depth: Depth) -> set[tuple[str, bytes]]:
        """Hash and configuration digest of each commit that has its run."""
        with self._database.transaction(read_only=True) as connection:
            rows = Statements(connection, "backfill.sql").rows(
                "recorded", codebase_id=self.place.codebase_id, depth=depth
            )
        return {(sha, bytes(digest)) for sha, digest in rows}

    def claim(self, shas: Collection[str], branch: str) -> None:
        """Runs that are there already are on this branch too, and it is the default one."""
        with self._database.transaction() as connection:
            Statements(connection, "backfill.sql").run(
                "claim_branch",
                codebase_id=self.place.codebase_id,
                shas=list(shas),
                branch=stored(branch),
            )

    def write(self, points: Sequence[Point]) -> None:
        """All of them, or none."""
        with self._database.transaction() as connection:
            content, sql = Statements(connection), Statements(connection, "backfill.sql")
            content.run("lock_codebase", codebase_id=self.place.codebase_id)
            written = self._write_versions(content, sql, points)
            self._write_runs(sql, points, written)
            sql.run("drop_points")

    def _write_versions(
        self, content: Statements, sql: Statements, points: Sequence[Point]
    ) -> list[int]:
        """For each point, how many versions it was the first to have."""
        if len(self._known) > MOST_KNOWN:
            self._known.clear()  # and asked for again where they are needed
        files = {key: file for point in points for key, file in point.new.items()}
        names = {f"{path}\t{sha256.hex()}": (path, sha256) for path, sha256 in files}
        staged = {name: files[key] for name, key in names.items()}
        _, unknown = write_versions(content, self.place, staged, dict.fromkeys(staged))
        placed = sql.rows("placed_versions")
        self._known |= {names[name]: (file, found) for name, file, found in placed}
        content.run("drop_staged")
        new = {names[name] for name in unknown}
        return [len(new & point.new.keys()) for point in points]

    def _write_runs(self, sql: Statements, points: Sequence[Point], written: Sequence[int]) -> None:
        ids = {"codebase_id": self.place.codebase_id}
        digests = [snapshot_digest(_manifest(each), self.place.extractor) for each in points]
        first = dict(zip(digests[::-1], points[::-1], strict=True))
        rows = zip(points, digests, written, strict=True)
        sql.copy(
            "stage_points",
            "staged_points",
            (_row(point, digest, first[digest] is point, new) for point, digest, new in rows),
        )
        sql.run("insert_commits", **ids)
        made = sql.rows("insert_snapshots", **ids)
        members = {bytes(digest): first[bytes(digest)].files for _, digest in made}
        self._find(sql, {key for keys in members.values() for key in keys} - self._known.keys())
        sql.copy(
            "stage_members",
            "staged_members",
            (
                (snapshot, *self._known[key])
                for snapshot, digest in made
                for key in members[bytes(digest)]
            ),
        )
        sql.run("insert_members")
        sql.run("drop_unfinished", **ids)
        totals = {name for point in points for name in point.outcome.totals}
        sql.run(
            "insert_runs",
            **ids,
            tool_version=version("graph-sitter-db"),
            trigger_source="backfill",
            versions=stored_json(versions_of(totals, self._metrics)),
        )

    def _find(self, sql: Statements, missing: Collection[Key]) -> None:
        """What was forgotten, or is in memory since another run."""
        if missing:
            rows = sql.rows(
                "find_versions",
                codebase_id=self.place.codebase_id,
                extractor_id=self.place.extractor_id,
                paths=sorted({path for path, _ in missing}),
            )
            self._known |= {(path, bytes(blob)): (file, found) for path, blob, file, found in rows}


def _manifest(point: Point) -> Iterable[tuple[str, bytes, bytes | None]]:
    return ((path, sha256, None) for path, sha256 in point.files)


def _row(point: Point, digest: bytes, is_first: bool, written: int) -> tuple[object, ...]:
    commit, outcome = point.commit, point.outcome
    run = finished(outcome, None, written) | {
        "branch": outcome.origin.branch and stored(outcome.origin.branch),
        "depth": Depth.SYNTAX,
        "configuration": stored_json(point.configuration),
        "configuration_digest": f"\\x{point.configuration_digest.hex()}",
    }
    return (
        commit.sha,
        list(commit.parents),
        stored(commit.author_name),
        stored(commit.author_email),
        commit.authored_at,
        commit.committed_at,
        stored(commit.message),
        digest,
        is_first,
        _document(run),
    )


# Columns of a run that `finished` gives as JSON already.
_JSON = frozenset(("configuration", "metrics", "failures", "seconds", "metadata"))


def _document(run: Mapping[str, object]) -> str:
    parts = (
        f'"{name}":{value if name in _JSON else stored_json(value)}' for name, value in run.items()
    )
    return f"{{{','.join(parts)}}}"

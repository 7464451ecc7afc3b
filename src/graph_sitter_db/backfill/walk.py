"""One process's share of a history: commit after commit, a batch of them stored at a time."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from graph_sitter_db import recording, store
from graph_sitter_db.backfill.states import State, state
from graph_sitter_db.backfill.versions import Memory, Version, analysed
from graph_sitter_db.checkout import Past
from graph_sitter_db.checkout import State as Tree
from graph_sitter_db.db import Database
from graph_sitter_db.errors import RepositoryError, UsageError
from graph_sitter_db.languages import family_of
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.relations import Failure
from graph_sitter_db.model.snapshot import AnalysedFile, Origin
from graph_sitter_db.pipeline import Recipe
from graph_sitter_db.settings import loads

MOST_POINTS = 100  # commits in one transaction
MOST_NEW = 200  # file versions in one transaction


@dataclass(slots=True)
class Tally:
    """What became of the commits."""

    recorded: int = 0  # runs that are new
    already: int = 0  # runs that were there
    empty: int = 0  # commits with nothing to analyse
    files: int = 0  # file versions that were analysed
    failures: dict[str, str] = field(default_factory=dict)  # by commit, why it could not be

    def add(self, other: "Tally") -> None:
        self.recorded += other.recorded
        self.already += other.already
        self.empty += other.empty
        self.files += other.files
        self.failures |= other.failures


@dataclass(frozen=True, slots=True)
class Manner:
    """A commit's own settings, and what follows from them alone."""

    recipe: Recipe
    extractor: bytes
    configuration: Mapping[str, object]
    configuration_digest: bytes


class Walk:
    """Through the commits of one folder. What they share is kept from one to the next.

    The database is spoken to by one thread, which stores a batch while the next is analysed.
    """

    def __init__(
        self, database: Database, path: str, families: Sequence[Family], depth: Depth
    ) -> None:
        self._database = database
        self._path = path
        self._families = families
        self._depth = depth
        self._past = Past(path)
        self._memory = Memory()
        self._manners: dict[object, Manner] = {}
        self._lines: dict[tuple[Family, bytes], Line] = {}
        self.tally = Tally()

    def commits(self, shas: Sequence[str], done: Callable[[], None]) -> None:
        with ThreadPoolExecutor(1, "store") as thread:
            for sha in shas:
                try:
                    self._commit(sha, thread)
                except (RepositoryError, UsageError) as error:
                    self.tally.failures[sha] = str(error)
                done()
            for line in self._lines.values():
                line.end()

    def _commit(self, sha: str, thread: ThreadPoolExecutor) -> None:
        manner = self._manner(sha)
        settings = manner.recipe.settings
        tree = self._past.at(sha, settings.include, settings.exclude)
        parts = _by_family(tree.blobs)
        wanted = [family for family in self._families or parts if family in parts]
        self.tally.empty += not wanted
        for family in wanted:
            line = self._line(family, manner, tree.origin, thread)
            if line.has(tree.origin, manner):
                self.tally.already += 1
                continue
            if self._depth is Depth.GRAPH:
                thread.submit(self._record, sha, family).result()
            else:
                line.add(self._point(family, manner, tree, parts[family], line))
            self.tally.recorded += 1

    def _record(self, sha: str, family: Family) -> None:
        """Relations are found in a tree as a whole, in a process that gives its memory back."""
        recording.record(self._database, self._path, sha, self._depth, [family], None)

    def _manner(self, sha: str) -> Manner:
        name, pyproject = self._past.settings(sha)
        if name not in self._manners:
            place = f"{storable(str(Path(self._path) / 'pyproject.toml'))} of {sha}"
            settings = loads(pyproject, place)
            recipe, configuration = Recipe.of(settings), settings.analysis()
            extractor = store.extractor_digest(recipe.definitions)
            digest = store.configuration_digest(extractor, configuration)
            self._manners[name] = Manner(recipe, extractor, configuration, digest)
        return self._manners[name]

    def _line(
        self, family: Family, manner: Manner, origin: Origin, thread: ThreadPoolExecutor
    ) -> "Line":
        key = family, manner.extractor
        if key not in self._lines:
            self._lines[key] = Line(self._database, family, self._depth, manner, origin, thread)
        return self._lines[key]

    def _point(
        self,
        family: Family,
        manner: Manner,
        tree: Tree,
        blobs: Mapping[str, Any],
        line: "Line",
    ) -> store.Point:
        started = time.perf_counter()
        new: dict[tuple[str, bytes], AnalysedFile] = {}
        failures = [each for each in tree.failures if family_of(each.path) in (None, family)]
        versions = []
        for path, blob in blobs.items():
            try:
                versions.append(self._version(path, blob, family, manner, new))
            except OSError as error:
                failures.append(Failure(path, "read", "", error.strerror or str(error)))
        extracted = time.perf_counter()
        found = line.state(tree.origin, versions, manner.recipe, failures)
        seconds = {
            "extract": round(extracted - started, 4),
            "score": round(time.perf_counter() - extracted, 4),
        }
        return store.Point(
            replace(found, seconds=seconds),
            [(storable(each.path), each.sha256) for each in versions],
            new,
            manner.configuration,
            manner.configuration_digest,
        )

    def _version(
        self,
        path: str,
        blob: Any,
        family: Family,
        manner: Manner,
        new: dict[tuple[str, bytes], AnalysedFile],
    ) -> Version:
        key = manner.extractor, path, blob
        known = self._memory.get(key)
        if known is None:
            source = self._past.source(path, blob)
            known, file = analysed(source, family, manner.recipe)
            new[storable(path), source.sha256] = file
            self._memory.put(key, known)
            self.tally.files += 1
        return known


class Line:
    """The points of one codebase by one set of definitions, stored in batches."""

    def __init__(
        self,
        database: Database,
        family: Family,
        depth: Depth,
        manner: Manner,
        origin: Origin,
        thread: ThreadPoolExecutor,
    ) -> None:
        self._thread = thread
        self._default = origin.default_branch
        recipe = manner.recipe
        place = replace(origin, commit=None)
        self._history = thread.submit(
            store.History, database, place, family, recipe.definitions, recipe.metrics
        ).result()
        self._recorded = thread.submit(self._history.recorded, depth).result()
        self._claimed: list[str] = []
        self._points: list[store.Point] = []
        self._pending: Future[None] | None = None
        self._last: tuple[Sequence[Version], Recipe, Sequence[Failure], State] | None = None

    def has(self, origin: Origin, manner: Manner) -> bool:
        assert origin.commit
        if (origin.commit.sha, manner.configuration_digest) not in self._recorded:
            return False
        if origin.branch == self._default:
            self._claimed.append(origin.commit.sha)
        return True

    def state(
        self,
        origin: Origin,
        versions: Sequence[Version],
        recipe: Recipe,
        failures: Sequence[Failure],
    ) -> State:
        """Where nothing differs from the commit before, it is added up already."""
        if self._last and self._last[:3] == (versions, recipe, failures):
            return replace(self._last[3], origin=origin)
        found = state(origin, versions, recipe, failures)
        self._last = versions, recipe, failures, found
        return found

    def add(self, point: store.Point) -> None:
        self._points.append(point)
        new = sum(len(each.new) for each in self._points)
        if len(self._points) >= MOST_POINTS or new >= MOST_NEW:
            self._store()

    def end(self) -> None:
        self._store()
        self._settle()
        if self._claimed:
            self._thread.submit(self._history.claim, self._claimed, self._default).result()

    def _store(self) -> None:
        """At most one batch is waiting, so that memory is bounded."""
        self._settle()
        if self._points:
            self._pending = self._thread.submit(self._history.write, self._points)
            self._points = []

    def _settle(self) -> None:
        if self._pending:
            self._pending.result()
            self._pending = None


def _by_family(blobs: Mapping[str, Any]) -> dict[Family, dict[str, Any]]:
    """The larger first, as `Tree.families` has them; each by path."""
    parts: dict[Family, dict[str, Any]] = {}
    for path, blob in blobs.items():
        if family := _family_of(path):
            parts.setdefault(family, {})[path] = blob
    return dict(sorted(parts.items(), key=lambda item: (-len(item[1]), item[0])))


_family_of = lru_cache(100_000)(family_of)

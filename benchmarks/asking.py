"""How long answers take when a thousand runs of a codebase of five hundred files are stored."""

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from benchmarks import inputs
from benchmarks.rows import Row
from graph_sitter_db import CodebaseDBAdapter, extract, measure, store
from graph_sitter_db.checkout import open_tree
from graph_sitter_db.db import Database, open_database, server
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.snapshot import Analysis, Commit
from graph_sitter_db.pipeline import Recipe, analyse
from graph_sitter_db.settings import Settings

RUNS, FILES, CHANGED = 1000, 500, 3
ASKED = 40  # times each question, of different runs
_LIMIT = 0.1


@dataclass(frozen=True, slots=True)
class _History:
    runs: list[UUID]
    codebase: UUID
    repository: UUID
    path: str  # of some file
    symbol: str


def rows(_runs: int) -> Iterator[Row]:
    """95th percentiles of the time in the database, and beside it of the whole call."""
    organization = f"bench-{uuid4().hex[:8]}"
    database = open_database(None, organization)
    history = _stored(database)
    _analyze_tables()
    choose = random.Random(1)
    with CodebaseDBAdapter(organization=organization) as adapter:
        for what, ask in _questions(adapter, history).items():
            ask(choose)  # the first time also loads modules
            took = [_timed(ask, choose) for _ in range(ASKED)]
            inside, whole = (sorted(each)[int(0.95 * ASKED)] for each in zip(*took, strict=True))
            note = f"{whole:.3f} s with the client's part"
            yield Row(f"{what}, 95th percentile", inside, None, "s", _LIMIT, note)
    database.close()


def _questions(
    adapter: CodebaseDBAdapter, history: _History
) -> dict[str, Callable[[random.Random], Any]]:
    def run(choose: random.Random) -> UUID:
        return choose.choice(history.runs)

    def neighbours(choose: random.Random, apart: int) -> tuple[UUID, UUID]:
        first = choose.randrange(len(history.runs) - apart)
        return history.runs[first], history.runs[first + apart]

    return {
        "runs": lambda choose: adapter.runs(limit=20),
        "resolve a commit": lambda choose: adapter.resolve(run(choose)),
        "history of 30 days": lambda choose: adapter.get_historical_analysis(history.codebase),
        "trend": lambda choose: adapter.get_quality_trends(history.repository),
        "compare neighbours": lambda c: adapter.compare_analyses(*neighbours(c, 1)),
        "compare 100 commits apart": lambda c: adapter.compare_analyses(*neighbours(c, 100)),
        "files": lambda choose: adapter.files(run(choose)),
        "symbols by a part of the name": lambda c: adapter.symbols(run(c), "shortest"),
        "dependencies of a symbol": lambda c: adapter.dependencies(run(c), history.symbol),
        "issues, the first 50": lambda choose: adapter.issues(run(choose), limit=50),
        "explain": lambda choose: adapter.explain(run(choose)),
        "metrics of the codebase": lambda choose: adapter.metrics(run(choose)),
        "metrics of a file": lambda choose: adapter.metrics(run(choose), history.path),
        "summary": lambda choose: adapter.summary(run(choose)),
    }


def _timed(ask: Callable[[random.Random], Any], choose: random.Random) -> tuple[float, float]:
    """Seconds that statements took, rows brought over included; and seconds of the whole call."""
    execute, inside = psycopg.Cursor.execute, 0.0

    def timed(*arguments: Any, **options: Any) -> Any:
        nonlocal inside
        began = time.perf_counter()
        try:
            return execute(*arguments, **options)
        finally:
            inside += time.perf_counter() - began

    psycopg.Cursor.execute = timed  # type: ignore[method-assign]
    started = time.perf_counter()
    try:
        ask(choose)
    finally:
        psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    return inside, time.perf_counter() - started


def _stored(database: Database) -> _History:
    """One analysis at depth graph, and of its commits each changes three files of the one before.

    The database gets what a recording of each commit would write; what the rules and the graph
    say of the files that change stays as it was.
    """
    path = inputs.repository(inputs.MANY_FILES)
    recipe = Recipe.of(Settings())
    analysis = _analysed(path, recipe)
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    parents: tuple[str, ...] = ()
    runs: list[UUID] = []
    recorded = None
    for number in range(RUNS):
        if number:
            analysis = _edited(analysis, number, recipe)
        commit = Commit(
            sha=hashlib.sha1(str(number).encode()).hexdigest(),
            parents=parents,
            author_name="Benchmark",
            author_email="benchmark@example.org",
            authored_at=begun + timedelta(hours=number),
            committed_at=begun + timedelta(hours=number),
            message=f"change {number}",
        )
        parents = (commit.sha,)
        analysis = replace(analysis, origin=replace(analysis.origin, commit=commit))
        recorded = _store(database, analysis)
        runs.append(recorded.run_id)
    with CodebaseDBAdapter(organization=database.organization) as adapter:
        repository = adapter.resolve(runs[0]).repository_id
    assert recorded and repository
    return _History(runs, recorded.codebase_id, repository, analysis.files[100].path, "Graph")


def _analysed(path: Path, recipe: Recipe) -> Analysis:
    tree = open_tree(path, "HEAD")
    (family, _) = max(tree.families().items(), key=lambda each: each[1])
    sources = [*tree.sources(family)][:FILES]
    with tree.export() as root:
        return analyse(
            tree.origin,
            family,
            sources,
            recipe,
            relate=lambda facts: extract.isolated(root, family, facts, timeout=900, memory=2**34),
        )


def _edited(analysis: Analysis, number: int, recipe: Recipe) -> Analysis:
    files = [*analysis.files]
    for each in range(CHANGED):
        at = (number * CHANGED + each) % len(files)
        old = files[at].measured.facts.source
        content = old.content + f"\n\ndef added_{number}(a):\n    return a\n".encode()
        source = Source(old.path, old.language, content, hashlib.sha256(content).digest())
        measured = measure.measure(extract.facts(source), recipe.metrics)
        files[at] = replace(files[at], measured=measured)
    return replace(analysis, files=tuple(files))


def _store(database: Database, analysis: Analysis) -> store.Recorded:
    begun = store.begin(
        database,
        analysis.origin,
        analysis.family,
        analysis.depth,
        definitions=analysis.definitions,
        settings=analysis.settings,
    )
    return store.complete(database, begun, analysis)


def _analyze_tables() -> None:
    """What autovacuum does within minutes."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")

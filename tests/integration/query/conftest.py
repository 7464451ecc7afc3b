"""Recorded histories in few words: what each file holds at each state, stored by the real store."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
import pytest

from graph_sitter_db import store
from graph_sitter_db.db import Database
from graph_sitter_db.model.facts import FileFacts, Lines, MeasuredFile, Source, Symbol
from graph_sitter_db.model.issues import Finding, Issue
from graph_sitter_db.model.keys import (
    Depth,
    Direction,
    EdgeKind,
    Family,
    Language,
    ParseStatus,
    Rollup,
    Severity,
    SymbolKind,
)
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.relations import Edge, Failure, Linkage
from graph_sitter_db.model.scores import Score
from graph_sitter_db.model.snapshot import AnalysedFile, Analysis, Commit, Origin

EPOCH = datetime(2024, 5, 1, 12, tzinfo=UTC)
METRICS = tuple(
    Metric(
        name=name,
        title=name,
        unit="",
        direction=direction,
        rollup=Rollup.SUM,
        definition=name,
        source="here",
        of_file=lambda facts: None,
    )
    for name, direction in (
        ("complexity", Direction.LOWER),
        ("documented", Direction.HIGHER),
        ("size", Direction.NEUTRAL),
    )
)


@dataclass(frozen=True, slots=True)
class Content:
    """A file: symbols (key → what it consists of), edges (source, kind, target), issues.

    What a symbol consists of may be followed by marks: `body@async@cached`, see `_symbols`.
    """

    symbols: Mapping[str, str] = field(default_factory=dict)
    edges: Sequence[tuple[str, str, str]] = ()  # target: `path:key`, or an external name
    # `rule` or `rule:severity`; `~rule` follows from relations, `rule!reason` is accepted
    issues: Sequence[str] = ()
    salt: str = ""  # changes the bytes and nothing else
    unresolved: int = 1


type Record = Callable[..., UUID]


@pytest.fixture
def record(database: Database) -> Record:
    """Stores one state as a run: `record({path: {"symbols": …}}, commit=3, branch="main", …)`.

    Commit n was committed n days after the epoch; None: no git.
    """

    def stored(
        files: Mapping[str, Mapping[str, Any]], commit: int | None = 1, **options: Any
    ) -> UUID:
        contents = {path: Content(**spec) for path, spec in files.items()}
        analysis = _analysis(contents, commit, **options)
        begun = store.begin(
            database,
            analysis.origin,
            analysis.family,
            analysis.depth,
            definitions=analysis.definitions,
            settings=analysis.settings,
        )
        return store.complete(database, begun, analysis).run_id

    return stored


@pytest.fixture
def conn(installed_database: str, database: Database) -> Iterator[psycopg.Connection[Any]]:
    """As the adapter's: the app's role, one organization, reading only; each question by itself."""
    settings = {
        "role": "graph_sitter_app",
        "graph_sitter.organization_id": str(database.organization_id),
        "default_transaction_read_only": "on",
        "jit": "off",
    }
    with psycopg.connect(installed_database, autocommit=True) as connection:
        for setting in settings.items():
            connection.execute("SELECT set_config(%s, %s, false)", setting)
        yield connection


@pytest.fixture
def sha() -> Callable[[int], str]:
    return _sha


def _sha(commit: int) -> str:
    return sha256(str(commit).encode()).hexdigest()[:40]


def _analysis(
    files: Mapping[str, Content],
    commit: int | None,
    *,
    branch: str | None = "main",
    depth: Depth = Depth.GRAPH,
    dirty: bool = False,
    family: Family = Family.PYTHON,
    repository: str = "acme/shop",
    provider: str = "github",
    score: float = 80.0,
    model: str = "debt 1",
    totals: Mapping[str, float] | None = None,
    version: str = "1",
    failures: tuple[Failure, ...] = (),
    settings: Mapping[str, object] | None = None,
    meaning: str = "1",
) -> Analysis:
    return Analysis(
        origin=_origin(commit, branch, dirty, provider, repository),
        family=family,
        depth=depth,
        files=tuple(_file(path, files[path], depth) for path in sorted(files)),
        score=Score(score, "B", model, 30, 0.1),
        totals=totals or {},
        definitions={"rule": version},
        failures=failures,
        graph_summary="Contains much" if depth is Depth.GRAPH else "",
        seconds={"extract": 0.1},
        settings=settings or {},
        metrics=tuple(replace(metric, version=meaning) for metric in METRICS),
        recommendations=("Rest.",),
    )


def _origin(
    commit: int | None, branch: str | None, dirty: bool, provider: str, repository: str
) -> Origin:
    name = repository.rpartition("/")[2]
    point = None if commit is None else _commit(commit)
    return Origin(provider, repository, name, None, "main", branch, point, dirty)


def _commit(number: int) -> Commit:
    at = EPOCH + timedelta(days=number)
    return Commit(_sha(number), (), "Ada", "ada@example.org", at, at, f"Step {number}\n\nMore.")


def _file(path: str, content: Content, depth: Depth) -> AnalysedFile:
    text = repr((path, sorted(content.symbols.items()), content.issues, content.salt)).encode()
    facts = FileFacts(
        source=Source(path, Language.PYTHON, text, sha256(text).digest()),
        parse_status=ParseStatus.OK,
        lines=Lines(10, 7, 2, 1),
        symbols=tuple(_symbols(content.symbols)),
    )
    values = [{"cyclomatic_complexity": len(body)} for body in content.symbols.values()]
    classes = sum(symbol.kind is SymbolKind.CLASS for symbol in facts.symbols)
    counts = {"function_count": len(values) - classes, "class_count": classes}
    own = {"cyclomatic_complexity": 5, "own": 1.5, **counts}
    measured = MeasuredFile(facts, own, tuple(values))
    with_graph = depth is Depth.GRAPH
    found = [_issue(path, spec) for spec in content.issues]
    issues = [issue for issue in found if with_graph or not issue.depends_on_graph]
    return AnalysedFile(
        measured,
        _linkage(path, content) if with_graph else None,
        tuple(issue for issue in issues if issue.accepted is None),
        tuple(issue for issue in issues if issue.accepted is not None),
    )


def _symbols(symbols: Mapping[str, str]) -> Iterator[Symbol]:
    places = {key: ordinal for ordinal, key in enumerate(symbols)}
    for key, text in symbols.items():
        body, *marks = text.split("@")
        qualified, _, duplicate = key.partition("#")
        parent, _, name = qualified.rpartition(".")
        yield Symbol(
            ordinal=places[key],
            parent_ordinal=places.get(parent),
            kind=SymbolKind.PROPERTY if "property" in marks else _kind(name, parent),
            name=name,
            qualified_name=qualified,
            duplicate_ordinal=int(duplicate or 0),
            signature=f"def {name}( )" if "spaced" in marks else f"def {name}()",
            parameters=(),
            return_type=None,
            decorators=("cached",) if "cached" in marks else (),
            bases=(),
            docstring="Says so." if "documented" in marks else None,
            is_async="async" in marks,
            is_static="static" in marks,
            is_abstract="abstract" in marks,
            is_exported="private" not in marks,
            start_line=places[key] * 10 + 1,
            end_line=places[key] * 10 + 9,
            start_byte=places[key],
            end_byte=places[key] + 1,
            nesting=0,
            statements=1,
            lines_source=3,
            controls=(),
            calls=(),
            attributes=(),
            structure_sha256=sha256(body.encode()).digest(),
        )


def _kind(name: str, parent: str) -> SymbolKind:
    if name[:1].isupper():
        return SymbolKind.CLASS
    return SymbolKind.METHOD if parent else SymbolKind.FUNCTION


def _linkage(path: str, content: Content) -> Linkage:
    edges = tuple(_edge(number, *edge) for number, edge in enumerate(content.edges, 1))
    return Linkage(path, edges, resolved=len(edges), unresolved=content.unresolved)


def _edge(line: int, source: str, kind: str, target: str) -> Edge:
    path, colon, key = target.partition(":")
    if colon:
        return Edge(EdgeKind(kind), source, path, key, "", line, line)
    return Edge(EdgeKind(kind), source, "", "", target, line, line)


def _issue(path: str, spec: str) -> Issue:
    told, mark, reason = spec.removeprefix("~").partition("!")
    rule, _, severity = told.partition(":")
    return Issue(
        rule=rule,
        category="size",
        severity=Severity(severity or "warning"),
        title=rule,
        finding=Finding(path, f"{rule} in {path}", 1, 2),
        fingerprint=sha256(rule.encode()).digest(),
        effort_minutes=10,
        depends_on_graph=spec.startswith("~"),
        accepted=reason if mark else None,
    )

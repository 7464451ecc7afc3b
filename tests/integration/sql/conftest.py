"""Sessions of a tenant, and small code bases recorded by plain SQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

type Connection = psycopg.Connection[Any]
type Session = Callable[..., AbstractContextManager[Connection]]


@pytest.fixture(scope="session")
def shared_database(server_url: str, template_database: str) -> Iterator[str]:
    """A superuser's URL of one database for all tests that keep to organizations of their own."""
    name = f"test_{uuid4().hex[:16]}"
    maintenance = urlsplit(server_url)._replace(path="/postgres").geturl()
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
        try:
            yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def connection(shared_database: str) -> Iterator[Connection]:
    """A superuser's connection that commits each statement."""
    with psycopg.connect(shared_database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def own_connection(installed_database: str) -> Iterator[Connection]:
    """The same, of a database that is this test's alone: for what belongs to no organization."""
    with psycopg.connect(installed_database, autocommit=True) as opened:
        yield opened


@pytest.fixture
def acting(connection: Connection) -> Session:
    """A transaction under a role, for an organization and a user; kept when it succeeds."""
    return sessions(connection)


@pytest.fixture
def own_acting(own_connection: Connection) -> Session:
    return sessions(own_connection)


def sessions(connection: Connection) -> Session:
    @contextmanager
    def session(
        organization: UUID | None = None,
        user: UUID | None = None,
        role: str = "graph_sitter_app",
    ) -> Iterator[Connection]:
        with connection.transaction():
            connection.execute(f"SET LOCAL ROLE {role}")
            connection.execute("SELECT base.set_current_organization(%s, %s)", (organization, user))
            yield connection

    return session


def value(connection: Connection, statement: str, *parameters: object) -> Any:
    """The first column of the first row."""
    row = connection.execute(statement, parameters or None).fetchone()
    return row[0] if row else None


def values(connection: Connection, statement: str, *parameters: object) -> list[Any]:
    """The first column of every row."""
    return [row[0] for row in connection.execute(statement, parameters or None)]


def insert(connection: Connection, table: str, returning: str = "id", /, **columns: object) -> Any:
    """A row; what it is known by."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        sql.Identifier(returning),
    )
    given = [Jsonb(each) if isinstance(each, dict | tuple) else each for each in columns.values()]
    row = connection.execute(statement, given).fetchone()
    assert row
    return row[0]


@pytest.fixture
def acme(acting: Session) -> UUID:
    return new_organization(acting)


@pytest.fixture
def globex(acting: Session) -> UUID:
    return new_organization(acting)


def new_organization(acting: Session) -> UUID:
    with acting() as app:
        slug = f"test-{uuid4().hex}"
        return UUID(str(value(app, "SELECT base.create_organization('A test', %s)", slug)))


def new_user(acting: Session, organization: UUID, role: str) -> UUID:
    """A new user who belongs to the organization."""
    with acting(organization) as app:
        email = f"{uuid4().hex}@example.org"
        return UUID(str(value(app, "SELECT base.ensure_user(%s, 'A test', %s)", email, role)))


@pytest.fixture
def recorder(acting: Session, acme: UUID) -> Iterator["Recorder"]:
    with acting(acme) as app:
        yield Recorder(app)


@dataclass(frozen=True)
class File:
    """A source file. Its text decides its version, its text and edges its linkage.

    An issue's rule may be followed by the symbol it is in, as in `long_function@f`.
    """

    text: str
    symbols: Mapping[str, str] = field(default_factory=dict)  # qualified name: body
    edges: Sequence[tuple[str, ...]] = ()  # source, path, target, kind; no path: external
    issues: Sequence[tuple[str, float]] = ()  # rule, minutes
    lines: int = 100
    accepted: Sequence[str] = ()  # rules, with symbols as above

    @property
    def blob(self) -> bytes:
        return sha256(self.text.encode()).digest()

    @property
    def linkage(self) -> bytes:
        return sha256(repr((self.text, self.edges)).encode()).digest()


def _path(line: bytes) -> bytes:
    return line.partition(b"\t")[0]


class Recorder:
    """Records snapshots and runs of one codebase, content addressed as the library does."""

    def __init__(self, app: Connection, repository: str = "acme/shop") -> None:
        self.app = app
        self._name = repository
        name = repository.rsplit("/", 1)[1]
        self.repository = self._insert("projects.repositories", full_name=repository, name=name)
        self.project = self._insert("projects.projects", name=name, slug=name)
        self.codebase = self._insert(
            "codebase.codebases",
            repository_id=self.repository,
            project_id=self.project,
            name=repository,
            language="python",
        )
        self.fingerprint = sha256(repository.encode()).digest()
        self._extractor = self._insert(
            "codebase.extractors", fingerprint=self.fingerprint, library_version="1"
        )
        self._commits = 0

    def snapshot(self, files: Mapping[str, File], depth: str = "graph") -> int:
        rows = [self._content(path, file, depth) for path, file in files.items()]
        digest = self.digest(files, depth)
        known = value(
            self.app,
            "SELECT id FROM codebase.snapshots WHERE codebase_id = %s AND digest = %s",
            self.codebase,
            digest,
        )
        if known:
            return int(known)
        snapshot = self._insert(
            "codebase.snapshots",
            codebase_id=self.codebase,
            digest=digest,
            depth=depth,
            file_count=len(files),
        )
        for file_id, version, linkage in rows:
            self.app.execute(
                "INSERT INTO codebase.snapshot_files"
                " (snapshot_id, file_id, file_version_id, linkage_id) VALUES (%s, %s, %s, %s)",
                (snapshot, file_id, version, linkage),
            )
        return int(snapshot)

    def digest(self, files: Mapping[str, File], depth: str = "graph") -> bytes:
        lines: list[bytes] = [
            f"{path}\t{file.blob.hex()}\t{self.fingerprint.hex()}"
            f"\t{file.linkage.hex() if depth == 'graph' else '-'}\n".encode()
            for path, file in files.items()
        ]
        lines.sort(key=_path)
        return sha256(b"".join(lines)).digest()

    def run(self, snapshot: int | None, *, day: int | None = None, **columns: object) -> UUID:
        """A completed run of a new commit, `day` days into 2026 (default: one after the last)."""
        self._commits += 1
        day = self._commits if day is None else day
        commit = self._insert(
            "codebase.commits",
            codebase_id=self.codebase,
            sha=f"{self._commits:040x}",
            committed_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day),
        )
        row: dict[str, object] = {
            "codebase_id": self.codebase,
            "commit_id": commit,
            "snapshot_id": snapshot,
            "branch": "main",
            "depth": "graph",
            "configuration_digest": sha256(b"configuration").digest(),
            "status": "completed",
        }
        return UUID(str(self._insert("analytics.analysis_runs", **row | columns)))  # type: ignore[arg-type]

    def record(self, files: Mapping[str, File], **columns: object) -> UUID:
        depth = str(columns.get("depth", "graph"))
        return self.run(self.snapshot(files, depth), **columns)  # type: ignore[arg-type]

    def _content(self, path: str, file: File, depth: str) -> tuple[int, int, int | None]:
        file_id = self._file(path)
        version = self._one(
            "SELECT id FROM codebase.file_versions WHERE file_id = %s AND blob_sha256 = %s",
            file_id,
            file.blob,
        ) or self._version(file_id, file)
        if depth == "syntax":
            return file_id, version, None
        linkage = self._one(
            "SELECT id FROM codebase.linkages WHERE file_version_id = %s AND digest = %s",
            version,
            file.linkage,
        ) or self._linkage(version, file)
        return file_id, version, linkage

    def _file(self, path: str) -> int:
        return int(
            self._one(
                "SELECT id FROM codebase.files WHERE codebase_id = %s AND path = %s",
                self.codebase,
                path,
            )
            or self._insert("codebase.files", codebase_id=self.codebase, path=path)
        )

    def _version(self, file_id: int, file: File) -> int:
        version = self._insert(
            "codebase.file_versions",
            file_id=file_id,
            blob_sha256=file.blob,
            extractor_id=self._extractor,
            language="python",
            parse_status="ok",
            lines_physical=file.lines,
            lines_source=file.lines,
        )
        for ordinal, (name, body) in enumerate(file.symbols.items()):
            self._insert(
                "codebase.symbols",
                returning="ordinal",
                file_version_id=version,
                ordinal=ordinal,
                kind="function",
                name=name.rsplit(".", 1)[-1],
                qualified_name=name,
                start_line=ordinal + 1,
                end_line=ordinal + 1,
                structure_sha256=sha256(body.encode()).digest(),
            )
        for rule, minutes in file.issues:
            issue = self._issue(rule, version)
            self._insert("codebase.issue_records", **issue, effort_minutes=minutes)
        for rule in file.accepted:
            issue = self._issue(rule, version)
            self._insert("codebase.accepted_issues", **issue, reason="on purpose")
        return int(version)

    def _issue(self, place: str, version: int) -> dict[str, Any]:
        rule, _, symbol = place.partition("@")
        return {
            "file_version_id": version,
            "rule_id": rule,
            "severity": "warning",
            "fingerprint": sha256(place.encode()).digest(),
            "title": rule,
            "message": rule,
            "symbol": symbol or None,
        }

    def _linkage(self, version: int, file: File) -> int:
        linkage = self._insert("codebase.linkages", file_version_id=version, digest=file.linkage)
        for ordinal, (source, path, target, *kind) in enumerate(file.edges):
            self._insert(
                "codebase.linkage_edges",
                returning="ordinal",
                linkage_id=linkage,
                ordinal=ordinal,
                kind=kind[0] if kind else "call",
                source_symbol=source or None,
                target_file_id=self._file(path) if path else None,
                target_symbol=target if path else None,
                external_name=None if path else target,
                first_line=1,
            )
        return int(linkage)

    def _insert(self, table: str, *, returning: str = "id", **columns: object) -> Any:
        return insert(self.app, table, returning, **columns)

    def _one(self, statement: str, *parameters: object) -> Any:
        return value(self.app, statement, *parameters)

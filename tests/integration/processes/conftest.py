"""Recordings in processes of their own, of a history whose every symbol is known beforehand."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

type Nursery = Callable[[Sequence[Mapping[str, Any]]], list[dict[str, Any]]]
type Symbols = frozenset[str]

FILES, FUNCTIONS = 4, 6


@dataclass(frozen=True, slots=True)
class History:
    """A repository, and what each of its commits defines: `path:name` of every function."""

    root: Path
    commits: Mapping[str, Symbols]  # by id, the oldest first

    def job(self, url: str, commit: str, depth: str = "syntax", **more: float) -> dict[str, Any]:
        return {"url": url, "root": str(self.root), "commit": commit, "depth": depth, **more}


@dataclass(frozen=True, slots=True)
class Run:
    commit: str
    status: str
    symbols: Symbols
    metrics: int
    steps: int
    digest: str  # of all rows that belong to it

    def holds(self, symbols: Symbols) -> bool:
        """Whether it is finished and says everything about a commit of these symbols."""
        return (
            self.status == "completed"
            and self.symbols == symbols
            and bool(self.metrics * self.steps)
        )

    @property
    def is_empty(self) -> bool:
        return not (self.symbols or self.metrics or self.steps)


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything in a database at one moment."""

    runs: Mapping[str, Run]  # by id
    strays: int  # rows of content that no finished run leads to

    @property
    def finished(self) -> dict[str, Run]:
        return {key: run for key, run in self.runs.items() if run.status == "completed"}

    def of(self, commit: str) -> list[Run]:
        return [run for run in self.runs.values() if run.commit == commit]


def stored(url: str) -> Stored:
    """One transaction that sees one state, though recordings go on."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        rows = connection.execute(_RUNS).fetchall()
        (strays,) = connection.execute(_STRAYS).fetchone() or (0,)
    runs = {
        str(run): Run(commit, status, frozenset(symbols or ()), metrics, steps, digest)
        for run, commit, status, symbols, metrics, steps, digest in rows
    }
    return Stored(runs, strays)


@pytest.fixture
def history(tmp_path: Path) -> Callable[[int], History]:
    """Makes a repository of so many commits, each changing two files of four."""

    def make(length: int) -> History:
        root = tmp_path / "history"
        subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
        stream = "".join(_commit(number) for number in range(length))
        subprocess.run(
            ["git", "fast-import", "--quiet"], cwd=root, input=stream, text=True, check=True
        )
        listed = subprocess.run(
            ["git", "rev-list", "--reverse", "main"],
            cwd=root,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        commits = listed.stdout.split()
        return History(root, {sha: _symbols(number) for number, sha in enumerate(commits)})

    return make


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """Runs the recordings of a list at once; their temporary files are below `temporary`."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, Path(__file__).with_name("nursery.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as process:
        assert process.stdin and process.stdout
        asked, answers = process.stdin, process.stdout

        def run(jobs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
            print(json.dumps(jobs), file=asked, flush=True)
            outcomes: list[dict[str, Any]] = json.loads(answers.readline())
            return outcomes

        yield run
        asked.close()


def _commit(number: int) -> str:
    message = f"Change {number}"
    changed = range(FILES) if number == 0 else (number % FILES, (number + 1) % FILES)
    head = (
        f"commit refs/heads/main\ncommitter Ada <ada@example.org> {1_700_000_000 + number} +0000\n"
        f"data {len(message)}\n{message}\n"
    )
    return head + "".join(_modification(file, number) for file in changed)


def _modification(file: int, number: int) -> str:
    text = "".join(
        f"def {name}(x: int) -> int:\n    return x + {number}\n\n\n"
        for name in _names(file, number)
    )
    return f"M 100644 inline m{file}.py\ndata {len(text)}\n{text}\n"


def _names(file: int, number: int) -> list[str]:
    return [f"f{file}_{number}_{function}" for function in range(FUNCTIONS)]


def _symbols(number: int) -> Symbols:
    return frozenset(
        f"m{file}.py:{name}"
        for file in range(FILES)
        for name in _names(file, _changed_at(file, number))
    )


def _changed_at(file: int, number: int) -> int:
    """The last commit up to `number` that changed the file."""
    return next(n for n in range(number, -1, -1) if n == 0 or file in (n % FILES, (n + 1) % FILES))


_RUNS = """
    SELECT r.id, k.sha, r.status, s.symbols, m.number, t.number,
           md5(concat(r.*, s.content, m.content, t.content))
      FROM analytics.analysis_runs r
      JOIN codebase.commits k ON k.id = r.commit_id
     CROSS JOIN LATERAL (
        SELECT array_agg(f.path || ':' || y.name) FILTER (WHERE y.name IS NOT NULL) AS symbols,
               string_agg(concat(w.*, v.*, y.*, l.*), ' ' ORDER BY f.path, y.ordinal) AS content
          FROM codebase.snapshot_files w
          JOIN codebase.files f ON f.id = w.file_id
          JOIN codebase.file_versions v ON v.id = w.file_version_id
          LEFT JOIN codebase.symbols y ON y.file_version_id = v.id
          LEFT JOIN codebase.linkages l ON l.id = w.linkage_id
         WHERE w.snapshot_id = r.snapshot_id) s
     CROSS JOIN LATERAL (
        SELECT count(*) AS number, string_agg(m::text, ' ' ORDER BY m.id) AS content
          FROM analytics.metrics m WHERE m.analysis_run_id = r.id) m
     CROSS JOIN LATERAL (
        SELECT count(*) AS number, string_agg(t::text, ' ' ORDER BY t.id) AS content
          FROM analytics.analysis_steps t WHERE t.analysis_run_id = r.id) t
"""

_STRAYS = """
    SELECT (SELECT count(*) FROM codebase.snapshots s WHERE NOT EXISTS (
                SELECT FROM analytics.analysis_runs r
                 WHERE r.snapshot_id = s.id AND r.status = 'completed'))
         + (SELECT count(*) FROM codebase.file_versions v WHERE NOT EXISTS (
                SELECT FROM codebase.snapshot_files w WHERE w.file_version_id = v.id))
         + (SELECT count(*) FROM codebase.linkages l WHERE NOT EXISTS (
                SELECT FROM codebase.snapshot_files w WHERE w.linkage_id = l.id))
"""

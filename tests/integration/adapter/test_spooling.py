"""Nothing is lost while there is no database: what is spooled is recorded as it would have been."""

import gzip
import os
import pickle
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.conftest import Git

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import DatabaseUnavailable, UsageError
from graph_sitter_db.model.reports import AnalysisResult

NOWHERE = "postgresql://127.0.0.1:1/none"
FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": "from shop.price import price\n\n\ndef total(items=[]):\n    # TODO: taxes\n"
    "    return sum(price(i) for i in items)\n",
    "shop/price.py": 'def price(item):\n    """Of one."""\n    return item.price\n',
    "web/one.ts": "export const one = (n: number) => n + 1;\n",
}
COVERAGE = """<?xml version="1.0"?><coverage><packages><package><classes>
<class filename="shop/cart.py"><lines><line number="6" hits="1"/></lines></class>
</classes></package></packages></coverage>"""
DIFFERENT = {"id", "short_id", "codebase_id", "repository_id", "created_at", "seconds", "notes"}


@pytest.fixture
def offline() -> Iterator[CodebaseDBAdapter]:
    with CodebaseDBAdapter(NOWHERE) as adapter:
        yield adapter


@pytest.fixture
def shop(repository: Callable[..., Path], tmp_path: Path) -> Path:
    (tmp_path / "coverage.xml").write_text(COVERAGE)
    return repository(FILES, "shop")


def told(result: AnalysisResult) -> dict[str, Any]:
    return result.model_dump(exclude=DIFFERENT)


def digests(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT digest, depth, totals, structure FROM codebase.snapshots ORDER BY digest"
        ).fetchall()


@pytest.mark.parametrize("depth", ["syntax", "graph"])
def test_flushing_gives_the_run_that_recording_would_have_given(
    shop: Path,
    tmp_path: Path,
    offline: CodebaseDBAdapter,
    installed_database: str,
    empty_database: str,
    depth: str,
) -> None:
    options: dict[str, Any] = {"depth": depth, "coverage": tmp_path / "coverage.xml"}
    files = offline.spool(shop, folder=tmp_path / "spool", **options)
    assert [file.suffix for file in files] == [".spool", ".spool"]
    with CodebaseDBAdapter(empty_database, upgrade=True) as late:
        flushed = late.flush(tmp_path / "spool")
    with CodebaseDBAdapter(installed_database) as adapter:
        recorded = adapter.record(shop, **options)
    assert [*map(told, flushed)] == [*map(told, recorded)]
    assert digests(empty_database) == digests(installed_database)
    assert not any(file.exists() for file in files)
    assert any("recorded later" in note for note in flushed[0].notes)


def test_uncommitted_work_can_wait_too(
    shop: Path, tmp_path: Path, offline: CodebaseDBAdapter, adapter: CodebaseDBAdapter
) -> None:
    (shop / "shop" / "cart.py").write_text("def empty():\n    return []\n")
    offline.spool(shop, folder=tmp_path, depth="syntax", languages=["python"])
    (flushed,) = adapter.flush(tmp_path)
    assert flushed.is_working_tree
    (again,) = adapter.record(shop, depth="syntax", languages=["python"])
    assert again.id == flushed.id


def test_a_run_that_was_recorded_meanwhile_is_recorded_once(
    shop: Path, tmp_path: Path, offline: CodebaseDBAdapter, adapter: CodebaseDBAdapter
) -> None:
    offline.spool(shop, folder=tmp_path, depth="syntax", languages=["python"])
    (recorded,) = adapter.record(shop, depth="syntax", languages=["python"])
    (flushed,) = adapter.flush(tmp_path)
    assert (flushed.id, flushed.already_recorded) == (recorded.id, True)


def test_a_commit_of_the_same_sources_repeats_what_was_flushed(
    shop: Path, tmp_path: Path, git: Git, offline: CodebaseDBAdapter, adapter: CodebaseDBAdapter
) -> None:
    options: dict[str, Any] = {"depth": "syntax", "languages": ["python"]}
    offline.spool(shop, folder=tmp_path / "spool", **options)
    adapter.flush(tmp_path / "spool")
    (shop / "notes.txt").write_text("Nothing that is analysed.")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "Note")
    (repeated,) = adapter.record(shop, **options)
    assert [*repeated.seconds] == ["repeat"]


def test_what_waits_stays_until_the_database_is_there(
    shop: Path, tmp_path: Path, offline: CodebaseDBAdapter, adapter: CodebaseDBAdapter
) -> None:
    (file,) = offline.spool(shop, folder=tmp_path, depth="syntax", languages=["python"])
    with pytest.raises(DatabaseUnavailable):
        offline.flush(tmp_path)
    assert file.exists()
    assert len(adapter.flush(tmp_path)) == 1


class Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("taken",)


def spooled(value: object, release: str = version("graph-sitter-db")) -> bytes:
    return b"graph-sitter-db spool %s\n" % release.encode() + gzip.compress(pickle.dumps(value))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (spooled(Hostile()), r"is damaged: posix\.mkdir is no data of ours"),
        (spooled({"no": "run"}), "is damaged: it holds no run"),
        (spooled({})[:-9], "is damaged"),
        (spooled({}, "0.0.9"), "was written by release 0.0.9; flush it with that one"),
        (b"something else", "is no spooled run"),
    ],
    ids=["hostile", "no run", "cut off", "another release", "something else"],
)
def test_a_file_that_is_none_of_ours_runs_nothing_stays_and_hinders_no_other(
    shop: Path,
    tmp_path: Path,
    offline: CodebaseDBAdapter,
    adapter: CodebaseDBAdapter,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    bad = tmp_path / "0.spool"
    bad.write_bytes(content)
    (good,) = offline.spool(shop, folder=tmp_path, depth="syntax", languages=["python"])
    with pytest.raises(UsageError, match=complaint):
        adapter.flush(tmp_path)
    assert (bad.exists(), good.exists()) == (True, False)
    assert not (tmp_path / "taken").exists()
    assert len(adapter.runs()) == 1

"""The graph's own process: the same relations, limits that hold, and deaths that are explained."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import psutil
import pytest

from graph_sitter_db import extract
from graph_sitter_db.extract.graph import build
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import FileFacts, Source
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.relations import Relations

FILES = {
    "a.py": "def f():\n    return 1\n",
    "b.py": "from a import f\n\n\ndef g():\n    print('noise')\n    return f()\n",
}
ENDLESS = "".join(f"{' ' * depth}if a{depth}:\n" for depth in range(50)) + " " * 50 + "pass\n"
GIGABYTE = 1024**3


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "tree"
    root.mkdir()
    return root


def laid(root: Path, files: Mapping[str, str]) -> dict[str, FileFacts]:
    facts = {}
    for path, text in files.items():
        (root / path).write_text(text)
        language = language_of(path)
        assert language is not None
        source = Source(path, language, text.encode(), sha256(text.encode()).digest())
        facts[path] = extract.facts(source)
    return facts


def apart(root: Path, facts: Mapping[str, FileFacts], timeout: float = 120.0) -> Relations:
    return extract.isolated(root, Family.PYTHON, facts, timeout=timeout, memory=4 * GIGABYTE)


def test_relations_are_the_same_as_in_this_process(root: Path) -> None:
    facts = laid(root, FILES)
    graph = build(root, Family.PYTHON, list(facts))
    here = extract.relate(graph, facts)
    graph.release()
    assert apart(root, facts) == here
    assert here.linkages["b.py"].edges


def test_failures_come_back_too(root: Path) -> None:
    facts = laid(root, FILES)
    (root / "a.py").write_bytes(b"\xff")
    relations = apart(root, facts)
    assert [failure.path for failure in relations.failures] == ["a.py"]
    assert list(relations.linkages) == ["a.py", "b.py"]


def test_progress_is_told_across(root: Path) -> None:
    facts = laid(root, FILES)
    told: list[str] = []
    extract.isolated(
        root,
        Family.PYTHON,
        facts,
        timeout=120,
        memory=4 * GIGABYTE,
        progress=lambda stage, done, total: told.append(stage),
    )
    assert {"parsing new files", "computing dependencies"} <= set(told)


def test_an_overdue_graph_is_a_failure_that_names_the_setting(root: Path) -> None:
    before, started = _children(), time.monotonic()
    relations = apart(root, laid(root, FILES), timeout=0.05)
    assert time.monotonic() - started < 10
    [failure] = relations.failures
    assert (relations.linkages, failure.stage) == ({}, "graph")
    assert "graph_timeout" in failure.message
    assert _children() <= before


def test_too_little_memory_is_a_failure_that_names_the_setting(root: Path) -> None:
    facts = laid(root, {f"m{n}.py": FILES["a.py"] * 200 for n in range(20)})
    relations = extract.isolated(root, Family.PYTHON, facts, timeout=120, memory=GIGABYTE // 10)
    [failure] = relations.failures
    assert (relations.linkages, failure.stage) == ({}, "graph")
    assert "memory" in failure.message


def test_a_process_that_dies_is_a_failure_that_says_how(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = laid(root, FILES)
    (root.parent / "sitecustomize.py").write_text("import os; os.abort()\n")
    monkeypatch.setenv("PYTHONPATH", str(root.parent))
    [failure] = apart(root, facts).failures
    assert "ended by SIGABRT" in failure.message


@pytest.mark.parametrize(
    ("cause", "told"), [(signal.SIGKILL, "memory ran out"), (signal.SIGSEGV, "ended by SIGSEGV")]
)
def test_a_process_that_is_killed_at_work_is_a_failure_that_says_how(
    root: Path, cause: signal.Signals, told: str
) -> None:
    before = _children()

    def kill(stage: str, done: int, total: int | None) -> None:
        for child in _children() - before:
            os.kill(child, cause)

    facts = laid(root, {**FILES, "endless.py": ENDLESS})
    relations = extract.isolated(
        root, Family.PYTHON, facts, timeout=120, memory=4 * GIGABYTE, progress=kill
    )
    [failure] = relations.failures
    assert (relations.linkages, failure.stage) == ({}, "graph")
    assert told in failure.message
    assert _children() <= before


def test_the_order_of_hashing_is_fixed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = laid(root, FILES)
    results = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        results.append(apart(root, facts))
    assert results[0] == results[1]


def test_the_process_ends_with_the_one_it_works_for(root: Path) -> None:
    laid(root, {f"m{n}.py": FILES["a.py"] * 300 for n in range(40)})
    code = f"""
import os, threading, time
from hashlib import sha256
from pathlib import Path
from graph_sitter_db import extract
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.keys import Family, Language
root = Path({str(root)!r})
texts = {{p.name: p.read_bytes() for p in root.iterdir()}}
sources = [Source(n, Language.PYTHON, t, sha256(t).digest()) for n, t in texts.items()]
facts = {{source.path: extract.facts(source) for source in sources}}
def tell(stage, done, total):
    import psutil
    print(psutil.Process().children()[0].pid, flush=True)
    os._exit(9)
extract.isolated(root, Family.PYTHON, facts, timeout=120, memory={4 * GIGABYTE}, progress=tell)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    assert ends(int(done.stdout), within=60)


def ends(pid: int, within: float) -> bool:
    """Whether a process is gone in time; one that only its parent has not asked after yet is."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False


def _children() -> set[int]:
    return {child.pid for child in psutil.Process(os.getpid()).children()}

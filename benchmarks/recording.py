"""What recording adds to building graph-sitter's `Codebase`, in time and in memory."""

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from benchmarks import inputs
from benchmarks.child import Measured, child
from benchmarks.rows import Row, alternating, middle

if TYPE_CHECKING:
    from graph_sitter_db import CodebaseDBAdapter

SCRIPT = "benchmarks.recording"


def rows(runs: int) -> Iterator[Row]:
    for name in (inputs.SMALL, inputs.LARGE, inputs.TYPESCRIPT):
        yield from _of(name, runs)


def _of(name: str, runs: int) -> Iterator[Row]:
    path = str(inputs.repository(name))
    alike = [child(f"{SCRIPT}:adding", path) for _ in range(runs)]
    for at, (what, limit) in enumerate(
        (("first recording", 0.20), ("next commit, 5 files changed", 0.08))
    ):
        building = middle([each.value[at]["building"] for each in alike])
        adding = middle([each.value[at]["adding"] for each in alike])
        yield Row(f"added to Codebase({name}): {what}", adding, building, "s", limit)
    ours, theirs = alternating(
        runs,
        lambda: float(child(f"{SCRIPT}:building_ours", path).value),
        lambda: float(child(f"{SCRIPT}:building_plain", path).value),
    )
    yield Row(f"building Codebase({name}) / plain", ours, theirs, "s", 0.85)
    whole: list[Measured] = [child(f"{SCRIPT}:record", path) for _ in range(runs)]
    plain: list[Measured] = [child(f"{SCRIPT}:building_plain", path) for _ in range(runs)]
    mib = 1024**2
    yield Row(
        f"peak memory: record({name}) / plain Codebase",
        middle([each.peak for each in whole]) / mib,
        middle([each.peak for each in plain]) / mib,
        "MiB",
        1.15,
    )
    if name == inputs.TYPESCRIPT:
        asked = [child(f"{SCRIPT}:summaries", path).value for _ in range(runs)]
        plain_one = middle([each["plain"] for each in asked])
        for state in ("recorded now", "recorded before"):
            ours = middle([each[state] for each in asked])
            yield Row(f"summary of {name}, {state} / plain", ours, plain_one, "s", 1.0)


def adding(path: str) -> list[dict[str, float]]:
    """Seconds of building and of adding: at first, and after a commit that changes five files."""
    with tempfile.TemporaryDirectory() as folder, adapter() as recorder:
        repository = inputs.copied(Path(path), Path(folder))
        measured = []
        for mark in ("", uuid4().hex):
            if mark:
                inputs.changed(repository, 5, mark)
            building, codebase = _plain(str(repository))
            started = time.perf_counter()
            recorder.analyze_codebase_enhanced(codebase)
            measured.append({"building": building, "adding": time.perf_counter() - started})
            del codebase
            gc.collect()
        return measured


def building_plain(path: str) -> float:
    return _plain(path)[0]


def building_ours(path: str) -> float:
    """As the project does it: quietly, tolerantly, from a folder and a list of files."""
    from graph_sitter_db.checkout import open_tree
    from graph_sitter_db.extract import quiet
    from graph_sitter_db.extract.graph import build

    tree = open_tree(path)
    (family, _) = max(tree.families().items(), key=lambda each: each[1])
    quiet.load()
    started = time.perf_counter()
    with tree.export() as root:
        build(Path(root), family, [source.path for source in tree.sources(family)], patience=30)
    return time.perf_counter() - started


def record(path: str) -> str:
    with adapter() as recorder:
        return str(recorder.record(path)[0].id)


def summaries(path: str) -> dict[str, float]:
    """Seconds of the plain summary, and of ours: of a new commit, and of one recorded before."""
    from graph_sitter.codebase.codebase_analysis import get_codebase_summary

    from graph_sitter_db import get_codebase_summary_enhanced

    _, codebase = _plain(path)
    took = {}
    gc.collect()
    with adapter() as recorder:
        questions: dict[str, Callable[[], str]] = {
            "plain": lambda: get_codebase_summary(codebase),
            "recorded now": lambda: get_codebase_summary_enhanced(codebase, recorder, strict=True),
            "recorded before": lambda: get_codebase_summary_enhanced(codebase, recorder),
        }
        for name, ask in questions.items():
            started = time.perf_counter()
            ask()
            took[name] = time.perf_counter() - started
    return took


def _plain(path: str) -> tuple[float, Any]:
    from graph_sitter import Codebase

    started = time.perf_counter()
    codebase = Codebase(path)
    return time.perf_counter() - started, codebase


def adapter() -> "CodebaseDBAdapter":
    """Of an organization of its own, so that nothing is known yet."""
    from graph_sitter_db import CodebaseDBAdapter
    from graph_sitter_db.errors import UsageError

    kept = Path(os.environ["GRAPH_SITTER_DB_HOME"]).with_name(f"kept-{uuid4().hex[:8]}")
    os.environ["GRAPH_SITTER_DB_CACHE"] = str(kept)
    made = CodebaseDBAdapter(organization=f"bench-{uuid4().hex[:8]}")
    with suppress(UsageError):  # the server is up and the schema there before anything is timed
        made.runs(limit=1)
    return made

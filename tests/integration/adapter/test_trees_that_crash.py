"""Trees that graph_sitter cannot open by itself have relations all the same, less what failed."""

import multiprocessing
import os
import shutil
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.model.reports import AnalysisResult

type Git = Callable[..., str]
type Make = Callable[..., Path]

GOOD = {
    "good.py": "def good():\n    return 1\n",
    "user.py": "from good import good\n\n\ndef user():\n    return good()\n",
    "good.ts": "export function good() {\n  return 1;\n}\n",
    "user.ts": "import { good } from './good';\nexport function user() {\n  return good();\n}\n",
}
OWN_MODULE = """
from . import _config


class A:
    @property
    def _config(self) -> _config.W:
        return self._config
"""
BLOCKS = "".join(f"{' ' * depth}if a{depth}:\n" for depth in range(1, 51))
NESTED = f"def slow():\n{BLOCKS}{' ' * 51}pass\n"
TRIED = f"function slow() {{ {'try { ' * 1_000}f(); {'} catch (e) {} ' * 1_000}}}\n"
PYTHON = {
    "decorators.py": "@(lambda f: f)\ndef a(): ...\n@x[0]\ndef b(): ...\n@(y := g)\ndef c(): ...\n",
    "pkg/_config.py": "class W: ...\n",
    "pkg/__init__.py": OWN_MODULE,
    "sum.py": f"x = {' + '.join(['a'] * 5_000)}\n",
    "chain.py": f"x = a{'.b()' * 100}\n",
    "lists.py": f"x = {'[' * 400}{']' * 400}\n",
    "again.py": "x = 0\n" + "x = x + 1\n" * 40,
    "circle.py": "x = y\ny = x\n",
    "own.py": "class x(x): ...\n",
    os.fsdecode(b"caf\xe9.py"): "x = 1\n",
}
TYPESCRIPT = {
    "a.ts": 'export * from "./b";\n',
    "b.ts": 'export * from "./a";\n',
    "c.ts": 'import { none } from "./a";\nexport function c() {\n  return none();\n}\n',
    "sum.ts": f"export const s = {' + '.join(['a'] * 5_000)};\n",
    "cast.ts": "const x = <any>y;\n",
    "tsconfig.json": '{"extends": "./tsconfig.json"}',
}


def relations_of_good(adapter: CodebaseDBAdapter, result: AnalysisResult) -> set[str]:
    suffix = "py" if result.language == "python" else "ts"
    found = adapter.dependencies(result.id or UUID(int=0), f"good.{suffix}:good")
    return {each.symbol for each in found.used_by if each.path == f"user.{suffix}"}


@pytest.mark.parametrize(
    ("files", "language", "failing"),
    [
        (PYTHON, "python", {"sum.py", "caf\\xe9.py"}),
        (TYPESCRIPT, "typescript", {"c.ts"}),
    ],
    ids=["python", "typescript"],
)
def test_what_crashes_graph_sitter_costs_a_file_or_a_symbol(
    adapter: CodebaseDBAdapter,
    repository: Make,
    git: Git,
    files: Mapping[str, str],
    language: str,
    failing: set[str],
) -> None:
    root = repository({**GOOD, **files})
    (root / "outside.py").symlink_to("/etc/hosts")
    (root / "inside.py").symlink_to("good.py")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Links")
    (result,) = adapter.record(root, languages=[language])
    assert (result.status, result.depth) == ("partial", "graph")
    assert {f.path for f in adapter.files(result.id or UUID(int=0))} >= failing
    assert failing <= {failure.path for failure in result.failures}
    assert "user" in relations_of_good(adapter, result)


@pytest.mark.parametrize(
    ("path", "content", "language"),
    [("nested.py", NESTED, "python"), ("nested.ts", TRIED, "typescript")],
)
def test_deeply_nested_blocks_end_within_the_time_limit(
    adapter: CodebaseDBAdapter,
    repository: Make,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    content: str,
    language: str,
) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_GRAPH_TIMEOUT", "8")
    (result,) = adapter.record(repository({**GOOD, path: content}), languages=[language])
    assert (result.status, result.edges) == ("partial", 0)
    assert (
        "not ready after 8 seconds: raise the setting graph_timeout" in result.failures[0].message
    )
    assert result.seconds["relate"] < 60


@pytest.mark.slow
def test_without_hurry_they_cost_one_file(adapter: CodebaseDBAdapter, repository: Make) -> None:
    (result,) = adapter.record(repository({**GOOD, "nested.py": NESTED}), languages=["python"])
    assert {failure.path for failure in result.failures} == {"nested.py"}
    assert "user" in relations_of_good(adapter, result)


@pytest.mark.slow
def test_pydantic_has_relations_whole(
    adapter: CodebaseDBAdapter, repository: Make, git: Git
) -> None:
    root = repository({})
    spec = find_spec("pydantic")
    assert spec is not None and spec.origin is not None
    kept_out = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(Path(spec.origin).parent, root / "pydantic", ignore=kept_out)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "All")
    (result,) = adapter.record(root)
    assert (result.status, result.files_analyzed > 90) == ("partial", True)
    assert {failure.stage for failure in result.failures} == {"resolve"}
    assert result.edges > 5_000


def test_a_repository_opened_by_two_processes_at_once_is_left_as_it_is(
    adapter: CodebaseDBAdapter, repository: Make, installed_database: str
) -> None:
    root = repository(GOOD)
    before = {place: _state(place) for place in root.rglob("*")}
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_record, args=(installed_database, root)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    assert {place: _state(place) for place in root.rglob("*")} == before
    assert [run.status for run in adapter.runs()] == ["completed", "completed"]


def _record(database: str, root: Path) -> None:
    with CodebaseDBAdapter(database) as adapter:
        adapter.record(root)


def _state(place: Path) -> tuple[int, bytes]:
    return place.stat().st_mtime_ns, place.read_bytes() if place.is_file() else b""

"""The five summary functions give graph-sitter's own text, byte for byte, for all of real code.

graph-sitter's texts show what it has cached by then, so the same question asked twice gets two
answers. Hence two codebases of the same folder are asked the same questions in the same order.
"""

import gc
import importlib.util
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import graph_sitter_db as gsdb
from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.extract import quiet

type Texts = list[tuple[str, str]]  # kind of object, text

ENHANCED = {
    "codebase": gsdb.get_codebase_summary_enhanced,
    "file": gsdb.get_file_summary_enhanced,
    "class": gsdb.get_class_summary_enhanced,
    "function": gsdb.get_function_summary_enhanced,
    "symbol": gsdb.get_symbol_summary_enhanced,
}
CORPORA = {  # folders of site-packages: Python, and TypeScript with JavaScript
    "click": ("python", ("click",)),
    "rich": ("python", ("rich",)),
    "scripts": (
        "typescript",
        ("graph_sitter/typescript/external/typescript_analyzer", "urllib3/contrib/emscripten"),
    ),
}
AT_LEAST = {  # objects of each kind, so that an empty corpus proves nothing
    "click": {"file": 15, "class": 60, "function": 120, "symbol": 300},
    "rich": {"file": 70, "class": 120, "function": 80, "symbol": 500},
    "scripts": {"file": 8, "class": 2, "function": 5, "symbol": 20},
}


@pytest.fixture(scope="module", params=CORPORA)
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A repository of real sources: its name, its folder and a Codebase of it."""
    language, folders = CORPORA[request.param]
    root = tmp_path_factory.mktemp("corpus") / request.param
    for folder in folders:
        package, _, rest = folder.partition("/")
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.origin is not None
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(Path(spec.origin).parent / rest, root / folder, ignore=ignored)
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
    return request.param, root, opened(root, language)


def opened(root: Path, language: str) -> Any:
    from graph_sitter import Codebase

    gc.disable()
    try:
        return Codebase(str(root), language=language)
    finally:
        gc.enable()


def objects(codebase: Any) -> Iterator[tuple[str, Any]]:
    yield "codebase", codebase
    yield from (("file", each) for each in codebase.files if hasattr(each, "imports"))
    yield from (("class", each) for each in codebase.classes)
    yield from (("function", each) for each in codebase.functions)
    yield from (("symbol", each) for each in codebase.symbols)


def texts(codebase: Any, functions: dict[str, Callable[..., str]]) -> Texts:
    return [(kind, functions[kind](each)) for kind, each in objects(codebase)]


def originals() -> dict[str, Callable[..., str]]:
    own = quiet.load()
    told: dict[str, Callable[..., str]] = {k: getattr(own, f"get_{k}_summary") for k in ENHANCED}
    return told


def test_every_object_is_told_as_graph_sitter_tells_it(
    corpus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, root, codebase = corpus
    own = originals()
    ours = texts(codebase, ENHANCED)
    # The original asks Python files for interfaces, which they lack: what it was meant to say is
    # what it says once they have none.
    from graph_sitter.python.file import PyFile

    monkeypatch.setattr(PyFile, "interfaces", (), raising=False)
    assert ours == texts(opened(root, codebase.language), own)
    counts = Counter(kind for kind, _ in ours)
    assert all(counts[kind] >= least for kind, least in AT_LEAST[name].items()), counts


def test_the_original_raises_on_every_python_file() -> None:
    """Once it no longer does, the text of our own can go."""
    own = originals()
    from graph_sitter import Codebase

    codebase = Codebase.from_string("x = 1\n", language="python")
    [file] = codebase.files
    with pytest.raises(AttributeError, match="interfaces"):
        own["file"](file)


def test_with_an_adapter_the_same_bytes_come_first(corpus: Any, installed_database: str) -> None:
    """Of every kind of object the first few; recording all of them is told elsewhere."""
    few = Counter[str]()
    with CodebaseDBAdapter(installed_database) as adapter:
        for kind, each in objects(corpus[2]):
            few[kind] += 1
            if few[kind] <= 3:
                told = ENHANCED[kind]
                told(each)  # it shows what is cached by then, so the second time tells
                assert_appended(told(each), told(each, adapter, strict=True))
    assert set(few) == set(ENHANCED)


def assert_appended(text: str, told: str) -> None:
    assert told.startswith(text)
    blank, heading, part = told.removeprefix(text).partition("Enhanced Analysis:\n")
    assert heading and part.strip()
    assert (text + blank).endswith("\n\n") and blank.strip("\n") == ""

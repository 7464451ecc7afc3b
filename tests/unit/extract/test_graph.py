"""The graph as a guest: what it leaves alone in the host process and in the user's codebase."""

import gc
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import pytest

from graph_sitter_db import extract
from graph_sitter_db.errors import AnalysisError
from graph_sitter_db.extract import quiet
from graph_sitter_db.extract.graph import build
from graph_sitter_db.model.keys import Family

CODE = "def f():\n    return 'ü'\n\n\ndef g():\n    return f()\n"


def run(code: str, folder: Path) -> str:
    """What Python prints when it runs some code in a folder, in a process of its own."""
    command = [sys.executable, "-c", dedent(code)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_loading_graph_sitter_changes_nothing_of_the_host(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".env").write_text("PGPASSWORD=theirs\nNEW_ONE=1\nCODEBASE_DISABLE_GRAPH=true\n")
    code = """
        import logging, os, sys, warnings
        os.environ["PGPASSWORD"] = "ours"
        warnings.simplefilter("error")
        root, handler = logging.getLogger(), logging.NullHandler()
        root.addHandler(handler)
        root.setLevel(logging.ERROR)
        before = dict(os.environ), sys.excepthook, os.getcwd(), list(root.handlers), root.level
        from pathlib import Path
        from graph_sitter_db.extract.graph import build
        from graph_sitter_db.model.keys import Family
        tree = Path("tree").resolve()
        tree.mkdir()
        (tree / "a.py").write_text("def f(): ...\\ndef g(): f()\\n")
        graph = build(tree, Family.PYTHON, ["a.py"])
        after = dict(os.environ), sys.excepthook, os.getcwd(), list(root.handlers), root.level
        assert before == after
        assert len(graph.codebase.ctx.edges) == 1
    """
    assert run(code, tmp_path) == ""


def test_neither_the_package_nor_the_facts_load_graph_sitter(tmp_path: Path) -> None:
    code = """
        import sys
        import graph_sitter_db.extract.graph, graph_sitter_db.extract.worker
        print("graph_sitter" in sys.modules)
    """
    assert run(code, tmp_path) == "False\n"


def test_building_writes_nothing_into_the_folder(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "a.py").write_text(CODE)
    build(root, Family.PYTHON, ["a.py"]).release()
    assert [place.name for place in root.iterdir()] == ["a.py"]


def test_only_the_files_that_are_asked_for_are_parsed(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    for name in ("a.py", "b.py"):
        (root / name).write_text(CODE)
    graph = build(root, Family.PYTHON, ["b.py"])
    assert [source.path for source in graph.sources()] == ["b.py"]
    graph.release()


def test_limits_of_the_host_are_put_back(tmp_path: Path) -> None:
    before = sys.getrecursionlimit(), gc.isenabled()
    build(tmp_path.resolve(), Family.PYTHON, []).release()
    assert (sys.getrecursionlimit(), gc.isenabled()) == before


def test_progress_is_told_from_nothing_to_all(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "a.py").write_text(CODE)
    told: list[tuple[str, int, int | None]] = []
    build(root, Family.PYTHON, ["a.py"], lambda *each: told.append(each)).release()
    assert told[0] == ("parsing new files", 0, 1)
    assert ("parsing new files", 1, 1) in told


def test_a_released_graph_is_freed(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "a.py").write_text(CODE)
    build(root, Family.PYTHON, ["a.py"]).release()
    from graph_sitter.codebase.codebase_context import CodebaseContext

    gc.collect()
    assert not [each for each in gc.get_objects() if type(each) is CodebaseContext]


def test_a_users_codebase_is_adopted_with_what_it_holds_in_memory() -> None:
    quiet.load()
    from graph_sitter import Codebase

    codebase = Codebase.from_string(CODE, language="python")
    graph = extract.adopt(codebase)
    [source] = graph.sources()
    assert (graph.family, source.content) == (Family.PYTHON, CODE.encode())
    assert source.sha256 == sha256(CODE.encode()).digest()
    relations = extract.relate(graph, {source.path: extract.facts(source)})
    [edge] = relations.linkages[source.path].edges
    assert (edge.source, edge.target, edge.first_line) == ("g", "f", 6)
    graph.release()
    assert graph.codebase is codebase
    assert len(list(codebase.functions)) == 2


def test_edits_in_memory_are_part_of_an_adopted_codebase(tmp_path: Path) -> None:
    quiet.load()
    from graph_sitter import Codebase

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "a.py").write_text(CODE)
    codebase = Codebase(str(tmp_path), language="python")
    codebase.get_file("a.py").get_function("f").edit("def f():\n    return g()")
    graph = extract.adopt(codebase)
    [source] = graph.sources()
    assert b"return g()" in source.content
    assert (tmp_path / "a.py").read_text() == CODE
    facts = extract.facts(source)
    assert [symbol.name for symbol in facts.symbols] == ["f", "g"]
    linkage = extract.relate(graph, {"a.py": facts}).linkages["a.py"]
    assert {(edge.source, edge.target) for edge in linkage.edges} == {("f", "g"), ("g", "f")}


def test_a_codebase_without_a_language_we_know_is_refused(tmp_path: Path) -> None:
    quiet.load()
    from graph_sitter import Codebase

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "README.md").write_text("Hi\n")
    codebase = Codebase(str(tmp_path))
    with pytest.raises(AnalysisError, match="no Python or TypeScript"):
        extract.adopt(codebase)

"""What would end graph_sitter's whole parse costs one symbol, or one file."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from graph_sitter_db.extract.graph import Graph, build
from graph_sitter_db.model.keys import Family


def built(root: Path, files: Mapping[str, str | bytes], family: Family = Family.PYTHON) -> Graph:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return build(root, family, [path for path in files if not path.endswith(".json")])


def names(graph: Graph) -> set[str]:
    return {str(symbol.name) for symbol in graph.codebase.symbols}


GOOD = "def good(): ...\n\n\ndef user():\n    return good()\n"


@pytest.mark.parametrize(
    "text",
    [
        "@(lambda f: f)\ndef x(): ...\n",
        "@table[0]\ndef x(): ...\n",
        "@(y := str)\ndef x(): ...\n",
        "x = " + " + ".join(["a"] * 1000) + "\n",
        "x = a" + ".b()" * 100 + "\n",
        "x = " + "[" * 100 + "]" * 100 + "\n",
        "x = 1 \0 2\n",
        "def x(:\n  pass )\n",
        "x = y\ny = x\n",
        "class x(x): ...\n",
        "",
    ],
    ids=lambda text: text[:20],
)
def test_odd_python_does_no_harm_to_the_rest(tmp_path: Path, text: str) -> None:
    graph = built(tmp_path.resolve(), {"odd.py": text, "good.py": GOOD})
    assert {"good", "user"} <= names(graph)
    assert all(failure.path == "odd.py" for failure in graph.failures)
    graph.release()


def test_a_property_typed_by_a_module_of_its_own_name_is_a_failure_of_that_symbol(
    tmp_path: Path,
) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/_config.py": "class Wrapper: ...\n",
        "pkg/schema.py": (
            "from . import _config\n\n\nclass A:\n    @property\n"
            "    def _config(self) -> _config.Wrapper:\n        return self._config\n"
        ),
        "good.py": GOOD,
    }
    graph = built(tmp_path.resolve(), files)
    assert {"A", "Wrapper", "good", "user"} <= names(graph)
    assert {(f.path, f.stage) for f in graph.failures} <= {("pkg/schema.py", "resolve")}
    graph.release()


@pytest.mark.parametrize("content", [b"x = '\xe9'\n", "x = 1\n".encode("utf-16")])
def test_a_file_that_is_not_utf_8_is_named_as_a_failure(tmp_path: Path, content: bytes) -> None:
    graph = built(tmp_path.resolve(), {"latin.py": content, "good.py": GOOD})
    [failure] = graph.failures
    assert (failure.path, failure.stage) == ("latin.py", "parse")
    assert {"good", "user"} <= names(graph)
    graph.release()


def test_a_name_that_is_not_utf_8_is_a_failure(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "caf\udce9.py").write_text("x = 1\n")
    (root / "good.py").write_text(GOOD)
    graph = build(root, Family.PYTHON, ["caf\udce9.py", "good.py"])
    assert [failure.path for failure in graph.failures] == ["caf\udce9.py"]
    assert {"good", "user"} == names(graph)
    graph.release()


@pytest.mark.parametrize(
    "configuration",
    ['{"extends": "./tsconfig.json"}', "[]", "not json", "", "\0", '{"compilerOptions": 3}'],
)
def test_a_bad_tsconfig_does_no_harm(tmp_path: Path, configuration: str) -> None:
    files = {
        "tsconfig.json": configuration,
        "a.ts": "export function a() { return 1; }\n",
        "b.ts": 'import { a } from "./a";\nexport function b() { return a(); }\n',
    }
    graph = built(tmp_path.resolve(), files, Family.TYPESCRIPT)
    assert names(graph) == {"a", "b"}
    graph.release()


def test_typescript_files_that_export_each_other_do_no_harm(tmp_path: Path) -> None:
    files = {
        "a.ts": 'export * from "./b";\n',
        "b.ts": 'export * from "./a";\n',
        "c.ts": 'import { none } from "./a";\nexport function c() { return none(); }\n',
        "d.ts": "export function d() { return 1; }\n",
    }
    graph = built(tmp_path.resolve(), files, Family.TYPESCRIPT)
    assert {"c", "d"} <= names(graph)
    assert all(failure.path in files for failure in graph.failures)
    graph.release()


def test_what_takes_too_long_is_given_up(tmp_path: Path) -> None:
    nested = "".join(f"{'  ' * depth}if a{depth}:\n" for depth in range(24))
    files = {
        "nested.py": f"def slow():\n  {nested.replace(chr(10), chr(10) + '  ')}{'  ' * 24}pass\n",
        "good.py": GOOD,
    }
    root = tmp_path.resolve()
    for path, text in files.items():
        (root / path).write_text(text)
    graph = build(root, Family.PYTHON, list(files), patience=3)
    assert {"good", "user"} <= names(graph)
    assert {failure.path for failure in graph.failures} == {"nested.py"}
    assert "took too long: one file or symbol may take 3 seconds" in graph.failures[0].message
    graph.release()

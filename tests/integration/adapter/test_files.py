"""Files of every kind are recorded, each with its parse status; what is in them keeps its place."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.model.reports import AnalysisResult

type Make = Callable[..., Path]
type Write = Callable[..., Path]

FUNCTION = "def f():\n    return 1\n"
DEEP = 20_000
ODD_NAMES = [
    "with space.py",
    "qu'o\"te.py",
    "neu\nline.py",
    "\t.py",
    "-dash.py",
    "100%s %(x)s.py",
    "back\\slash.py",
    "🎉.py",
    "e\u0301.py",
    "é.py",
    "*?[a].py",
    "' OR 1=1; --.py",
    "\u202egnp.py",
]


def recorded(
    adapter: CodebaseDBAdapter, root: Path, depth: str = "syntax", language: str = "python"
) -> AnalysisResult:
    (result,) = adapter.record(root, depth=depth, languages=[language])
    return result


def statuses(adapter: CodebaseDBAdapter, result: AnalysisResult) -> dict[str, str]:
    return {f.path: f.parse_status for f in adapter.files(result.id or UUID(int=0))}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", "ok"),
        (FUNCTION.encode(), "ok"),
        (b"\xef\xbb\xbf" + FUNCTION.encode(), "ok"),
        (FUNCTION.replace("\n", "\r\n").encode(), "ok"),
        (b"a = 1\r\nb = 2\rc = 3\n" + FUNCTION.encode(), "ok"),
        (b"x = = 1\n" + FUNCTION.encode(), "partial"),
        (b"x = 1 \0\n" + FUNCTION.encode(), "partial"),
        (b"x = '\xe9'\n" + FUNCTION.encode(), "partial"),
        (FUNCTION.encode("utf-16"), "failed"),
        (b"# coding: rot13\n" + FUNCTION.encode(), "failed"),
    ],
    ids=["empty", "plain", "BOM", "CRLF", "mixed", "error", "NUL", "latin-1", "UTF-16", "rot13"],
)
def test_a_file_is_stored_with_its_parse_status_and_what_could_be_read(
    adapter: CodebaseDBAdapter, repository: Make, content: bytes, status: str
) -> None:
    result = recorded(adapter, repository({"a.py": content, "good.py": FUNCTION}))
    assert statuses(adapter, result) == {"a.py": status, "good.py": "ok"}
    assert result.status == ("partial" if status == "failed" else "completed")
    found = [each.path for each in adapter.symbols(result.id or UUID(int=0), "f")]
    is_readable = content and status != "failed"
    assert found == (["a.py", "good.py"] if is_readable else ["good.py"])


def test_graph_sitters_trouble_with_a_file_is_told_once_and_the_rest_has_relations(
    adapter: CodebaseDBAdapter, repository: Make
) -> None:
    nested = f"x = {'(' * DEEP}1{')' * DEEP}\n"
    files = {
        "good.py": FUNCTION,
        "user.py": "from good import f\n\n\ndef g():\n    return f()\n",
        "deep.py": nested + FUNCTION,
        "latin.py": b"x = '\xe9'\n",
        "wide.py": "UTF-16".encode("utf-16"),
        os.fsdecode(b"caf\xe9.py"): FUNCTION,
    }
    result = recorded(adapter, repository(files), "graph")
    assert (result.status, result.files_analyzed) == ("partial", 6)
    assert statuses(adapter, result)["deep.py"] == "ok"
    failed = [failure.path for failure in result.failures]
    assert sorted(failed) == ["caf\\xe9.py", "deep.py", "latin.py", "wide.py"]
    used = {
        (e.path, e.symbol)
        for e in adapter.dependencies(result.id or UUID(int=0), "good.py:f").used_by
    }
    assert ("user.py", "g") in used
    assert "4 parts could not be analysed; the first: " in adapter.summary(result.id or UUID(int=0))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("parentheses.py", f"x = {'(' * DEEP}1{')' * DEEP}\n"),
        ("calls.py", f"x = {'f(' * DEEP}{')' * DEEP}\n"),
        ("lambdas.py", f"x = {'lambda: ' * DEEP}1\n"),
        ("conditions.py", f"if {' and '.join(['a'] * DEEP)}:\n    pass\n"),
        ("alternatives.py", "if a:\n    pass\n" + "elif a:\n    pass\n" * 5_000),
        ("decorators.py", "@d\n" * 5_000 + FUNCTION),
        ("arrows.ts", f"x = {'() => ' * DEEP}1;\n"),
        ("braces.ts", f"{'if (a) {' * DEEP}{'}' * DEEP}\n"),
        ("functions.ts", f"{'function f() {' * 2_000}{'}' * 2_000}\n"),
        ("templates.ts", f"x = {'`${' * DEEP}1{'}`' * DEEP};\n"),
        ("types.ts", f"let x: {'Array<' * DEEP}1{'>' * DEEP};\n"),
        ("elements.tsx", f"x = {'<a>' * DEEP}{'</a>' * DEEP};\n"),
        ("sum.js", f"var a = {'+'.join(['b()'] * 50_000)};\n"),
        ("chain.py", f"{' = '.join(f'a{n}' for n in range(15_000))} = 1\n"),
        ("names.py", f"from m import {', '.join(f'n{n}' for n in range(15_000))}\n"),
        ("parts.py", f"import {', '.join(f'n{n}.m' for n in range(15_000))}\n\nx = 1\n"),
        ("line.py", f"x = [{', '.join(map(str, range(35_000)))}]\n"),
    ],
)
def test_neither_depth_nor_length_of_a_line_stops_a_recording(
    adapter: CodebaseDBAdapter, repository: Make, path: str, content: str
) -> None:
    language = "python" if path.endswith("py") else "typescript"
    root, began = repository({path: content}), time.process_time()
    result = recorded(adapter, root, language=language)
    assert (result.status, result.failures) == ("completed", [])
    assert time.process_time() - began < 30


def test_a_name_of_200_kb_is_shortened_and_told_from_others(
    adapter: CodebaseDBAdapter, repository: Make
) -> None:
    names = [end + "".join(f"{n * 7919:x}" for n in range(40_000)) + end for end in "ab"]
    content = "".join(f"def {name}():\n    pass\n" for name in names)
    result = recorded(adapter, repository({"a.py": f"import {names[0]}\n{content}"}), "graph")
    found = adapter.symbols(result.id or UUID(int=0), "")
    assert len({each.key for each in found}) == 2
    assert all(len(each.name) < 2_001 for each in found)


def test_a_generated_file_of_two_megabytes_is_skipped_or_read_as_set(
    adapter: CodebaseDBAdapter, repository: Make, write: Write
) -> None:
    row = f"    return [a, {'b, ' * 330}b]\n"
    content = "".join(f"def f{n}(a, b):\n{row}" for n in range(2_000))
    assert len(content) > 2_000_000
    root = repository({"big.py": content, "good.py": FUNCTION})
    skipped = recorded(adapter, root)
    assert statuses(adapter, skipped) == {"big.py": "skipped", "good.py": "ok"}
    write(root, {"pyproject.toml": "[tool.graph-sitter-db]\nmax-file-size = 3_000_000\n"})
    read = recorded(adapter, root)
    assert (read.status, read.metrics["function_count"]) == ("completed", 2_001)


def test_names_are_kept_exactly(adapter: CodebaseDBAdapter, repository: Make) -> None:
    root = repository(dict.fromkeys(ODD_NAMES, FUNCTION))
    for depth in ("syntax", "graph"):
        result = recorded(adapter, root, depth)
        assert result.status == "completed"
        assert set(statuses(adapter, result)) == set(ODD_NAMES)


def test_definitions_of_one_name_are_all_there(
    adapter: CodebaseDBAdapter, repository: Make
) -> None:
    content = (
        "from typing import overload\n\n\n"
        "@overload\ndef f(a: int) -> int: ...\n@overload\ndef f(a: str) -> str: ...\n"
        "def f(a):\n    return a\n\n\n"
        "if f:\n    class A: ...\nelse:\n    class A: ...\n"
        "try:\n    def g(): ...\nexcept E:\n    def g(): ...\n"
    )
    result = recorded(adapter, repository({"a.py": content}), "graph")
    keys = {each.key for name in "fAg" for each in adapter.symbols(result.id or UUID(int=0), name)}
    assert keys == {"f", "f#1", "f#2", "A", "A#1", "g", "g#1"}


PARTS = st.characters(exclude_characters="/\0", exclude_categories=())
NAMES = st.lists(
    st.text(PARTS, min_size=1, max_size=20).filter(lambda name: name not in (".", "..")),
    min_size=1,
    max_size=3,
).map("/".join)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.sets(NAMES, min_size=1, max_size=4), content=st.binary(max_size=80))
def test_any_name_and_content_can_be_recorded(
    adapter: CodebaseDBAdapter,
    tmp_path_factory: pytest.TempPathFactory,
    names: set[str],
    content: bytes,
) -> None:
    root = tmp_path_factory.mktemp("any")
    for name in names:
        try:
            place = root / f"{name}.py"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        except (OSError, UnicodeEncodeError):  # no name on this file system
            continue
    (root / "good.py").write_text(FUNCTION)
    result = recorded(adapter, root)
    assert result.files_analyzed == len(adapter.files(result.id or UUID(int=0)))
    assert statuses(adapter, result)["good.py"] == "ok"

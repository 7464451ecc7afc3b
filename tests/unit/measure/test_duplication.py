"""Which blocks are found, and which lines count."""

import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.measure.conftest import Reader

from graph_sitter_db import detect, measure, score
from graph_sitter_db.detect.rules import RULES
from graph_sitter_db.measure.duplication import duplication
from graph_sitter_db.model.duplication import Block, Duplication
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.ports import Limits
from graph_sitter_db.model.relations import Linkage

LIMITS = {"tokens": 100, "lines": 10, "tests": 0}

given_files = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def function(name: str, lines: int = 20, indent: str = "    ") -> str:
    """Of 7 tokens a line, none like those of another name."""
    body = "".join(f"{indent}{name}_{n} = {name}_{n + 1} + {name}({n})\n" for n in range(lines))
    return f"def {name}(a):\n{body}{indent}return a\n"


def compared(
    read: Reader, files: Mapping[str, str | bytes], limits: Limits = LIMITS
) -> Duplication:
    facts = [read(content, path) for path, content in files.items()]
    return duplication(facts, lambda path: limits)


def blocks(found: Duplication) -> list[tuple[Block, Block]]:
    return [(each.block, each.earlier[0]) for each in found.duplicates]


def test_a_block_is_reported_where_it_stands_again_with_where_it_stood_first(read: Reader) -> None:
    files = {
        "a.py": "x = 1\n\n" + function("one"),
        "b.py": function("two") + function("one") + "y = 2\n",
    }
    found = compared(read, files)
    assert blocks(found) == [(Block("b.py", 23, 44), Block("a.py", 3, 24))]
    assert (found.duplicates[0].lines, found.duplicates[0].tokens) == (22, 8 * 20 + 8)
    assert found.lines == {"a.py": 22, "b.py": 22}


def test_a_block_may_stand_twice_in_one_file(read: Reader) -> None:
    found = compared(read, {"a.py": function("one") + "x = 1\n" + function("one")})
    assert blocks(found) == [(Block("a.py", 24, 45), Block("a.py", 1, 22))]
    assert found.lines == {"a.py": 44}


def test_three_copies_are_two_duplicates_of_the_first(read: Reader) -> None:
    found = compared(read, {f"{name}.py": f"{name} = 1\n" + function("one") for name in "abc"})
    assert [earlier.path for _, earlier in blocks(found)] == ["a.py", "a.py"]
    assert found.lines == {"a.py": 22, "b.py": 22, "c.py": 22}


@pytest.mark.parametrize(("tokens", "lines", "count"), [(100, 10, 1), (170, 10, 0), (100, 23, 0)])
def test_both_limits_have_to_be_reached(read: Reader, tokens: int, lines: int, count: int) -> None:
    files = {"a.py": "x\n" + function("one"), "b.py": "y\n" + function("one")}
    found = compared(read, files, {"tokens": tokens, "lines": lines, "tests": 0})
    assert len(found.duplicates) == count
    assert bool(sum(found.lines.values())) == bool(count)


def test_a_path_may_have_limits_of_its_own(read: Reader) -> None:
    files = {name: f"{name[0]} = 1\n" + function("one", 11) for name in ("a.py", "b.py", "c.py")}
    facts = [read(content, path) for path, content in files.items()]
    found = duplication(facts, lambda p: {**LIMITS, "tokens": 50 if p == "b.py" else 100})
    assert [block.path for block, _ in blocks(found)] == ["b.py"]
    assert found.lines == {"a.py": 0, "b.py": 13, "c.py": 0}


def test_generated_files_are_not_compared_and_tests_only_when_wanted(read: Reader) -> None:
    files = {
        "a.py": "# @generated\n" + function("one"),
        "b.py": function("one"),
        "test_c.py": "x = 1\n" + function("one"),
    }
    assert compared(read, files) == Duplication((), {"b.py": 0})
    assert compared(read, files, {**LIMITS, "tests": 1}).lines == {"b.py": 22, "test_c.py": 22}


def test_a_file_that_cannot_be_read_is_not_compared(read: Reader) -> None:
    utf16 = b"\xff\xfe" + function("one").encode("utf-16-le")
    assert compared(read, {"a.py": utf16, "b.py": utf16}) == Duplication()


def test_parameter_lists_alone_are_no_duplicates(read: Reader) -> None:
    parameters = "".join(f"    option_{n}: int = {n},\n" for n in range(30))
    files = {f"{name}.py": f"def {name}(\n{parameters}): return {name}\n" for name in "ab"}
    assert compared(read, files).duplicates == ()


def test_a_copy_of_a_file_is_one_duplicate_and_all_its_lines(read: Reader) -> None:
    content = "import a\n\n" + function("one") + function("two")
    [copy] = compared(read, {"b/x.py": content, "a.py": content}).duplicates
    assert copy.is_whole_file
    assert (copy.block, copy.earlier) == (Block("b/x.py", 1, 46), (Block("a.py", 1, 46),))
    assert compared(read, {"b/x.py": content, "a.py": content}).lines == {"a.py": 45, "b/x.py": 45}


def test_small_files_may_be_equal(read: Reader) -> None:
    assert compared(read, {"a/__init__.py": "x = 1\n", "b/__init__.py": "x = 1\n"}).lines == {
        "a/__init__.py": 0,
        "b/__init__.py": 0,
    }


def test_a_copy_has_the_duplicates_of_its_original_too(read: Reader) -> None:
    twice = function("one") + "x = 1\n" + function("one") + function("two")
    found = compared(read, {"a.py": "y = 1\n" + function("two"), "b.py": twice, "c.py": twice})
    assert [(b.path, e.path) for b, e in blocks(found)] == [
        ("b.py", "b.py"),
        ("b.py", "a.py"),
        ("c.py", "b.py"),
        ("c.py", "c.py"),
        ("c.py", "a.py"),
    ]


def test_a_long_table_of_equal_lines_is_one_duplicate_found_in_linear_time(read: Reader) -> None:
    def seconds(count: int) -> float:
        facts = [read("table = [\n" + "    (0, 'nothing', None),\n" * count + "]\n")]
        started = time.process_time()
        found = duplication(facts, lambda path: LIMITS)
        assert [each.block.end_line for each in found.duplicates] == [count + 1]
        assert found.lines["module.py"] >= count
        return time.process_time() - started

    assert seconds(40_000) < 16 * max(seconds(10_000), 0.1)


NAMES = st.sampled_from(["one", "two", "three"])
CODE = st.lists(NAMES, max_size=4).map(lambda names: "".join(map(function, names)))


@given_files
@given(before=CODE, after=CODE, there=CODE)
def test_a_copied_block_is_found_whatever_is_around_it(
    read: Reader, before: str, after: str, there: str
) -> None:
    copied = function("copied")
    files = {"a.py": there + copied, "b.py": f"{before}x = 1\n{copied}{after}"}
    start = before.count("\n") + 2
    assert any(
        block.path == "b.py" and block.start_line <= start and start + 21 <= block.end_line
        for block, _ in blocks(compared(read, files))
    )


@given_files
@given(codes=st.lists(CODE, min_size=2, max_size=4), order=st.randoms(use_true_random=False))
def test_the_names_of_files_do_not_change_which_lines_are_duplicated(
    read: Reader, codes: Sequence[str], order: object
) -> None:
    contents = [f"x_{number} = 1\n{code}" for number, code in enumerate(codes)]
    names = [f"{number}.py" for number in range(len(codes))]
    shuffled = names[:]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    before = compared(read, dict(zip(names, contents, strict=True))).lines
    after = compared(read, dict(zip(shuffled, contents, strict=True))).lines
    assert [before[name] for name in names] == [after[name] for name in shuffled]


@given_files
@given(codes=st.lists(CODE, min_size=1, max_size=3), data=st.data())
def test_comments_blank_lines_and_indentation_do_not_matter(
    read: Reader, codes: Sequence[str], data: st.DataObject
) -> None:
    def laid_out(code: str) -> str:
        lines = [line.replace("    ", "\t") for line in code.splitlines(keepends=True)]
        extra = st.sampled_from(["", "\n", "# says\n", "\n\n# more = 1\n"])
        return "".join(line + data.draw(extra) for line in lines)

    files = {f"{number}.py": f"x_{number} = 1\n{code}" for number, code in enumerate(codes)}
    found = compared(read, files)
    again = compared(read, {path: laid_out(code) for path, code in files.items()})
    assert again.lines == found.lines
    assert [(d.tokens, d.lines, d.digest) for d in again.duplicates] == [
        (d.tokens, d.lines, d.digest) for d in found.duplicates
    ]


@given_files
@given(names=st.lists(st.from_regex(r"[a-z]{3,8}", fullmatch=True), unique=True, max_size=5))
def test_a_file_without_repetition_has_no_duplicates(read: Reader, names: Sequence[str]) -> None:
    code = "".join(function(f"f_{name}") for name in names)
    assert compared(read, {"a.py": code}) == Duplication((), {"a.py": 0})


@given_files
@given(codes=st.lists(CODE, min_size=1, max_size=3))
def test_each_duplicate_lies_in_lines_that_count(read: Reader, codes: Sequence[str]) -> None:
    files = {f"{number}.py": f"x_{number} = 1\n{code}" for number, code in enumerate(codes)}
    found = compared(read, files)
    for path in files:
        inside = sum(each.lines for each in found.duplicates if each.block.path == path)
        assert inside <= found.lines[path] <= files[path].count("\n")


def test_a_codebase_put_twice_side_by_side_keeps_its_score_within_a_point(read: Reader) -> None:
    once = _package("flask")
    twice = {f"{side}/{path}": content for side in ("a", "b") for path, content in once.items()}
    scores = [_score(read, files) for files in (once, twice)]
    assert abs(scores[0] - scores[1]) < 1


def _package(name: str) -> dict[str, bytes]:
    spec = find_spec(name)
    assert spec and spec.origin
    folder = Path(spec.origin).parent
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.py")}


def _score(read: Reader, files: Mapping[str, bytes]) -> float:
    facts: list[FileFacts] = [read(content, path) for path, content in files.items()]
    found = duplication(facts, lambda path: LIMITS)
    issues = detect.detect(
        [measure.measure(each) for each in facts],
        {each.path: Linkage(each.path, ()) for each in facts},
        Family.PYTHON,
        [rule for rule in RULES if rule.check_file or rule.name == "duplicated_code"],
        duplication=found,
    ).issues
    assert any(i.rule == "duplicated_code" for each in issues.values() for i in each)
    return score.score(issues, {each.path: each.lines.source for each in facts}).value

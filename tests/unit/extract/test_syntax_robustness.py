import time
from encodings.aliases import aliases

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.extract.conftest import Reader

from graph_sitter_db import extract
from graph_sitter_db.model.facts import Lines, Source
from graph_sitter_db.model.keys import Language, ParseStatus


def test_an_empty_file_has_facts(read: Reader) -> None:
    facts = read("")
    assert (facts.parse_status, facts.lines, facts.symbols) == (ParseStatus.OK, Lines(), ())


def test_syntax_errors_leave_the_rest_and_name_the_line(read: Reader) -> None:
    facts = read("def ok():\n    pass\n\nx = = 1\n\ndef after():\n    pass\n")
    assert facts.parse_status is ParseStatus.PARTIAL
    assert facts.parse_error == "line 4: syntax error"
    assert {"ok", "after"} <= {symbol.key for symbol in facts.symbols}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"a = 1\x00\ndef f(): pass\n", ParseStatus.PARTIAL),
        (b"\xef\xbb\xbfdef f(): pass\n", ParseStatus.OK),
        (b"x = '\xe9'\ndef f(): pass\n", ParseStatus.PARTIAL),
        ("# coding: latin-1\nx = 'é'\ndef f(): pass\n".encode("latin-1"), ParseStatus.OK),
        ("# coding: shift_jis\nx = 'ソ'\ndef f(): pass\n".encode("shift_jis"), ParseStatus.OK),
    ],
)
def test_unusual_bytes_keep_their_places(read: Reader, content: bytes, status: ParseStatus) -> None:
    facts = read(content)
    function = next(symbol for symbol in facts.symbols if symbol.key == "f")
    assert facts.parse_status is status
    assert content[function.start_byte : function.end_byte] == b"def f(): pass"


def test_names_are_read_in_the_declared_encoding(read: Reader) -> None:
    facts = read("# coding: latin-1\ndef übung(): pass\n".encode("latin-1"))
    assert facts.symbols[0].name == "übung"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("def f(): pass".encode("utf-16"), "UTF-16"),
        ("def f(): pass".encode("utf-32"), "UTF-32"),
        (b"# coding: klingon\n", "klingon"),
        (b"# coding: rot13\n", "no encoding of text"),
        (b"# coding: undefined\n", "no encoding of text"),
        ("# coding: iso2022_jp\nx = '日本'\n".encode("iso2022_jp"), "iso2022_jp"),
    ],
)
def test_what_cannot_be_read_says_why(read: Reader, content: bytes, said: str) -> None:
    facts = read(content)
    assert facts.parse_status is ParseStatus.FAILED
    assert said in (facts.parse_error or "")


@given(encoding=st.sampled_from(sorted(set(aliases.values()))), text=st.text(max_size=20))
def test_whatever_encoding_is_declared_nothing_raises(encoding: str, text: str) -> None:
    content = f"# coding: {encoding}\nx = '{text}'\n".encode(errors="replace")
    extract.facts(Source("x.py", Language.PYTHON, content, b""))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_ending_counts_the_same(read: Reader, newline: str) -> None:
    source = 'def f():\n    """One.\n\n    Two."""\n    return 1\n\n# end\n'.replace("\n", newline)
    facts = read(source.encode())
    assert facts.lines == Lines(7, 2, 4, 1, 3)
    assert (facts.symbols[0].start_line, facts.symbols[0].end_line) == (1, 5)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.py", "x = " + "(" * 20_000 + "1" + ")" * 20_000),
        ("a.py", "x = " + " + ".join(["a"] * 20_000)),
        ("a.py", "x = " + " and ".join(["a"] * 20_000)),
        ("a.py", "x = a" + ".b(1)" * 20_000),
        ("a.py", "x = [" + "1, " * 66_000 + "]"),
        ("a.py", "".join(" " * n + "if x:\n" for n in range(50)) + " " * 50 + "y\n"),
        ("a.ts", "function f() {" * 2_000 + "}" * 2_000),
        ("a.ts", "x = " + "a ? b : " * 10_000 + "c"),
        ("a.js", "if (a) x(); else " * 3_000 + "y()"),
        ("a.tsx", "/** a */\n" * 20_000 + "function f() {}"),
    ],
)
def test_depth_and_length_neither_exhaust_nor_stall(read: Reader, path: str, content: str) -> None:
    started = time.process_time()
    assert read(content, path).parse_status is ParseStatus.OK
    assert time.process_time() - started < 5


def test_a_large_generated_file_is_read_in_time_linear_in_its_size(read: Reader) -> None:
    part = "def f{n}(a, b):\n    if a and b:\n        return [a, 'x{n}']\n    return b\n"

    def seconds(count: int) -> float:
        content = "# @generated\n" + "".join(part.format(n=n) for n in range(count))
        started = time.process_time()
        facts = read(content)
        assert (len(facts.symbols), facts.is_generated) == (count, True)
        return time.process_time() - started

    assert seconds(16_000) < 16 * max(seconds(4_000), 0.1)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=300), language=st.sampled_from(Language))
def test_no_bytes_raise(content: bytes, language: Language) -> None:
    facts = extract.facts(Source("x", language, content, b""))
    lines = facts.lines
    assert lines.source + lines.comment + lines.blank == lines.physical
    assert len({symbol.key for symbol in facts.symbols}) == len(facts.symbols)


PYTHON = ("def f():", "class A(B):", " x = 1", "  return y", "if a and b:", "else:", "@d", "'''")
TYPESCRIPT = (
    "function f() {",
    "}",
    "/** d */",
    "export",
    "const a = () => {",
    "`${",
    "<T>",
    "x?.y",
)
FRAGMENTS = st.lists(st.sampled_from((*PYTHON, *TYPESCRIPT, "(")), max_size=12)


@settings(max_examples=150, deadline=None)
@given(parts=FRAGMENTS, language=st.sampled_from(Language))
def test_broken_code_of_any_kind_gives_consistent_facts(
    parts: list[str], language: Language
) -> None:
    content = "\n".join(parts).encode()
    facts = extract.facts(Source("x", language, content, b""))
    lines = facts.lines
    assert lines.source + lines.comment + lines.blank == lines.physical
    assert sum(symbol.statements for symbol in facts.symbols) <= facts.statements
    for symbol in facts.symbols:
        assert 1 <= symbol.start_line <= symbol.end_line <= max(lines.physical, 1)


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/helper.py", True),
        ("src/test_a.py", True),
        ("a_test.py", True),
        ("conftest.py", True),
        ("src/a.spec.ts", True),
        ("src/__tests__/a.tsx", True),
        ("src/contest.py", False),
        ("src/testing.py", False),
    ],
)
def test_tests_are_told_by_their_path(read: Reader, path: str, test: bool) -> None:
    assert read("", path).is_test is test


@pytest.mark.parametrize(
    ("path", "content", "generated"),
    [
        ("a.py", "# Code generated by a tool. DO NOT EDIT.\n", True),
        ("a.ts", "/**\n * @generated\n */\n", True),
        ("a.py", "# Auto generated by tools/make_tables.py\n", True),
        ("a_pb2.py", "", True),
        ("a.min.js", "", True),
        ("a.js", "f(1);" * 2300 + "\n", True),
        ("a.js", "f(1);" * 300 + "\n", False),
        ("a.py", "MARK = '@generated'\n", False),
        ("a.py", "x = 1\n" * 1000 + "# @generated\n", False),
    ],
)
def test_generated_files_say_so_in_name_or_header_or_by_their_long_lines(
    read: Reader, path: str, content: str, generated: bool
) -> None:
    assert read(content, path).is_generated is generated

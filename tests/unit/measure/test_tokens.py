"""Which tokens are compared, and on which lines they stand."""

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db.measure.tokens import Numbers, Tokens, tokens


def said(read: Reader, source: str | bytes, path: str = "a.py") -> list[str]:
    numbers = Numbers()
    values = tokens(read(source, path), numbers).values.tolist()
    texts = {number: text.decode() for text, number in numbers.items()}
    return [texts[value] for value in values]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"""Says."""\nx = 1\n', "x = 1"),
        ("x = 1  # says\n", "x = 1"),
        ("def f():\n    'says' \"more\"\n    return 1\n", "def f ( ) : return 1"),
        ("from __future__ import annotations\nimport a\nfrom b import (\n    c,\n)\nx\n", "x"),
        ("if a:\n    import b\n", "if a :"),
        ("x = a + \\\n    b\n", "x = a + b"),
        ("@overload\ndef f(a: int) -> int: ...\nx\n", "x"),
        ("@t.overload\ndef f(a: int) -> int: ...\nx\n", "x"),
        ("@cache\ndef f(): ...\n", "@ cache def f ( ) : ..."),
        ("f(a, b,)\n", "f ( a , b )"),
        ("[\n    1,\n    2,\n]\n", "[ 1 , 2 ]"),
        ("x = 'it' \"s\"\n", "x = 'it' \"s\""),
        ("x = f'{a}'\n", "x = f' { a } '"),
        ("x = '''a\n      b'''\n", "x = '''a b'''"),
        ("if x: pass\n", "if x : pass"),
        ("", ""),
    ],
)
def test_of_python_remains_what_is_code(read: Reader, source: str, expected: str) -> None:
    assert " ".join(said(read, source)) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("// says\n/* more */ let x = 1;\n", "let x = 1 ;"),
        ("import a, {\n  b,\n} from 'a';\nx;\n", "x ;"),
        ("export { a } from 'a';\nexport * from 'b';\nx;\n", "x ;"),
        ("export { a };\n", "export { a } ;"),
        ("export const a = 1;\n", "export const a = 1 ;"),
        ("const a = require('a');\n", "const ;"),
        ("function f(a: string): void;\nfunction f(a: any) {}\n", "function f ( a : any ) { }"),
        ("class A { f(): void; f() {} }\n", "class A { ; f ( ) { } }"),
        ("interface A { f(): void }\n", "interface A { f ( ) : void }"),
        ("const r = /[`'\"]/g; x\n", "const r = /[`'\"]/g ; x"),
        ("const r = a / b / c\n", "const r = a / b / c"),
        ("const t = `a // '\"`; x\n", "const t = `a // '\"` ; x"),
        ("const t = `a${f(`b${c}`)}d`; x\n", "const t = ` a ${ f ( ` b ${ c } ` ) } d ` ; x"),
        ("let a: A<B<c>> = d >> e\n", "let a : A < B < c > > = d >> e"),
    ],
)
def test_of_typescript_remains_what_is_code(read: Reader, source: str, expected: str) -> None:
    assert " ".join(said(read, source, "a.ts")) == expected


def test_text_between_tags_does_not_derail_what_follows(read: Reader) -> None:
    source = "const a = <p title='b'>\n  It's // `not\n  code {c} </p>;\nlet d = 'e';\n"
    assert said(read, source, "a.tsx") == [
        *("const", "a", "=", "<", "p", "title", "=", "'b'", ">", "It's // `not code", "{", "c"),
        *("}", " ", "</", "p", ">", ";", "let", "d", "=", "'e'", ";"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tokens_stand_on_their_lines_whatever_ends_them(read: Reader, end: str) -> None:
    found = tokens(read(f"a = 1{end}{end}b = '''{end}'''{end}c".encode()), Numbers())
    lines = list(zip(found.first_lines.tolist(), found.last_lines.tolist(), strict=True))
    assert lines == [(1, 1)] * 3 + [(3, 3)] * 2 + [(3, 4)] + [(5, 5)]


def test_files_in_other_encodings_are_read_too(read: Reader) -> None:
    source = "# coding: latin-1\nname = 'é'\nother = 1\n".encode("latin-1")
    found = tokens(read(source), Numbers())
    assert found.first_lines.tolist() == [2, 2, 2, 3, 3, 3]


def test_code_around_syntax_errors_is_compared(read: Reader) -> None:
    assert {"good", "better"} <= set(said(read, "good = 1\ndef (:\nbetter = 2\n"))


@pytest.mark.parametrize(
    ("source", "path", "expected"),
    [
        ("def f(a, b=(1, 2)): return a\n", "a.py", "(a,b=(1,2))"),
        ("f(a, lambda b: b)\n", "a.py", ""),
        ("const f = (a: A, { b }: B) => a\n", "a.ts", "(a:A,{b}:B)"),
    ],
)
def test_it_is_known_which_tokens_are_parameters(
    read: Reader, source: str, path: str, expected: str
) -> None:
    found: Tokens = tokens(read(source, path), Numbers())
    everything = said(read, source, path)
    chosen = [t for t, is_one in zip(everything, found.are_parameters, strict=True) if is_one]
    assert "".join(chosen) == expected

"""Which places of a name are reads of it."""

import hashlib

import pytest

from graph_sitter_db import extract
from graph_sitter_db.detect.reads import Reads
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import Source


def is_read(source: str, path: str = "a.py", name: str = "x") -> bool:
    content, language = source.encode(), language_of(path)
    assert language
    facts = extract.facts(Source(path, language, content, hashlib.sha256(content).digest()))
    return Reads(facts).read(name, range(len(content)))


@pytest.mark.parametrize(
    "source",
    [
        "print(x)",
        "x.y = 1",
        "x[0] = 1",
        "x += 1",
        "del x",
        "f(y=x)",
        "f'{x!r:>{y}}'",
        "@x\ndef f(): ...",
        "class A(x): ...",
        "def f(y: x): ...",
        "def f(y=x): ...",
        "[y for y in z if x]",
        "match y:\n    case x.A: ...",
        "match y:\n    case x(): ...",
        "def f():\n    def g():\n        nonlocal x\n        x = 1",
        "y: 'list[x]'",
        "y = Optional['x']",
        "y = cast('x', z)",
        "y: TypeAlias = 'x'",
        "y = []  # type: list[x]",
        'def f():\n    """\n    >>> x()\n    """',
        "frame.query('a > @x')",
        "\n\nx",
    ],
)
def test_python_reads(source: str) -> None:
    assert is_read(source)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "x: int = 1",
        "x, y = z",
        "[x, *y] = z",
        "(x := 1)",
        "y.x",
        "f(x=1)",
        "def x(): ...",
        "class x: ...",
        "def f(x, *y, z=1): ...",
        "def f(x: int = 1, **y): ...",
        "lambda x: 1",
        "for x in y: ...",
        "for (x, y), z in w: ...",
        "with y as x: ...",
        "try: ...\nexcept E as x: ...",
        "global x",
        "import x",
        "import x.y as z",
        "from x import y",
        "from y import z as x",
        "match y:\n    case x: ...",
        "match y:\n    case A(x=1): ...",
        "# x",
        "y = 'x'",
        "y['x']",
        "y: Literal['x']",
        "xx = x_ = 1",
        "añx = 1",
    ],
)
def test_python_names_that_are_not_read(source: str) -> None:
    assert not is_read(source)


@pytest.mark.parametrize(
    "source",
    [
        "f(x)",
        "x.y = 1",
        "const y = { x }",
        "const y = { [x]: 1 }",
        "export { x }",
        "export { x as y }",
        "export default x",
        "export = x",
        "let y: x<number>",
        "let y: x.A",
        "let y: typeof x",
        "type Y = { [K in x]: 1 }",
        "class A extends x {}",
        "class A implements x {}",
        "@x class A {}",
        "`${x}`",
        "const { y = x } = z",
        "import y = x.z",
        "import y = x",
        "/** {@link x} */",
        "for (const y of x) f()",
        "for (x in y) f()",
        "x ||= 1",
    ],
)
def test_typescript_reads(source: str) -> None:
    assert is_read(source, "a.ts")


@pytest.mark.parametrize(
    "source",
    [
        "const x = 1",
        "x = 1",
        "const { x, y: z } = w",
        "const { y: x } = w",
        "const { x = 1 } = w",
        "const [x, ...y] = z",
        "y.x",
        "const y = { x: 1 }",
        "function x() {}",
        "function f(x, { y: z }) {}",
        "function f(x: number, y?: string) {}",
        "const y = (x) => 1",
        "const y = x => 1",
        "class x {}",
        "interface x {}",
        "type x = 1",
        "enum x {}",
        "namespace x {}",
        "type Y<x> = 1",
        "type Y = { [x in K]: 1 }",
        "type Y = A extends infer x ? 1 : 2",
        "type Y = { [x: string]: 1 }",
        "let y: A.x",
        "import x from 'y'",
        "import * as x from 'y'",
        "import { y as x } from 'z'",
        "import x = require('y')",
        "import x = y.z",
        "export { x } from 'y'",
        "export { y as x }",
        "export * as x from 'y'",
        "for (const x of y) f()",
        "try {} catch (x) {}",
        "x: while (1) break x",
        "// {x}\n'x'",
    ],
)
def test_typescript_names_that_are_not_read(source: str) -> None:
    assert not is_read(source.replace("// {x}", "// x"), "a.ts")


def test_markup_reads_its_components() -> None:
    assert is_read("const y = <x.A />", "a.tsx")
    assert is_read("const y = <Y a={x} />", "a.jsx")
    assert not is_read("const y = <Y x={1} />", "a.tsx")

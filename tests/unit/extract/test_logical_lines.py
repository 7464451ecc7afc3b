"""Logical lines: by hand, and on whole packages against radon's LLOC."""

import io
import tokenize
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from radon.raw import analyze  # type: ignore[import-untyped]  # radon has no type hints
from tests.unit.extract.conftest import Reader

type Tokens = Sequence[tokenize.TokenInfo]

PACKAGES = ("click", "rich", "asyncio", "email", "json", "unittest", "dataclasses")
LEFT_OUT = "_emoji_codes.py"  # one statement of 3,600 lines: radon reads it anew for each


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", 0),
        ("# why\n", 0),
        ("x = 1; y = 2;\n", 2),
        ("x = [\n    1,\n    2,\n]\n", 1),
        ("x = {1: 2}[1:][0](lambda: 3)\n", 1),
        ('"""Doc."""\n\n\ndef f():\n    """Doc."""\n', 3),
        ("@cached\n@other(\n    1\n)\ndef f(): return 1\n", 4),
        ("if a:\n    b()\nelif c:\n    pass\nelse:\n    d()\n", 6),
        ("for a in b:\n    c()\nelse:\n    d()\n", 4),
        ("try:\n    a()\nexcept E:\n    pass\nelse:\n    b()\nfinally:\n    c()\n", 8),
        ("match a:\n    case 1:\n        b()\n    case _:\n        c()\n", 5),
        ("class A:\n    x: int\n    y = 1\n\n    def m(self): ...\n", 5),
    ],
)
def test_python_counts_statements_docstrings_decorators_and_clauses(
    read: Reader, source: str, lines: int
) -> None:
    assert read(source).lines.logical == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("// why\n", 0),
        ("const a = 1, b = 2; f();\n", 2),
        ("/** Doc. */\nexport function f() { return 1 }\n", 2),
        ("if (a) { b() } else if (c) { d() } else { e() }\n", 6),
        ("try { a() } catch (e) { b() } finally { c() }\n", 6),
        ("switch (a) { case 1: b(); break; default: c() }\n", 6),
        ("for (let i = 0; i < 9; i++) { a() }\n", 2),
        ("@dec\nclass A {\n  x = 1\n  @dec m() { return this.x }\n  get y() { return 2 }\n}\n", 8),
        ("interface A { x: number; m(): void }\n", 1),
        ("abstract class A { abstract m(): void }\n", 2),
    ],
)
def test_typescript_counts_members_of_classes_too(read: Reader, source: str, lines: int) -> None:
    assert read(source, "a.ts").lines.logical == lines


@pytest.mark.parametrize("package", PACKAGES)
def test_logical_lines_are_radons_but_for_its_second_count_of_a_colon_inside(
    package: str, read: Reader
) -> None:
    for path in _files(package):
        text = path.read_text(encoding="utf-8")
        twice = sum(_counted(line) - _meant(line) for line in _lines(text))
        assert read(text, str(path)).lines.logical == analyze(text).lloc - twice, path


def _files(package: str) -> list[Path]:
    spec = find_spec(package)
    assert spec and spec.origin
    found = Path(spec.origin)
    files = found.parent.rglob("*.py") if found.name == "__init__.py" else [found]
    return sorted(path for path in files if path.name != LEFT_OUT)


_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def _lines(text: str) -> Iterator[Tokens]:
    """As radon parts them: at the ends of lines and at semicolons."""
    line: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NEWLINE or _is_operator(token, ";"):
            if line:
                yield line
            line = []
        elif token.type not in _LAYOUT:
            line.append(token)


def _counted(line: Tokens) -> int:
    """By radon: two, unless the last colon ends the line or there is none."""
    colons = [place for place, token in enumerate(line) if _is_operator(token, ":")]
    return 2 if colons and colons[-1] < len(line) - 1 else 1


def _meant(line: Tokens) -> int:
    """Two only where a statement stands behind the colon that heads it."""
    if line[0].string not in _COMPOUND:
        return 1
    depth = lambdas = 0
    for place, token in enumerate(line):
        depth += _is_operator(token, "([{") - _is_operator(token, ")]}")
        if not depth and token.string == "lambda":
            lambdas += 1
        elif not depth and _is_operator(token, ":"):
            if not lambdas:
                return 1 if place == len(line) - 1 else 2
            lambdas -= 1
    return 1


_COMPOUND = frozenset(
    (
        *("async", "case", "class", "def", "elif", "else", "except", "finally", "for", "if"),
        *("match", "try", "while", "with"),
    )
)


def _is_operator(token: tokenize.TokenInfo, among: str) -> bool:
    return token.type == tokenize.OP and token.string in among

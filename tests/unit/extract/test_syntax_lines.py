import pytest
from tests.unit.extract.conftest import Reader

from graph_sitter_db.model.facts import Lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = 1", Lines(1, 1, 0, 0, 1)),
        ("x = 1  # why\n", Lines(1, 1, 0, 0, 1)),
        ("# why\n\n", Lines(2, 0, 1, 1)),
        ('"""One.\n\nTwo.\n"""\nx = 1\n', Lines(5, 1, 4, 0, 2)),
        ('x = """\n\nno comment\n"""\n', Lines(4, 4, 0, 0, 1)),
        ("   \n\t\n\f\n", Lines(3, 0, 0, 3)),
        ('def f(): "doc"\n', Lines(1, 1, 0, 0, 2)),
    ],
)
def test_python_lines(read: Reader, source: str, lines: Lines) -> None:
    assert read(source).lines == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("/* a\n\n b */\nf() // c\n", Lines(4, 1, 3, 0, 1)),
        ("f(); /* a\n b */ g()\n", Lines(2, 2, 0, 0, 2)),
        ("x = `a\n\n# b`\n", Lines(3, 3, 0, 0, 1)),
    ],
)
def test_typescript_lines(read: Reader, source: str, lines: Lines) -> None:
    assert read(source, "a.ts").lines == lines


def test_a_symbols_source_lines_are_those_inside_its_span(read: Reader) -> None:
    symbol = read('def f():\n    """Doc."""\n\n    # why\n    return 1\n\n\nx = 1\n').symbols[0]
    assert symbol.lines_source == 2

"""What is described, what is typed, and what is said."""

from textwrap import dedent

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure

SHOP = '''
"""A shop."""


def price(item):
    """What it costs."""


def tax(item): ...


def _secret(): ...


class Cart:
    def __init__(self): ...

    def add(self, item):
        """Put it in."""

    @property
    def total(self): ...


class Special(Cart):
    def add(self, item): ...
'''


def test_docstring_coverage_is_of_what_others_may_use(read: Reader) -> None:
    """price, tax, Cart and Cart.add, of which two are described."""
    values = measure.measure(read(SHOP, "shop.py")).values
    assert (values["public_definitions"], values["docstring_coverage"]) == (4, 50)


@pytest.mark.parametrize("path", ["_shop.py", "tests/test_shop.py", "a/_private/shop.py"])
def test_what_nobody_outside_may_use_needs_no_words(read: Reader, path: str) -> None:
    values = measure.measure(read(SHOP, path)).values
    assert values["public_definitions"] == 0
    assert "docstring_coverage" not in values


def test_in_typescript_what_is_exported_counts(read: Reader) -> None:
    source = "/** Adds. */\nexport function add() {}\nexport class A {}\nfunction hidden() {}\n"
    values = measure.measure(read(source, "a.ts")).values
    assert (values["public_definitions"], values["docstring_coverage"]) == (2, 50)


def test_docstring_coverage_of_a_whole_weighs_files_by_what_they_offer(read: Reader) -> None:
    sources = {"shop.py": SHOP, "one.py": 'def f():\n    """Said."""\n', "_none.py": SHOP}
    files = [measure.measure(read(text, path)) for path, text in sources.items()]
    assert measure.totals(files, {})["docstring_coverage"] == 60


@pytest.mark.parametrize(
    ("source", "path", "places", "coverage"),
    [
        ("def f(a: int, *b, c=1) -> None: ...\n", "a.py", 4, 50),
        ("class A:\n    def __init__(self, a: int): ...\n", "a.py", 1, 100),
        ("class A:\n    @classmethod\n    def f(cls, a) -> int: ...\n", "a.py", 2, 50),
        ("f = lambda a: a\n", "a.py", 0, None),
        ("function f(a: number, b?, ...c: string[]): void {}\n", "a.ts", 4, 75),
        ("class A { constructor(private a: T) {}\n get b(): T { return 1 } }", "a.ts", 2, 100),
        ("class A { public static set b(c: T) {}\n set(d) {} }", "a.ts", 3, 33.3333),
        ("list.map((each) => { return each })\n", "a.ts", 0, None),
        ("function f(a) {}\n", "a.js", None, None),
    ],
)
def test_annotation_coverage_is_of_parameters_and_returns(
    read: Reader, source: str, path: str, places: int | None, coverage: float | None
) -> None:
    values = measure.measure(read(source, path)).values
    assert values.get("annotation_places") == places
    assert values.get("annotation_coverage") == coverage


def test_comment_density_is_of_all_lines(read: Reader) -> None:
    source = dedent('''
        """Said."""
        x = 1  # no line of its own
        # said
    ''')
    assert measure.measure(read(source)).values["comment_density"] == 50
    assert "comment_density" not in measure.measure(read("")).values


def test_definitions_by_kind_add_up(read: Reader) -> None:
    values = measure.measure(read(SHOP)).values
    kinds = ("function", "class", "method", "property")
    assert [values[f"symbols_{kind}"] for kind in kinds] == [3, 2, 3, 1]
    assert values["symbols"] == sum(v for name, v in values.items() if name.startswith("symbols_"))

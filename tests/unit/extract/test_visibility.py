"""Names that one function binds, and what the same names stand for in others."""

from collections.abc import Callable, Mapping

import pytest

from graph_sitter_db.model.keys import EdgeKind
from graph_sitter_db.model.relations import Linkage, Relations

type Relate = Callable[[Mapping[str, str]], Relations]

TWO_MODULES = {
    "a.py": "def g(): ...\nclass A:\n    def x(self): ...\n",
    "b.py": "def g(): ...\nclass A:\n    def x(self): ...\n",
}


def calls_and_references(linkage: Linkage) -> set[str]:
    """As `kind source -> target xcount`."""
    return {
        f"{e.kind} {e.source or '.'} -> {e.target_path}:{e.target}"
        f"{f' x{e.count}' if e.count > 1 else ''}"
        for e in linkage.edges
        if e.kind in (EdgeKind.CALL, EdgeKind.REFERENCE)
    }


def test_an_import_inside_a_function_is_for_that_function_only(relate: Relate) -> None:
    text = """\
import a as z
from a import A, g


def f():
    import b as z
    from b import A, g
    def inner():
        g()
    g()
    z.g()
    A.x()


def h():
    g()
    z.g()
    A.x()
"""
    assert calls_and_references(relate({**TWO_MODULES, "m.py": text}).linkages["m.py"]) == {
        "call f.inner -> b.py:g",
        "call f -> b.py:g x2",
        "call f -> b.py:A.x",
        "reference f -> b.py:A",
        "call h -> a.py:g x2",
        "call h -> a.py:A.x",
        "reference h -> a.py:A",
    }


def test_an_import_inside_a_function_displaces_no_definition(relate: Relate) -> None:
    text = "def g(): ...\ndef f():\n    from a import g\n    g()\ndef h():\n    g()\n"
    files = {**TWO_MODULES, "m.py": text, "n.py": "import m\nfrom m import g\ng()\nm.g()\n"}
    linkages = relate(files).linkages
    assert calls_and_references(linkages["m.py"]) == {"call f -> a.py:g", "call h -> m.py:g"}
    assert calls_and_references(linkages["n.py"]) == {"call . -> m.py:g x2"}


def test_an_import_inside_a_function_gives_others_no_name(relate: Relate) -> None:
    text = (
        "def f():\n    from a import g\n    g()\n"
        "def h():\n    from b import g\n    g()\n"
        "def k():\n    g()\n"
    )
    linkage = relate({**TWO_MODULES, "m.py": text}).linkages["m.py"]
    assert calls_and_references(linkage) == {"call f -> a.py:g", "call h -> b.py:g"}
    assert linkage.unresolved == 1


@pytest.mark.parametrize(
    "body",
    [
        "for item in xs: item()",
        "return [item() for item in xs]",
        "with xs as item: item()",
        "return (item := xs) and item()",
        "return item() if any(item := x for x in xs) else 0",
        "a, (item, *c) = xs; item()",
        "return lambda: [item.x for item in xs]",
        "try: xs()\n    except E as item: item()",
        "for os in xs: os.getcwd()",
    ],
)
def test_a_name_bound_inside_a_function_is_no_use_of_the_modules_own(
    relate: Relate, body: str
) -> None:
    text = f"import os\ndef item(): ...\n\n\ndef f(xs):\n    {body}\n"
    assert calls_and_references(relate({"m.py": text}).linkages["m.py"]) == set()


@pytest.mark.parametrize(
    "body", ["global item\n    item = item()", "return [item for item in item()]"]
)
def test_a_name_that_is_not_bound_where_it_is_used_is_the_modules_own(
    relate: Relate, body: str
) -> None:
    text = f"def item(): ...\n\n\ndef f(xs):\n    {body}\n"
    assert "m.py:item" in str(calls_and_references(relate({"m.py": text}).linkages["m.py"]))


def test_a_name_bound_in_a_block_is_no_use_of_the_modules_own(relate: Relate) -> None:
    text = """\
function item() { return 1 }
function f(xs) { for (const item of xs) { item() } item() }
function g() { try { x() } catch (item) { item() } }
function h() { for (let item = 0; item < 3; item++) { item } }
function k() { const { a: [item = 1] } = q(); item() }
function l(item) { item() }
function m() { const { item } = require("./other"); item() }
"""
    files = {"m.js": text, "other.js": "export function item() {}\n"}
    assert calls_and_references(relate(files).linkages["m.js"]) == {
        "call f -> m.js:item",
        "call m -> other.js:item",
    }

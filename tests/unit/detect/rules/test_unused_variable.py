from dataclasses import replace

import pytest

from graph_sitter_db.detect.rules.unused_variable import RULE
from graph_sitter_db.testing import find

ALONE = replace(RULE, check_codebase=None)


def unused(source: str, path: str = "a.ts") -> list[str]:
    return [issue.finding.anchor for issue in find(ALONE, {path: source})]


def in_function(body: str) -> list[str]:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return unused(f"def f(a):\n{indented}", "a.py")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("x = 1", ["x"]),
        ("x: int = 1", ["x"]),
        ("x = y = 1\nreturn y", ["x"]),
        ("x = 1\nx = 2", ["x"]),
        ("if (x := a): ...", ["x"]),
        ("with a as x, b as (y, z): ...", ["x"]),
        ("with (a as x): ...", ["x"]),
        ("try: ...\nexcept A as x: ...\nexcept B as x: print(x)", ["x"]),
        ("def g():\n    x = 1\nx = 2\nreturn x", ["x"]),
        ("x = 1\nreturn a.x, f(x=2)", ["x"]),
        ("x = 1  # noqa: E501", ["x"]),
    ],
)
def test_values_that_nothing_reads_are_reported(body: str, names: list[str]) -> None:
    assert in_function(body) == names


@pytest.mark.parametrize(
    "body",
    [
        "x = 1\nreturn lambda: x",
        "x = 1\nreturn f'{x}'",
        "x = 1\nx += 1",
        "x = 1\nclass A:\n    y = x",
        "x = 1\nreturn [y for y in a if y > x]",
        "x = 1\ndef g():\n    nonlocal x",
        "x, y = a",
        "for x in a: ...",
        "_x = 1",
        "x: int",
        "x = 1\nreturn locals()",
        "x = 1\nreturn eval('x')",
        "a.x = a[0] = 1",
        "class A:\n    x = 1",
        "global x\nx = 1",
        "x = 1  # noqa: F841",
        "x = 1\nx = 2  # noqa: F841",
        "x = 1\na.log(log_locals=True)",
    ],
)
def test_what_is_read_or_has_to_be_there_is_left_alone(body: str) -> None:
    assert in_function(body) == []


def test_modules_are_left_alone_but_for_what_their_handlers_catch() -> None:
    source = "x = 1\ntry: ...\nexcept A as error: ...\n"
    assert unused(source, "a.py") == ["error"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("export {}\nconst x = 1\n", []),  # no name is exported: it may be a script
        ("export const x = 1, y = 2\nconst z = 3\n", ["z"]),
        ("import './b'\nlet x\nx = 1\n", ["x"]),
        ("export function f() {\n  var x = 1\n  if (x_) { const y = 2 }\n}\n", ["x", "y"]),
        ("export const f = ({ a }) => {\n  const { b, c: d, e = 1 } = a\n}\n", ["b", "d", "e"]),
        ("export const f = () => {\n  { const x = 1 }\n  { const x = 2; g(x) }\n}\n", ["x"]),
        ("const a = require('a')\n", ["a"]),
    ],
)
def test_typescript_values_that_nothing_reads_are_reported(source: str, names: list[str]) -> None:
    assert unused(source) == names


@pytest.mark.parametrize(
    "source",
    [
        "const x = 1\n",
        "export {}\ndeclare const x: number\nexport const y = 1\n",
        "const x = 1\nexport { x }\n",
        "const x = 1\nexport type X = typeof x\n",
        "const _x = 1\nexport const y = 1\n",
        "const x = () => 1\nexport const y = 1\n",  # a function: unused_symbol's
        "export function f() {\n  const [a, b] = g()\n  return b\n}\n",
        "export function f() {\n  const { a, ...rest } = g()\n  return rest\n}\n",
        "export function f() {\n  for (const x of g()) h()\n  for (const y in g()) h()\n}\n",
        "export function f() {\n  if (g) { var x = 1 }\n  return x\n}\n",
        "export function f() {\n  try { g() } catch (error) { h() }\n}\n",
    ],
)
def test_typescript_names_that_are_read_or_have_to_be_there_are_left_alone(source: str) -> None:
    assert unused(source) == []


@pytest.mark.parametrize("path", ["tests/edge-data/a.py", "a/_vendor/a.py", "test-data/b/a.py"])
def test_code_that_others_keep_or_tests_read_is_left_alone(path: str) -> None:
    assert unused("def f():\n    x = 1\n", path) == []
    assert unused("def f():\n    x = 1\n", "tests/data/test_a.py") == ["x"]


def test_declarations_are_left_alone() -> None:
    assert unused("export {}\nconst x: number\n", "a.d.ts") == []


def test_private_variables_of_modules_are_reported_when_no_file_names_them() -> None:
    shop = (
        "_TAX = 1\n_RATE: int = 2\n_SEEN = 3\n_SAID = 4\n__version__ = '5'\nPRICE = 6\n"
        "_a, _b = f()\n(_c, _d) = f()\n"
    )
    bill = "from shop import _RATE\n\nprint(shop._SEEN)  # not _SAID\n"
    found = find(RULE, {"shop.py": shop, "bill.py": bill})
    assert [issue.finding.symbol for issue in found] == ["_TAX"]
    assert all(issue.depends_on_graph for issue in found)


def test_a_private_variable_that_is_set_again_elsewhere_is_left_alone() -> None:
    source = "_shop = None\n\n\ndef f():\n    global _shop\n    _shop = 1\n"
    assert find(RULE, {"shop.py": source}) == ()

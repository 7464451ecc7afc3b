from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from graph_sitter_db.detect._detect import Codebase
from graph_sitter_db.detect.rules.unused_symbol import RULE, check_codebase
from graph_sitter_db.model.facts import MeasuredFile, Symbol
from graph_sitter_db.model.keys import EdgeKind, Family, SymbolKind
from graph_sitter_db.model.relations import Edge, Linkage
from graph_sitter_db.settings import Settings
from graph_sitter_db.testing import find

SOURCE = b"def _f(x):\n    return 1\n"


def found(
    *files: MeasuredFile, edges: Sequence[tuple[str, Edge]] = (), public: float = 0
) -> list[str]:
    linkages = {
        file.path: Linkage(file.path, tuple(e for path, e in edges if path == file.path))
        for file in files
    }
    settings = Settings(limits={RULE.name: {"public": public}})
    codebase = Codebase(
        {file.path: file for file in files}, linkages, Family.PYTHON, settings, RULE
    )
    return [finding.symbol or "" for finding in check_codebase(codebase, RULE.limits)]


def call(source: str, target_path: str, target: str) -> Edge:
    return Edge(EdgeKind.CALL, source, target_path, target, "", 1, 1)


def function(make: Any, name: str = "_f", **other: Any) -> Symbol:
    symbol: Symbol = make.symbol(name, **{"end_byte": len(SOURCE), **other})
    return symbol


def file(make: Any, *symbols: Symbol, path: str = "a.py", **other: Any) -> MeasuredFile:
    names = frozenset(symbol.name for symbol in symbols)
    made: MeasuredFile = make.file(path, symbols, **{"content": SOURCE, "names": names, **other})
    return made


def test_a_private_function_that_is_named_nowhere_else_is_reported(make: Any) -> None:
    assert found(file(make, function(make))) == ["_f"]


def test_a_name_that_occurs_in_another_file_is_used(make: Any) -> None:
    known = make.file("b.py", names=frozenset({"_f"}))
    written = make.file("b.py", content=b"run('await x._f()')")
    assert found(file(make, function(make)), known) == []
    assert found(file(make, function(make)), written) == []


@pytest.mark.parametrize(
    "more",
    [b"_f(1)\n", b"TABLE = {'_f': 1}\n", b"# see _f\n", b"getattr(x, '_' + y)\n", b"f'_{y}'\n"],
)
def test_a_name_that_occurs_elsewhere_in_its_file_is_used(make: Any, more: bytes) -> None:
    assert found(file(make, function(make), content=SOURCE + more)) == []


def test_a_longer_name_that_begins_the_same_is_no_use(make: Any) -> None:
    assert found(file(make, function(make), content=SOURCE + b"_fine = x._f2\n")) == ["_f"]


def test_a_function_that_only_calls_itself_is_not_used(make: Any) -> None:
    source = b"def _f(x):\n    return _f(x)\n"
    made = file(make, function(make, end_byte=len(source)), content=source)
    assert found(made, edges=[("a.py", call("_f", "a.py", "_f"))]) == ["_f"]


def test_an_edge_from_elsewhere_is_a_use(make: Any) -> None:
    assert found(file(make, function(make)), edges=[("a.py", call("", "a.py", "_f"))]) == []


@pytest.mark.parametrize(
    "other",
    [
        {"decorators": ("app.command()",)},
        {"is_abstract": True},
        {"name": "__getattr__"},
        {"name": "_repr_html_"},
        {"bases": ("Plugin",)},
        {"name": "<anonymous>"},
        {"name": "f"},
        {"kind": SymbolKind.VARIABLE},
    ],
)
def test_what_others_may_find_by_other_means_is_left_alone(
    make: Any, other: dict[str, Any]
) -> None:
    assert found(file(make, function(make, **other))) == []


@pytest.mark.parametrize("other", [{"is_test": True}, {"path": "a.d.ts"}, {"exports": {"_f"}}])
def test_files_whose_symbols_are_used_from_outside_are_left_alone(
    make: Any, other: dict[str, Any]
) -> None:
    assert found(file(make, function(make), **other)) == []


def test_a_public_function_is_reported_on_demand_or_in_a_private_module(make: Any) -> None:
    public = function(make, "run")
    content = SOURCE.replace(b"_f", b"run")
    assert found(file(make, public, content=content)) == []
    assert found(file(make, public, content=content, exports=frozenset({"go"}))) == []
    assert found(file(make, public, content=content), public=1) == ["run"]
    assert found(file(make, public, content=content, path="_private/a.py")) == ["run"]


def test_hooks_of_pytest_are_left_alone(make: Any) -> None:
    hook, other = function(make, "pytest_configure"), function(make, "configure")
    assert found(file(make, hook, path="_plugin.py", content=b"")) == []
    assert found(file(make, other, path="_plugin.py", content=b"")) == ["configure"]


def test_vendored_code_is_left_alone(make: Any) -> None:
    assert found(file(make, function(make), path="pip/_vendor/a.py")) == []


@pytest.mark.parametrize(
    ("owner", "name", "reported"),
    [
        ({}, "_step", True),
        ({}, "step", False),
        ({}, "__eq__", False),
        ({"bases": ("Machine",)}, "_step", False),
        ({"decorators": ("dataclass",)}, "_step", False),
    ],
)
def test_private_methods_are_reported_where_no_parent_may_use_them(
    make: Any, owner: dict[str, Any], name: str, reported: bool
) -> None:
    source = f"class C:\n    def {name}(self): pass\nprint(C)\n".encode()
    machine = make.symbol("C", 0, kind=SymbolKind.CLASS, end_byte=len(source) - 9, **owner)
    step = make.symbol(
        name,
        1,
        kind=SymbolKind.METHOD,
        parent_ordinal=0,
        qualified_name=f"C.{name}",
        start_byte=13,
        end_byte=len(source) - 9,
    )
    reports = found(file(make, machine, step, content=source))
    assert reports == ([f"C.{name}"] if reported else [])


def test_private_methods_of_classes_with_subclasses_are_left_alone() -> None:
    sources = {"a.py": "class Machine:\n    def _step(self):\n        return 1\n"}
    assert [issue.finding.symbol for issue in find(RULE, sources)] == ["Machine._step"]
    sources["b.py"] = "from a import Machine\n\n\nclass Mill(Machine):\n    pass\n"
    assert find(RULE, sources) == ()


def test_definitions_under_conditions_are_reported_once(make: Any) -> None:
    twice = [function(make), function(make, ordinal=1, duplicate_ordinal=1)]
    assert found(file(make, *twice)) == ["_f"]


ALONE = replace(RULE, check_codebase=None)


def alone(source: str, path: str = "a.py") -> list[str]:
    return [issue.finding.symbol or "" for issue in find(ALONE, {path: source})]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f():\n    def g(): ...\n    class A: ...\n", ["f.g", "f.A"]),
        ("def f():\n    def g():\n        return g()\n", ["f.g"]),
        ("def f():\n    def g(): ...\n\n\ndef h(g):\n    return g\n", []),
        ("def f():\n    def g(): ...\n    return x.g, x(g=1)\n", ["f.g"]),
        ("def f():\n    def g(): ...\n    return g\n", []),
        ("def f():\n    @on\n    def g(): ...\n", []),
        ("def f():\n    class A(Plugin): ...\n", []),
        ("def f():\n    class A(shop.Error, Generic[T]): ...\n", ["f.A"]),
        ("def f():\n    def g(): ...\n    return locals()\n", []),
        ("def f():\n    class A:\n        def g(self): ...\n    return A\n", []),
        ("class A:\n    def f(self): ...\n", []),
    ],
)
def test_definitions_inside_of_functions_are_for_these_alone(source: str, names: list[str]) -> None:
    assert alone(source) == names
    assert alone(source, "tests/test_a.py") == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("export const a = 1\nfunction f() {}\nconst g = () => 1\nclass A {}\n", ["f", "g", "A"]),
        ("import './b'\ninterface I {}\ntype T = 1\nenum E { A }\n", ["I", "T", "E"]),
        ("export function f() {\n  function g() {}\n  const h = () => 1\n}\n", ["f.g", "f.h"]),
        ("function f() {}\n", []),  # a script: its page may call it
        ("export const a = 1\nfunction f() {}\nexport { f as g }\n", []),
        ("function f() {}\nexport default f\n", []),
        ("export const a = 1\nfunction _f() {}\n", []),
        ("export default { load() {}, go: () => 1 }\n", []),
        ("import { on } from 'b'\non(function f() {})\nwindow.onload = function () {}\n", []),
        ("export const a = 1\ndeclare global {\n  interface Window {}\n}\n", []),
        ("export const a = 1\ntype T = 1\nconst b: T = a\n", []),
    ],
)
def test_what_a_typescript_module_does_not_export_is_for_itself_alone(
    source: str, names: list[str]
) -> None:
    assert alone(source, "a.ts") == names


def test_a_module_whose_names_are_gone_through_is_left_alone(make: Any) -> None:
    for loop in (b"for f in vars(shop.a).values(): f()", b"for f in a.__dict__: f()"):
        assert found(file(make, function(make)), make.file("b.py", content=loop)) == []
    assert found(file(make, function(make), content=SOURCE + b"for f in globals(): f()")) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[project.scripts]\nshop = 'shop.a:_main'\n"),
        ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n  shop = shop.a:_main\n"),
    ],
)
def test_an_entry_point_is_used(path: str, text: str) -> None:
    sources = {"shop/a.py": "def _main():\n    return 1\n"}
    assert [issue.finding.symbol for issue in find(RULE, sources)] == ["_main"]
    assert find(RULE, {**sources, path: text}) == ()


def test_what_package_json_offers_is_used_where_public_code_is_looked_at() -> None:
    sources = {
        "src/index.ts": "export * from './shop'\nexport const price = () => 1\n",
        "src/shop.ts": "export function buy() {\n  return 1\n}\n",
        "src/bill.ts": "export function tax() {\n  return 1\n}\n",
    }
    manifest = {"package.json": '{"exports": {".": {"import": "./dist/index.mjs"}}}'}
    public = {"public": 1}
    assert [i.finding.symbol for i in find(RULE, {**sources, **manifest}, public)] == ["tax"]
    assert len(find(RULE, sources, public)) == 3
    assert find(RULE, {**sources, **manifest}) == ()

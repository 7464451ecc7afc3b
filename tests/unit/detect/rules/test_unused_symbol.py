from collections.abc import Sequence
from typing import Any

import pytest

from graph_sitter_db.detect._detect import Codebase
from graph_sitter_db.detect.rules.unused_symbol import RULE, check
from graph_sitter_db.model.facts import MeasuredFile, Symbol
from graph_sitter_db.model.keys import EdgeKind, Family, SymbolKind
from graph_sitter_db.model.relations import Edge, Linkage
from graph_sitter_db.settings import Settings

SOURCE = b"def _f(x):\n    return 1\n"


def found(
    *files: MeasuredFile, edges: Sequence[tuple[str, Edge]] = (), public: float = 0
) -> list[str]:
    linkages = {
        file.path: Linkage(file.path, tuple(e for path, e in edges if path == file.path))
        for file in files
    }
    codebase = Codebase(
        {file.path: file for file in files}, linkages, Family.PYTHON, Settings(), RULE
    )
    findings = check(codebase, {**RULE.limits, "public": public})
    return [finding.symbol or "" for finding in findings]


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


def test_definitions_under_conditions_are_reported_once(make: Any) -> None:
    twice = [function(make), function(make, ordinal=1, duplicate_ordinal=1)]
    assert found(file(make, *twice)) == ["_f"]

"""Every edge of small trees, spelled out: what each name in them stands for."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from graph_sitter_db import extract
from graph_sitter_db.extract.graph import build
from graph_sitter_db.languages import family_of, language_of
from graph_sitter_db.model.facts import FileFacts, Source
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.relations import Linkage, Relations

type Relate = Callable[[Mapping[str, str]], Relations]

PYTHON = {
    "pkg/__init__.py": "from .a import helper\nfrom .b import *\n",
    "pkg/a.py": """\
from __future__ import annotations
import os
import os.path as p
from json import dumps, loads as parse

LIMIT = 3


def helper(x: int = LIMIT) -> str:
    print(len(os.getcwd()))
    return dumps(x) + p.join("a", "b")


class Base:
    shared = LIMIT

    def __init__(self) -> None:
        self.value = helper()

    def run(self):
        return self.stop()

    def stop(self):
        parse("1")
        return unknown(1)
""",
    "pkg/b.py": """\
from .a import Base, helper as h
from . import a
import pkg.a
import missing.thing


def deco(f):
    return f


class Child(Base):
    name: Base = Base()

    @deco
    def run(self):
        super().run()
        h(1)
        a.helper(2)
        pkg.a.helper(3)
        return inner(self.stop)

    def other(self, b: Base):
        b.run()
        missing.thing.go(Base.shared)


def inner(f):
    def nested():
        return Child()
    return nested() if f else inner(f)
""",
    "main.py": """\
from pkg import helper, Child, inner as alias
import pkg

helper()
c = Child()


def main():
    import json
    c.other(alias)
    pkg.helper()
    return [helper(i) for i in range(3)], json.dumps(1)
""",
}

TYPESCRIPT = {
    "tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@lib/*": ["src/lib/*"]}}}',
    "src/lib/shapes.ts": """\
import { readFileSync } from "fs";

export interface Shape { area(): number }
export type Size = number;
export enum Color { Red = 1 }

export const LIMIT = 3;

export abstract class Base implements Shape {
  protected size: Size = LIMIT;
  constructor(size: Size) { this.size = size; }
  area(): number { return this.scale(2); }
  scale(n: number) { return this.size * n; }
}

export default function load(path: string): string {
  return readFileSync(path).toString();
}

export const twice = (n: number) => {
  return n * 2;
};
function hidden() { return Color.Red; }
export { hidden as shown };
""",
    "src/lib/index.ts": 'export * from "./shapes";\nexport { default as load } from "./shapes";\n',
    "src/app.tsx": """\
import * as shapes from "./lib/shapes";
import load, { Base, twice as dbl } from "@lib/shapes";
import { LIMIT, shown } from "./lib";
import React from "react";

class Square extends Base {
  area() { return super.area() + dbl(1); }
}

export function App() {
  const s = new Square(2);
  console.log(LIMIT, shown());
  load("x");
  shapes.twice(3);
  helper(dbl);
  return <Panel title="a">{s.area()}</Panel>;
}

function Panel({ title }: { title: string }) {
  return React.createElement("div", null, title);
}

const helper = function (f: (n: number) => number) {
  return [1, 2].map((x) => { return f(x); });
};
""",
}


def lay(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return root


def fact(path: str, text: str) -> FileFacts:
    language = language_of(path)
    assert language is not None
    return extract.facts(Source(path, language, text.encode(), sha256(text.encode()).digest()))


def edges(linkage: Linkage) -> set[str]:
    """As `kind source -> target xcount`, with the first line when it is asked for nowhere else."""
    return {
        f"{e.kind} {e.source or '.'} -> "
        f"{e.external or f'{e.target_path}:{e.target}'}{f' x{e.count}' if e.count > 1 else ''}"
        for e in linkage.edges
    }


def test_python_names_lead_where_they_lead(relate: Relate) -> None:
    linkages = relate(PYTHON).linkages
    assert edges(linkages["pkg/__init__.py"]) == {
        "import . -> pkg/a.py:helper",
        "import . -> pkg/b.py:",
    }
    assert edges(linkages["pkg/a.py"]) == {
        "import . -> os",
        "import . -> os.path",
        "import . -> json.dumps",
        "import . -> json.loads",
        "reference helper -> pkg/a.py:LIMIT",
        "call helper -> os",
        "call helper -> os.path",
        "call helper -> json.dumps",
        "reference Base -> pkg/a.py:LIMIT",
        "call Base.__init__ -> pkg/a.py:helper",
        "call Base.run -> pkg/a.py:Base.stop",
        "call Base.stop -> json.loads",
    }
    assert edges(linkages["pkg/b.py"]) == {
        "import . -> pkg/a.py:Base",
        "import . -> pkg/a.py:helper",
        "import . -> pkg/a.py: x2",
        "import . -> missing.thing",
        "inherit Child -> pkg/a.py:Base",
        "reference Child -> pkg/a.py:Base",
        "call Child -> pkg/a.py:Base",
        "reference Child.run -> pkg/b.py:deco",
        "call Child.run -> pkg/a.py:helper x3",
        "reference Child.run -> pkg/a.py:Base.stop",
        "call Child.run -> pkg/b.py:inner",
        "reference Child.other -> pkg/a.py:Base x2",
        "call Child.other -> pkg/a.py:Base.run",
        "call Child.other -> missing.thing",
        "call inner.nested -> pkg/b.py:Child",
        "call inner -> pkg/b.py:inner.nested",
        "call inner -> pkg/b.py:inner",
    }
    assert edges(linkages["main.py"]) == {
        "import . -> pkg/a.py:helper",
        "import . -> pkg/b.py:Child",
        "import . -> pkg/b.py:inner",
        "import . -> pkg/__init__.py:",
        "import main -> json",
        "call . -> pkg/a.py:helper",
        "call c -> pkg/b.py:Child",
        "reference main -> main.py:c",
        "reference main -> pkg/b.py:inner",
        "call main -> pkg/a.py:helper x2",
        "call main -> json",
    }


def test_typescript_names_lead_where_they_lead(relate: Relate) -> None:
    linkages = relate(TYPESCRIPT).linkages
    shapes = "src/lib/shapes.ts"
    assert edges(linkages["src/lib/index.ts"]) == {
        f"import . -> {shapes}:",
        f"import . -> {shapes}:load",
        f"export . -> {shapes}:",
        f"export . -> {shapes}:load",
    }
    assert edges(linkages[shapes]) == {
        "import . -> fs.readFileSync",
        f"inherit Base -> {shapes}:Shape",
        f"reference Base -> {shapes}:Size",
        f"reference Base -> {shapes}:LIMIT",
        f"reference Base.constructor -> {shapes}:Size",
        f"call Base.area -> {shapes}:Base.scale",
        "call load -> fs.readFileSync",
        f"reference hidden -> {shapes}:Color",
    }
    assert edges(linkages["src/app.tsx"]) == {
        f"import . -> {shapes}:",
        f"import . -> {shapes}:load",
        f"import . -> {shapes}:Base",
        f"import . -> {shapes}:twice",
        f"import . -> {shapes}:LIMIT",
        f"import . -> {shapes}:hidden",
        "import . -> react",
        f"inherit Square -> {shapes}:Base",
        f"call Square.area -> {shapes}:twice",
        "call App -> src/app.tsx:Square",
        f"reference App -> {shapes}:LIMIT",
        f"call App -> {shapes}:hidden",
        f"call App -> {shapes}:load",
        f"call App -> {shapes}:twice",
        "call App -> src/app.tsx:helper",
        f"reference App -> {shapes}:twice",
        "reference App -> src/app.tsx:Panel",
        "call App -> src/app.tsx:Square.area",
        "call Panel -> react",
    }


def test_sites_are_resolved_unresolved_or_builtin(relate: Relate) -> None:
    linkage = relate(PYTHON).linkages["pkg/a.py"]
    # Calls: getcwd, dumps, join, helper, self.stop, parse; imports: os, os.path, dumps, loads.
    assert linkage.resolved == 10
    assert linkage.unresolved == 1  # unknown(); print and len are neither


def test_a_file_that_is_not_there_is_unresolved(relate: Relate) -> None:
    linkage = relate({"a.py": "from .gone import x\nx()\n", "b.py": ""}).linkages["a.py"]
    assert (linkage.edges, linkage.resolved, linkage.unresolved) == ((), 0, 2)


def test_edges_tell_the_first_of_their_lines(relate: Relate) -> None:
    text = "def f(): ...\n\n\ndef g():\n    f()\n    f()\n"
    [edge] = relate({"a.py": text}).linkages["a.py"].edges
    assert (edge.source, edge.target, edge.count, edge.first_line) == ("g", "f", 2, 5)


def test_one_of_several_definitions_of_a_name_is_told_by_its_ordinal(relate: Relate) -> None:
    text = "def f(): return 1\ndef f(): return g()\ndef g(): ...\n"
    assert edges(relate({"a.py": text}).linkages["a.py"]) == {"call f#1 -> a.py:g"}


def test_what_a_value_is_an_instance_of_is_no_use_of_its_class(relate: Relate) -> None:
    text = "class A: ...\na = A()\ndef f():\n    return a\n"
    assert edges(relate({"a.py": text}).linkages["a.py"]) == {
        "call a -> a.py:A",
        "reference f -> a.py:a",
    }


def test_a_bare_name_never_means_a_method(relate: Relate) -> None:
    files = {
        "cells.py": "def width(): ...\n",
        "text.py": (
            "from cells import width\n\n\nclass Text:\n    def width(self):\n"
            "        return width()\n"
        ),
    }
    assert edges(relate(files).linkages["text.py"]) == {
        "import . -> cells.py:width",
        "call Text.width -> cells.py:width",
    }


def test_a_base_with_type_arguments_is_found_in_the_module_that_qualifies_it(
    relate: Relate,
) -> None:
    files = {
        "core.ts": "export interface Base<T> { value: T }\n",
        "a.ts": (
            'import * as core from "./core";\n'
            'import * as lib from "lib";\n'
            "export interface A extends core.Base<string>, lib.Other<string> { a: number }\n"
        ),
    }
    assert edges(relate(files).linkages["a.ts"]) == {
        "import . -> core.ts:",
        "import . -> lib",
        "inherit A -> core.ts:Base",
        "inherit A -> lib.Other",
    }


def test_circles_of_wildcard_imports_are_walked_once(relate: Relate) -> None:
    files = {
        "a.py": "from b import *\nfrom c import *\n",
        "b.py": "from a import *\n",
        "c.py": "def f(): ...\n",
        "d.py": "from b import f, nothing\nf()\nnothing()\n",
    }
    linkage = relate(files).linkages["d.py"]
    assert edges(linkage) == {
        "import . -> c.py:f",
        "import . -> b.py:",
        "call . -> c.py:f",
        "reference . -> b.py:",
    }
    assert (linkage.resolved, linkage.unresolved) == (3, 1)


def test_every_file_has_a_linkage_and_the_order_is_fixed(relate: Relate) -> None:
    relations = relate({**PYTHON, "empty.py": ""})
    assert list(relations.linkages) == sorted([*PYTHON, "empty.py"])
    for linkage in relations.linkages.values():
        assert list(linkage.edges) == sorted(linkage.edges)
    assert relations.linkages["empty.py"] == Linkage("empty.py", ())


@pytest.mark.parametrize(
    ("files", "left_out"),
    [
        (
            {
                "vendor/__init__.py": "from vendor.v import helper\nfrom kept import k\n",
                "vendor/v.py": "class V:\n    def run(self): ...\ndef helper(): ...\nK = 1\n",
                "kept.py": "def k(): ...\n",
                "again.py": "from vendor.v import *\nfrom vendor import helper as once\n",
                "m.py": """\
import vendor
import vendor.v
import vendor.v as w
from vendor import v, k
from vendor.v import helper as h, V, K
from again import once


class W(V):
    def x(self):
        return self.run()


def f(a: V = K):
    from vendor import helper
    k(), once(), h(), helper()
    vendor.helper()
    vendor.v.helper()
    w.helper()
    return v.helper(K)


def g():
    o = V()
    o.run()
    V().run()
    W().run()
    return [h]
""",
            },
            {"vendor/__init__.py", "vendor/v.py"},
        ),
        (
            {
                "vendor/v.ts": "export class V { run() {} }\nexport default function d() {}\n",
                "i.ts": 'export * from "./vendor/v";\nexport { V as U } from "./vendor/v";\n',
                "m.ts": """\
import d, { V } from "./vendor/v";
import * as v from "vendor/v";
import { U } from "./i";
class W extends V { x() { this.run(); return d(); } }
export function f(a: V) { v.d(); new U().run(); return new V().run(); }
""",
            },
            {"vendor/v.ts"},
        ),
    ],
    ids=list(Family),
)
def test_files_left_out_are_as_if_they_were_not_there(
    tmp_path: Path, files: Mapping[str, str], left_out: set[str]
) -> None:
    root = lay(tmp_path.resolve(), files)
    kept = {path: fact(path, text) for path, text in files.items() if path not in left_out}
    [family] = {family_of(path) for path in files} - {None}
    assert family
    told = []
    for paths in (files, kept):
        graph = build(root, family, list(paths))
        told.append({p: edges(each) for p, each in extract.relate(graph, kept).linkages.items()})
        graph.release()
    assert told[0] == told[1]
    assert told[0]


def test_relations_carry_graph_sitters_own_counts(relate: Relate) -> None:
    relations = relate(PYTHON)
    assert f"Contains {relations.node_count} nodes\n- 4 files" in relations.summary
    assert f"Contains {relations.edge_count} edges" in relations.summary


@pytest.mark.parametrize("family", Family)
def test_no_files_give_no_relations(tmp_path: Path, family: Family) -> None:
    graph = build(tmp_path, family, [])
    assert extract.relate(graph, {}).linkages == {}
    graph.release()

from textwrap import dedent

import pytest
from tests.unit.extract.conftest import Reader

from graph_sitter_db.model.facts import FileFacts


def keys(facts: FileFacts) -> list[tuple[str, str]]:
    return [(symbol.kind.value, symbol.key) for symbol in facts.symbols]


def test_every_kind_of_definition_is_a_symbol(read: Reader) -> None:
    facts = read(
        dedent("""
        function a() {}
        function* b() {}
        const c = () => 1, d = async function () {}, e = 2;
        let { f, g: h, ...i } = j, [k] = l;
        class L extends M implements N { p = 1; q = () => {}; get r() {} constructor() {} }
        abstract class O { abstract s(): void; t(): void; static u() {} #v() {} }
        interface P extends Q { w(): void; x: string }
        type R = string;
        enum S { A }
        namespace T.U { export const y = 1; function z() {} }
        declare module "v" { }
        export default () => 1;
        Foo.prototype.bar = function () {};
        const W = class Named { };
        const o = { m() {}, n: () => {}, get p() { return 1 } };
        """),
        "a.ts",
    )
    assert keys(facts) == [
        ("function", "a"),
        ("function", "b"),
        ("function", "c"),
        ("function", "d"),
        ("variable", "e"),
        ("variable", "f"),
        ("variable", "h"),
        ("variable", "i"),
        ("variable", "k"),
        ("class", "L"),
        ("method", "L.q"),
        ("property", "L.r"),
        ("method", "L.constructor"),
        ("class", "O"),
        ("method", "O.s"),
        ("method", "O.t"),
        ("method", "O.u"),
        ("method", "O.#v"),
        ("interface", "P"),
        ("method", "P.w"),
        ("type_alias", "R"),
        ("enum", "S"),
        ("namespace", "T.U"),
        ("variable", "T.U.y"),
        ("function", "T.U.z"),
        ("namespace", "v"),
        ("function", "default"),
        ("function", "Foo.prototype.bar"),
        ("class", "W"),
        ("variable", "o"),
        ("method", "o.m"),
        ("function", "o.n"),
        ("property", "o.p"),
    ]
    by_key = {symbol.key: symbol for symbol in facts.symbols}
    assert by_key["Foo.prototype.bar"].name == "bar"
    assert by_key["L"].bases == ("M", "N")
    assert [s.key for s in facts.symbols if s.is_abstract] == ["O", "O.s"]
    assert [s.key for s in facts.symbols if s.is_static] == ["O.u"]


@pytest.mark.parametrize("path", ["a.ts", "a.js"])
@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("class A { 'b c'() {} }", "A.b c"),
        ("class A { \"it's 'b'\"() {} }", "A.it's 'b'"),
        ("class A { '\"b\"' = () => 1 }", 'A."b"'),
        ('const o = { "\'": () => 1 }', "o.'"),
        ("const o = { get '`b`'() { return 1 } }", "o.`b`"),
        (r"const o = { 'it\'s'() {} }", r"o.it\'s"),
    ],
)
def test_a_quoted_name_loses_its_quotes_and_none_that_are_inside(
    read: Reader, source: str, key: str, path: str
) -> None:
    assert read(source, path).symbols[-1].key == key


def test_quoted_modules_and_exports_keep_what_is_inside_of_their_quotes(read: Reader) -> None:
    facts = read(
        "declare module \"a 'b'\" {}\nimport x from \"'y'\"\nexport { x as 'z w' }", "a.ts"
    )
    assert [symbol.key for symbol in facts.symbols] == ["a 'b'"]
    assert [site.name for site in facts.sites] == ["'y'.default"]
    assert facts.exports == frozenset({"z w"})


def test_overloads_are_symbols_told_apart_by_ordinal(read: Reader) -> None:
    facts = read(
        "function f(a: string): void;\nfunction f(a: number): void;\nfunction f(a) {}", "a.ts"
    )
    assert [symbol.key for symbol in facts.symbols] == ["f", "f#1", "f#2"]


def test_anonymous_functions_with_a_block_are_symbols_and_expressions_are_not(read: Reader) -> None:
    facts = read("function f() { g(() => { h() }); g(x => x ? 1 : 2); g(function () {}) }", "a.js")
    assert [symbol.key for symbol in facts.symbols] == ["f", "f.<anonymous>", "f.<anonymous>#1"]
    assert [c.kind.value for c in facts.symbols[0].controls if c.in_lambda] == ["ternary"]


def test_a_loop_variable_is_neither_symbol_nor_statement(read: Reader) -> None:
    facts = read("for (let i = 0; i < 3; i++) { f(i) }\nfor (const j of k) f(j)", "a.ts")
    assert not facts.symbols
    assert facts.statements == 4


@pytest.mark.parametrize(
    ("source", "exported", "names"),
    [
        ("export function a() {}\nfunction b() {}", ["a"], {"a"}),
        ("function a() {}\nexport { a as b }", ["a"], {"b"}),
        ("export default class A { m() {} private p() {} #q() {} }", ["A", "A.m"], {"default"}),
        ("export default function () {}", ["default"], {"default"}),
        ("export const { a, b: c } = d, e = () => 1", ["a", "c", "e"], {"a", "c", "e"}),
        ("class A {}\nexport = A", ["A"], {"="}),
        ("function a() {}\nmodule.exports = { a, b: 1 }", ["a"], {"a", "b"}),
        ("exports.a = function () {}", ["exports.a"], {"a"}),
        ("export namespace N { export function a() {} function b() {} }", ["N", "N.a"], {"N"}),
        ("export { x } from './y'\nexport * as z from './z'\nfunction x() {}", [], {"x", "z"}),
        ("function a() {}", [], None),
    ],
)
def test_exports(read: Reader, source: str, exported: list[str], names: set[str] | None) -> None:
    facts = read(source, "a.ts")
    assert [s.qualified_name for s in facts.symbols if s.is_exported] == exported
    assert facts.exports == names


def test_the_comment_immediately_before_documents(read: Reader) -> None:
    facts = read(
        dedent("""
        /** Not for a. */
        import "x";
        function a() {}
        /**
         * First *line*.
         *
         *   indented
         */
        @decorated({ deep: 1 })
        export default class B {
          /** a field */
          x = 1;
          m() {}
          /** For n. */
          @dec() private async n() {}
        }
        /** For c. */
        // eslint-disable-next-line
        export const c = (x) => x, d = () => 1;
        /* no */
        function e() {}
        interface F { /** For g. */ g(): void }
        """),
        "a.ts",
    )
    documented = {s.qualified_name: s.docstring for s in facts.symbols if s.docstring is not None}
    assert documented == {
        "B": "First *line*.\n\n  indented",
        "B.n": "For n.",
        "c": "For c.",
        "F.g": "For g.",
    }
    by_name = {s.qualified_name: s for s in facts.symbols}
    assert by_name["B"].decorators == ("decorated({ deep: 1 })",)
    assert by_name["B.n"].decorators == ("dec()",)


def test_controls_follow_the_language(read: Reader) -> None:
    facts = read(
        "function f(a = 1, { b = 2 }) {\n"
        "  if (a) {} else if (b) {} else {}\n"
        "  switch (a) { case 1: break; default: }\n"
        "  out: for (;;) { if (a?.b ?? c) continue out }\n"
        "  a ||= b && (c && d || e);\n"
        "}",
        "a.ts",
    )
    assert [(c.kind.value, c.nesting, c.weight) for c in facts.symbols[0].controls] == [
        ("default_value", 0, 1),
        ("default_value", 0, 1),
        ("if", 0, 1),
        ("elif", 0, 1),
        ("else", 0, 1),
        ("switch", 0, 1),
        ("case", 1, 1),
        ("default_case", 1, 1),
        ("for", 0, 1),
        ("if", 1, 1),
        ("nullish", 1, 1),
        ("optional_chain", 1, 1),
        ("labelled_jump", 2, 1),
        ("nullish", 0, 1),
        ("boolean", 0, 2),
        ("boolean", 0, 1),
    ]


def test_sites_and_attributes(read: Reader) -> None:
    facts = read(
        "import a, { b as c } from 'm'\nimport * as d from 'n'\nimport 'o'\n"
        "const e = require('p'); export { f } from './q'\n"
        "class G extends h.I { m() { this.x?.y(); new J.K(); import('r') } }",
        "a.js",
    )
    assert [(s.kind, s.name) for s in facts.sites] == [
        ("import", "m.default"),
        ("import", "m.b"),
        ("import", "n.*"),
        ("import", "o"),
        ("import", "p"),
        ("import", "./q.f"),
        ("inherit", "h.I"),
        ("call", "this.x.y"),
        ("call", "J.K"),
        ("import", "r"),
    ]
    assert facts.symbols[-1].attributes == ("x",)


def test_tsx_and_casts_parse_in_their_own_grammars(read: Reader) -> None:
    component = read("export const A = () => { return <B c={d && <E/>}>text</B> }", "a.tsx")
    cast = read("const a = <T>b;", "a.ts")
    variance = read(
        "export interface Box<\n  in T = never,\n  out U extends V = W,\n> { m(): T }", "b.ts"
    )
    assert {f.parse_error for f in (component, cast, variance)} == {None}
    assert [c.kind.value for c in component.symbols[0].controls] == ["return", "boolean"]
    assert [s.key for s in variance.symbols] == ["Box", "Box.m"]

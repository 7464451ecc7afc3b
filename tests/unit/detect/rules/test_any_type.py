"""Which `any` can be done without."""

import pytest

from graph_sitter_db.detect.rules.any_type import RULE
from graph_sitter_db.testing import find


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("let a: any = 1", "`a` is `any`"),
        ("const a: Map<string, any>[] = []", "`a` is `any`"),
        ("type Row = any", "`Row` is `any`"),
        ("interface A { cells?: readonly any[] }", "`cells` is `any`"),
        ("class A { private cells: any | null = null }", "`cells` is `any`"),
        ("class A { get cells(): any { return 1 } }", "`cells` returns `any`"),
        ("const f = (row: any) => 1", "`row` is `any`"),
        ("async function f(): Promise<any> {}", "`f` returns `any`"),
        ("f(a.b as any)", "`a.b` is cast to `any`"),
        ("f(<any>a.b)", "`a.b` is cast to `any`"),
        ("f(a as unknown as any)", "`a as unknown` is cast to `any`"),
        ("declare function f(row: any): void", "`row` is `any`"),
    ],
)
def test_values_that_nothing_checks_are_reported_by_name(source: str, message: str) -> None:
    [issue] = find(RULE, {"a.ts": source + "\n"})
    assert issue.finding.message == f"{message}, which nothing checks"


@pytest.mark.parametrize(
    "source",
    [
        "const log = (...parts: any[]) => 1",
        "type F = (...args: any[]) => any",
        "type A = new (row: any) => object",
        "type R<T> = T extends { a: any } ? T : never",
        "type K = keyof any",
        "class A<T extends Record<string, any>, U = any> {}",
        "class A extends B<any> {}",
        "let a: Schema<any, any>",
        "f(a as any as string)",
        "function f(a: string): void\n// all of them\nfunction f(a: any): any {}",
        "export function f(a: string): void\nexport function f(a: any): any {}",
        "class A { f(a: string): void; f(a: any): any {} }",
        "let a: anything, b = 'any'",
    ],
)
def test_what_only_any_can_say_is_left_alone(source: str) -> None:
    assert not find(RULE, {"a.ts": source + "\n"})


def test_tests_may_pass_anything() -> None:
    assert not find(RULE, {"a.test.ts": "f(1 as any)\n"})

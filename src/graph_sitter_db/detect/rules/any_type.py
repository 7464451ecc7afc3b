"""Values that the type checker is told not to look at."""

from collections.abc import Iterator
from typing import Any

from graph_sitter_db.detect.places import at, compact, shown
from graph_sitter_db.model.facts import FileFacts, MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """SonarQube's S4204 and typescript-eslint's no-explicit-any, less what can hardly be said
    otherwise: conditions, constraints and defaults of types, types of functions, rest parameters,
    arguments of generics other than containers, and what overloads hide. Tests are left alone.
    """
    facts, seen = file.facts, set[int]()
    if facts.is_test:
        return
    for place in facts.places.get("predefined_type", ()):
        if facts.source.content[slice(*place)] == b"any":
            holder = _holder(facts.node("predefined_type", *place))
            if holder is not None and holder.id not in seen and not _needs_any(holder):
                seen.add(holder.id)
                yield _finding(facts, holder)


def _holder(node: Any) -> Any:
    """What is of this type, or of containers of it."""
    while node.type in _TYPES:
        if node.type == "generic_type" and node.named_children[0].text not in _CONTAINERS:
            return None
        node = node.parent
    if node.type == "type_annotation":
        return node.parent
    return node if node.type in (*_CASTS, "type_alias_declaration") else None


_TYPES = frozenset(
    {
        "array_type",
        "generic_type",
        "parenthesized_type",
        "predefined_type",
        "readonly_type",
        "type_arguments",
        "union_type",
    }
)
_CONTAINERS = frozenset(
    {b"Array", b"Map", b"Partial", b"Promise", b"ReadonlyArray", b"Record", b"Set"}
)
_CASTS = ("as_expression", "type_assertion")


def _needs_any(holder: Any) -> bool:
    """Whether nothing else would do."""
    if holder.type in _CASTS:
        return _around(holder).type in _CASTS  # on the way to another type
    pattern = holder.child_by_field_name("pattern")
    function = holder.parent.parent if pattern else holder
    return (
        function.type in ("constructor_type", "function_type")
        or (pattern is not None and pattern.type == "rest_pattern")
        or _is_of_types(holder)
        or _is_overloaded(function)
    )


def _around(node: Any) -> Any:
    node = node.parent
    while node.type == "parenthesized_expression":
        node = node.parent
    return node


def _is_of_types(node: Any) -> bool:
    while node is not None and node.type not in ("statement_block", "class_body"):
        if node.type in ("conditional_type", "constraint", "default_type"):
            return True
        node = node.parent
    return False


def _is_overloaded(function: Any) -> bool:
    """Whether callers see signatures before it, and not its own."""
    name = function.child_by_field_name("name")
    if function.type not in ("function_declaration", "method_definition") or name is None:
        return False
    outer = function.parent if function.parent.type == "export_statement" else function
    before = outer.prev_named_sibling
    while before is not None and before.type == "comment":
        before = before.prev_named_sibling
    if before is not None and before.type == "export_statement":
        before = before.child_by_field_name("declaration")
    if before is None or before.type not in ("function_signature", "method_signature"):
        return False
    return bool(before.child_by_field_name("name").text == name.text)


def _finding(facts: FileFacts, holder: Any) -> Finding:
    if holder.type in _CASTS:
        told, value = "is cast to", holder.named_children[0 if holder.type == _CASTS[0] else -1]
    else:
        told = "returns" if holder.child_by_field_name("parameters") else "is"
        names = map(holder.child_by_field_name, ("name", "pattern"))
        value = next((name for name in names if name is not None), holder)
    anchor = f"{told} {compact(value)[:80]}"
    return at(facts, holder, f"`{shown(value)}` {told} `any`, which nothing checks", anchor)


RULE = Rule(
    name="any_type",
    title="Type is any",
    why=(
        "Nothing that is done with an `any` is checked, nor with what is got from it. `unknown` "
        "takes every value too, and asks what it is before it is used. `any` is left alone where "
        "types need it to fit any other, as in `T extends (...args: any[]) => infer R`."
    ),
    category="safety",
    severity=Severity.INFO,
    limits={},
    effort=Effort(constant=5, source="SonarQube S4204"),
    bad=(
        Example(
            files={
                "read.ts": "export function read(row: any, columns: Record<string, any>): any {\n"
                "  return (row as any).cells\n}\n"
            },
            findings=4,
        ),
        Example(files={"read.ts": "class Row {\n  private cells: any[] = []\n}\n"}, findings=1),
    ),
    good=(
        Example(
            files={
                "read.ts": "type Cells<T> = T extends (row: any) => infer R ? R : never\n"
                "export function call<F extends (...args: any[]) => any>(f: F): Cells<F>\n"
                "export function call(f: any): any {\n  return f()\n}\n"
                "const log = (...parts: any[]) => parts as any as string[]\n"
            },
            findings=0,
        ),
        Example(
            files={"read.ts": "function read(row: unknown) {\n  return String(row)\n}\n"},
            findings=0,
        ),
    ),
    check_file=check,
)

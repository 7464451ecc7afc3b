"""What a TypeScript or JavaScript definition says of itself."""

import inspect
import re
from collections.abc import Iterator

from tree_sitter import Node

from graph_sitter_db.languages.terms import Details, Reader, Surroundings
from graph_sitter_db.model.facts import Parameter
from graph_sitter_db.model.keys import SymbolKind

ANONYMOUS = "<anonymous>"

_CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
_METHODS = frozenset({"method_definition", "method_signature", "abstract_method_signature"})
_OWNERS = (SymbolKind.CLASS, SymbolKind.INTERFACE)
_KINDS = {
    "interface_declaration": SymbolKind.INTERFACE,
    "type_alias_declaration": SymbolKind.TYPE_ALIAS,
    "enum_declaration": SymbolKind.ENUM,
    "internal_module": SymbolKind.NAMESPACE,
    "module": SymbolKind.NAMESPACE,
}


def describe(node: Node, read: Reader, around: Surroundings) -> Details | None:
    """None for what has no name and no block: expressions like `x => x + 1` in a call."""
    if node.type in _CLASSES:
        return _class(node, read, around)
    if node.type in _METHODS:
        return _method(node, read, around)
    if node.type in _KINDS:
        return _named(node, read)
    return _function(node, read, around)


def _class(node: Node, read: Reader, around: Surroundings) -> Details | None:
    if not node.is_named:
        return None  # the keyword itself
    body = node.child_by_field_name("body")
    return Details(
        name=_name(node, read, around),
        kind=SymbolKind.CLASS,
        header_end=body.start_byte if body else node.end_byte,
        body=body,
        bases=tuple(bases_of(node)),
        is_abstract=node.type == "abstract_class_declaration",
    )


def _method(node: Node, read: Reader, around: Surroundings) -> Details | None:
    if node.type == "method_signature" and around.kind not in _OWNERS:
        return None  # of an object type written in place
    body = node.child_by_field_name("body")
    words = {child.type for child in node.children if not child.is_named}
    name = _name(node, read, around)
    return Details(
        name=name,
        kind=SymbolKind.METHOD if words.isdisjoint(("get", "set")) else SymbolKind.PROPERTY,
        header_end=body.start_byte if body else node.end_byte,
        body=body,
        parameters=tuple(_parameters(node, read)),
        return_type=_type(node.child_by_field_name("return_type"), read),
        is_async="async" in words,
        is_static="static" in words,
        is_abstract=node.type == "abstract_method_signature",
        is_private=is_private(node, name),
    )


def is_private(member: Node, name: str) -> bool:
    access = (c.text for c in member.children if c.type == "accessibility_modifier")
    return name.startswith("#") or b"private" in access


def _named(node: Node, read: Reader) -> Details | None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None:
        return None
    return Details(
        name=unquoted(name, read),
        kind=_KINDS[node.type],
        header_end=body.start_byte if body else node.end_byte,
        body=body,
        bases=tuple(bases_of(node)),
    )


def _function(node: Node, read: Reader, around: Surroundings) -> Details | None:
    body = node.child_by_field_name("body")
    has_block = body is not None and body.type == "statement_block"
    is_arrow = node.type == "arrow_function"
    if is_arrow and not has_block and around.binding is None:
        return None
    binding = around.binding
    in_class = around.kind is SymbolKind.CLASS and binding is not None
    return Details(
        name=_name(node, read, around),
        kind=SymbolKind.METHOD if in_class else SymbolKind.FUNCTION,
        header_end=body.start_byte if body else node.end_byte,
        body=body,
        parameters=tuple(_parameters(node, read)),
        return_type=_type(node.child_by_field_name("return_type"), read),
        is_async=any(child.type == "async" for child in node.children[:1]),
        is_static=binding is not None and binding.is_static,
        is_private=binding is not None and binding.is_private,
    )


def _name(node: Node, read: Reader, around: Surroundings) -> str:
    """The name it is bound to wins over one that only its own body can see."""
    if around.binding is not None:
        return around.binding.name
    name = node.child_by_field_name("name")
    return unquoted(name, read) if name else ANONYMOUS


def unquoted(name: Node, read: Reader) -> str:
    """A string's text; its quotes inside are part of it, as are its escapes. `A . B` is `A.B`."""
    text = read(name)
    if name.type != "string":
        return re.sub(r"\s+", "", text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] else text


def _type(node: Node | None, read: Reader) -> str | None:
    return read(node).lstrip(": ") if node else None


def is_in_class(signature: Node) -> bool:
    """An overload; in an interface, a signature is a member of its own."""
    return signature.parent is not None and signature.parent.type == "class_body"


def bases_of(node: Node) -> Iterator[Node]:
    """Parent classes and interfaces."""
    for heritage in node.children:
        if heritage.type == "class_heritage":
            for clause in heritage.named_children:
                yield from _parents(clause) if clause.type.endswith("_clause") else (clause,)
        elif heritage.type in ("extends_type_clause", "extends_clause"):
            yield from _parents(heritage)


def _parents(clause: Node) -> Iterator[Node]:
    return (c for c in clause.named_children if c.type not in ("type_arguments", "comment"))


def _parameters(node: Node, read: Reader) -> Iterator[Parameter]:
    alone = node.child_by_field_name("parameter")
    if alone is not None:
        yield Parameter(read(alone))
    listed = node.child_by_field_name("parameters")
    for child in listed.named_children if listed else ():
        if child.type not in ("comment", "ERROR", "decorator"):
            yield _parameter(child, read)


def _parameter(node: Node, read: Reader) -> Parameter:
    pattern = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
    value = node.child_by_field_name("value") or node.child_by_field_name("right")
    return Parameter(
        read(pattern).removeprefix("...").strip(),
        _type(node.child_by_field_name("type"), read),
        read(value) if value else None,
        _PATTERNS.get(pattern.type, "normal"),
    )


_PATTERNS = {"rest_pattern": "variadic", "object_pattern": "pattern", "array_pattern": "pattern"}


def docstring_text(source: str) -> str:
    """A JSDoc comment without its stars."""
    inside = source.strip().removeprefix("/**").removesuffix("*/")
    lines = [re.sub(r"^\s*\*+(?!\*?/) ?", "", line) for line in inside.splitlines()]
    lines[:1] = [line.lstrip(" *") for line in inside.splitlines()[:1]]
    return inspect.cleandoc("\n".join(lines)).strip()

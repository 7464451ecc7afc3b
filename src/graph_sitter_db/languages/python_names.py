"""What Python code names: variables, imports, exports, cases."""

import re
from collections.abc import Iterator, Set

from tree_sitter import Node

from graph_sitter_db.languages.terms import Details, Import, Reader
from graph_sitter_db.model.facts import ControlKind
from graph_sitter_db.model.keys import SymbolKind


def case_kind(node: Node) -> ControlKind:
    """A bare `_` or name matches whatever comes; with a guard it does not."""
    patterns = [child for child in node.children if child.type in ("case_pattern", ",")]
    if len(patterns) == 1 and node.child_by_field_name("guard") is None:
        content = patterns[0].children
        if len(content) == 1 and (content[0].type == "_" or _is_bare_name(content[0])):
            return ControlKind.DEFAULT_CASE
    return ControlKind.CASE


def _is_bare_name(node: Node) -> bool:
    return node.type == "dotted_name" and node.child_count == 1


def assigned(node: Node, read: Reader) -> Iterator[Details]:
    """Plain names an assignment gives a value or a type; not attributes or items."""
    annotation, right = (node.child_by_field_name(field) for field in ("type", "right"))
    for name in _targets(node.child_by_field_name("left"), read):
        yield Details(
            name=name,
            kind=SymbolKind.VARIABLE,
            header_end=right.start_byte if right else node.end_byte,
            return_type=read(annotation) if annotation else None,
        )


def _targets(left: Node | None, read: Reader) -> Iterator[str]:
    waiting = [left] if left else []
    while waiting:
        target = waiting.pop()
        if target.type == "identifier":
            yield read(target)
        elif target.type in _PATTERNS:
            waiting += reversed(target.named_children)


_PATTERNS = frozenset(
    {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "expression_list"}
)


def imported_modules(node: Node, read: Reader) -> Iterator[Import]:
    for child in node.children_by_field_name("name"):
        name = child.child_by_field_name("name") if child.type == "aliased_import" else child
        if name is not None:
            yield Import(name=_joined(read(name)), node=name)


def imported_names(node: Node, read: Reader) -> Iterator[Import]:
    """`from a import b` brings in `a.b`; a star brings in `a.*`."""
    module = node.child_by_field_name("module_name")
    prefix = _joined(read(module)) if module else ""
    prefix = prefix if prefix.endswith(".") else f"{prefix}."
    for child in node.children:
        if child.type == "wildcard_import":
            yield Import(name=f"{prefix}*", node=child)
    for imported in imported_modules(node, read):
        yield Import(name=f"{prefix}{imported.name}", node=imported.node)


def _joined(text: str) -> str:
    return re.sub(r"\s+|\\\n", "", text)


_EXPORTS = re.compile(r"__all__\s*(?::[^=]+)?(\+?=|\.\s*(?:extend|append)\s*\()")
_NAME = re.compile(r"""["']([^"'\\\n]+)["']""")


def exported(node: Node, read: Reader) -> Iterator[tuple[str, str]]:
    """Names that a statement puts into `__all__`, as far as they are written out."""
    first = node.children[0] if node.children else None
    if first is None or first.type not in ("assignment", "augmented_assignment", "call"):
        return
    target = first.children[0]
    if target.type not in ("identifier", "attribute"):
        return
    if not read(target).startswith("__all__"):
        return
    text = read(node)
    if _EXPORTS.match(text):
        yield ("", "")  # there is a list, even when nothing is on it
        for name in _NAME.findall(re.sub(r"#[^\n]*", "", text)):
            yield (name, name)


def is_exported(
    name: str,
    *,
    in_function: bool,
    parent: bool | None,
    listed: Set[str] | None,
    is_private: bool,
) -> bool:
    """`parent`: whether the symbol around it is exported; None: it stands in the module."""
    if in_function:
        return False
    if parent is None and listed is not None:
        return name in listed
    if parent is None:
        return not name.startswith("_")
    is_special = name.startswith("__") and name.endswith("__")
    return parent and (is_special or not name.startswith("_"))

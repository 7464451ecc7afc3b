"""What TypeScript and JavaScript code names: variables, imports, exports, jumps."""

import re
from collections.abc import Callable, Iterator, Set

from tree_sitter import Node

from graph_sitter_db.languages.terms import Binding, Details, Import, Reader
from graph_sitter_db.languages.typescript_definitions import is_private, unquoted
from graph_sitter_db.model.facts import ControlKind
from graph_sitter_db.model.keys import SymbolKind


def jump_kind(node: Node) -> ControlKind | None:
    has_label = node.child_by_field_name("label") is not None
    return ControlKind.LABELLED_JUMP if has_label else None


def chain_kind(node: Node) -> ControlKind | None:
    """In TypeScript's grammars its token counts, which also stands by itself in calls."""
    return None if node.child_count else ControlKind.OPTIONAL_CHAIN


def default_kind(node: Node) -> ControlKind | None:
    has_value = node.child_by_field_name("value") is not None
    return ControlKind.DEFAULT_VALUE if has_value else None


def declared(node: Node, read: Reader) -> Iterator[Details]:
    """Names a declarator introduces, by destructuring too."""
    annotation, value = (node.child_by_field_name(field) for field in ("type", "value"))
    for name in _targets(node, read):
        yield Details(
            name=name,
            kind=SymbolKind.VARIABLE,
            header_end=value.start_byte if value else node.end_byte,
            return_type=read(annotation).lstrip(": ") if annotation else None,
        )


def _targets(node: Node, read: Reader) -> Iterator[str]:
    name = node.child_by_field_name("name")
    waiting = [name] if name else []
    while waiting:
        pattern = waiting.pop()
        if pattern.type in ("identifier", "shorthand_property_identifier_pattern"):
            yield read(pattern)
        elif pattern.type == "pair_pattern":
            waiting += [child for child in (pattern.child_by_field_name("value"),) if child]
        elif pattern.type in ("assignment_pattern", "object_assignment_pattern"):
            waiting += [child for child in (pattern.child_by_field_name("left"),) if child]
        elif pattern.type in ("object_pattern", "array_pattern", "rest_pattern"):
            waiting += reversed(pattern.named_children)


_VALUES = frozenset({"arrow_function", "function_expression", "generator_function", "class"})
_WRAPPERS = frozenset(
    {"parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression"}
)


def bound_by(name_field: str, value_field: str) -> Callable[[Node, Reader], Iterator[Binding]]:
    """For nodes that give a function or class its name from outside."""

    def bound(node: Node, read: Reader) -> Iterator[Binding]:
        value = _definition(node.child_by_field_name(value_field))
        name = node.child_by_field_name(name_field)
        if value is not None and name is not None and name.type in _SIMPLE:
            text = unquoted(name, read)
            yield Binding(
                name=text,
                value=value,
                is_static=any(child.type == "static" for child in node.children),
                is_private=is_private(node, text),
            )

    return bound


_SIMPLE = frozenset(
    {"identifier", "property_identifier", "private_property_identifier", "string", "number"}
)


def bound_by_assignment(node: Node, read: Reader) -> Iterator[Binding]:
    value = _definition(node.child_by_field_name("right"))
    left = node.child_by_field_name("left")
    if value is not None and left is not None:
        name = re.sub(r"\s+", "", read(left)).removeprefix("this.")
        if re.fullmatch(r"[\w$#]+(\.[\w$#]+)*", name):
            yield Binding(name=name, value=value)


def bound_by_export(node: Node, read: Reader) -> Iterator[Binding]:
    """`export default` gives the name `default` to what has none of its own."""
    value = node.child_by_field_name("value") or node.child_by_field_name("declaration")
    value = _definition(value)
    if value is not None and value.child_by_field_name("name") is None:
        yield Binding(name="default", value=value)


def _definition(node: Node | None) -> Node | None:
    while node is not None and node.type in _WRAPPERS:
        node = node.named_children[0] if node.named_children else None
    return node if node is not None and node.type in _VALUES else None


def imported(node: Node, read: Reader) -> Iterator[Import]:
    """`import a, {b as c} from "m"` brings in `m.default` and `m.b`."""
    source = node.child_by_field_name("source")
    clause = next((c for c in node.named_children if c.type in _CLAUSES), None)
    if clause is not None and source is None:
        source = clause.child_by_field_name("source")
    if source is None:
        return
    module = unquoted(source, read)
    found = list(_imported(clause, module, read)) if clause else []
    yield from found or (Import(name=module, node=source),)


_CLAUSES = frozenset({"import_clause", "import_require_clause"})


def _imported(clause: Node, module: str, read: Reader) -> Iterator[Import]:
    for child in clause.named_children:
        if child.type == "identifier":
            whole = clause.type == "import_require_clause"
            yield Import(name=module if whole else f"{module}.default", node=child)
        elif child.type == "namespace_import":
            yield Import(name=f"{module}.*", node=child)
        elif child.type == "named_imports":
            yield from _specifiers(child, module, read)


def re_exported(node: Node, read: Reader) -> Iterator[Import]:
    """`export {a} from "m"` imports as well."""
    source = node.child_by_field_name("source")
    if source is None:
        return
    module = unquoted(source, read)
    for child in node.children:
        if child.type == "export_clause":
            yield from _specifiers(child, module, read)
        elif child.type in ("*", "namespace_export"):
            yield Import(name=f"{module}.*", node=child)


def is_re_export(statement: Node) -> bool:
    return statement.child_by_field_name("source") is not None


def _specifiers(node: Node, module: str, read: Reader) -> Iterator[Import]:
    for specifier in node.named_children:
        name = specifier.child_by_field_name("name")
        if name is not None:
            yield Import(name=f"{module}.{unquoted(name, read)}", node=name)


def imported_by_call(node: Node, read: Reader) -> Import | None:
    """`require("m")` and `import("m")`."""
    arguments = node.child_by_field_name("arguments")
    if arguments is None or arguments.named_child_count != 1:
        return None
    source = arguments.named_children[0]
    return Import(name=unquoted(source, read), node=source) if source.type == "string" else None


def is_required(declarator: Node) -> bool:
    """`name = require("m")`."""
    value = declarator.child_by_field_name("value")
    called = value.child_by_field_name("function") if value else None
    return called is not None and called.text == b"require"


def exported(node: Node, read: Reader) -> Iterator[tuple[str, str]]:
    """(name outside, name inside the module) of each export; inside is "" when it is elsewhere."""
    inner = node.child_by_field_name("declaration") or node.child_by_field_name("value")
    is_default = any(child.type == "default" for child in node.children)
    if inner is not None:
        for name in _declared_names(inner, read) or ["default"]:
            yield ("default" if is_default else name), name
    is_elsewhere = node.child_by_field_name("source") is not None
    for child in node.children:
        if child.type == "export_clause":
            for outside, inside in _clause(child, read):
                yield outside, "" if is_elsewhere else inside
        elif child.type == "namespace_export" and child.named_children:
            yield unquoted(child.named_children[0], read), ""
        elif child.type == "*":
            yield "*", ""
        elif child.type == "identifier":  # export = name
            yield "=", read(child)


def _declared_names(node: Node, read: Reader) -> list[str]:
    if node.type in ("lexical_declaration", "variable_declaration"):
        return [n for d in node.named_children for n in _targets(d, read)]
    if node.type == "ambient_declaration":
        return [n for child in node.named_children for n in _declared_names(child, read)]
    if node.type == "identifier":
        return [read(node)]
    name = node.child_by_field_name("name")
    return [unquoted(name, read)] if name else []


def _clause(node: Node, read: Reader) -> Iterator[tuple[str, str]]:
    for specifier in node.named_children:
        name, alias = (specifier.child_by_field_name(f) for f in ("name", "alias"))
        if name is not None:
            yield unquoted(alias or name, read), unquoted(name, read)


def exported_by_assignment(node: Node, read: Reader) -> Iterator[tuple[str, str]]:
    """CommonJS: `module.exports = {a, b: c}`, `exports.a = b`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "member_expression":
        return
    match = _COMMON_JS.fullmatch(read(left))
    if match is None:
        return
    if match["name"]:
        yield match["name"], read(right) if right.type == "identifier" else read(left)
    elif right.type == "object":
        yield from _object(right, read)
    else:
        yield "=", read(right) if right.type == "identifier" else read(left)


_COMMON_JS = re.compile(r"(?:module\.exports|exports)(?:\.(?P<name>[\w$]+))?")


def _object(node: Node, read: Reader) -> Iterator[tuple[str, str]]:
    yield ("", "")  # there is a list, even when nothing is on it
    for child in node.named_children:
        if child.type == "shorthand_property_identifier":
            yield read(child), read(child)
        elif child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None:
                name = unquoted(key, read)
                yield name, read(value) if value.type == "identifier" else name
        elif child.type == "method_definition":
            yield from ((name, name) for name in _declared_names(child, read))


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
    if parent is None:
        return listed is not None and name in listed
    if listed is not None:
        return parent and name in listed
    return parent and not is_private

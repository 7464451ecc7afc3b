"""Where in a file's tree a symbol is defined."""

from typing import Any

from graph_sitter_db.model.facts import FileFacts, Symbol

_EXPRESSIONS = frozenset({"arrow_function", "function_expression", "generator_function", "class"})
_WRAPPERS = frozenset({"parenthesized_expression", "as_expression", "satisfies_expression"})
_OF_OBJECTS = frozenset({"variable_declarator", "public_field_definition", "field_definition"})


def definition(symbol: Symbol, facts: FileFacts) -> Any:
    """A symbol's node; for a function or class that gets its name from outside, what gives it."""
    node = facts.tree.descendant_for_byte_range(symbol.start_byte, symbol.end_byte)
    while node.type not in _EXPRESSIONS and _is_filled(node.parent, node):
        node = node.parent
    if node.type not in _EXPRESSIONS:
        return node
    around = node.parent
    while around.type in _WRAPPERS:
        around = around.parent
    return around if around.type in _OF_OBJECTS else node


def is_declared(symbol: Symbol, facts: FileFacts) -> bool:
    """Bound to a name in its scope, unlike in `f(function g() {})`, `{g: () => 1}` and ambient
    declarations.
    """
    node = definition(symbol, facts)
    if node.type in _EXPRESSIONS:
        return False
    while node is not None and node.type != "ambient_declaration":
        node = node.parent
    return node is None


def _is_filled(outer: Any, node: Any) -> bool:
    same = (node.start_byte, node.end_byte)
    return outer is not None and (outer.start_byte, outer.end_byte) == same

"""One place where graph_sitter saw a name used, as syntax has it."""

from dataclasses import dataclass
from typing import Any

# A call's callee, by the type of the calling node: Python, JavaScript and TypeScript.
_CALLEE = {"call": "function", "call_expression": "function", "new_expression": "constructor"}
# What is looked up on an object, by the type of the looking node.
_LOOKED_UP = {"attribute": "attribute", "member_expression": "property"}
_BEGINNINGS = frozenset({"identifier", "this", "super", "import"})  # of a dotted name


@dataclass(frozen=True, slots=True)
class Use:
    """`text` is the name used, `a.b` in full; `name` its last part, "" when it is computed.

    It starts where a site of the same name does: at the `a` of `a.b`, at the `b` of `a().b`.
    """

    text: str
    name: str
    start: int
    line: int
    is_call: bool
    is_qualifier: bool  # the `a` of `a.b`
    is_closing: bool  # the second `X` of `<X></X>`

    @property
    def is_dotted(self) -> bool:
        return self.text != self.name

    @property
    def is_own(self) -> bool:
        """Reached through the object or class that the code itself belongs to."""
        return self.text.startswith(("self.", "cls.", "this."))


def use(match: Any) -> Use:
    """Of a Name, a ChainedAttribute or a FunctionCall; for the last, of its callee."""
    node = match.ts_node
    field = _CALLEE.get(node.type)
    named = node.child_by_field_name(field) if field else None
    if named is None:
        named, parent = node, node.parent
    else:
        parent = node
    first = _first(named)
    return Use(
        text=_text(named),
        name=_name(named),
        start=first.start_byte,
        line=first.start_point[0] + 1,
        is_call=_is_callee(named, parent),
        is_qualifier=_is_object(named, parent),
        is_closing=parent is not None and parent.type == "jsx_closing_element",
    )


def _first(node: Any) -> Any:
    while node.type in _LOOKED_UP:
        owner = node.children[0]
        if owner.type not in _LOOKED_UP and owner.type not in _BEGINNINGS:
            return node.children[-1]
        node = owner
    return node


def _name(node: Any) -> str:
    field = _LOOKED_UP.get(node.type)
    if field:
        last = node.child_by_field_name(field)
        return _text(last) if last is not None else ""
    return _text(node) if node.named_child_count == 0 else ""


def _is_callee(node: Any, parent: Any) -> bool:
    field = _CALLEE.get(parent.type) if parent is not None else None
    return field is not None and parent.child_by_field_name(field) == node


def _is_object(node: Any, parent: Any) -> bool:
    if parent is None or parent.type not in _LOOKED_UP:
        return False
    return bool(parent.child_by_field_name("object") == node)


def _text(node: Any) -> str:
    return str(node.text.decode("utf-8", "replace"))

"""Variables that functions and modules keep to themselves."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph_sitter_db.detect.scopes import Scopes
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Language
from graph_sitter_db.model.publicity import is_module


@dataclass(frozen=True, slots=True)
class Variable:
    """A name, where it gets its values, and the bytes in which these can be read."""

    name: str
    places: tuple[Any, ...]  # tree_sitter Nodes
    within: range

    @property
    def lines(self) -> list[int]:
        return [place.start_point[0] + 1 for place in self.places]


def variables(facts: FileFacts) -> Iterator[Variable]:
    """Those that get a value by themselves, not as a part of a tuple or list and not in a loop's
    head: locals of functions and, in TypeScript and JavaScript, what a module does not export.
    """
    is_python = facts.source.language is Language.PYTHON
    bound = _python(facts) if is_python else _typescript(facts)
    places: dict[tuple[str, range], list[Any]] = defaultdict(list)
    for name, within in sorted(bound, key=lambda each: each[0].start_byte):
        places[name.text.decode("utf-8", "replace"), within].append(name)
    for (text, within), names in places.items():
        yield Variable(text, tuple(names), within)


def _python(facts: FileFacts) -> Iterator[tuple[Any, range]]:
    """What a handler catches can be read in the handler alone."""
    scopes = Scopes(facts)
    for name, handler in (*_assigned(facts), *_renamed(facts)):
        around = handler or scopes.function(name)
        if name.type == "identifier" and around:
            yield name, range(around.start_byte, around.end_byte)


def _assigned(facts: FileFacts) -> Iterator[tuple[Any, None]]:
    for node in facts.nodes("assignment"):
        if node.child_by_field_name("right") is not None:
            yield node.child_by_field_name("left"), None
    for node in facts.nodes("named_expression"):
        yield node.child_by_field_name("name"), None


def _renamed(facts: FileFacts) -> Iterator[tuple[Any, Any]]:
    """By `as`, with the handler it belongs to, if any."""
    for node in facts.nodes("as_pattern_target"):
        clause = node.parent.parent
        is_handler = clause.type in ("except_clause", "except_group_clause")
        yield node.named_children[0], clause if is_handler else None


def _typescript(facts: FileFacts) -> Iterator[tuple[Any, range]]:
    if facts.path.endswith(".d.ts"):
        return
    for declarator in facts.nodes("variable_declarator"):
        scope = _scope(declarator)
        if scope is not None and (scope.parent is not None or is_module(facts)):
            for name in _declared(declarator):
                yield name, range(scope.start_byte, scope.end_byte)


def _scope(declarator: Any) -> Any:
    """The innermost block around a declaration, the function for `var`; None: it is for others."""
    is_var = declarator.parent.type == "variable_declaration"
    scope = declarator.parent.parent
    if scope.type in ("export_statement", "ambient_declaration"):
        return None
    while scope.parent is not None:
        if scope.type in _BLOCKS and not (is_var and scope.parent.type not in _FUNCTIONS):
            return scope
        scope = scope.parent
    return scope


_BLOCKS = frozenset({"statement_block", "for_statement", "switch_body", "class_static_block"})
_FUNCTIONS = frozenset(
    [
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    ]
)


def _declared(declarator: Any) -> Iterator[Any]:
    value = declarator.child_by_field_name("value")
    if value is None or value.type not in _DEFINITIONS:
        yield from _names(declarator.child_by_field_name("name"))


_DEFINITIONS = _FUNCTIONS | {"class"}


def _names(pattern: Any) -> Iterator[Any]:
    if pattern.type in ("identifier", "shorthand_property_identifier_pattern"):
        yield pattern
    elif pattern.type == "pair_pattern":
        yield from _names(pattern.child_by_field_name("value"))
    elif pattern.type in ("assignment_pattern", "object_assignment_pattern"):
        yield from _names(pattern.child_by_field_name("left"))
    elif pattern.type == "object_pattern":
        parts = pattern.named_children
        if not any(part.type == "rest_pattern" for part in parts):
            for part in parts:
                yield from _names(part)

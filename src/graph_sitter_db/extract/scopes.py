"""Names that functions and blocks bind for themselves, by the rules of the language.

graph_sitter knows parameters and plain assignments; loop variables, `with … as`, comprehensions and
the like it passes over, and takes their uses for those of a module's definitions.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tree_sitter import Node, Query, QueryCursor

from graph_sitter_db.extract.syntax_table import grammar
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.keys import Language

_PYTHON = """
(function_definition body: (_) @scope)
(lambda body: (_) @scope)
(class_definition body: (_) @class)
[(list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)] @loop
(for_in_clause left: (_) @target)
(for_statement left: (_) @target)
(assignment left: (_) @target)
(augmented_assignment left: (_) @target)
(as_pattern_target (_) @target)
(named_expression name: (_) @walrus)
(global_statement (identifier) @free)
(nonlocal_statement (identifier) @free)
"""
# A `var` counts for its own block only: that misses shadows, it invents none.
_TYPESCRIPT = """
[(statement_block) (switch_body) (for_statement) (for_in_statement) (catch_clause)] @scope
(variable_declarator name: (_) @target)
(for_in_statement kind: _ left: (_) @target)
(catch_clause parameter: (_) @target)
"""
_NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern"})
# Patterns whose every child may be a name; of the others, the field that holds the pattern.
_PATTERNS = frozenset(
    {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "parenthesized_pattern"}
    | {"tuple", "list", "list_splat", "object_pattern", "array_pattern", "rest_pattern"}
)
_HOLDERS = {
    "pair_pattern": "value",
    "assignment_pattern": "left",
    "object_assignment_pattern": "left",
}


@dataclass(slots=True)
class _Scope:
    kind: str  # the capture's name
    start: int
    end: int
    outer: "_Scope | None" = None
    hole: range = range(0)  # a comprehension's first iterable stands outside of it
    names: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)


class Scopes:
    """Of one file; `root` is its syntax tree in graph_sitter."""

    def __init__(self, path: str, root: Node) -> None:
        is_python = language_of(path) is Language.PYTHON
        # graph_sitter reads all of TypeScript and JavaScript by the one grammar.
        query = _query(Language.PYTHON if is_python else Language.TSX)
        found = QueryCursor(query).captures(root)
        self._scopes = _nested(
            _Scope(kind, node.start_byte, node.end_byte, hole=_hole(node))
            for kind in ("scope", "class", "loop")
            for node in found.get(kind, ())
        )
        self._starts = [scope.start for scope in self._scopes]
        for node in found.get("free", ()):
            if scope := self._around(node.start_byte):
                scope.free.add(_text(node))
        for kind in ("target", "walrus"):
            for node in found.get(kind, ()):
                self._bind(node, kind == "walrus")

    def binding(self, name: str, byte: int) -> range | None:
        """The bytes of the innermost function or block around that binds a name for itself."""
        scope = self._around(byte)
        while scope is not None:
            if name in scope.names and scope.kind != "class" and byte not in scope.hole:
                return range(scope.start, scope.end)
            scope = scope.outer
        return None

    def _bind(self, node: Node, is_walrus: bool) -> None:
        scope = self._around(node.start_byte)
        while is_walrus and scope is not None and scope.kind == "loop":
            scope = scope.outer  # it binds in the function around the comprehension
        if scope is not None:
            scope.names.update(_names(node))
            scope.names -= scope.free

    def _around(self, byte: int) -> _Scope | None:
        index = bisect_right(self._starts, byte) - 1
        scope = self._scopes[index] if index >= 0 else None
        while scope is not None and byte >= scope.end:
            scope = scope.outer
        return scope


@cache
def _query(language: Language) -> Query:
    return Query(grammar(language), _PYTHON if language is Language.PYTHON else _TYPESCRIPT)


def _nested(scopes: Any) -> list[_Scope]:
    ordered = sorted(scopes, key=lambda scope: (scope.start, -scope.end))
    open_scopes: list[_Scope] = []
    for scope in ordered:
        while open_scopes and open_scopes[-1].end <= scope.start:
            open_scopes.pop()
        scope.outer = open_scopes[-1] if open_scopes else None
        open_scopes.append(scope)
    return ordered


def _hole(node: Node) -> range:
    clause = next((each for each in node.named_children if each.type == "for_in_clause"), None)
    first = clause.child_by_field_name("right") if clause else None
    return range(first.start_byte, first.end_byte) if first else range(0)


def _names(node: Node) -> set[str]:
    if node.type in _NAMES:
        return {_text(node)}
    if node.type in _PATTERNS:
        return {name for child in node.named_children for name in _names(child)}
    held = node.child_by_field_name(_HOLDERS.get(node.type, "")) if node.type in _HOLDERS else None
    return _names(held) if held else set()


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")

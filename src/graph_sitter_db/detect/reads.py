"""Whether a name is read in a part of a file, by the grammar's own account of each place.

Names are told apart by their spelling: what an inner function binds for itself counts for the outer
one too. That misses dead code, and accuses no living code.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Language

_ALL, _FIRST = ("*",), ("1",)

# Where an identifier gets a value or names a part: type of the node around it → fields.
_PYTHON = {
    "aliased_import": _ALL,
    "as_pattern_target": _ALL,
    "assignment": ("left",),
    "attribute": ("attribute",),
    "class_definition": ("name",),
    "default_parameter": ("name",),
    "dictionary_splat_pattern": _ALL,
    "for_in_clause": ("left",),
    "for_statement": ("left",),
    "function_definition": ("name",),
    "global_statement": _ALL,
    "keyword_argument": ("name",),
    "keyword_pattern": _ALL,
    "lambda_parameters": _ALL,
    "list_pattern": _ALL,
    "list_splat_pattern": _ALL,
    "named_expression": ("name",),
    "parameters": _ALL,
    "pattern_list": _ALL,
    "splat_pattern": _ALL,
    "tuple_pattern": _ALL,
    "typed_default_parameter": ("name",),
    "typed_parameter": _ALL,  # its type is no identifier but holds one
}
_TYPESCRIPT = {
    "abstract_class_declaration": ("name",),
    "array_pattern": _ALL,
    "arrow_function": ("parameter",),
    "assignment_expression": ("left",),
    "assignment_pattern": ("left",),
    "catch_clause": ("parameter",),
    "class": ("name",),
    "class_declaration": ("name",),
    "enum_declaration": ("name",),
    "for_in_statement": ("left",),
    "formal_parameters": _ALL,
    "function_declaration": ("name",),
    "function_expression": ("name",),
    "function_signature": ("name",),
    "generator_function": ("name",),
    "generator_function_declaration": ("name",),
    "import_alias": _FIRST,
    "import_clause": _ALL,
    "import_require_clause": _ALL,
    "import_specifier": _ALL,
    "index_signature": ("name",),
    "infer_type": _FIRST,
    "interface_declaration": ("name",),
    "internal_module": ("name",),
    "mapped_type_clause": ("name",),
    "module": ("name",),
    "namespace_export": _ALL,
    "namespace_import": _ALL,
    "nested_type_identifier": ("name",),
    "optional_parameter": ("pattern",),
    "pair_pattern": ("value",),
    "required_parameter": ("pattern",),
    "rest_pattern": _ALL,
    "type_alias_declaration": ("name",),
    "type_parameter": ("name",),
    "variable_declarator": ("name",),
}
_IDENTIFIERS = frozenset({"identifier", "type_identifier", "shorthand_property_identifier"})


class Reads:
    """Of one file whose tree is at hand."""

    def __init__(self, facts: FileFacts) -> None:
        self._root = facts.tree
        # A tree begins with the first token; places are counted from the file's begin.
        self._text: bytes = bytes(facts.tree.start_byte) + facts.tree.text
        self._is_python = facts.source.language is Language.PYTHON
        self._binding = _PYTHON if self._is_python else _TYPESCRIPT

    def local(self, name: str, within: range, but: range = range(0)) -> bool:
        """Whether a function's own name is read in it; `locals()` and `eval()` may read any, and so
        may who sees a traceback that shows locals.
        """
        if self.read(name, within, but) or self._shows_locals:
            return True
        return _LOOKUP.search(self._text, within.start, within.stop) is not None

    def read(self, name: str, within: range, but: range = range(0)) -> bool:
        """Whether a name is read, in code or where types and lookups are written as text."""
        sought = name.encode()
        return any(
            at not in but and self._is_read(at, at + len(sought))
            for at in occurrences(sought, self._text, within)
        )

    @cached_property
    def _shows_locals(self) -> bool:
        return _SHOWN.search(self._text) is not None

    def _is_read(self, start: int, end: int) -> bool:
        node = self._root.descendant_for_byte_range(start, end)
        if node.type in _IDENTIFIERS:
            return not self._is_binding(node)
        if node.type == "comment":
            told = _TYPE_COMMENT if self._is_python else _DOC_COMMENT
            return any(
                m.start() <= start - node.start_byte < m.end() for m in told.finditer(node.text)
            )
        return self._is_python and self._is_quoted(node, start)

    def _is_binding(self, node: Any) -> bool:
        around = node.parent
        if around.type == "dotted_name":
            return not _is_value_pattern(around, node)
        if around.type == "export_specifier":
            return _names_elsewhere(around, node)
        if around.type == "for_in_statement" and around.child_by_field_name("kind") is None:
            return False  # `for (x of y)` needs the variable
        fields = self._binding.get(around.type, ())
        if fields is _ALL:
            return True
        if fields is _FIRST:
            return bool(around.named_children[0] == node)
        return any(around.child_by_field_name(field) == node for field in fields)

    def _is_quoted(self, node: Any, at: int) -> bool:
        """In a string that is read as code: a type, a doctest, or pandas's `"a > @name"`."""
        if not node.type.startswith("string"):
            return False
        line = self._text[self._text.rfind(b"\n", 0, at) + 1 : at].lstrip(b" \t\"'rRuU")
        if line.startswith((b">>>", b"...")) or self._text[at - 1 : at] == b"@":
            return True
        return _is_type(node)


_LOOKUP = re.compile(rb"(?<![\w.])(?:locals|vars|dir|eval|exec)\s*\(")
_SHOWN = re.compile(rb"\blocals\s*=\s*True\b|_locals\s*=\s*True\b")
_TYPE_COMMENT = re.compile(rb"#\s*type:.*")
_DOC_COMMENT = re.compile(rb"\{[^{}]*\}|@jsx\w*\s+\S+")


def occurrences(name: bytes, text: bytes, within: range) -> Iterator[int]:
    """Where a name begins that is no part of a longer one."""
    at = text.find(name, within.start, within.stop)
    while at >= 0:
        after = at + len(name)
        if not _is_letter(text[at - 1 : at]) and not _is_letter(text[after : after + 1]):
            yield at
        at = text.find(name, after, within.stop)


def _is_letter(character: bytes) -> bool:
    return character.isalnum() or character in (b"_", b"$") or character >= b"\x80"


def _is_value_pattern(dotted: Any, node: Any) -> bool:
    """Of `case a.b:` and `case a():` the `a`; a bare name is bound, and so is what is imported."""
    if dotted.named_children[0] != node:
        return False
    if dotted.parent.type.endswith("_pattern"):
        return bool(dotted.parent.type == "class_pattern" or dotted.named_child_count > 1)
    return False


def _names_elsewhere(specifier: Any, node: Any) -> bool:
    """The `b` of `export {a as b}`, and all of `export {a} from "m"`."""
    statement = specifier.parent.parent
    if statement.child_by_field_name("source") is not None:
        return True
    return bool(specifier.child_by_field_name("name") != node)


def _is_type(node: Any) -> bool:
    """Whether a string stands for a type: in an annotation, `Optional["A"]`, `cast("A", b)`."""
    is_type = False
    while node is not None and node.type not in _STATEMENTS:
        head = node.named_children[0].text.rpartition(b".")[2] if node.type in _APPLIED else b""
        if head == b"Literal":
            return False
        is_type = is_type or node.type == "type" or _is_typing(node, head)
        node = node.parent
    return is_type


def _is_typing(node: Any, head: bytes) -> bool:
    if node.type == "call":
        return head in _TYPING
    if node.type == "assignment":
        annotation = node.child_by_field_name("type")
        return annotation is not None and annotation.text.endswith(b"TypeAlias")
    return head[:1].isupper() or head in _GENERIC


_STATEMENTS = frozenset({"expression_statement", "return_statement", "block", "module"})
_APPLIED = frozenset({"call", "subscript", "generic_type"})
_TYPING = frozenset(
    b"cast TypeVar NewType ForwardRef NamedTuple TypedDict TypeAliasType assert_type".split()
)
_GENERIC = frozenset(b"list dict tuple set frozenset type deque defaultdict".split())

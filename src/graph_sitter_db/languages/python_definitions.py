"""What a Python definition says of itself."""

import inspect
import re
from collections.abc import Iterator
from unicodedata import lookup

from tree_sitter import Node

from graph_sitter_db.languages.terms import Details, Reader, Surroundings
from graph_sitter_db.model.facts import Parameter
from graph_sitter_db.model.keys import SymbolKind

_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"})
_ABSTRACT_BASES = frozenset({"ABC", "Protocol"})
_ABSTRACT = frozenset(
    {"abstractmethod", "abstractproperty", "abstractclassmethod", "abstractstaticmethod"}
)
_ACCESSORS = frozenset({"setter", "getter", "deleter"})


def describe(node: Node, read: Reader, around: Surroundings) -> Details | None:
    match node.type:
        case "function_definition":
            return _function(node, read, around)
        case "class_definition":
            return _class(node, read)
    return _type_alias(node, read)


def _function(node: Node, read: Reader, around: Surroundings) -> Details:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    parameters = tuple(_parameters(node.child_by_field_name("parameters"), read))
    returned = node.child_by_field_name("return_type")
    marks = frozenset(map(last_name, around.decorators))
    in_class = around.kind in (SymbolKind.CLASS, SymbolKind.ENUM)
    is_static = in_class and "staticmethod" in marks
    return Details(
        name=read(name) if name else "",
        kind=_function_kind(marks) if in_class else SymbolKind.FUNCTION,
        header_end=body.start_byte if body else node.end_byte,
        body=body,
        parameters=parameters,
        return_type=read(returned) if returned else None,
        docstring=docstring_of(body) if body else None,
        receiver=parameters[0].name if in_class and parameters and not is_static else None,
        is_async=node.children[0].type == "async",
        is_static=is_static,
        is_abstract=not marks.isdisjoint(_ABSTRACT),
    )


def _function_kind(marks: frozenset[str]) -> SymbolKind:
    is_accessor = any(mark.endswith("property") or mark in _ACCESSORS for mark in marks)
    return SymbolKind.PROPERTY if is_accessor else SymbolKind.METHOD


def _class(node: Node, read: Reader) -> Details:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    arguments = node.child_by_field_name("superclasses")
    bases = tuple(bases_of(node))
    names = {last_name(read(base)) for base in bases}
    is_abstract = not names.isdisjoint(_ABSTRACT_BASES) or (
        arguments is not None and re.search(r"metaclass\s*=\s*(\w+\.)*ABCMeta\b", read(arguments))
    )
    return Details(
        name=read(name) if name else "",
        kind=SymbolKind.CLASS if names.isdisjoint(_ENUMS) else SymbolKind.ENUM,
        header_end=body.start_byte if body else node.end_byte,
        body=body,
        bases=bases,
        docstring=docstring_of(body) if body else None,
        is_abstract=bool(is_abstract),
    )


def bases_of(node: Node) -> Iterator[Node]:
    """Parent classes; `metaclass=` and other keywords are none."""
    arguments = node.child_by_field_name("superclasses")
    for argument in arguments.named_children if arguments else ():
        if argument.type not in ("keyword_argument", "comment", "dictionary_splat"):
            yield argument


def _type_alias(node: Node, read: Reader) -> Details | None:
    left = node.child_by_field_name("left")
    while left is not None and left.type != "identifier":
        left = left.named_children[0] if left.named_children else None
    if left is None:
        return None
    return Details(name=read(left), kind=SymbolKind.TYPE_ALIAS, header_end=node.end_byte)


def last_name(text: str) -> str:
    """`a.b.C[T](x)` → `C`."""
    return re.split(r"[(\[]", text, maxsplit=1)[0].strip().rpartition(".")[2]


def _parameters(node: Node | None, read: Reader) -> Iterator[Parameter]:
    found: list[Parameter] = []
    kind = "normal"
    for child in node.named_children if node else ():
        if child.type == "positional_separator":
            found = [Parameter(p.name, p.annotation, p.default, "positional_only") for p in found]
        elif child.type == "keyword_separator":
            kind = "keyword_only"
        elif child.type not in ("comment", "ERROR"):
            found.append(_parameter(child, read, kind))
            if found[-1].kind == "variadic":
                kind = "keyword_only"
    yield from found


def _parameter(node: Node, read: Reader, kind: str) -> Parameter:
    name: Node | None = node
    if node.type in ("default_parameter", "typed_default_parameter"):
        name = node.child_by_field_name("name")
    elif node.type == "typed_parameter":
        name = node.named_children[0]
    annotation, default = node.child_by_field_name("type"), node.child_by_field_name("value")
    special = _SPECIAL.get(name.type if name else "")
    return Parameter(
        read(name).lstrip("* ") if name else "",
        read(annotation) if annotation else None,
        read(default) if default else None,
        special or kind,
    )


_SPECIAL = {
    "list_splat_pattern": "variadic",
    "dictionary_splat_pattern": "keyword_variadic",
    "tuple_pattern": "pattern",
}


def docstring_of(body: Node) -> Node | None:
    """The statement that is a string, at the beginning of a module, class or function."""
    for at in range(body.child_count):  # seldom more than the first, so not all of `children`
        statement = body.child(at)
        if statement is None or statement.type == "comment":
            continue
        if statement.type == "expression_statement" and statement.child_count == 1:
            return statement if _is_plain(statement.children[0]) else None
        return None
    return None


def is_text(statement: Node) -> bool:
    """A string and nothing else: a docstring, or a comment in the shape of one."""
    return statement.child_count == 1 and _is_plain(statement.children[0])


def is_overload(decorated: Node) -> bool:
    """A signature for type checkers: what it says is said again by the function it is one of."""
    names = (child.text or b"" for child in decorated.children if child.type == "decorator")
    return any(name.rpartition(b".")[2].strip(b"@ ") == b"overload" for name in names)


def _is_plain(node: Node) -> bool:
    """Neither bytes nor formatted; adjacent strings are one."""
    while node.type == "parenthesized_expression" and node.named_child_count == 1:
        node = node.named_children[0]
    if node.type == "concatenated_string":
        return all(_is_plain(child) for child in node.named_children if child.type != "comment")
    if node.type != "string":
        return False
    start = node.children[0].text or b""
    return not set(start.lower()) & set(b"bft")


_STRING = re.compile(
    r"""(?P<prefix>[rRuU]*)(?:(?P<long>\"""|''')(?P<text>(?:\\.|.)*?)(?P=long)"""
    r"""|(?P<quote>["'])(?P<line>(?:\\.|.)*?)(?P=quote))|\#[^\n]*""",
    re.DOTALL,
)


_LONG = ('"""', "'''")


def docstring_text(source: str) -> str:
    """The string's value, cleaned as `inspect.getdoc` does."""
    quotes = source[:3]
    if quotes in _LONG and "\\" not in source and source.find(quotes, 3) == len(source) - 3:
        return inspect.cleandoc(source[3:-3])  # most are so plain, and the expression is slow
    return inspect.cleandoc("".join(map(_value, _STRING.finditer(source))))


def _value(match: re.Match[str]) -> str:
    text = match["text"] or match["line"] or ""
    if "\\" not in text or "r" in (match["prefix"] or "").lower():
        return text
    return _ESCAPE.sub(_unescaped, text)


_ESCAPE = re.compile(
    r"\\(?:(?P<newline>\n)|(?P<octal>[0-7]{1,3})|x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})"
    r"|U(?P<U>[0-9a-fA-F]{8})|N\{(?P<name>[^}]+)\}|(?P<letter>[abfnrtv\\'\"]))"
)
_LETTERS = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))


def _unescaped(match: re.Match[str]) -> str:
    kind, text = str(match.lastgroup), match[str(match.lastgroup)]
    try:
        match kind:
            case "newline":
                return ""
            case "letter":
                return _LETTERS[text]
            case "name":
                return lookup(text)
            case "octal":
                return chr(int(text, 8))
        return chr(int(text, 16))
    except (KeyError, ValueError, OverflowError):
        return match[0]

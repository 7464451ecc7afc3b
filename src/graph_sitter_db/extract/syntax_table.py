"""From a language's data to what the walk does at each kind of node."""

from collections.abc import Iterator, Sequence
from functools import cache, partial

from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser

from graph_sitter_db import languages
from graph_sitter_db.extract import syntax_definitions as definitions
from graph_sitter_db.extract import syntax_flow as flow
from graph_sitter_db.extract import syntax_uses as uses
from graph_sitter_db.extract.syntax_walk import Handler, Table, Walk
from graph_sitter_db.languages.terms import LanguageSpec
from graph_sitter_db.model.facts import ControlKind
from graph_sitter_db.model.keys import Language


@cache
def grammar(language: Language) -> Grammar:
    return Grammar(languages.spec(language).grammar())


def parser(language: Language) -> Parser:
    return Parser(grammar(language))


@cache
def table(language: Language, *, is_whole: bool = True) -> Table:
    """`is_whole`: the parser has made up no token."""
    spec, kinds = languages.spec(language), grammar(language)
    found: Table = [None] * _KINDS
    for kind in range(kinds.node_kind_count):
        name = kinds.node_kind_for_id(kind) or ""
        if kinds.node_kind_is_named(kind):
            found[kind] = _handler(name, spec)
        elif name in spec.token_controls:
            found[kind] = partial(_token_control, control=spec.token_controls[name])
        elif kinds.node_kind_is_visible(kind):
            found[kind] = _fixed(name.encode(), is_whole)
    return found


def _fixed(token: bytes, is_whole: bool) -> Handler | bytes:
    if b" " in token:
        return partial(Walk.compound, token=token)
    return token if is_whole else partial(_perhaps_missing, token=token)


def _perhaps_missing(walk: Walk, node: Node, token: bytes) -> None:
    if node.is_missing:
        walk.missing(node, token)
    else:
        walk.tokens.append(token)
        walk.starts.append(node.start_byte)


@cache
def spelled_out(language: Language) -> frozenset[bytes]:
    """Keywords, punctuation, brackets: the tokens that the grammar leaves no choice about."""
    spec, kinds = languages.spec(language), grammar(language)
    names = (
        kinds.node_kind_for_id(kind) or ""
        for kind in range(kinds.node_kind_count)
        if kinds.node_kind_is_visible(kind) and not kinds.node_kind_is_named(kind)
    )
    return frozenset(name.encode() for name in names if name not in spec.token_controls)


@cache
def keywords(language: Language) -> frozenset[str]:
    """Words that mean something to the grammar wherever they stand; it may know a few more."""
    kinds = grammar(language)
    names = (kinds.node_kind_for_id(kind) or "" for kind in range(kinds.node_kind_count))
    return frozenset(word for name in names for word in name.split())


_KINDS = 1 << 16  # errors have the last number


def _token_control(walk: Walk, node: Node, control: ControlKind) -> None:
    walk.token(node)
    flow.control(walk, control, node)


def _handler(name: str, spec: LanguageSpec) -> Handler | bool | None:
    observers = list(_observers(name, spec))
    reader = _reader(name, spec)
    if not observers:
        return reader is Walk.identifier or reader
    read = reader or Walk.descend
    return _statement(observers, read) if name in spec.statements else _observed(observers, read)


def _observers(name: str, spec: LanguageSpec) -> Iterator[Handler]:
    """What looks at a node before it is read. Exports come before what opens a symbol."""
    if name in spec.statement_wrappers:
        yield Walk.wrapped_statement
    elif name in spec.statements:
        yield Walk.statement
    if name in spec.members:
        yield Walk.member
    if name in spec.boilerplate:
        yield Walk.leave_out
    if name in spec.parameter_lists:
        yield Walk.parameters
    if name in spec.kept:
        yield lambda walk, node: walk.keep(node, name)
    if name in spec.imports:
        yield uses.imported
    if name in spec.exports:
        yield uses.exported
    if name in spec.calls:
        yield uses.called
    if name in spec.boolean:
        yield flow.boolean
    if name in spec.short_circuits:
        yield flow.short_circuit
    if name in spec.bindings or name in spec.variables:
        yield definitions.declaration


def _reader(name: str, spec: LanguageSpec) -> Handler | None:
    if name in spec.definitions:
        return definitions.definition
    if name in spec.branches:
        branch = spec.branches[name]
        return lambda walk, node: flow.follow(walk, node, branch)
    for names, handler in (
        (spec.comments, Walk.comment),
        (spec.strings, Walk.string),
        (spec.identifiers, Walk.identifier),
        (spec.decorators, Walk.decorator),
        (spec.atoms, Walk.token),
        (spec.blocks, Walk.block),
        (spec.attributes, uses.attribute),
    ):
        if name in names:
            return handler
    return None


def _statement(observers: Sequence[Handler], reader: Handler) -> Handler:
    read = _observed(observers, reader)

    def read_statement(walk: Walk, node: Node) -> None:
        if not (walk.docstring_ids and walk.is_docstring(node)):
            read(walk, node)

    return read_statement


def _observed(observers: Sequence[Handler], reader: Handler) -> Handler:
    def read_all(walk: Walk, node: Node) -> None:
        for observer in observers:
            observer(walk, node)
        reader(walk, node)

    return read_all

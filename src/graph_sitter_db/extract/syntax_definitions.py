"""Definitions: where they open, what they are called, where they end."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial

from tree_sitter import Node

from graph_sitter_db.extract.syntax_flow import follow
from graph_sitter_db.extract.syntax_frames import Frame, first_line_of
from graph_sitter_db.extract.syntax_uses import dotted, site
from graph_sitter_db.extract.syntax_walk import Walk
from graph_sitter_db.languages.terms import Details, Surroundings
from graph_sitter_db.model.keys import SymbolKind
from graph_sitter_db.model.names import bounded

_LONGEST_SIGNATURE = 1000
_MODIFIERS = re.compile(
    rb"(?:\s|\b(?:export|default|declare|async|abstract|static|public|private|protected|readonly"
    rb"|override|const|let|var|get|set)\b)*"
)


def definition(walk: Walk, node: Node) -> None:
    binding, anchor = walk.bound.pop(node.id, (None, node.start_byte))
    decorators, comment = _before(walk, anchor)
    decorators += [c for c in node.children if c.type in walk.spec.decorators]
    texts = tuple(walk.read(each)[1:].strip() for each in decorators)
    around = Surroundings(kind=walk.frame.kind, decorators=texts, binding=binding)
    details = walk.spec.describe(node, walk.read, around)
    if details is None:
        _no_definition(walk, node)
        return
    frame = _open(walk, node, details)
    frame.decorators = texts
    frame.docstring = _docstring(walk, details, comment)
    frame.start_line = first_line_of(node)
    frame.bases = tuple(walk.read(base) for base in details.bases)
    for base in details.bases:
        site(walk, "inherit", dotted(walk, base)[0] or walk.read(base), base)
    if binding:
        frame.signature = f"{details.name} = "
    walk.stack.append(partial(_close, walk, [frame]))
    _read_definition(walk, node, details)


def declaration(walk: Walk, node: Node) -> None:
    """Of a variable, or of a function or class by giving it to one."""
    is_bound = False
    for binding in walk.spec.bindings.get(node.type, _nothing)(node, walk.read):
        walk.bound[binding.value.id] = (binding, node.start_byte)
        is_bound = True
    scope = walk.frame
    while scope.kind is SymbolKind.VARIABLE and scope.parent:
        scope = scope.parent
    if node.type not in walk.spec.variables or is_bound or not scope.is_scope:
        return
    if scope.headers or (scope.nesting and not walk.spec.variables_in_blocks):
        return
    found = walk.spec.variables[node.type](node, walk.read)
    fresh = [each for each in found if each.name not in scope.variables]
    if fresh:
        _declare(walk, node, fresh, scope)


def _declare(walk: Walk, node: Node, variables: Sequence[Details], scope: Frame) -> None:
    _, comment = _before(walk, node.start_byte)
    current, opened = walk.frame, []
    for details in variables:
        if details.name not in scope.variables:
            scope.variables.add(details.name)
            walk.frame = current
            frame = _open(walk, node, details, parent=scope)
            frame.controls = current.controls  # its value is computed by who declares it
            frame.nesting, frame.lambdas = current.nesting, current.lambdas
            frame.docstring = _docstring(walk, details, comment)
            frame.start_line = walk.line(node.start_byte)
            opened.append(frame)
    walk.frame = opened[0]
    walk.stack.append(partial(_close, walk, opened))


def _open(walk: Walk, node: Node, details: Details, parent: Frame | None = None) -> Frame:
    outer = walk.frame
    parent = parent or outer
    prefix = f"{parent.qualified_name}." if parent.ordinal is not None else ""
    frame = Frame(
        parent=parent,
        outer=outer,
        ordinal=len(walk.frames),
        details=details,
        qualified_name=bounded(prefix + details.name),
        start_byte=node.start_byte,
        end_byte=node.end_byte,
        first_token=len(walk.tokens),
        standing=outer.nesting,
        receiver=_receiver(walk, details),
    )
    walk.frames.append(frame)
    walk.frame = frame
    return frame


def _receiver(walk: Walk, details: Details) -> bytes | None:
    if details.receiver is not None:
        return details.receiver.encode()
    is_class = details.kind in (SymbolKind.CLASS, SymbolKind.ENUM)
    return None if is_class and not walk.spec.receiver else walk.frame.receiver


def _close(walk: Walk, frames: Sequence[Frame]) -> None:
    first = frames[0]
    first.close(walk)
    assert first.outer
    end_line = walk.end_line()
    for frame in frames:
        frame.end_line = max(frame.start_line, end_line)
        frame.digest = first.digest
        frame.signature += _signature(walk, frame)
    walk.frame = first.outer


def _signature(walk: Walk, frame: Frame) -> str:
    assert frame.details
    start, end = frame.start_byte, frame.details.header_end
    at, parts = bisect_left(walk.comments, (start, start)), []
    while at < len(walk.comments) and walk.comments[at][0] < end:
        parts.append(walk.text.read(start, walk.comments[at][0]))
        start = walk.comments[at][1]
        at += 1
    parts.append(walk.text.read(start, min(end, start + 4 * _LONGEST_SIGNATURE)))
    return " ".join(" ".join(parts).split()).rstrip(" :=;")[:_LONGEST_SIGNATURE]


def _before(walk: Walk, start: int) -> tuple[list[Node], Node | None]:
    """Decorators, and the documenting comment, that stand immediately before a byte."""
    decorators: list[Node] = []
    mark = walk.spec.leading_docstring
    while walk.leading and walk.leading[-1].start_byte >= start:
        walk.leading.pop()
    for node in reversed(walk.leading):
        if not _MODIFIERS.fullmatch(walk.content, node.end_byte, start):
            break
        start = node.start_byte
        if node.type in walk.spec.decorators:
            decorators.insert(0, node)
        elif mark and walk.content.startswith(mark, start):
            walk.leading.clear()
            return decorators, node
    walk.leading.clear()
    return decorators, None


def _docstring(walk: Walk, details: Details, comment: Node | None) -> str | None:
    node = details.docstring or comment
    if node is None:
        return None
    if node is details.docstring:
        walk.docstring_ids.add(node.id)
    return walk.spec.docstring(walk.read(node))


def _no_definition(walk: Walk, node: Node) -> None:
    branch = walk.spec.branches.get(node.type)
    if branch:
        follow(walk, node, branch)
    else:
        walk.descend(node)


def _read_definition(walk: Walk, node: Node, details: Details) -> None:
    children = node.children
    if walk.spec.header_controls or details.body is None:
        walk.stack.append(iter(children))
        return
    at = children.index(details.body)
    walk.stack.append(iter(children[at:]))
    walk.silence(children[:at])


def _nothing(node: object, read: object) -> tuple[()]:
    return ()

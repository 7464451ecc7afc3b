"""One walk over a syntax tree that gathers everything at once.

The walk keeps its own stack, so that depth cannot exhaust Python's. On it lie nodes that are still
to be read, and between them calls that are due when the nodes above them are done.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby

from tree_sitter import Node

from graph_sitter_db.extract.syntax_frames import Frame, first_line_of
from graph_sitter_db.extract.syntax_text import Text
from graph_sitter_db.languages.terms import Branch, Details, LanguageSpec, Surroundings
from graph_sitter_db.model.facts import Control, ControlKind, Site
from graph_sitter_db.model.keys import SymbolKind

type Handler = Callable[["Walk", Node], None]
type Table = list[Handler | bytes | None]  # by node kind; bytes: a token that is always the same

_LONGEST_NAME, _LONGEST_SIGNATURE = 200, 1000
_MODIFIERS = re.compile(
    rb"(?:\s|\b(?:export|default|declare|async|abstract|static|public|private|protected|readonly"
    rb"|override|const|let|var|get|set)\b)*"
)
_LIKE_NAMES = re.compile(rb"[\w$]+(?:[.:\[\]|,/-]+[\w$]+)*[\])]*")
_NAME = re.compile(rb"[^\W\d][\w$]*|\$[\w$]*")


class Walk:
    """Reads a tree once; the lists it fills are its result."""

    def __init__(self, text: Text, spec: LanguageSpec, table: Table) -> None:
        self.spec = spec
        self.content = text.content
        self.frame = self.file = Frame(receiver=spec.receiver and spec.receiver.encode())
        self.frames: list[Frame] = []
        self.sites: list[Site] = []
        self.names: set[bytes] = set()
        self.exports: set[str] | None = None
        self.comments: list[tuple[int, int]] = []
        self.docstrings: list[tuple[int, int]] = []
        self.long_strings: list[tuple[int, int]] = []  # first and last row
        self.statements = 0
        self._text = text
        self._table = table
        self._stack: list[Node | Callable[[], None]] = []
        self._leaf: Node | None = None
        self._leading: list[Node] = []  # comments and decorators that may belong to what follows
        self._bound: dict[int, tuple[object, int]] = {}
        self._docstring_ids: set[int] = set()
        self._chained: set[int] = set()  # operators already counted with the run they are in

    def run(self, root: Node) -> None:
        stack, table, pop = self._stack, self._table, self._stack.pop
        self._leaf = root
        docstring = self.spec.module_docstring(root)
        if docstring:
            self._docstring_ids.add(docstring.id)
        stack.append(root)
        while stack:
            item = pop()
            if item.__class__ is not Node:
                item()  # type: ignore[operator]
                continue
            handler = table[item.kind_id]
            if handler is None:
                children = item.children
                if children:
                    stack += children[::-1]
                else:
                    self.token(item)
            elif handler.__class__ is bytes:
                self.frame.tokens.append(handler)
                self._leaf = item
            else:
                handler(self, item)  # type: ignore[operator]
        self.file.tokens = []

    def read(self, node: Node) -> str:
        return self._text.read(node.start_byte, node.end_byte)

    def descend(self, node: Node) -> None:
        self._stack += node.children[::-1]

    def token(self, node: Node) -> None:
        self.frame.tokens.append(self.content[node.start_byte : node.end_byte])
        self._leaf = node

    def identifier(self, node: Node) -> None:
        name = self.content[node.start_byte : node.end_byte]
        self.names.add(name)
        self.frame.tokens.append(name)
        self._leaf = node

    def comment(self, node: Node) -> None:
        self.comments.append((node.start_byte, node.end_byte))
        self._leading.append(node)

    def string(self, node: Node) -> None:
        text = self.content[node.start_byte : node.end_byte]
        if b"\n" in text or b"\r" in text:
            self.long_strings.append((node.start_point.row, node.end_point.row))
        children = node.children
        if any(child.type in self.spec.interpolations for child in children):
            self._stack += children[::-1]
            return
        self.frame.tokens.append(text)
        self._leaf = node
        if len(text) <= _LONGEST_NAME:
            inside = text.strip(b"\"'`rRuUbBfF")
            if _LIKE_NAMES.fullmatch(inside):
                self.names.update(_NAME.findall(inside))

    def decorator(self, node: Node) -> None:
        self._leading.append(node)
        if self.spec.header_controls:
            self.descend(node)
        else:
            self._silence([node.children])

    def block(self, node: Node) -> None:
        """Marks where it begins and ends, for grammars whose blocks are made of white space."""
        self.frame.tokens.append(b"{")
        self._stack.append(self._end_block)
        self._stack += node.children[::-1]

    def _end_block(self) -> None:
        self.frame.tokens.append(b"}")

    # statements

    def is_docstring(self, node: Node) -> bool:
        if node.id not in self._docstring_ids:
            return False
        self._docstring_ids.discard(node.id)
        self.docstrings.append((node.start_byte, node.end_byte))
        self._leaf = node
        return True

    def statement(self, node: Node) -> None:
        self.frame.tokens.append(b"\n")
        if not self.frame.headers:
            self.frame.statements += 1
            self.statements += 1

    def wrapped_statement(self, node: Node) -> None:
        if node.child_by_field_name(self.spec.statement_wrappers[node.type]) is None:
            self.statement(node)

    def imported(self, node: Node) -> None:
        for found in self.spec.imports[node.type](node, self.read):
            self._site("import", found.name, found.node)

    def exported(self, node: Node) -> None:
        if not self.frame.is_scope:
            return
        for outside, inside in self.spec.exports[node.type](node, self.read):
            names = self.frame.exported = self.frame.exported or set()
            names.add(inside)
            if self.frame is self.file:
                self.exports = self.exports or set()
                self.exports.add(outside)

    # names in use

    def called(self, node: Node) -> None:
        callee = node.child_by_field_name(self.spec.calls[node.type])
        if callee is None:
            return
        name, start = self._dotted(callee)
        found = self.spec.import_calls.get(name, _nowhere)(node, self.read)
        if found:
            self._site("import", found.name, found.node)
            return
        self._site("call", name, start)
        if name:
            self.frame.calls[name] = None

    def attribute(self, node: Node) -> None:
        children = node.children
        receiver = self.frame.receiver
        if receiver is not None:
            owner = children[0]
            if self.content[owner.start_byte : owner.end_byte] == receiver:
                self.frame.attributes[self.read(children[-1])] = None
        self._stack += children[::-1]

    def _dotted(self, node: Node) -> tuple[str, Node]:
        """A dotted name and where it starts; of `f(x).g` only `.g` is one."""
        start, attributes = node, self.spec.attributes
        names: list[str] = []
        while (kind := start.type) in attributes:
            owner, name = map(start.child_by_field_name, attributes[kind])
            if owner is None or name is None:
                break
            names.append(self.read(name))
            if owner.type not in attributes and owner.type not in self.spec.chain_ends:
                return "." + ".".join(reversed(names)), name if len(names) == 1 else start
            start = owner
        if kind not in self.spec.chain_ends:
            return "", start
        return ".".join([self.read(start), *reversed(names)]), start

    def _site(self, kind: str, name: str, node: Node) -> None:
        line = node.start_point.row + 1
        name = name[:_LONGEST_NAME]
        self.sites.append(Site(kind, name, node.start_byte, line, self.frame.ordinal))

    # flow

    def branch(self, node: Node, branch: Branch) -> None:
        children = node.children
        if branch.chains:
            for at, child in enumerate(children):
                if child.type in branch.chains:
                    chain = partial(self.branch, child, branch.chains[child.type])
                    self._stack += [*children[:at], chain, *children[at + 1 :]][::-1]
                    return
        if branch.is_statement:
            self.statement(node)
        kind = branch.refine(node) if branch.refine else branch.kind
        if kind is not None:
            self.control(kind, node)
        if branch.is_lambda:
            self.frame.lambdas += 1
            self._stack.append(self._end_lambda)
        if branch.is_assert:
            self.frame.asserts += 1
            self._stack.append(self._end_assert)
        if branch.nests or branch.clauses or branch.headers:
            self._stack += self._parts(node, children, branch)[::-1]
        else:
            self._stack += children[::-1]

    def _parts(
        self, node: Node, children: Sequence[Node], branch: Branch
    ) -> list[Node | Callable[[], None]]:
        parts: list[Node | Callable[[], None]] = []
        for at, child in enumerate(children):
            if not child.is_named:
                parts.append(child)
            elif child.type in branch.clauses:
                parts.append(partial(self.branch, child, branch.clauses[child.type]))
            else:
                names = {"*", child.type, node.field_name_for_child(at)}
                if not branch.nests.isdisjoint(names):
                    parts += [self._nest, child, self._unnest]
                elif not branch.headers.isdisjoint(names):
                    parts += [self._begin_header, child, self._end_header]
                else:
                    parts.append(child)
        return parts

    def _nest(self) -> None:
        self.frame.nesting += 1

    def _unnest(self) -> None:
        self.frame.nesting -= 1

    def _begin_header(self) -> None:
        self.frame.headers += 1

    def _end_header(self) -> None:
        self.frame.headers -= 1

    def _end_lambda(self) -> None:
        self.frame.lambdas -= 1

    def _end_assert(self) -> None:
        self.frame.asserts -= 1

    def control(self, kind: ControlKind, node: Node, weight: int = 1) -> None:
        frame = self.frame
        if not frame.silences:
            line = node.start_point.row + 1
            frame.controls.append(
                Control(
                    kind, frame.nesting, line, weight, frame.lambdas > 0, frame.asserts > 0
                )
            )

    def boolean(self, node: Node) -> None:
        if node.id in self._chained:
            self._chained.discard(node.id)
            return
        for _, run in groupby(self._operators(node)):
            self.control(ControlKind.BOOLEAN, node, len(list(run)))

    def _operators(self, root: Node) -> list[str]:
        """Logical operators from left to right, through parentheses."""
        found: list[str] = []
        waiting: list[Node | str] = [root]
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                found.append(item)
            elif item.type in self.spec.boolean_transparent:
                waiting += [child for child in item.named_children if child.type != "comment"]
            elif item.type in self.spec.boolean:
                left, operator, right = map(item.child_by_field_name, _OPERATION)
                if left and right and operator and operator.type in self.spec.boolean[item.type]:
                    waiting += [right, operator.type, left]
                    if item.id != root.id:
                        self._chained.add(item.id)
        return found

    def short_circuit(self, node: Node) -> None:
        operator = node.child_by_field_name("operator")
        kind = operator and self.spec.short_circuits[node.type].get(operator.type)
        if kind:
            self.control(kind, node)

    # definitions

    def definition(self, node: Node) -> None:
        binding, anchor = self._bound.pop(node.id, (None, node.start_byte))
        decorators, comment = self._before(anchor)
        decorators += [c for c in node.children if c.type in self.spec.decorators]
        texts = tuple(self.read(each)[1:].strip() for each in decorators)
        around = Surroundings(kind=self.frame.kind, decorators=texts, binding=binding)
        details = self.spec.describe(node, self.read, around)
        if details is None:
            self._no_definition(node)
            return
        frame = self._open(node, details)
        frame.decorators = texts
        frame.docstring = self._docstring(details, comment)
        frame.start_line = first_line_of(node)
        frame.bases = tuple(self.read(base) for base in details.bases)
        for base in details.bases:
            self._site("inherit", self._dotted(base)[0] or self.read(base), base)
        if binding:
            frame.signature = f"{details.name} = "
        self._stack.append(partial(self._close, [frame]))
        self._read_definition(node, details)

    def declaration(self, node: Node) -> None:
        """Of a variable, or of a function or class by giving it to one."""
        is_bound = False
        for binding in self.spec.bindings.get(node.type, _nothing)(node, self.read):
            self._bound[binding.value.id] = (binding, node.start_byte)
            is_bound = True
        scope = self.frame
        while scope.kind is SymbolKind.VARIABLE and scope.parent:
            scope = scope.parent
        if node.type not in self.spec.variables or is_bound or not scope.is_scope:
            return
        if scope.headers or (scope.nesting and not self.spec.variables_in_blocks):
            return
        found = self.spec.variables[node.type](node, self.read)
        fresh = [each for each in found if each.name not in scope.variables]
        if fresh:
            self._declare(node, fresh, scope)

    def _declare(self, node: Node, variables: Sequence[Details], scope: Frame) -> None:
        _, comment = self._before(node.start_byte)
        current, opened = self.frame, []
        for details in variables:
            if details.name not in scope.variables:
                scope.variables.add(details.name)
                self.frame = current
                frame = self._open(node, details, parent=scope)
                frame.controls = current.controls  # its value is computed by who declares it
                frame.nesting, frame.lambdas = current.nesting, current.lambdas
                frame.docstring = self._docstring(details, comment)
                frame.start_line = node.start_point.row + 1
                opened.append(frame)
        self.frame = opened[0]
        self._stack.append(partial(self._close, opened))

    def _open(self, node: Node, details: Details, parent: Frame | None = None) -> Frame:
        outer = self.frame
        parent = parent or outer
        prefix = f"{parent.qualified_name}." if parent.ordinal is not None else ""
        frame = Frame(
            parent=parent,
            outer=outer,
            ordinal=len(self.frames),
            details=details,
            qualified_name=prefix + details.name,
            start_byte=node.start_byte,
            end_byte=node.end_byte,
            standing=outer.nesting,
            receiver=self._receiver(details),
        )
        self.frames.append(frame)
        self.frame = frame
        return frame

    def _receiver(self, details: Details) -> bytes | None:
        if details.receiver is not None:
            return details.receiver.encode()
        is_class = details.kind in (SymbolKind.CLASS, SymbolKind.ENUM)
        return None if is_class and not self.spec.receiver else self.frame.receiver

    def _close(self, frames: Sequence[Frame]) -> None:
        first = frames[0]
        first.close()
        assert self._leaf and first.outer
        end = self._leaf.end_point
        for frame in frames:
            frame.end_line = max(frame.start_line, end.row + (end.column > 0))
            frame.digest = first.digest
            frame.signature += self._signature(frame)
        self.frame = first.outer

    def _signature(self, frame: Frame) -> str:
        assert frame.details
        start, end = frame.start_byte, frame.details.header_end
        at, parts = bisect_left(self.comments, (start, start)), []
        while at < len(self.comments) and self.comments[at][0] < end:
            parts.append(self._text.read(start, self.comments[at][0]))
            start = self.comments[at][1]
            at += 1
        parts.append(self._text.read(start, min(end, start + 4 * _LONGEST_SIGNATURE)))
        return " ".join(" ".join(parts).split()).rstrip(" :=;")[:_LONGEST_SIGNATURE]

    def _before(self, start: int) -> tuple[list[Node], Node | None]:
        """Decorators, and the documenting comment, that stand immediately before a byte."""
        decorators: list[Node] = []
        mark = self.spec.leading_docstring
        while self._leading and self._leading[-1].start_byte >= start:
            self._leading.pop()
        for node in reversed(self._leading):
            if not _MODIFIERS.fullmatch(self.content, node.end_byte, start):
                break
            start = node.start_byte
            if node.type in self.spec.decorators:
                decorators.insert(0, node)
            elif mark and self.content.startswith(mark, start):
                self._leading.clear()
                return decorators, node
        self._leading.clear()
        return decorators, None

    def _docstring(self, details: Details, comment: Node | None) -> str | None:
        node = details.docstring or comment
        if node is None:
            return None
        if node is details.docstring:
            self._docstring_ids.add(node.id)
        return self.spec.docstring(self.read(node))

    def _no_definition(self, node: Node) -> None:
        branch = self.spec.branches.get(node.type)
        if branch:
            self.branch(node, branch)
        elif node.children:
            self.descend(node)
        else:
            self.token(node)

    def _read_definition(self, node: Node, details: Details) -> None:
        children = node.children
        if self.spec.header_controls or details.body is None:
            self._stack += children[::-1]
            return
        at = children.index(details.body)
        self._stack += children[at:][::-1]
        self._silence([children[:at]])

    def _silence(self, parts: Sequence[Sequence[Node]]) -> None:
        """Reads without taking control points: they are neither the definition's nor its owner's."""
        self.frame.silences += 1
        self._stack.append(self._end_silence)
        for nodes in reversed(parts):
            self._stack += nodes[::-1]

    def _end_silence(self) -> None:
        self.frame.silences -= 1


_OPERATION = ("left", "operator", "right")


def _nowhere(node: object, read: object) -> None:
    return None


def _nothing(node: object, read: object) -> tuple[()]:
    return ()

"""One walk over a syntax tree that gathers everything at once.

The walk keeps its own stack, so that depth cannot exhaust Python's. On it lie nodes that are still
to be read, and between them calls that are due when the nodes above them are done.
"""

import re
from collections.abc import Callable, Sequence

from tree_sitter import Node

from graph_sitter_db.extract.syntax_frames import BEGIN, END, STATEMENT, Frame
from graph_sitter_db.extract.syntax_text import Text
from graph_sitter_db.languages.terms import Binding, LanguageSpec
from graph_sitter_db.model.facts import ControlKind, Site
from graph_sitter_db.model.keys import SymbolKind

type Handler = Callable[["Walk", Node], None]
type Table = list[Handler | bytes | None]  # by node kind; bytes: a token that is always the same

# What heads a part of a statement without being one.
_CLAUSES = frozenset(
    {
        ControlKind.ELSE,
        ControlKind.LOOP_ELSE,
        ControlKind.TRY_ELSE,
        ControlKind.EXCEPT,
        ControlKind.FINALLY,
        ControlKind.CASE,
        ControlKind.DEFAULT_CASE,
    }
)
_LONGEST_NAME = 200
_LIKE_NAMES = re.compile(rb"\w{0,2}[\"'`]+([\w$]+(?:[.:\[\]|,/-]+[\w$]+)*[\])]*)[\"'`]+")
_NAME = re.compile(rb"[^\W\d][\w$]*|\$[\w$]*")


class Walk:
    """Reads a tree once; the lists it fills are its result."""

    def __init__(self, text: Text, spec: LanguageSpec, table: Table) -> None:
        self.spec = spec
        self.content = text.content
        receiver = spec.receiver.encode() if spec.receiver else None
        self.frame = self.file = Frame(receiver=receiver)
        self.frames: list[Frame] = []
        self.sites: list[Site] = []
        self.names: set[bytes] = set()  # where the walk is: used_names or, in an import, the others
        self.used_names = self.names
        self.imported_names: set[bytes] = set()
        self.kept: dict[str, list[tuple[int, int]]] = {}
        self.exports: set[str] | None = None
        self.comments: list[tuple[int, int]] = []
        self.docstrings: list[tuple[int, int]] = []
        self.long_strings: list[tuple[int, int]] = []  # first and last row
        self.statements = 0
        self.members = 0  # of classes, as far as they are no statements
        self.decorators = 0
        self.text = text
        self.table = table
        self.stack: list[Node | Callable[[], None]] = []
        self.leaf: Node | None = None
        self.leading: list[Node] = []  # comments and decorators that may belong to what follows
        self.bound: dict[int, tuple[Binding, int]] = {}  # by value: its name, and where that begins
        self.docstring_ids: set[int] = set()
        self.chained: set[int] = set()  # operators already counted with the run they are in

    def run(self, root: Node) -> None:
        stack, table, pop = self.stack, self.table, self.stack.pop
        self.leaf = root
        docstring = self.spec.module_docstring(root)
        if docstring:
            self.docstring_ids.add(docstring.id)
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
                self.leaf = item
            else:
                handler(self, item)  # type: ignore[operator]
        self.file.close()

    def logical_lines(self) -> int:
        """Once all is read."""
        owners = [f for f in self.frames if f.kind is not SymbolKind.VARIABLE]  # these own no flow
        clauses = sum(c.kind in _CLAUSES for each in (self.file, *owners) for c in each.controls)
        return self.statements + len(self.docstrings) + self.decorators + self.members + clauses

    def read(self, node: Node) -> str:
        return self.text.read(node.start_byte, node.end_byte)

    def descend(self, node: Node) -> None:
        self.stack += node.children[::-1]

    def token(self, node: Node) -> None:
        self.frame.tokens.append(self.content[node.start_byte : node.end_byte])
        self.leaf = node

    def identifier(self, node: Node) -> None:
        name = self.content[node.start_byte : node.end_byte]
        self.names.add(name)
        self.frame.tokens.append(name)
        self.leaf = node

    def keep(self, node: Node, name: str) -> None:
        self.kept.setdefault(name, []).append((node.start_byte, node.end_byte))

    def begin_import(self) -> None:
        self.names = self.imported_names
        self.stack.append(self._end_import)

    def _end_import(self) -> None:
        self.names = self.used_names

    def comment(self, node: Node) -> None:
        self.comments.append((node.start_byte, node.end_byte))
        self.leading.append(node)

    def string(self, node: Node) -> None:
        text = self.content[node.start_byte : node.end_byte]
        if b"\n" in text or b"\r" in text:
            self.long_strings.append((node.start_point.row, node.end_point.row))
        children = node.children
        if any(child.type in self.spec.interpolations for child in children):
            self.stack += children[::-1]
            return
        self.frame.tokens.append(text)
        self.leaf = node
        if len(text) <= _LONGEST_NAME:
            inside = _LIKE_NAMES.fullmatch(text)
            if inside:
                self.names.update(_NAME.findall(inside[1]))

    def member(self, node: Node) -> None:
        self.members += 1

    def decorator(self, node: Node) -> None:
        self.decorators += 1
        self.leading.append(node)
        if self.spec.header_controls:
            self.descend(node)
        else:
            self.silence(node.children)

    def block(self, node: Node) -> None:
        """Marks where it begins and ends, for grammars whose blocks are made of white space."""
        self.frame.tokens.append(BEGIN)
        self.stack.append(self._end_block)
        self.stack += node.children[::-1]

    def _end_block(self) -> None:
        self.frame.tokens.append(END)

    def is_docstring(self, node: Node) -> bool:
        if node.id not in self.docstring_ids:
            return False
        self.docstring_ids.discard(node.id)
        self.docstrings.append((node.start_byte, node.end_byte))
        self.leaf = node
        return True

    def statement(self, node: Node) -> None:
        self.frame.tokens.append(STATEMENT)
        if not self.frame.headers:
            self.frame.statements += 1
            self.statements += 1

    def wrapped_statement(self, node: Node) -> None:
        if node.child_by_field_name(self.spec.statement_wrappers[node.type]) is None:
            self.statement(node)

    def nest(self) -> None:
        self.frame.nesting += 1

    def unnest(self) -> None:
        self.frame.nesting -= 1

    def begin_header(self) -> None:
        self.frame.headers += 1

    def end_header(self) -> None:
        self.frame.headers -= 1

    def end_lambda(self) -> None:
        self.frame.lambdas -= 1

    def end_assert(self) -> None:
        self.frame.asserts -= 1

    def silence(self, nodes: Sequence[Node]) -> None:
        """Reads without taking control points: those of headers are nobody's."""
        self.frame.silences += 1
        self.stack.append(self._end_silence)
        self.stack += nodes[::-1]

    def _end_silence(self) -> None:
        self.frame.silences -= 1

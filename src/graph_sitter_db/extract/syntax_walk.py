"""One walk over a syntax tree that gathers everything at once.

The walk keeps its own stack, so that depth cannot exhaust Python's. On it lie rows of nodes that
are still to be read, and between them calls that are due when the rows above them are done.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from tree_sitter import Node

from graph_sitter_db.extract.syntax_frames import Frame
from graph_sitter_db.extract.syntax_text import Text
from graph_sitter_db.extract.syntax_vocabulary import BEGIN, END, STATEMENT
from graph_sitter_db.languages.terms import Binding, LanguageSpec
from graph_sitter_db.model.facts import ControlKind, Site
from graph_sitter_db.model.keys import SymbolKind

type Handler = Callable[["Walk", Node], None]
type Due = Iterator[Node] | Callable[[], None]
# By node kind; bytes: a token that is always the same; True: an identifier; None: nothing special.
type Table = list[Handler | bytes | bool | None]

_Row: type = type(iter([]))

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
_BREAK = re.compile(rb"\n")
_NAME = re.compile(rb"[^\W\d][\w$]*|\$[\w$]*")


class Walk:
    """Reads a tree once; the lists it fills are its result."""

    def __init__(
        self, text: Text, spec: LanguageSpec, table: Table, operators: frozenset[bytes]
    ) -> None:
        self.spec = spec
        self.content, self.encoding = text.content, text.encoding
        self.operators = operators
        self.breaks = [match.start() for match in _BREAK.finditer(text.parsed)]
        # In the order of the source, and where each begins; STATEMENT, BEGIN and END stand nowhere.
        self.tokens: list[bytes] = []
        self.starts: list[int] = []
        # What else stands there: the words of tokens that have several, what is only a control.
        self.words: list[tuple[int, bytes]] = []
        receiver = spec.receiver.encode() if spec.receiver else None
        self.frame = self.file = Frame(receiver=receiver)
        self.frames: list[Frame] = []
        self.sites: list[Site] = []
        self.names: set[bytes] = set()  # where the walk is: used_names or, in an import, the others
        self.used_names = self.names
        self.imported_names: set[bytes] = set()
        self.kept: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.boilerplate: list[tuple[int, int]] = []
        self.parameter_lists: list[tuple[int, int]] = []
        self.exports: set[str] | None = None
        self.comments: list[tuple[int, int]] = []
        self.docstrings: list[tuple[int, int]] = []
        self.long_strings: list[tuple[int, int]] = []  # first and last row
        self.statements = 0
        self.members = 0  # of classes, as far as they are no statements
        self.decorators = 0
        self.text = text
        self.table = table
        self.stack: list[Due] = []
        self.loose_end = 0  # of the last thing that was read and is no token of the source
        self.leading: list[Node] = []  # comments and decorators that may belong to what follows
        self.bound: dict[int, tuple[Binding, int]] = {}  # by value: its name, and where that begins
        self.docstring_ids: set[int] = set()
        self.chained: set[int] = set()  # operators already counted with the run they are in

    def run(self, root: Node) -> None:
        """Leaves, two of three nodes, are read where they are met; what has parts is put back."""
        table, content, stack = self.table, self.content, self.stack
        token, place = self.tokens.append, self.starts.append
        docstring = self.spec.module_docstring(root)
        if docstring:
            self.docstring_ids.add(docstring.id)
        stack.append(iter([root]))
        while stack:
            row = stack.pop()
            if row.__class__ is not _Row:
                row()  # type: ignore[operator]
                continue
            name = self.names.add  # where the row above was of an import, this is another
            for node in row:  # type: ignore[union-attr]
                handler = table[node.kind_id]
                if handler.__class__ is bytes:
                    token(handler)
                    place(node.start_byte)
                elif handler is True:
                    start = node.start_byte
                    text = content[start : node.end_byte]
                    name(text)
                    token(text)
                    place(start)
                elif handler is None:
                    children = node.children
                    if children:
                        stack += (row, iter(children))
                        break
                    self.token(node)
                else:
                    stack.append(row)
                    handler(self, node)  # type: ignore[operator]
                    break
        self.file.close(self)

    def line(self, byte: int) -> int:
        return bisect_left(self.breaks, byte) + 1

    def end_line(self) -> int:
        """The line of the last byte that has been read."""
        at = len(self.starts) - 1
        while at >= 0 and self.starts[at] < 0:
            at -= 1
        last = self.starts[at] + len(self.tokens[at]) if at >= 0 else 0
        return self.line(max(last, self.loose_end) - 1)

    def logical_lines(self) -> int:
        """Once all is read."""
        owners = [f for f in self.frames if f.kind is not SymbolKind.VARIABLE]  # these own no flow
        clauses = sum(c.kind in _CLAUSES for each in (self.file, *owners) for c in each.controls)
        return self.statements + len(self.docstrings) + self.decorators + self.members + clauses

    def read(self, node: Node) -> str:
        return self.content[node.start_byte : node.end_byte].decode(self.encoding, "replace")

    def descend(self, node: Node) -> None:
        children = node.children
        if children:
            self.stack.append(iter(children))
        else:
            self.token(node)

    def read_next(self, parts: Iterable[Node | Callable[[], None]]) -> None:
        """Nodes, and calls between them."""
        due = [iter([part]) if isinstance(part, Node) else part for part in parts]
        self.stack += reversed(due)

    def token(self, node: Node) -> None:
        start = node.start_byte
        self.tokens.append(self.content[start : node.end_byte])
        self.starts.append(start)

    def identifier(self, node: Node) -> None:
        self.token(node)
        self.names.add(self.tokens[-1])

    def mark(self, sign: bytes) -> None:
        self.tokens.append(sign)
        self.starts.append(-1)

    def missing(self, node: Node, token: bytes) -> None:
        """What the parser made up is a token, though it stands nowhere."""
        self.mark(token)
        self.loose_end = node.end_byte

    def compound(self, node: Node, token: bytes) -> None:
        """`not in` is one operator, of two words."""
        self.missing(node, token)
        for each in node.children or [node]:
            self.word(each)

    def word(self, node: Node) -> None:
        start = node.start_byte
        self.words.append((start, self.content[start : node.end_byte]))

    def keep(self, node: Node, name: str) -> None:
        self.kept[name].append((node.start_byte, node.end_byte))

    def leave_out(self, node: Node) -> None:
        if self.spec.boilerplate[node.type](node):
            self.boilerplate.append((node.start_byte, node.end_byte))

    def parameters(self, node: Node) -> None:
        self.parameter_lists.append((node.start_byte, node.end_byte))

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
        if b"{" in text:
            children = node.children
            if any(child.type in self.spec.interpolations for child in children):
                self.stack.append(iter(children))
                return
        self.tokens.append(text)
        self.starts.append(node.start_byte)
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
        self.mark(BEGIN)
        self.stack += (self._end_block, iter(node.children))

    def _end_block(self) -> None:
        self.mark(END)

    def is_docstring(self, node: Node) -> bool:
        if node.id not in self.docstring_ids:
            return False
        self.docstring_ids.discard(node.id)
        self.docstrings.append((node.start_byte, node.end_byte))
        self.loose_end = node.end_byte
        return True

    def statement(self, node: Node) -> None:
        self.mark(STATEMENT)
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

    def silence(self, nodes: Iterable[Node]) -> None:
        """Reads without taking control points: those of headers are nobody's."""
        self.frame.silences += 1
        self.stack += (self._end_silence, iter([*nodes]))

    def _end_silence(self) -> None:
        self.frame.silences -= 1

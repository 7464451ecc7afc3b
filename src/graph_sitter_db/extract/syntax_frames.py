"""What is gathered about a definition while it is read, and the symbol it becomes."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tree_sitter import Node

from graph_sitter_db.extract.syntax_vocabulary import vocabulary
from graph_sitter_db.languages.terms import Details, LanguageSpec
from graph_sitter_db.model.facts import Control, Symbol, Vocabulary
from graph_sitter_db.model.keys import CALLABLES, SymbolKind
from graph_sitter_db.model.names import bounded

if TYPE_CHECKING:
    from graph_sitter_db.extract.syntax_walk import Walk

SCOPES = (None, SymbolKind.NAMESPACE)  # where names can be exported from, and variables are symbols


@dataclass(slots=True)
class Frame:
    """A definition that is being read; the outermost frame is the file."""

    parent: "Frame | None" = None
    outer: "Frame | None" = None  # whose reading this one interrupts; mostly the parent
    ordinal: int | None = None
    details: Details | None = None
    qualified_name: str = ""
    signature: str = ""
    decorators: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    docstring: str | None = None
    start_line: int = 0
    end_line: int = 0
    start_byte: int = 0
    end_byte: int = 0
    standing: int = 0  # control nesting of the parent at which it stands
    nesting: int = 0
    lambdas: int = 0  # how many lambdas, asserts, headers, and silent parts are being read
    asserts: int = 0
    headers: int = 0
    silences: int = 0
    receiver: bytes | None = None
    statements: int = 0
    controls: list[Control] = field(default_factory=list)
    first_token: int = 0
    inner: list[tuple[int, int, bytes]] = field(default_factory=list)  # tokens; their digest
    calls: dict[str, None] = field(default_factory=dict)
    attributes: dict[str, None] = field(default_factory=dict)
    exported: set[str] | None = None  # names exported from this scope
    variables: set[str] = field(default_factory=set)  # names that have been given a value
    digest: bytes = b""
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    @property
    def kind(self) -> SymbolKind | None:
        return self.details.kind if self.details else None

    @property
    def is_scope(self) -> bool:
        return self.kind in SCOPES

    def close(self, walk: "Walk") -> None:
        """The enclosing definition's tokens hold this one's digest, so that work stays linear."""
        own: list[bytes] = []
        at = self.first_token
        for first, end, digest in self.inner:
            own += walk.tokens[at:first]
            own.append(digest)
            at = end
        own += walk.tokens[at:]
        self.digest = hashlib.sha256(b"\0".join(own)).digest()
        self.vocabulary = vocabulary(own, walk.operators, (digest for *_, digest in self.inner))
        if self.outer:
            self.outer.inner.append((self.first_token, len(walk.tokens), self.digest))


def symbols_of(
    frames: Sequence[Frame],
    spec: LanguageSpec,
    source_lines: Callable[[int, int], int],
) -> tuple[Symbol, ...]:
    """In the order of the source, with what only the whole file decides."""
    seen: dict[str, int] = {}
    symbols: list[Symbol] = []
    for frame in frames:
        duplicate = seen.get(frame.qualified_name, 0)
        seen[frame.qualified_name] = duplicate + 1
        exported = _is_exported(frame, spec, symbols)
        symbols.append(_symbol(frame, duplicate, exported, source_lines))
    return tuple(symbols)


def _is_exported(frame: Frame, spec: LanguageSpec, outer: Sequence[Symbol]) -> bool:
    assert frame.details and frame.parent
    parent = frame.parent
    listed = parent.exported if parent.is_scope else None
    return spec.is_exported(
        frame.details.name,
        in_function=parent.kind in CALLABLES,
        parent=None if parent.ordinal is None else outer[parent.ordinal].is_exported,
        listed=listed,
        is_private=frame.details.is_private,
    )


def _symbol(
    frame: Frame,
    duplicate: int,
    exported: bool,
    source_lines: Callable[[int, int], int],
) -> Symbol:
    details = frame.details
    assert details and frame.parent and frame.ordinal is not None
    is_variable = details.kind is SymbolKind.VARIABLE
    return Symbol(
        ordinal=frame.ordinal,
        parent_ordinal=frame.parent.ordinal,
        kind=details.kind,
        name=bounded(_last_name(details.name)),
        qualified_name=frame.qualified_name,
        duplicate_ordinal=duplicate,
        signature=frame.signature,
        parameters=details.parameters,
        return_type=details.return_type,
        decorators=frame.decorators,
        bases=frame.bases,
        docstring=frame.docstring,
        is_async=details.is_async,
        is_static=details.is_static,
        is_abstract=details.is_abstract,
        is_exported=exported,
        start_line=frame.start_line,
        end_line=frame.end_line,
        start_byte=frame.start_byte,
        end_byte=frame.end_byte,
        nesting=frame.standing,
        statements=0 if is_variable else frame.statements,
        lines_source=source_lines(frame.start_line, frame.end_line),
        controls=() if is_variable else tuple(frame.controls),
        calls=tuple(frame.calls),
        attributes=tuple(frame.attributes),
        structure_sha256=frame.digest,
        vocabulary=frame.vocabulary,
    )


def _last_name(name: str) -> str:
    """`Foo.prototype.bar` → `bar`; a module called `./a.js` keeps its dots."""
    is_dotted = "." in name and all(part.isidentifier() for part in name.split("."))
    return name.rpartition(".")[2] if is_dotted else name


def first_line_of(node: Node) -> int:
    """The line of the definition itself; decorators may stand inside the node, before it."""
    for child in node.children:
        if child.type not in ("decorator", "comment"):
            return child.start_point.row + 1
    return node.start_point.row + 1

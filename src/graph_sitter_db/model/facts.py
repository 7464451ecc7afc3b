"""What follows from one file's bytes alone."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from graph_sitter_db.model.keys import Language, ParseStatus, SymbolKind


@dataclass(frozen=True, slots=True)
class Source:
    """A file's bytes at one point of history."""

    # Relative to the codebase's root, "/" between parts; surrogate escapes where not UTF-8.
    path: str
    language: Language
    content: bytes
    sha256: bytes


class ControlKind(StrEnum):
    """The syntax that steers a function's flow, under one name for all languages."""

    IF = "if"
    ELIF = "elif"
    ELSE = "else"
    FOR = "for"
    WHILE = "while"
    LOOP_ELSE = "loop_else"
    TRY = "try"
    EXCEPT = "except"
    TRY_ELSE = "try_else"
    FINALLY = "finally"
    SWITCH = "switch"  # also Python's match
    CASE = "case"
    DEFAULT_CASE = "default_case"  # a bare `_` or `default:`
    TERNARY = "ternary"
    BOOLEAN = "boolean"  # one run of one logical operator; operands - 1 is its weight
    NULLISH = "nullish"  # ?? and its assignment
    OPTIONAL_CHAIN = "optional_chain"
    DEFAULT_VALUE = "default_value"  # of a parameter or a destructured name
    COMPREHENSION = "comprehension"
    COMPREHENSION_IF = "comprehension_if"
    LAMBDA = "lambda"
    WITH = "with"
    ASSERT = "assert"
    RETURN = "return"
    YIELD = "yield"
    THROW = "throw"
    LABELLED_JUMP = "labelled_jump"


@dataclass(frozen=True, slots=True)
class Control:
    """One control point of a symbol (or of a module's own level)."""

    kind: ControlKind
    nesting: int  # enclosing if/loop/catch/switch/ternary bodies and lambdas inside the same symbol
    line: int
    weight: int = 1  # BOOLEAN: operators in the run
    in_lambda: bool = False  # belongs to an anonymous expression that is no symbol of its own
    in_assert: bool = False  # belongs to what an assertion checks


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    annotation: str | None = None
    default: str | None = None
    # normal, positional_only, keyword_only, variadic, keyword_variadic, pattern
    kind: str = "normal"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens, as Halstead counts them: of a symbol's own level, or of a whole file."""

    distinct_operators: int = 0
    distinct_operands: int = 0
    operators: int = 0
    operands: int = 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition.

    `(qualified_name, duplicate_ordinal)` is unique in its file; with the path it is the stable key.
    """

    ordinal: int  # position in the file's list of symbols, by start byte
    parent_ordinal: int | None
    kind: SymbolKind
    name: str
    qualified_name: str  # outer names and its own, joined by "."
    duplicate_ordinal: int  # 0 for the first of this qualified name in the file, whatever the kind
    signature: str
    parameters: tuple[Parameter, ...]
    return_type: str | None
    decorators: tuple[str, ...]  # source text without the "@"
    bases: tuple[str, ...]  # source text of parent classes or interfaces
    docstring: str | None
    is_async: bool
    is_static: bool
    is_abstract: bool
    is_exported: bool
    start_line: int  # 1-based, of the definition itself; decorators stand before it
    end_line: int
    start_byte: int
    end_byte: int
    nesting: int  # control nesting inside the parent at which this definition stands
    statements: int  # own statements, nested symbols' excluded
    lines_source: int  # lines inside its span that hold code
    controls: tuple[Control, ...]  # own control points in source order, nested symbols' excluded
    calls: tuple[str, ...]  # names called from its own level: for recursion and self-calls
    attributes: tuple[str, ...]  # names reached through self/this from its own level
    structure_sha256: bytes  # of its tokens without comments and white space
    vocabulary: Vocabulary = Vocabulary()  # own tokens, nested symbols' excluded

    @property
    def key(self) -> str:
        return symbol_key(self.qualified_name, self.duplicate_ordinal)


def symbol_key(qualified_name: str, duplicate_ordinal: int) -> str:
    """A symbol's name in its file: the qualified name, and `#n` from the second of that name on."""
    return f"{qualified_name}#{duplicate_ordinal}" if duplicate_ordinal else qualified_name


@dataclass(frozen=True, slots=True)
class Lines:
    """Physical lines, each counted once: source + comment + blank = physical.

    A docstring's lines are comment. Logical lines are what physical ones would be with one
    statement, docstring, decorator, member of a class or header of a clause in each.
    """

    physical: int = 0
    source: int = 0
    comment: int = 0
    blank: int = 0
    logical: int = 0


@dataclass(frozen=True, slots=True)
class Site:
    """A place that names something defined elsewhere: a callee, an import, a base class."""

    kind: str  # call, import, inherit
    name: str  # dotted source text, shortened to 200 characters
    byte: int  # start of the name
    line: int
    symbol: int | None  # ordinal of the innermost symbol around it


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that accepts issues: `gsdb: ignore[rule, …] reason`."""

    line: int  # where it stands
    covers: int  # the line of code it speaks of: its own, or the next one
    is_head: bool  # no code stands before it, so it also speaks of the file as such
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """In source order: what each token says, and the byte it begins at. Ranges are of bytes."""

    texts: Sequence[bytes]
    starts: Sequence[int]
    boilerplate: Sequence[tuple[int, int]]  # what has to be said again and again
    parameters: Sequence[tuple[int, int]]  # lists of them


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Everything known of one file version."""

    source: Source
    parse_status: ParseStatus
    parse_error: str | None = None
    lines: Lines = Lines()
    statements: int = 0
    symbols: tuple[Symbol, ...] = ()
    controls: tuple[Control, ...] = ()  # the module's own level
    sites: tuple[Site, ...] = ()
    # Identifiers and identifier-like strings that occur in the file.
    names: frozenset[str] = frozenset()
    # Those of them that occur outside of what brings them in: import statements.
    names_used: frozenset[str] = frozenset()
    vocabulary: Vocabulary = Vocabulary()
    suppressions: tuple[Suppression, ...] = ()
    commented_code: tuple[tuple[int, int], ...] = ()  # first and last lines of comments that parse
    # The explicit list (`__all__`, export clauses); None when there is none.
    exports: frozenset[str] | None = None
    is_test: bool = False
    is_generated: bool = False
    # The syntax tree's root; None where facts come without one.
    tree: Any = field(default=None, repr=False, compare=False)
    # Where nodes stand that rules look at: type → (start, end) bytes, in source order.
    places: Mapping[str, Sequence[tuple[int, int]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    tokens: Tokens | None = field(default=None, repr=False, compare=False)

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def is_read(self) -> bool:
        """Whether anything but the bytes is known."""
        return self.parse_status in (ParseStatus.OK, ParseStatus.PARTIAL)

    def nodes(self, *types: str) -> Iterator[Any]:
        """The tree's nodes of these types, of those a language's `kept` names; type by type, each
        in source order.
        """
        for wanted in types:
            for start, end in self.places.get(wanted, ()):
                if (node := self.node(wanted, start, end)) is not None:
                    yield node

    def node(self, wanted: str, start: int, end: int) -> Any:
        """The node of this type at one of the `places`, for rules that need few of many."""
        node = self.tree.descendant_for_byte_range(start, end)
        while node is not None and node.type != wanted:
            node = node.parent
        return node

    def symbol_at(self, byte: int) -> Symbol | None:
        """The innermost symbol around a byte; None: the module's own level."""
        at = bisect_right(self.symbols, byte, key=lambda symbol: symbol.start_byte) - 1
        while at >= 0:
            symbol = self.symbols[at]
            if byte < symbol.end_byte:
                return symbol
            at = -1 if symbol.parent_ordinal is None else symbol.parent_ordinal
        return None


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """A file with its metric values: its own, and its symbols' in the order of `facts.symbols`."""

    facts: FileFacts
    values: Mapping[str, float]
    symbol_values: tuple[Mapping[str, float], ...]

    @property
    def path(self) -> str:
        return self.facts.path

"""What a language must tell so that one walk can collect the facts of its files."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from graph_sitter_db.model.facts import ControlKind, Parameter
from graph_sitter_db.model.keys import Family, Language, SymbolKind

type Reader = Callable[[Node], str]  # a node's source text

ANY = frozenset({"*"})


def always(node: Node) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """How a node steers the flow, and what stands one level deeper because of it."""

    kind: ControlKind | None = None  # None: only its clauses count
    nests: frozenset[str] = frozenset()  # fields or types of children one level deeper; ANY: all
    clauses: Mapping[str, "Branch"] = field(default_factory=dict)  # child types that are its parts
    chains: Mapping[str, "Branch"] = field(default_factory=dict)  # children in its place: else if
    headers: frozenset[str] = frozenset()  # fields that look like statements and are none
    is_statement: bool = False  # counted as one although the grammar does not call it so
    is_lambda: bool = False
    is_assert: bool = False
    refine: Callable[[Node], ControlKind | None] | None = None  # looks; None: no control


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a definition says of itself."""

    name: str
    kind: SymbolKind
    header_end: int  # byte at which its signature ends
    body: Node | None = None
    parameters: tuple[Parameter, ...] = ()
    return_type: str | None = None
    bases: tuple[Node, ...] = ()
    docstring: Node | None = None  # a statement inside the body
    receiver: str | None = None  # what the method calls its own object
    is_async: bool = False
    is_static: bool = False
    is_abstract: bool = False
    is_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A function or class that gets its name from outside: `const name = () => …`."""

    name: str
    value: Node
    is_static: bool = False
    is_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a definition stands."""

    kind: SymbolKind | None  # of the innermost symbol around it; None: the file
    decorators: tuple[str, ...]
    binding: Binding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One name brought in: what it is called where it comes from, and where that is written."""

    name: str
    node: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSpec:
    """A language as data. Node types are those of its tree-sitter grammar."""

    language: Language
    family: Family
    grammar: Callable[[], Any]  # the grammar's pointer, loaded when first needed
    mend: Callable[[bytes], bytes]  # takes out, at equal length, what the grammar does not know

    definitions: frozenset[str]
    describe: Callable[[Node, Reader, Surroundings], Details | None]  # None: no symbol
    branches: Mapping[str, Branch]
    token_controls: Mapping[str, ControlKind]  # tokens that steer the flow by themselves
    boolean: Mapping[str, frozenset[str]]  # node type → operators whose runs count
    boolean_transparent: frozenset[str]  # a run goes on through these: parentheses
    short_circuits: Mapping[str, Mapping[str, ControlKind]]  # node type → operator → control

    statements: frozenset[str]
    members: frozenset[str]  # of classes, where these are no statements
    statement_wrappers: Mapping[str, str]  # statement → field of another that is the statement
    blocks: frozenset[str]  # nodes whose extent carries meaning that no token shows
    comments: frozenset[str]
    strings: frozenset[str]
    interpolations: frozenset[str]  # children of strings that hold code
    atoms: frozenset[str]  # read as one token though the grammar divides them
    identifiers: frozenset[str]

    calls: Mapping[str, int]  # node type → which child is called
    attributes: frozenset[str]  # the object is the first child, its attribute's name the last
    chain_ends: frozenset[str]  # what a dotted name may begin with
    receiver: str | None  # node type of the own object, where the language has one
    imports: Mapping[str, Callable[[Node, Reader], Iterable[Import]]]
    import_calls: Mapping[str, Callable[[Node, Reader], Import | None]]  # by what is called

    decorators: frozenset[str]
    variables: Mapping[str, Callable[[Node, Reader], Iterable[Details]]]  # names given a value
    variables_in_blocks: bool  # whether a variable of an `if` or a loop belongs to the module
    bindings: Mapping[str, Callable[[Node, Reader], Iterable[Binding]]]
    exports: Mapping[str, Callable[[Node, Reader], Iterable[tuple[str, str]]]]  # (outside, inside)
    is_exported: Callable[..., bool]
    module_docstring: Callable[[Node], Node | None]
    docstring: Callable[[str], str]  # a docstring's or doc comment's source → its text
    kept: frozenset[str]  # node types that rules look at
    # Statements that show a comment to be code → which of them, by the type of what is inside; all.
    commented: Mapping[str, frozenset[str]]
    # Node type → whether such a node is of what has to be said again and again: imports, overloads.
    boilerplate: Mapping[str, Callable[[Node], bool]]
    parameter_lists: frozenset[str]
    leading_docstring: bytes | None  # how a comment begins that documents what follows it
    header_controls: bool  # whether parameters' defaults steer the function's own flow

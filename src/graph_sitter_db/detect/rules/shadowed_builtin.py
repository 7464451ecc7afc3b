"""Names of builtins given to something else."""

import re
from collections.abc import Iterator
from typing import Any

from graph_sitter_db.detect.places import at, functions
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import CALLABLES, Language, Severity, SymbolKind
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule

# Functions and types of Python 3.13 that programs call; those made for the interactive prompt, such
# as `help` and `license`, are missed by nobody.
_CALLED = """
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod
    compile complex delattr dict dir divmod enumerate eval exec filter float format frozenset
    getattr globals hasattr hash hex id input int isinstance issubclass iter len list locals map
    max memoryview min next object oct open ord pow print property range repr reversed round set
    setattr slice sorted staticmethod str sum super tuple type vars zip
"""
_BUILTINS = frozenset(_CALLED.split())
_ANY = re.compile(rf"\b(?:{'|'.join(sorted(_BUILTINS))})\b".encode())


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit `public`: 1 also reports parameters, functions and exports that others know by their
    names, as ruff's A001, A002 and A004 do; SonarQube's S5806 looks at local variables only.

    Attributes and methods of classes are reached through their object, and shadow nothing.
    """
    facts = file.facts
    if facts.source.language is not Language.PYTHON or facts.names.isdisjoint(_BUILTINS):
        return
    taken = {
        (s.ordinal, p.name) for s in facts.symbols for p in s.parameters if p.name in _BUILTINS
    }
    if not limits["public"]:
        taken |= {(_MODULE, name) for name in facts.exports or ()}
    for symbol, _ in functions(file):
        if limits["public"] or _is_ours(symbol, facts):
            yield from _named(file, symbol)
    for node in sorted(_bound(facts), key=lambda node: node.start_byte):
        scope, name = _scope(facts, node.start_byte), node.text.decode()
        key = (_MODULE if scope is None else scope.ordinal, name)
        if key not in taken and (scope is None or scope.kind in CALLABLES):
            taken.add(key)
            yield at(facts, node, _MESSAGE.format(name), name)


_MODULE = -1
_MESSAGE = "`{}` hides the builtin of that name"


def _is_ours(symbol: Symbol, facts: FileFacts) -> bool:
    """Whether it can be renamed without telling anybody: private, or inside a function."""
    if symbol.name.startswith("_"):
        return not symbol.name.endswith("__")
    outer = symbol.parent_ordinal
    return outer is not None and facts.symbols[outer].kind in CALLABLES


def _named(file: MeasuredFile, symbol: Symbol) -> Iterator[Finding]:
    names = {parameter.name for parameter in symbol.parameters}
    if symbol.kind is SymbolKind.FUNCTION:
        names.add(symbol.name)
    for name in sorted(names & _BUILTINS):
        yield Finding(
            path=file.path,
            message=_MESSAGE.format(name),
            start_line=symbol.start_line,
            end_line=symbol.start_line,
            symbol=symbol.key,
            anchor=name,
        )


def _scope(facts: FileFacts, byte: int) -> Symbol | None:
    """The function or class whose name it is; None: the module."""
    symbol = facts.symbol_at(byte)
    while symbol is not None and symbol.kind is SymbolKind.VARIABLE:
        outer = symbol.parent_ordinal
        symbol = None if outer is None else facts.symbols[outer]
    return symbol


def _bound(facts: FileFacts) -> Iterator[Any]:
    """Identifiers that give a builtin's name to a value or an import."""
    content = facts.source.content
    for kind, end in _HEADS.items():
        for start, stop in facts.places.get(kind, ()):
            # Looking at the text first spares the tree, which is slow to ask.
            if _ANY.search(content, start, content.find(end, start, stop) if end else stop):
                for target in _targets(facts.node(kind, start, stop)):
                    yield from _names(target)


# What binds names, and what follows them there.
_HEADS = {
    "assignment": b"=",
    "except_clause": b":",
    "for_statement": b" in ",
    "import_from_statement": b"",
    "import_statement": b"",
    "named_expression": b":=",
    "with_item": b"",
}


def _targets(node: Any) -> Iterator[Any]:
    match node.type:
        case "assignment" | "for_statement":
            left, right = (node.child_by_field_name(field) for field in ("left", "right"))
            if right is None or right.text != left.text:  # `int = int` changes nothing
                yield left
        case "named_expression":
            yield node.child_by_field_name("name")
        case "except_clause" | "with_item":
            for child in node.named_children:
                if child.type == "as_pattern":
                    yield child.child_by_field_name("alias")
        case _:
            module = node.child_by_field_name("module_name")
            if module is None or module.text.decode("utf-8", "replace") not in _STAND_INS:
                for name in node.children_by_field_name("name"):
                    yield name.child_by_field_name("alias") or name.named_children[0]


# Modules whose functions take the place of builtins on purpose.
_STAND_INS = {"builtins", "codecs", "future.builtins", "io", "past.builtins", "rich", "six.moves"}


def _names(target: Any) -> Iterator[Any]:
    waiting = [target]
    while waiting:
        node = waiting.pop()
        if node.type == "identifier":
            if node.text.decode("utf-8", "replace") in _BUILTINS:
                yield node
        elif node.type not in ("attribute", "subscript"):
            waiting += node.named_children


RULE = Rule(
    name="shadowed_builtin",
    title="Name of a builtin is given to something else",
    why=(
        "From there on the builtin cannot be reached, and who reads `type` or `input` thinks of "
        "it first. Attributes and methods of classes shadow nothing; parameters and functions that "
        "others know by name are left alone."
    ),
    category="safety",
    severity=Severity.INFO,
    limits={"public": 0},
    effort=Effort(constant=5, source="our estimate"),
    bad=(
        Example(
            files={"load.py": "def load(path):\n    input = open(path)\n    return input.read()\n"},
            findings=1,
        ),
        Example(files={"load.py": "for id, type in rows:\n    print(id)\n"}, findings=2),
        Example(files={"load.py": "def _load(path, format):\n    pass\n"}, findings=1),
        Example(files={"load.py": "from numpy import max, zeros\n"}, findings=1),
    ),
    good=(
        Example(
            files={
                "load.py": "class Loader:\n    id = 1\n\n    def open(self, format=None):\n"
                "        self.type = format\n"
            },
            findings=0,
        ),
        Example(files={"load.py": "from rich import print\n"}, findings=0),
    ),
    check_file=check,
)

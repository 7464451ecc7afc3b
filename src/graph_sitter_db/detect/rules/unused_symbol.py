"""Functions, classes and types that nothing uses."""

import re
from collections.abc import Container, Iterator

from graph_sitter_db.detect.definitions import is_declared
from graph_sitter_db.detect.manifests import entries
from graph_sitter_db.detect.mentions import Mentions
from graph_sitter_db.detect.reads import Reads
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import CALLABLES, Language, ParseStatus, Severity, SymbolKind
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule
from graph_sitter_db.model.publicity import is_judged, is_reachable, is_special


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """What only its own file could use and does not: definitions inside of functions and, in
    TypeScript and JavaScript, those that a module does not export. At depth `graph` also what is
    private in Python, private methods of classes without parents and subclasses, and, where the
    limit `public` is 1, what other codebases could use, which is right for an application.

    At depth `graph` a symbol counts as used when an edge of the graph leads to it, or when its
    name, or the beginning of its name in a lookup, stands anywhere outside its own definition: in
    code, in a string, in a comment, in pyproject.toml, setup.cfg or package.json. What the files
    export that package.json offers is used. Tests, vendored code, and what has a decorator are left
    alone.
    """
    facts = file.facts
    if facts.tree is None or facts.parse_status is not ParseStatus.OK or not is_judged(facts):
        return
    reads = Reads(facts)
    for symbol in facts.symbols:
        is_meant = _is_candidate(symbol, facts) and _is_for_its_file(symbol, facts)
        if is_meant and not _is_read(symbol, facts, reads):
            yield _finding(symbol, facts)


def check_codebase(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    mentions, offered, extended = Mentions(codebase), entries(codebase), _extended(codebase)
    for path, file in codebase.files.items():
        facts = file.facts
        if not is_judged(facts):
            continue
        with_public = bool(codebase.limits_at(path)["public"]) and path not in offered
        for symbol in facts.symbols:
            outer = None if symbol.parent_ordinal is None else facts.symbols[symbol.parent_ordinal]
            if outer is None:
                is_meant = _is_for_all(symbol, facts, with_public)
            else:
                is_meant = _is_private_method(symbol, outer, extended)
            if is_meant and _is_candidate(symbol, facts) and not mentions.mentioned(symbol, facts):
                yield _finding(symbol, facts)


def _extended(codebase: Codebase) -> set[str]:
    """Names of classes that have subclasses."""
    return {
        _last_name(base)
        for file in codebase.files.values()
        for symbol in file.facts.symbols
        for base in symbol.bases
    }


def _last_name(base: str) -> str:
    return re.split(r"[\[(<]", base)[0].rpartition(".")[2]


def _is_candidate(symbol: Symbol, facts: FileFacts) -> bool:
    """Overloads are judged once; decorators register, and in Python so may parent classes."""
    is_named = symbol.name.isidentifier() or symbol.name.startswith("#")
    if not is_named or is_special(symbol.name) or symbol.duplicate_ordinal:
        return False
    if facts.source.language is Language.PYTHON and not all(map(_keeps_no_account, symbol.bases)):
        return False
    return not symbol.decorators and not symbol.is_abstract


def _keeps_no_account(base: str) -> bool:
    """Of its subclasses: Python's own, and what the name says is an error."""
    name = _last_name(base)
    return name in _OWN_PARENTS or name.endswith(("Error", "Exception", "Warning"))


_OWN_PARENTS = frozenset(
    {"object", "ABC", "Generic", "Protocol", "NamedTuple", "TypedDict", "Enum", "Structure"}
)


def _is_for_its_file(symbol: Symbol, facts: FileFacts) -> bool:
    is_python = facts.source.language is Language.PYTHON
    if symbol.kind not in _KINDS or not is_declared(symbol, facts):
        return False
    if symbol.name.startswith("_") and not is_python:
        return False  # by custom unused on purpose
    if symbol.parent_ordinal is not None:
        return facts.symbols[symbol.parent_ordinal].kind in CALLABLES
    return not is_python and not symbol.is_exported


_KINDS = frozenset(
    {
        SymbolKind.FUNCTION,
        SymbolKind.CLASS,
        SymbolKind.ENUM,
        SymbolKind.INTERFACE,
        SymbolKind.TYPE_ALIAS,
    }
)


def _is_read(symbol: Symbol, facts: FileFacts, reads: Reads) -> bool:
    """Anywhere in the file: some tools run a function's text in the place of another."""
    file, own = range(facts.tree.end_byte), range(symbol.start_byte, symbol.end_byte)
    if reads.read(symbol.name, file, own):
        return True
    outer = None if symbol.parent_ordinal is None else facts.symbols[symbol.parent_ordinal]
    return reads.local(symbol.name, range(outer.start_byte, outer.end_byte) if outer else file, own)


def _is_for_all(symbol: Symbol, facts: FileFacts, with_public: bool) -> bool:
    if symbol.kind not in _KINDS:
        return False
    if facts.source.language is Language.PYTHON:
        return with_public or not is_reachable(symbol, facts)
    return with_public and symbol.is_exported


def _is_private_method(symbol: Symbol, owner: Symbol, extended: Container[str]) -> bool:
    """Methods of classes with parents or subclasses may override, or be called by, what cannot be
    seen.
    """
    return (
        symbol.kind is SymbolKind.METHOD
        and owner.kind is SymbolKind.CLASS
        and not owner.bases
        and not owner.decorators
        and owner.name not in extended
        and symbol.name.startswith(("_", "#"))
    )


def _finding(symbol: Symbol, facts: FileFacts) -> Finding:
    return Finding(
        path=facts.path,
        message=f"Nothing uses {symbol.kind.replace('_', ' ')} `{symbol.qualified_name}`",
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        symbol=symbol.key,
        gap=symbol.lines_source,
    )


RULE = Rule(
    name="unused_symbol",
    title="Nothing uses it",
    why=(
        "Dead code is read, searched and migrated like living code. Only what cannot be reached "
        "from outside is reported, unless told otherwise."
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={"public": 0},
    effort=Effort(
        constant=5,
        per_unit=0.05,
        unit="line of code",
        source="SonarQube S1144, which has the constant",
    ),
    bad=(
        Example(
            files={
                "shop.py": "def price():\n    return 1\n\n\ndef _old_price():\n    return 2\n",
            },
            findings=1,
        ),
        Example(
            files={
                "shop.ts": "export const price = () => 1\nfunction oldPrice() {\n  return 2\n}\n",
            },
            findings=1,
        ),
    ),
    good=(
        Example(
            files={
                "shop.py": "def _price():\n    return 1\n\n\ndef _total():\n    return 2\n",
                "bill.py": "import shop\n\nprint(shop._price(), getattr(shop, '_total'))\n",
            },
            findings=0,
        ),
        Example(
            files={
                "shop.py": "@command\ndef _price():\n    return 1\n\n\n"
                "def __getattr__(name):\n    return 2\n",
            },
            findings=0,
        ),
    ),
    check_file=check,
    check_codebase=check_codebase,
)

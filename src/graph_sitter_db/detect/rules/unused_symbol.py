"""Private code that nothing uses."""

import re
from collections.abc import Iterable, Iterator, Mapping

from graph_sitter_db.detect.publicity import is_public
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, Severity, SymbolKind
from graph_sitter_db.model.ports import Codebase, Example, Limits, Rule


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """Limit `public`: 1 also reports what other codebases could use, which is right for an
    application. Effort: 5 minutes (SonarQube, S1144), and 1 for each 20 lines.

    A symbol counts as used when an edge of the graph leads to it, when its name occurs in any other
    file (as an identifier, or as a string, for lookups by name), or outside its own definition in
    its own file.
    """
    used = _targets(codebase)
    holders = _holders(codebase)
    for path, file in codebase.files.items():
        if not _is_judged(file.facts):
            continue
        for symbol in file.facts.symbols:
            if (path, symbol.key) in used or not _is_candidate(symbol, file.facts, limits):
                continue
            if holders.get(symbol.name, 0) <= 1 and not _occurs(symbol, file.facts):
                yield _finding(path, symbol)


def _targets(codebase: Codebase) -> set[tuple[str, str]]:
    """What is used from outside itself."""
    return {
        (edge.target_path, edge.target)
        for path, linkage in codebase.linkages.items()
        for edge in linkage.edges
        if path != edge.target_path or not _is_within(edge.source, edge.target)
    }


def _is_within(source: str, target: str) -> bool:
    return source == target or source.startswith(f"{target}.")


def _holders(codebase: Codebase) -> Mapping[str, int]:
    """In how many files a private-looking or any symbol's name occurs."""
    wanted = {symbol.name for file in codebase.files.values() for symbol in file.facts.symbols}
    counts = dict.fromkeys(wanted, 0)
    for file in codebase.files.values():
        for name in file.facts.names & wanted:
            counts[name] += 1
    return counts


def _is_judged(facts: FileFacts) -> bool:
    """Tests are found by their runner; a script without imports or exports shares its names with
    its page.
    """
    if facts.is_test or facts.path.endswith(".d.ts"):
        return False
    if facts.source.language in (Language.JAVASCRIPT, Language.JSX):
        return facts.exports is not None or any(site.kind == "import" for site in facts.sites)
    return True


def _is_candidate(symbol: Symbol, facts: FileFacts, limits: Limits) -> bool:
    if symbol.duplicate_ordinal or symbol.decorators or symbol.is_abstract:
        return False  # overloads are judged once; decorators register
    if not symbol.name.isidentifier() and not symbol.name.startswith("#"):
        return False
    if symbol.parent_ordinal is not None:
        return _is_private_method(symbol, facts.symbols[symbol.parent_ordinal])
    if symbol.kind not in (SymbolKind.FUNCTION, SymbolKind.CLASS) or _is_special(symbol.name):
        return False
    return bool(limits["public"]) or not is_public(symbol, facts)


def _is_private_method(symbol: Symbol, owner: Symbol) -> bool:
    """Methods of classes with parents may override, or be called by, what cannot be seen."""
    return (
        symbol.kind is SymbolKind.METHOD
        and owner.kind is SymbolKind.CLASS
        and not owner.bases
        and not owner.decorators
        and symbol.name.startswith(("_", "#"))
        and not _is_special(symbol.name)
    )


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _occurs(symbol: Symbol, facts: FileFacts) -> bool:
    """Whether its file names it outside its own definitions, or the beginning of its name in a
    lookup.
    """
    spans = [(s.start_byte, s.end_byte) for s in facts.symbols if s.name == symbol.name]
    name = symbol.name.encode()
    if any(_is_outside(m.start(), spans) for m in _finds(name, facts.source.content)):
        return True
    return any(head.search(facts.source.content) for head in _lookups(name))


def _lookups(name: bytes) -> Iterator[re.Pattern[bytes]]:
    """How names are put together: `f"_visit_{kind}"`, `"_visit_" + kind`, `"_visit_%s"`."""
    for underscore in re.finditer(rb"_+(?=.)", name):
        head = re.escape(name[: underscore.end()])
        yield re.compile(rb"\b" + head + rb"(?:[{%$]|[\"']\s*[+%.])")


def _finds(name: bytes, content: bytes) -> Iterable[re.Match[bytes]]:
    return re.finditer(rb"(?<![\w$])" + re.escape(name) + rb"(?![\w$])", content)


def _is_outside(byte: int, spans: Iterable[tuple[int, int]]) -> bool:
    return not any(start <= byte < end for start, end in spans)


def _finding(path: str, symbol: Symbol) -> Finding:
    return Finding(
        path=path,
        message=f"Nothing uses {symbol.kind} `{symbol.qualified_name}`",
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        symbol=symbol.key,
        effort_minutes=5 + symbol.lines_source / 20,
    )


RULE = Rule(
    name="unused_symbol",
    title="Nothing uses it",
    why=(
        "Dead code is read, searched and migrated like living code. Only what cannot be reached "
        "from outside is reported: private and non-exported functions, classes and methods whose "
        "name occurs nowhere else."
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={"public": 0},
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
    check_codebase=check,
)

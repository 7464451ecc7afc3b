"""Private code that nothing uses."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, Severity, SymbolKind
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule
from graph_sitter_db.model.publicity import is_reachable


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """Limit `public`: 1 also reports what other codebases could use, which is right for an
    application.

    A symbol counts as used when an edge of the graph leads to it, or when its name, or the
    beginning of its name in a lookup, stands anywhere outside its own definition: in code, in a
    string, in a comment. Vendored code is left alone.
    """
    used = _targets(codebase)
    for path, symbol in _candidates(codebase, limits):
        if (path, symbol.key) not in used and not _occurs(symbol, path, codebase):
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


def _candidates(codebase: Codebase, limits: Limits) -> Iterator[tuple[str, Symbol]]:
    """What is to be looked for in all sources; a name known to two files needs no such search."""
    holders = Counter(name for file in codebase.files.values() for name in file.facts.names)
    for path, file in codebase.files.items():
        if _is_judged(file.facts):
            for symbol in file.facts.symbols:
                if holders[symbol.name] <= 1 and _is_candidate(symbol, file.facts, limits):
                    yield path, symbol


def _is_judged(facts: FileFacts) -> bool:
    """Tests are found by their runner; a script without imports or exports shares its names with
    its page.
    """
    if facts.is_test or facts.path.endswith(".d.ts") or _VENDORED & set(facts.path.split("/")):
        return False
    if facts.source.language in (Language.JAVASCRIPT, Language.JSX):
        return facts.exports is not None or any(site.kind == "import" for site in facts.sites)
    return True


_VENDORED = frozenset({"vendor", "_vendor", "vendored", "third_party"})


def _is_candidate(symbol: Symbol, facts: FileFacts, limits: Limits) -> bool:
    if symbol.duplicate_ordinal or symbol.decorators or symbol.is_abstract:
        return False  # overloads are judged once; decorators register
    if not symbol.name.isidentifier() and not symbol.name.startswith("#"):
        return False
    if symbol.parent_ordinal is not None:
        return _is_private_method(symbol, facts.symbols[symbol.parent_ordinal])
    if symbol.kind not in (SymbolKind.FUNCTION, SymbolKind.CLASS) or _is_special(symbol.name):
        return False
    return bool(limits["public"]) or not is_reachable(symbol, facts)


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
    """`__getattr__`, and IPython's or enum's `_repr_html_`."""
    return name.startswith("_") and name.endswith("_")


def _occurs(symbol: Symbol, path: str, codebase: Codebase) -> bool:
    name = symbol.name.encode()
    whole = re.compile(rb"(?<![\w$])" + re.escape(name) + rb"(?![\w$])")
    facts = codebase.files[path].facts
    spans = [(s.start_byte, s.end_byte) for s in facts.symbols if s.name == symbol.name]
    if any(_is_outside(m.start(), spans) for m in whole.finditer(facts.source.content)):
        return True
    if any(head.search(facts.source.content) for head in _lookups(name)):
        return True
    others = (file.facts.source.content for file in codebase.files.values() if file.path != path)
    return any(name in content and whole.search(content) for content in others)


def _lookups(name: bytes) -> Iterator[re.Pattern[bytes]]:
    """How names are put together: `f"_visit_{kind}"`, `"_visit_" + kind`, `"_visit_%s"`."""
    for underscore in re.finditer(rb"_+(?=.)", name):
        head = re.escape(name[: underscore.end()])
        yield re.compile(rb"\b" + head + rb"(?:[{%$]|[\"']\s*[+%.])")


def _is_outside(byte: int, spans: Iterable[tuple[int, int]]) -> bool:
    return not any(start <= byte < end for start, end in spans)


def _finding(path: str, symbol: Symbol) -> Finding:
    return Finding(
        path=path,
        message=f"Nothing uses {symbol.kind} `{symbol.qualified_name}`",
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
        "from outside is reported: private and non-exported functions, classes and methods whose "
        "name occurs nowhere else."
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
    check_codebase=check,
)

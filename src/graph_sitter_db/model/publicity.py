"""Whether a symbol can be reached from outside its codebase."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, Language, SymbolKind


def documentable(facts: FileFacts) -> Iterator[tuple[Symbol, bool]]:
    """Functions, methods and classes that others may use and need to be told about, each with
    whether it has a docstring, or another definition of its name has; none of tests.

    Accessors, constructors and other special methods are told by their class; overriding methods
    and subclasses by what they override or extend; `@f.register` functions by `f`.
    """
    if not facts.is_test:
        told = {symbol.qualified_name for symbol in facts.symbols if symbol.docstring}
        for symbol in facts.symbols:
            if _needs_words(symbol) and is_public(symbol, facts):
                yield symbol, symbol.qualified_name in told


def is_judged(facts: FileFacts) -> bool:
    """Whether it can be told from a codebase who uses what a file defines.

    Tests are found by their runner, vendored code has users elsewhere, and a script without imports
    or exports shares its names with its page.
    """
    if facts.is_test or facts.path.endswith(".d.ts") or not is_maintained(facts):
        return False
    return facts.source.language is Language.PYTHON or is_module(facts)


def is_maintained(facts: FileFacts) -> bool:
    """Whether a file's faults are its codebase's: it is not vendored, and not there for tests to
    read, where its faults may be its purpose.
    """
    *folders, name = facts.path.lower().split("/")
    tests = next((at for at, folder in enumerate(folders) if folder in _TESTS), len(folders))
    is_sample = any(map(_SAMPLES.fullmatch, folders[tests:])) and not _RUN.search(name)
    return _VENDORED.isdisjoint(folders) and not is_sample


_VENDORED = frozenset(
    {"vendor", "_vendor", "vendored", "third_party", "third-party", "thirdparty", "3rdparty"}
    | {"extern", "externals", "waflib"}
)
_TESTS = frozenset({"test", "tests", "__tests__", "spec", "test-data", "testdata", "fixtures"})
_SAMPLES = re.compile(r".*data|assets|fixtures?|samples?|snippets|(?:test_?)?(?:pkg|package)s?\b.*")
_RUN = re.compile(r"^test_|_test\.py$|[.-](?:test|spec)\.")


def is_module(facts: FileFacts) -> bool:
    """Of JavaScript and TypeScript: whether a file keeps to itself what it does not export."""
    return facts.exports is not None or any(site.kind == "import" for site in facts.sites)


def is_public(symbol: Symbol, facts: FileFacts) -> bool:
    """Offered to others: by its export list, else by its name, and by all that is around it.

    Methods of classes with parents are not counted: they may be the parents' matter.
    """
    outer = _around(symbol, facts)
    if any(each.kind in CALLABLES or each.bases for each in outer):
        return False
    if any(_is_private(each.name) for each in (symbol, *outer)):
        return False
    return _is_offered(outer[-1] if outer else symbol, facts)


def is_reachable(symbol: Symbol, facts: FileFacts) -> bool:
    """Whether others may use a symbol of a module's own level: offered, or not marked as private.

    Export lists of Python are often shorter than what a package documents.
    """
    if symbol.name in (facts.exports or ()):
        return True
    if facts.source.language is not Language.PYTHON:
        return symbol.is_exported
    return not _is_private(symbol.name) and not _is_private_module(facts.path)


def is_special(name: str) -> bool:
    """Looked up by others under that very name: `__getattr__`, IPython's `_repr_html_`, a hook of
    pytest's.
    """
    return (name.startswith("_") and name.endswith("_")) or name.startswith("pytest_")


def _needs_words(symbol: Symbol) -> bool:
    if symbol.kind not in (SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.CLASS):
        return False
    if symbol.name.startswith("_") or symbol.name == "constructor" or symbol.nesting:
        return False
    parents = (re.split(r"[\[(<]", base)[0].rpartition(".")[2] for base in symbol.bases)
    if not _SAYS_NOTHING.issuperset(parents):
        return False
    own = f"{symbol.name}."
    return not any(
        name.startswith(own) or name.endswith(("overload", "override"))
        for name in symbol.decorators
    )


# Parents that tell what kind of class it is, and not what it is for.
_SAYS_NOTHING = frozenset(
    {"ABC", "BaseModel", "Exception", "Generic", "NamedTuple", "Protocol", "TypedDict", "object"}
)


def _around(symbol: Symbol, facts: FileFacts) -> list[Symbol]:
    """Enclosing symbols, the innermost first."""
    outer = []
    while symbol.parent_ordinal is not None:
        symbol = facts.symbols[symbol.parent_ordinal]
        outer.append(symbol)
    return outer


def _is_private(name: str) -> bool:
    return name.startswith(("_", "#", "<"))


def _is_offered(symbol: Symbol, facts: FileFacts) -> bool:
    if facts.source.language is not Language.PYTHON or facts.exports is not None:
        return symbol.is_exported or symbol.name in (facts.exports or ())
    return not _is_private_module(facts.path)


def _is_private_module(path: str) -> bool:
    parts = PurePosixPath(path).with_suffix("").parts
    return any(part.startswith("_") and part != "__init__" for part in parts)

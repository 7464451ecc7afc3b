"""Public code that does not say what it is for."""

import re
from collections.abc import Iterator

from graph_sitter_db.detect.publicity import is_public
from graph_sitter_db.model.facts import MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity, SymbolKind
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 10 lines; Google's Python style guide (3.8.3) asks for docstrings of public code that
    is not very short.
    """
    if file.facts.is_test:
        return
    told = {symbol.qualified_name for symbol in file.facts.symbols if symbol.docstring}
    for symbol in file.facts.symbols:
        if symbol.qualified_name in told or symbol.lines_source <= limits["lines"]:
            continue
        if _can_have_one(symbol) and is_public(symbol, file.facts):
            yield _finding(file.path, symbol, limits["lines"])


def _can_have_one(symbol: Symbol) -> bool:
    """Accessors, constructors and other special methods are told by their class; overriding methods
    and subclasses by what they override or extend; `@f.register` functions by `f`.
    """
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


def _finding(path: str, symbol: Symbol, limit: float) -> Finding:
    return Finding(
        path=path,
        message=f"`{symbol.qualified_name}` is public, has {symbol.lines_source} lines of code "
        f"(limit {limit:g}) and no docstring",
        start_line=symbol.start_line,
        end_line=symbol.start_line,
        symbol=symbol.key,
        measured=symbol.lines_source,
        limit=limit,
        gap=0,
    )


def _with_lines(count: int, head: str = "def report(rows):") -> str:
    return f"{head}\n" + "    print(rows)\n" * (count - 1)


RULE = Rule(
    name="missing_docstring",
    title="Public code without a docstring",
    why=(
        "Who calls it from elsewhere has only the name to go by. Very short functions, private "
        "ones, tests, accessors, and classes with parents and their methods (they may inherit "
        "their description) are left alone."
    ),
    category="documentation",
    severity=Severity.INFO,
    limits={"lines": 10},
    effort=Effort(constant=5, source="SonarQube S1720"),
    bad=(
        Example(files={"report.py": _with_lines(11)}, findings=1),
        Example(
            files={"report.ts": "export function report(rows) {\n" + "  log(rows)\n" * 10 + "}\n"},
            findings=1,
        ),
    ),
    good=(
        Example(files={"report.py": _with_lines(10)}, findings=0),
        Example(
            files={"report.py": _with_lines(11, "class Weekly(Report):\n    pass")}, findings=0
        ),
        Example(files={"report.py": _with_lines(11, "def _report(rows):")}, findings=0),
        Example(
            files={"report.py": _with_lines(12, 'def report(rows):\n    """Prints."""')}, findings=0
        ),
    ),
    check_file=check,
)

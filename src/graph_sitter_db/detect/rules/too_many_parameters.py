"""Functions that want too much from their callers."""

from collections.abc import Iterator

from graph_sitter_db.detect.places import above, functions
from graph_sitter_db.model.facts import MeasuredFile, Parameter, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity, SymbolKind
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 7, SonarQube's default for Java (S107; its 13 for Python counts keyword-only ones)."""
    limit = limits["parameters"]
    for symbol, _ in functions(file):
        measured = sum(map(_counts, _own(symbol)))
        if measured > limit:
            yield above(file, symbol, _MESSAGE, measured, limit)


_MESSAGE = "{name} has {measured} parameters, limit {limit}"


def _own(symbol: Symbol) -> tuple[Parameter, ...]:
    """Without the receiver."""
    first, *rest = symbol.parameters or (None,)
    is_receiver = first and symbol.kind is not SymbolKind.FUNCTION and first.name in _RECEIVERS
    return tuple(rest) if is_receiver else symbol.parameters


_RECEIVERS = frozenset({"self", "cls", "mcs", "metacls", "this"})


def _counts(parameter: Parameter) -> bool:
    """Keyword-only ones with a default concern only the callers that name them."""
    if parameter.kind == "keyword_only":
        return parameter.default is None
    return parameter.kind not in ("variadic", "keyword_variadic")


RULE = Rule(
    name="too_many_parameters",
    title="Function has too many parameters",
    why=(
        "Long lists of arguments are mixed up by callers, and often some of them belong together "
        "in one object. The receiver, `*args`, `**kwargs` and keyword-only parameters with a "
        "default do not count."
    ),
    category="size",
    severity=Severity.WARNING,
    limits={"parameters": 7},
    effort=Effort(constant=20, source="SonarQube S107"),
    bad=(
        Example(files={"draw.py": "def draw(a, b, c, d, e, f, g, h):\n    pass\n"}, findings=1),
        Example(
            files={"draw.ts": "export function draw(a, b, c, d, e, f, g, h) {\n  return a\n}\n"},
            findings=1,
        ),
    ),
    good=(
        Example(
            files={
                "draw.py": "def draw(a, b, c, d, e, f, g, *rest, colour=None, width=1):\n    pass\n"
            },
            findings=0,
        ),
        Example(
            files={
                "draw.py": "class Pen:\n    def draw(self, a, b, c, d, e, f, g):\n        pass\n"
            },
            findings=0,
        ),
    ),
    check_file=check,
)

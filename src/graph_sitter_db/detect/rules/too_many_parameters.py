"""Functions that want too much from their callers."""

import re
from collections.abc import Iterator

from graph_sitter_db.detect.places import above, functions
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Parameter, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity, SymbolKind
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 7, SonarQube's default for Java (S107; its 13 for Python counts keyword-only ones)."""
    limit, seen = limits["parameters"], set[tuple[str, ...]]()
    for symbol, _ in functions(file):
        measured = sum(map(_counts, _own(symbol)))
        signature = (symbol.name, *(parameter.name for parameter in symbol.parameters))
        if measured > limit and signature not in seen and not _is_filled_in(symbol, file.facts):
            seen.add(signature)
            yield above(file, symbol, _MESSAGE, measured, limit)


_MESSAGE = "{name} has {measured} parameters, limit {limit}"


def _is_filled_in(symbol: Symbol, facts: FileFacts) -> bool:
    """Whether a framework calls it, which finds out by name what each parameter wants."""
    if facts.is_test and symbol.name.startswith("test"):
        return True
    return any(_FRAMEWORK.search(decorator) for decorator in symbol.decorators)


_FRAMEWORK = re.compile(
    r"(?:^|\.)(?:argument|command|delete|fixture|get|option|patch|post|put|route|task)\b"
)


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
        "default do not count. What a framework calls by name (commands, routes, fixtures, tests) "
        "is left alone, and of methods alike in one file the first is reported."
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
            files={"draw.py": "@cli.command()\ndef draw(a, b, c, d, e, f, g, h):\n    pass\n"},
            findings=0,
        ),
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

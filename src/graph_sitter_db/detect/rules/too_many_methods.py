"""Classes with too many methods."""

import re
from collections.abc import Iterator

from graph_sitter_db.detect.places import above, inside
from graph_sitter_db.model.facts import MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity, SymbolKind
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Limit: 35, SonarQube's default (S1448); Code Climate has 20."""
    limit = limits["methods"]
    for owner, inner in inside(file.facts).items():
        symbol = file.facts.symbols[owner]
        if symbol.kind is SymbolKind.CLASS:
            methods = {method.name for method in inner if _counts(method)}
            if len(methods) > limit:
                yield above(file, symbol, _MESSAGE, len(methods), limit)


_MESSAGE = "{name} has {measured} methods, limit {limit}"


def _counts(method: Symbol) -> bool:
    return (
        method.kind is SymbolKind.METHOD
        and not method.is_abstract
        and not method.nesting
        and _LOOKED_UP.match(method.name) is None
    )


_LOOKED_UP = re.compile(r"__\w+__$|(?:visit|leave|test)(?:[_A-Z]|$)")


def _with_methods(count: int, name: str = "step") -> str:
    return "class Machine:\n" + "".join(f"    def {name}_{n}(self): ...\n" for n in range(count))


RULE = Rule(
    name="too_many_methods",
    title="Class has too many methods",
    why=(
        "A class that offers this much has several subjects, and whoever looks for one reads past "
        "all the others. Properties, special methods, abstract ones, overloads, methods declared "
        "only for the type checker, and what a visitor or test runner looks up by its name "
        "(`visit_…`, `test_…`) do not count."
    ),
    category="size",
    severity=Severity.INFO,
    limits={"methods": 35},
    effort=Effort(constant=60, source="SonarQube S1448"),
    bad=(
        Example(files={"machine.py": _with_methods(36)}, findings=1),
        Example(
            files={
                "machine.ts": "export class Machine {\n"
                + "".join(f"  step{n}() {{}}\n" for n in range(36))
                + "}\n"
            },
            findings=1,
        ),
    ),
    good=(
        Example(files={"machine.py": _with_methods(35)}, findings=0),
        Example(files={"machine.py": _with_methods(50, "visit")}, findings=0),
        Example(
            files={"box.py": "class Box:\n    def open(self): ...\n    def close(self): ...\n"},
            findings=0,
        ),
    ),
    check_file=check,
)

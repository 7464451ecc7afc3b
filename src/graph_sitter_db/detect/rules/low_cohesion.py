"""Classes whose methods have nothing to do with each other."""

from collections.abc import Iterator

from graph_sitter_db.detect.places import above, inside
from graph_sitter_db.model.facts import MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity, SymbolKind
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """LCOM4 (Hitz and Montazeri 1995): 2 groups and more are a candidate to be split. Limit: 3
    groups, in a class of at least 8 methods that reach something through their object; our choice,
    since a method or two without any tie is common in good classes.
    """
    if file.facts.is_test:
        return
    inner = inside(file.facts)
    for symbol, values in zip(file.facts.symbols, file.symbol_values, strict=True):
        measured = values.get("lcom4", 0)
        if measured > limits["groups"] and _is_judged(symbol):
            tied = sum(bool(method.attributes) for method in inner.get(symbol.ordinal, ()))
            if tied >= limits["methods"]:
                yield above(file, symbol, _MESSAGE, measured, limits["groups"])


_MESSAGE = "The methods of {name} fall into {measured} groups with nothing in common, limit {limit}"


def _is_judged(symbol: Symbol) -> bool:
    """What subclasses share stands in their parents, which cannot be seen here."""
    return symbol.kind is SymbolKind.CLASS and not symbol.bases and not symbol.is_abstract


def _with_pairs(count: int) -> str:
    pairs = (
        f"    def put_{n}(self, value):\n        self.part_{n} = value\n"
        f"    def get_{n}(self):\n        return self.part_{n}\n"
        for n in range(count)
    )
    return "class Drawer:\n" + "".join(pairs)


RULE = Rule(
    name="low_cohesion",
    title="Class holds unrelated things",
    why=(
        "Methods that share no data and do not call each other are several classes under one name. "
        "Classes with parents are left alone: what their methods share may stand there."
    ),
    category="structure",
    severity=Severity.INFO,
    limits={"groups": 3, "methods": 8},
    is_on=False,  # visitors, registries and classes of hooks are no drawers, and look like ones
    effort=Effort(constant=60, per_unit=10, unit="group above the limit", source="our estimate"),
    bad=(Example(files={"drawer.py": _with_pairs(5)}, findings=1),),
    good=(
        Example(files={"drawer.py": _with_pairs(3)}, findings=0),
        Example(
            files={
                "drawer.py": _with_pairs(5)
                + "    def all(self):\n        return "
                + ", ".join(f"self.get_{n}()" for n in range(5))
                + "\n"
            },
            findings=0,
        ),
    ),
    check_file=check,
)

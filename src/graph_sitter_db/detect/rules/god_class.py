"""Classes that do too many unrelated things."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from graph_sitter_db.detect.places import inside
from graph_sitter_db.model.facts import MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity, SymbolKind
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Lanza and Marinescu, Object-Oriented Metrics in Practice (2006): heavy, and tight class
    cohesion below a third. Their third condition, use of other classes' data, cannot be seen in
    syntax; in its place stand Code Climate's more than 20 methods, and twice their weight of 47,
    since builders with many small options are as heavy as that.

    Only methods of the object that decide something count: interfaces, visitors and sets of
    functions under the name of a class have many methods, but few that do.
    """
    if file.facts.is_test:
        return
    complexity = [values.get("cyclomatic_complexity", 0) for values in file.symbol_values]
    for owner, inner in inside(file.facts).items():
        symbol = file.facts.symbols[owner]
        if symbol.kind is not SymbolKind.CLASS:
            continue
        methods = [m for m in inner if complexity[m.ordinal] > 1 and _is_of_object(m)]
        weight = sum(complexity[method.ordinal] for method in methods)
        if len(methods) > limits["methods"] and weight >= limits["weight"]:
            cohesion = _cohesion(methods)
            if cohesion < limits["cohesion"]:
                yield _finding(file.path, symbol, len(methods), weight, cohesion, limits)


def _is_of_object(method: Symbol) -> bool:
    return not method.is_static and "classmethod" not in method.decorators


def _cohesion(methods: Sequence[Symbol]) -> float:
    """Share of pairs of methods that reach a common attribute, or each other. Constructors, which
    touch everything, and methods that touch nothing of the object do not count.
    """
    reach = [
        {m.name, *m.attributes} for m in methods if m.attributes and m.name not in _CONSTRUCTORS
    ]
    pairs = list(combinations(reach, 2))
    return sum(not a.isdisjoint(b) for a, b in pairs) / len(pairs) if pairs else 1.0


_CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor"})


def _finding(
    path: str,
    symbol: Symbol,
    methods: int,
    weight: float,
    cohesion: float,
    limits: Mapping[str, float],
) -> Finding:
    return Finding(
        path=path,
        message=f"Class `{symbol.qualified_name}` has {methods} methods that "
        f"decide something (limit {limits['methods']:g}) with a summed complexity of {weight:g} "
        f"(limit {limits['weight']:g}), and {cohesion:.0%} of the pairs among them have something "
        f"in common (limit {limits['cohesion']:.0%})",
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        symbol=symbol.key,
        measured=weight,
        limit=limits["weight"],
        gap=methods - limits["methods"],
        data={"methods": methods, "cohesion": round(cohesion, 4)},
    )


def _with_methods(count: int, attribute: str) -> str:
    bodies = (
        f"    def step_{n}(self, a, b):\n"
        f"        if a and b and {attribute.format(n=n)}:\n"
        f"            return a or b\n"
        for n in range(count)
    )
    return "class Machine:\n" + "".join(bodies)


RULE = Rule(
    name="god_class",
    title="Class does too many unrelated things",
    why=(
        "Large, complex, and its methods hardly touch the same data: several classes live in it, "
        "and each change to one of them is a change to all."
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={"methods": 20, "weight": 94, "cohesion": 1 / 3},
    effort=Effort(constant=120, per_unit=5, unit="method above the limit", source="our estimate"),
    bad=(Example(files={"machine.py": _with_methods(24, "self.part_{n}")}, findings=1),),
    good=(
        Example(files={"machine.py": _with_methods(24, "self.part")}, findings=0),
        Example(files={"machine.py": _with_methods(8, "self.part_{n}")}, findings=0),
        Example(files={"test_machine.py": _with_methods(24, "self.part_{n}")}, findings=0),
    ),
    check_file=check,
)

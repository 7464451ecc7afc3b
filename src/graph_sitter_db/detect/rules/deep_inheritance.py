"""Classes far down in a tree of inheritance."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from graph_sitter_db.model.facts import Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule
from graph_sitter_db.model.structure import Place


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """Limit: 5, SonarQube's for Java and C# (S110). Ancestors outside of the codebase count as one.

    Classes below one that is reported are not: they come up with it.
    """
    depths = _depths(codebase)
    parents = codebase.structure.graph.parents
    deep = {p for p, depth in depths.items() if depth > codebase.limits_at(p.path)["depth"]}
    lowest = dict(depths)
    for place in sorted(deep, key=lambda each: -depths[each]):
        for parent in parents[place]:
            lowest[parent] = max(lowest.get(parent, 0), lowest[place])
    for place in sorted(deep):
        if parents[place].isdisjoint(deep):
            yield _finding(place, codebase, _ancestors(place, codebase, depths), lowest[place])


def _depths(codebase: Codebase) -> Mapping[Place, float]:
    return {
        place: values["inheritance_depth"]
        for place, values in codebase.structure.values.items()
        if "inheritance_depth" in values
    }


def _ancestors(place: Place, codebase: Codebase, depths: Mapping[Place, float]) -> list[str]:
    """The longest way up, as far as it lies in the codebase."""
    way = []
    while parents := codebase.structure.graph.parents.get(place, frozenset()) & depths.keys():
        place = max(sorted(parents), key=lambda parent: depths[parent])
        way.append(place.symbol)
    return way


def _finding(place: Place, codebase: Codebase, ancestors: list[str], lowest: float) -> Finding:
    limit = codebase.limits_at(place.path)["depth"]
    depth = codebase.structure.values[place]["inheritance_depth"]
    symbol = _symbol(place, codebase)
    below = f"; classes below it reach a depth of {lowest:g}" if lowest > depth else ""
    return Finding(
        path=place.path,
        message=f"Class `{symbol.qualified_name}` has a depth of inheritance of {depth:g}, limit "
        f"{limit:g}: {' → '.join(ancestors)}{below}",
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        symbol=place.symbol,
        measured=depth,
        limit=limit,
        gap=lowest - limit,
        data={"ancestors": ancestors, "lowest": lowest},
    )


def _symbol(place: Place, codebase: Codebase) -> Symbol:
    symbols = codebase.files[place.path].facts.symbols
    return next(symbol for symbol in symbols if symbol.key == place.symbol)


def _chain(*names: str) -> str:
    pairs = pairwise(("Exception", *names))
    return "".join(f"class {name}({parent}):\n    pass\n\n\n" for parent, name in pairs)


RULE = Rule(
    name="deep_inheritance",
    title="Class inherits from too long a line of ancestors",
    why=(
        "What such a class does is spread over all of them, and a change to any reaches it. An "
        "object that does the same can often be held instead of inherited from."
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={"depth": 5},
    is_on=False,  # many leaves of one trunk say the same again
    effort=Effort(constant=240, per_unit=30, unit="class above the limit", source="SonarQube S110"),
    bad=(
        Example(files={"shop.py": _chain("A", "B", "C", "D", "E", "F", "G")}, findings=1),
        Example(
            files={
                "shop.ts": "class A {}\nclass B extends A {}\nclass C extends B {}\n"
                "class D extends C {}\nclass E extends D {}\nclass F extends E {}\n"
                "export class G extends F {}\n",
            },
            findings=1,
        ),
    ),
    good=(Example(files={"shop.py": _chain("A", "B", "C", "D", "E")}, findings=0),),
    check_codebase=check,
)

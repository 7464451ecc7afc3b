"""Whether the methods of a class belong together."""

from collections.abc import Iterable, Iterator

from graph_sitter_db.measure.callables import inside
from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import Direction, Rollup, SymbolKind
from graph_sitter_db.model.ports import Metric

_CONSTRUCTORS = frozenset(
    {"__init__", "__new__", "__post_init__", "__init_subclass__", "constructor"}
)
_OF_EVERY_OBJECT = frozenset({"__class__", "__dict__", "constructor"})


def _of_symbol(symbol: Symbol, facts: FileFacts) -> float:
    reaches: dict[str, set[str]] = {}
    for method in _methods(symbol, facts):
        reach = reaches.setdefault(method.name, {method.name})
        reach.update(_reach(method, facts))
        reach -= _OF_EVERY_OBJECT
    return _components(reaches.values())


def _methods(owner: Symbol, facts: FileFacts) -> Iterator[Symbol]:
    """Those that make up an object: no accessors, constructors, static and class methods, and none
    that are only declared.
    """
    for symbol in inside(owner, facts):
        if symbol.parent_ordinal == owner.ordinal and symbol.kind is SymbolKind.METHOD:
            of_class = symbol.is_static or "classmethod" in symbol.decorators
            if not of_class and not symbol.is_abstract and symbol.name not in _CONSTRUCTORS:
                yield symbol


def _reach(method: Symbol, facts: FileFacts) -> Iterator[str]:
    """Names it reaches through its object, in functions inside it too."""
    yield from method.attributes
    for inner in inside(method, facts):
        yield from inner.attributes


def _components(reaches: Iterable[set[str]]) -> int:
    groups: list[set[str]] = []
    for reach in reaches:
        apart = []
        for group in groups:
            if group.isdisjoint(reach):
                apart.append(group)
            else:
                reach = reach | group
        groups = [*apart, reach]
    return len(groups)


LCOM4 = Metric(
    name="lcom4",
    title="Lack of cohesion (LCOM4)",
    unit="groups",
    direction=Direction.LOWER,
    rollup=Rollup.MAX,
    definition=(
        "Groups into which a class's methods fall: two belong together when one calls the other "
        "or both reach the same name through their object. 1 is cohesive, 2 and more could be as "
        "many classes, 0 has no methods. Left out are constructors, accessors, static and class "
        "methods, and abstract ones; definitions of one name (overloads) are one method; what "
        "subclasses share through their parent counts by its name."
    ),
    source="Hitz and Montazeri, Measuring Coupling and Cohesion in Object-Oriented Systems (1995)",
    category="structure",
    kinds=frozenset({SymbolKind.CLASS}),
    of_symbol=_of_symbol,
)

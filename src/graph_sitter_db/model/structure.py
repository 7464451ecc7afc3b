"""Files as parts of a whole: which depends on which, and what is measured of that."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.keys import Scope


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """What a value is of."""

    scope: Scope
    path: str
    symbol: str = ""  # symbol key in the file; "" unless the scope is a symbol


@dataclass(frozen=True, slots=True)
class ModuleGraph:
    """Relations between files and between classes, each once, none of a thing to itself."""

    files: Mapping[str, MeasuredFile] = field(default_factory=dict)
    # By path: the files that a file imports, calls into, refers to, inherits from or exports.
    # Of files that are no tests, and between them.
    dependencies: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # By path: the files whose import runs when the file is imported.
    imports: Mapping[str, frozenset[str]] = field(default_factory=dict)
    # Groups of files that all reach each other by these, of two and more.
    cycles: tuple[frozenset[str], ...] = ()
    # By class: the classes and interfaces it inherits from or implements.
    parents: Mapping[Place, frozenset[Place]] = field(default_factory=dict)
    # By path, of files that were compared: lines of code that stand somewhere else too.
    duplicated: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Structure:
    """A codebase's graph with the metrics of it, where they are defined."""

    graph: ModuleGraph = field(default_factory=ModuleGraph)
    values: Mapping[Place, Mapping[str, float]] = field(default_factory=dict)
    totals: Mapping[str, float] = field(default_factory=dict)  # of the whole codebase, by name

    def of_file(self, path: str) -> Mapping[str, float]:
        return self.values.get(Place(Scope.FILE, path), {})

    def of_symbol(self, path: str, key: str) -> Mapping[str, float]:
        return self.values.get(Place(Scope.SYMBOL, path, key), {})

"""What a plug-in must look like. Nothing here is to be inherited from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from graph_sitter_db.model.duplication import Duplication
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Suppression, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Direction, Family, Rollup, Scope, Severity, SymbolKind
from graph_sitter_db.model.relations import Linkage
from graph_sitter_db.model.structure import ModuleGraph, Place, Structure


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A quantity, as data. Give `of_symbol`, `of_file` or both, or `of_graph`.

    The answer None from either means: not defined here. `of_graph` needs the relations between
    files, and names the places it is defined for. What is measured elsewhere has no function.
    """

    name: str
    title: str
    unit: str
    direction: Direction
    rollup: Rollup
    definition: str
    source: str  # paper, tool and version the definition is from
    version: str = "1"
    # Name of the metric whose values weigh a mean or share; None: each counts alike in a mean,
    # by its source lines in a share.
    weight: str | None = None
    category: str = "other"  # size, complexity, risk, structure, clarity …: what it is shown under
    kinds: frozenset[SymbolKind] = frozenset(SymbolKind)  # those that `of_symbol` is asked about
    of_symbol: Callable[[Symbol, FileFacts], float | None] | None = None
    of_file: Callable[[FileFacts], float | None] | None = None
    of_graph: Callable[[ModuleGraph], Iterable[tuple[Place, float]]] | None = None
    scope: Scope = Scope.FILE  # the smallest thing with values, where `of_symbol` is not given

    @property
    def finest(self) -> Scope:
        """The smallest thing it is measured of."""
        return Scope.SYMBOL if self.of_symbol else self.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A small source that shows a rule: files by path, and how many findings the rule has there."""

    files: Mapping[str, str]
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Minutes a repair takes: constant, linear in a finding's gap, or linear with an offset."""

    source: str  # tool and rule the figure is from, or that it is our estimate
    constant: float = 0.0
    per_unit: float = 0.0
    unit: str = ""  # what one step of the gap is: "point above the limit"

    def minutes(self, gap: float) -> float:
        return self.constant + self.per_unit * gap


class Codebase(Protocol):
    """What a graph rule sees: every measured file, and the relations between them."""

    @property
    def files(self) -> Mapping[str, MeasuredFile]: ...
    @property
    def linkages(self) -> Mapping[str, Linkage]: ...
    @property
    def structure(self) -> Structure: ...
    @property
    def duplication(self) -> Duplication: ...
    @property
    def manifests(self) -> Mapping[str, bytes]:
        """pyproject.toml, setup.cfg, package.json, by path: what packages say is for others."""

    @property
    def family(self) -> Family: ...
    def limits_at(self, path: str) -> "Limits":
        """The rule's limits for one file, where settings have others for some paths."""


type Limits = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A defect to look for, as data.

    Give `check_file` (bytes alone decide), `check_codebase` (needs the graph), or both, which find
    different things; or `check_suppression` (looks at a comment that suppresses nothing, at one
    name in it, and whether a rule of that name ran).
    """

    name: str
    title: str
    why: str
    category: str  # complexity, size, structure, duplication, documentation, safety, parse
    severity: Severity
    bad: Sequence[Example]
    good: Sequence[Example]
    limits: Limits  # defaults; settings override them by name
    effort: Effort
    is_on: bool = True  # without being asked for: right in at least nine of ten findings
    is_dated: bool = False  # git is asked since when a finding's line has been there
    version: str = "1"
    check_file: Callable[[MeasuredFile, Limits], Iterable[Finding]] | None = None
    check_codebase: Callable[[Codebase, Limits], Iterable[Finding]] | None = None
    check_suppression: Callable[[str, Suppression, str, bool], Finding] | None = None

    @property
    def check(self) -> Callable[..., object]:
        """The one that is given; of two, the one that also runs without the graph."""
        found = self.check_file or self.check_codebase or self.check_suppression
        assert found
        return found

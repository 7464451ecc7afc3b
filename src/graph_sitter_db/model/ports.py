"""What a plug-in must look like. Nothing here is to be inherited from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Direction, Family, Rollup, Severity
from graph_sitter_db.model.relations import Linkage


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A quantity, as data. Give `of_symbol`, `of_file` or both.

    The answer None from either means: not defined here.
    """

    name: str
    title: str
    unit: str
    direction: Direction
    rollup: Rollup
    definition: str
    source: str  # paper, tool and version the definition is from
    version: str = "1"
    of_symbol: Callable[[Symbol, FileFacts], float | None] | None = None
    of_file: Callable[[FileFacts], float | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A small source that shows a rule: files by path, and how many findings the rule has there."""

    files: Mapping[str, str]
    findings: int


class Codebase(Protocol):
    """What a graph rule sees: every measured file, and the relations between them."""

    @property
    def files(self) -> Mapping[str, MeasuredFile]: ...
    @property
    def linkages(self) -> Mapping[str, Linkage]: ...
    @property
    def family(self) -> Family: ...


type Limits = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A defect to look for, as data.

    Give `check_file` (bytes alone decide) or `check_codebase` (needs the graph).
    """

    name: str
    title: str
    why: str
    category: str  # complexity, size, structure, documentation, safety, parse
    severity: Severity
    bad: Sequence[Example]
    good: Sequence[Example]
    limits: Limits  # defaults; settings override them by name
    version: str = "1"
    check_file: Callable[[MeasuredFile, Limits], Iterable[Finding]] | None = None
    check_codebase: Callable[[Codebase, Limits], Iterable[Finding]] | None = None

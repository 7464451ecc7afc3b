"""Test coverage: what a report says, and what of it belongs to a codebase."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph_sitter_db.model.ports import Metric


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """What a report says of one file, by line."""

    hits: Mapping[int, int]  # of executable lines: how often each ran
    branches: Mapping[int, tuple[int, int]]  # branches taken, and all there are


@dataclass(frozen=True, slots=True)
class CoverageReport:
    name: str  # as the user gave it
    files: Mapping[str, FileCoverage]  # by the path that the report has for it
    roots: tuple[str, ...] = ()  # folders its paths may start from


@dataclass(frozen=True, slots=True)
class Span:
    """A function's place in its file."""

    key: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Executable lines and branches, all and those that ran."""

    lines: int = 0
    lines_covered: int = 0
    branches: int = 0
    branches_taken: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """What reports say of one codebase: values by metric name, of what they mention."""

    reports: tuple[str, ...]
    total: Tally
    values: Mapping[str, float]
    files: Mapping[str, Mapping[str, float]]  # by path
    functions: Mapping[tuple[str, str], Mapping[str, float]]  # by path and symbol key
    metrics: Sequence[Metric]  # what the values' names mean
    notes: tuple[str, ...]  # said to the user: what of a report went nowhere

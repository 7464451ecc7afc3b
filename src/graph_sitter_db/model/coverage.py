"""Test coverage: what a report says, and what of it belongs to a codebase."""

from collections.abc import Mapping
from dataclasses import dataclass


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

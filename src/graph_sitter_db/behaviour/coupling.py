"""Files that change together, as Code Maat 1.0 counts it (analysis `coupling`)."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from graph_sitter_db.model.changes import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Code Maat's defaults. A commit with more files says nothing of any of them."""

    min_revs: float = 5
    min_shared: int = 5
    min_degree: float = 30  # per cent
    max_degree: float = 100
    max_files: int = 30


@dataclass(frozen=True, slots=True)
class Coupling:
    """`degree`: commits that changed both files, in per cent of those that changed one of them, on
    average; rounded down, as `average_revs` is up.
    """

    path: str
    other: str
    degree: int
    average_revs: int
    shared: int


def coupling(changes: Iterable[Change], limits: Limits) -> list[Coupling]:
    """The strongest first. A pair has to reach the limits before anything is rounded."""
    revs: Counter[str] = Counter()
    shared: Counter[tuple[str, str]] = Counter()
    for change in changes:
        if len(paths := change.paths) <= limits.max_files:
            revs.update(paths)
            shared.update(combinations(sorted(paths), 2))
    pairs = (
        _coupling(*pair, count, (revs[pair[0]] + revs[pair[1]]) / 2, limits)
        for pair, count in shared.items()
    )
    found = [each for each in pairs if each]
    return sorted(found, key=lambda c: (-c.degree, -c.average_revs, c.path, c.other))


def _coupling(
    path: str, other: str, shared: int, average: float, limits: Limits
) -> Coupling | None:
    degree = 100 * shared / average
    is_enough = average >= limits.min_revs and shared >= limits.min_shared
    if not is_enough or degree < limits.min_degree or math.floor(degree) > limits.max_degree:
        return None
    return Coupling(path, other, int(degree), math.ceil(average), shared)

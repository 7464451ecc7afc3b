"""Files that are changed often, are complex, and that much depends on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graph_sitter_db.model.changes import Change


@dataclass(frozen=True, slots=True)
class Hotspot:
    """`heat` is commits × complexity × (1 + fan-in); without a graph, commits × complexity."""

    path: str
    commits: int
    lines_changed: int  # added and removed
    complexity: float  # cognitive
    fan_in: int | None  # files that depend on it; None: unknown
    authors: int
    heat: float


def hotspots(
    changes: Iterable[Change], complexity: Mapping[str, float], fan_in: Mapping[str, int] | None
) -> list[Hotspot]:
    """Of the files that have a complexity, the hottest first; what nobody changed has none.

    Hotspots are churn × complexity (Tornhill, Your Code as a Crime Scene, 2015); one is added to
    the fan-in, so that what starts a program is not taken for cold.
    """
    commits: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    authors: dict[str, set[str]] = {}
    for change in changes:
        for file in change.files:
            commits[file.path] += 1
            lines[file.path] += file.added + file.removed
            authors.setdefault(file.path, set()).add(change.email)
    found = [
        Hotspot(
            path=path,
            commits=commits[path],
            lines_changed=lines[path],
            complexity=value,
            fan_in=None if fan_in is None else fan_in.get(path, 0),
            authors=len(authors[path]),
            heat=commits[path] * value * (1 + (fan_in or {}).get(path, 0)),
        )
        for path, value in complexity.items()
        if path in commits
    ]
    return sorted(found, key=lambda each: (-each.heat, -each.commits, each.path))

"""Which file of a codebase a report means: the one that shares the longest end of its path."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

type Parts = tuple[str, ...]
type Rank = tuple[int, bool]  # parts in common; whether the paths are equal


@dataclass(frozen=True, slots=True)
class Matches:
    paths: Mapping[str, str]  # the report's name → the codebase's path
    missing: tuple[str, ...]  # names that mean no file
    doubtful: tuple[str, ...]  # names that could mean several, or one that others mean too


def match(names: Iterable[str], roots: Sequence[str], paths: Iterable[str]) -> Matches:
    """A name means a path when one of the two ends with the whole of the other.

    `a/b.py` means `src/a/b.py`, and `/ci/src/a/b.py` does; `lib/a/b.py` does not, whose folder is
    another. Of several paths, or several names for one path, the longest common end wins, then an
    equal name; what is then still as good as another is not guessed. A name may go on from any of
    `roots`.
    """
    index = _Index(paths)
    best = {name: index.best(name, roots) for name in names}
    claims: defaultdict[str, list[tuple[Rank, Parts, str]]] = defaultdict(list)
    for name, (rank, found) in best.items():
        if len(found) == 1:
            claims[min(found)].append((rank, parts(name), name))
    matched = {name: path for path, each in claims.items() for name in _winners(each)}
    return Matches(
        matched,
        tuple(name for name, (_, found) in best.items() if not found),
        tuple(name for name, (_, found) in best.items() if found and name not in matched),
    )


def parts(path: str) -> Parts:
    r"""Without what means nothing: `/ci\src/./x/../a.py` is `ci`, `src`, `a.py`."""
    kept: list[str] = []
    for part in re.split(r"[/\\]", path):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    return tuple(kept)


class _Index:
    def __init__(self, paths: Iterable[str]) -> None:
        self._whole: defaultdict[Parts, set[str]] = defaultdict(set)
        self._ends: defaultdict[Parts, set[str]] = defaultdict(set)
        for path in paths:
            whole = parts(path)
            self._whole[whole].add(path)
            for start in range(1, len(whole)):
                self._ends[whole[start:]].add(path)

    def best(self, name: str, roots: Sequence[str]) -> tuple[Rank, set[str]]:
        options = [self._of(parts(f"{root}/{name}")) for root in ("", *roots)]
        rank = max(rank for rank, _ in options)
        return rank, set[str]().union(*(found for each, found in options if each == rank))

    def _of(self, name: Parts) -> tuple[Rank, set[str]]:
        for equal, known in ((True, self._whole), (False, self._ends)):
            if name in known:
                return (len(name), equal), known[name]
        for start in range(1, len(name)):
            if name[start:] in self._whole:
                return (len(name) - start, False), self._whole[name[start:]]
        return (0, False), set()


def _winners(claims: Sequence[tuple[Rank, Parts, str]]) -> list[str]:
    """Names of the best rank, if they are one name in different spellings."""
    best = max(rank for rank, _, _ in claims)
    winners = {name: spelled for rank, spelled, name in claims if rank == best}
    return list(winners) if len(set(winners.values())) == 1 else []

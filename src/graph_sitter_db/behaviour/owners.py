"""Who knows which files, and how many people a project can lose."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from graph_sitter_db.model.changes import Change

# Avelino, Passos, Hora and Valente, A novel approach for estimating truck factors (ICPC 2016): a
# file's authors are those whose degree of authorship is more than three quarters of the highest,
# and not below that of somebody who only created it.
_SHARE, _LEAST = 0.75, 3.293


@dataclass(frozen=True, slots=True)
class Owner:
    author: str
    files: int  # that they are an author of
    commits: int
    lines_added: int


@dataclass(frozen=True, slots=True)
class FileOwners:
    path: str
    authors: tuple[str, ...]  # who knows it, the one who knows it best first
    others: int  # people who changed it besides


@dataclass(frozen=True, slots=True)
class Ownership:
    """`bus_factor`: how many of those with most files have to go until more than half of the files
    have no author left.
    """

    bus_factor: int
    owners: tuple[Owner, ...]  # with most files first
    files: tuple[FileOwners, ...]  # by path


def ownership(changes: Iterable[Change], paths: Collection[str]) -> Ownership:
    """Of the files there are today. People are told apart by their addresses."""
    commits: dict[str, Counter[str]] = {path: Counter() for path in paths}
    creators: dict[str, str] = {}
    names: dict[str, str] = {}
    lines: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for change in changes:  # the newest first, so the last one to be seen made the file
        who = change.email.lower() or change.author
        names.setdefault(who, change.author)
        for file in change.files:
            if file.path in commits:
                commits[file.path][who] += 1
                creators[file.path] = who
                lines[who] += file.added
        seen[who] += any(file.path in commits for file in change.files)
    known = {path: _authors(each, creators[path]) for path, each in commits.items() if each}
    owned = _owned(known)
    owners = [Owner(names[w], len(owned.get(w, ())), seen[w], lines[w]) for w in seen if seen[w]]
    return Ownership(
        _bus_factor(owned, len(known)),
        tuple(sorted(owners, key=lambda o: (-o.files, -o.commits, o.author))),
        tuple(
            FileOwners(
                path, tuple(names[w] for w in known[path]), len(commits[path]) - len(known[path])
            )
            for path in sorted(known)
        ),
    )


def _authors(commits: Mapping[str, int], creator: str) -> list[str]:
    """Degree of authorship: 3.293 + 1.098 for who made it + 0.164 for each of one's commits - 0.321
    for the logarithm of others' commits.
    """
    total = sum(commits.values())
    degrees = {
        who: 3.293 + 1.098 * (who == creator) + 0.164 * own - 0.321 * math.log(1 + total - own)
        for who, own in commits.items()
    }
    highest = max(degrees.values())
    found = [
        who for who, degree in degrees.items() if degree > _SHARE * highest and degree >= _LEAST
    ]
    return sorted(found, key=lambda who: (-degrees[who], who))


def _owned(known: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    owned: dict[str, set[str]] = defaultdict(set)
    for path, authors in known.items():
        for who in authors:
            owned[who].add(path)
    return owned


def _bus_factor(owned: Mapping[str, set[str]], files: int) -> int:
    left: Counter[str] = Counter(path for each in owned.values() for path in each)
    gone = 0
    for _, paths in sorted(owned.items(), key=lambda item: (-len(item[1]), item[0])):
        if 2 * len(+left) < files:
            break
        left.subtract(paths)
        gone += 1
    return gone

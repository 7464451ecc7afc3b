"""What became of what is gone: the same content under another name, or nearly the same."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

LEAST = 85  # per cent of lines; SonarQube's MIN_REQUIRED_SCORE for files
# SonarQube compares two files only where their numbers of lines differ by no more than this.
_SHORTEST, _LONGEST = 0.84, 1.18

type Reason = Literal["same content", "git", "similar lines", "moved around it"]
type Lines = Sequence[str]


@dataclass(frozen=True, slots=True)
class Move[Name]:
    """`confidence` in per cent: of bytes as git counts them, or of lines; 100 for equal ones."""

    before: Name
    after: Name
    reason: Reason
    confidence: int


def lines_of(text: str) -> list[str]:
    """Without spaces and tabs, as SonarQube hashes them: indenting is no difference."""
    blank = str.maketrans("", "", " \t")
    return [line.translate(blank) for line in text.splitlines()]


def equal[Name](gone: Mapping[Name, Hashable], came: Mapping[Name, Hashable]) -> list[Move[Name]]:
    """Names of one content each, where no other name had or has that content."""
    before, after = _alone(gone), _alone(came)
    return [
        Move(before[content], after[content], "same content", 100)
        for content in before.keys() & after.keys()
    ]


def alike[Name](gone: Mapping[Name, Lines], came: Mapping[Name, Lines]) -> list[Move[Name]]:
    """SonarQube's detection of moved files: by the edit distance of their lines, from the best
    score down, and only where each is the only one of that score for the other.
    """
    by_score: dict[int, list[tuple[Name, Name]]] = defaultdict(list)
    for old, new in _candidates(gone, came):
        if (score := similarity(gone[old], came[new])) >= LEAST:
            by_score[score].append((old, new))
    found: list[Move[Name]] = []
    taken: tuple[set[Name], set[Name]] = (set(), set())
    for score in sorted(by_score, reverse=True):
        pairs = [(a, b) for a, b in by_score[score] if a not in taken[0] and b not in taken[1]]
        olds, news = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
        for old, new in pairs:
            if olds[old] == news[new] == 1:
                found.append(Move(old, new, "similar lines", score))
                taken[0].add(old)
                taken[1].add(new)
    return found


def similarity(old: Lines, new: Lines) -> int:
    """Per cent, rounded down; 0 where it is below `LEAST`."""
    longest = max(len(old), len(new))
    most = longest * (100 - LEAST) // 100
    distance = _distance(old, new, most)
    if distance is None or not longest:
        return 0
    return 100 * (longest - distance) // longest


def _alone[Name](names: Mapping[Name, Hashable]) -> dict[Hashable, Name]:
    counts = Counter(names.values())
    return {content: name for name, content in names.items() if counts[content] == 1}


def _candidates[Name](
    gone: Mapping[Name, Lines], came: Mapping[Name, Lines]
) -> Iterator[tuple[Name, Name]]:
    """All pairs that can reach `LEAST`, and few others: of any 15 % of the old lines and one more,
    one stands in the new file too, so that it is enough to look up the rarest.
    """
    holders: dict[tuple[str, int], list[Name]] = defaultdict(list)
    for name, lines in came.items():
        for token in _numbered(lines):
            holders[token].append(name)
    for old, lines in gone.items():
        tokens = sorted(_numbered(lines), key=lambda token: len(holders.get(token, ())))
        probes = tokens[: len(lines) * (100 - LEAST) // 100 + 1]
        near = {new: None for token in probes for new in holders.get(token, ())}
        for new in near:
            if _SHORTEST * len(lines) < len(came[new]) < _LONGEST * len(lines):
                yield old, new


def _numbered(lines: Lines) -> Iterator[tuple[str, int]]:
    """So that a line that stands twice is two."""
    seen: Counter[str] = Counter()
    for line in lines:
        yield line, seen[line]
        seen[line] += 1


def _distance(old: Lines, new: Lines, most: int) -> int | None:
    """Levenshtein's, of lines; None where it is more than `most`."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    a, b = old[start : len(old) - end], new[start : len(new) - end]
    if abs(len(a) - len(b)) > most:
        return None
    too_many = most + 1
    row = [min(place, too_many) for place in range(len(b) + 1)]
    for at, line in enumerate(a, 1):
        first, last = max(1, at - most), min(len(b), at + most)
        before, row = row, [too_many] * (len(b) + 1)
        row[0] = min(at, too_many)
        for place in range(first, last + 1):
            changed = before[place - 1] + (line != b[place - 1])
            row[place] = min(changed, before[place] + 1, row[place - 1] + 1, too_many)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None

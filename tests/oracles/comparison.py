"""What a comparison with another tool comes to, and how the page tells it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

type Reasons[*Case] = Mapping[str, Callable[[*Case], bool]]
type Cell = str | int


class Unavailable(Exception):
    """The other tool cannot be had on this machine."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two have different figures, or only one has any."""

    place: str
    ours: object
    theirs: object
    reason: str | None


@dataclass(slots=True)
class Tally:
    """Counts what is compared; what differs goes to a list that tallies may share."""

    differences: list[Difference]
    compared: int = 0
    equal: int = 0

    def both[*Case](
        self, place: str, ours: object, theirs: object, reasons: Reasons[*Case], *case: *Case
    ) -> None:
        if not self.same(ours, theirs):
            self.one(place, ours, theirs, reasons, *case)

    def same(self, ours: object, theirs: object) -> bool:
        self.compared += 1
        self.equal += ours == theirs
        return ours == theirs

    def one[*Case](
        self, place: str, ours: object, theirs: object, reasons: Reasons[*Case], *case: *Case
    ) -> None:
        reason = next((name for name, applies in reasons.items() if applies(*case)), None)
        self.differences.append(Difference(place, ours, theirs, reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    title: str
    text: str
    columns: Sequence[str]
    rows: Mapping[tuple[Cell, ...], Tally]  # by the cells of the columns
    reasons: Iterable[str]  # all that a difference may have
    least: int  # that many figures have to be compared
    floor: float  # share of them that have to be equal
    differences: Sequence[Difference] = field(default=())

    @property
    def compared(self) -> int:
        return sum(tally.compared for tally in self.rows.values())

    @property
    def equal(self) -> int:
        return sum(tally.equal for tally in self.rows.values())

    def section(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"## {self.title}\n\n{self.text}\n"
        rows = [(*cells, t.compared, _share(t)) for cells, t in self.rows.items()]
        yield from _table((*self.columns, "compared", "equal"), rows)
        counts = Counter(each.reason for each in self.differences)
        if counts:
            yield "\nWhere they differ:\n"
            rows = [
                (name, counts[name], self._example(name)) for name in self.reasons if counts[name]
            ]
            yield from _table(("because", "cases", "the first"), rows)

    def _example(self, reason: str) -> str:
        first = next(each for each in self.differences if each.reason == reason)
        return f"`{first.place}`: {_shown(first.ours)} here, {_shown(first.theirs)} there"


def _share(tally: Tally) -> str:
    """Rounded down: 100 % is all of them."""
    if not tally.compared:
        return "–"
    return f"{tally.equal:,} ({10_000 * tally.equal // tally.compared / 100:g} %)"


def _table(columns: Sequence[str], rows: Iterable[tuple[Cell, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        yield f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else cell for cell in row)} |"


def _shown(figure: object) -> str:
    return "none" if figure is None else f"{figure:g}" if isinstance(figure, float) else f"{figure}"

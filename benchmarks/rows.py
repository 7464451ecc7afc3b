"""One line of the table: a ratio of two measurements, and what it may be at most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """`ours` over `yardstick`, both in `unit`; without a yardstick `ours` itself counts."""

    what: str
    ours: float
    yardstick: float | None
    unit: str
    limit: float | None = None  # of the ratio, or of `ours`
    note: str = ""

    @property
    def value(self) -> float:
        return self.ours / self.yardstick if self.yardstick else self.ours

    @property
    def is_kept(self) -> bool | None:
        """None: there is nothing to keep."""
        return None if self.limit is None else self.value <= self.limit


def alternating(
    runs: int, ours: Callable[[], float], yardstick: Callable[[], float]
) -> tuple[float, float]:
    """Medians of both, measured in turn, so that a machine that slows down slows both."""
    pairs = [(ours(), yardstick()) for _ in range(runs)]
    return middle([first for first, _ in pairs]), middle([second for _, second in pairs])


def middle(values: Sequence[float]) -> float:
    return float(median(values))

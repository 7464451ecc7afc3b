"""Which runs to keep: thinned out by the age of the commits, not by when they were recorded."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Ages in days: up to `every` all runs stay, then one a day, then one a week, then one a month;
    beyond `monthly` none (None: for ever).
    """

    every: int = 30
    daily: int = 90
    weekly: int = 365
    monthly: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run, as far as its keeping is concerned."""

    id: UUID
    series: tuple[str | None, ...]  # branch and depth: of each the newest run stays
    at: datetime  # when its commit was made; of a working tree, when it was recorded
    gate: str | None = None  # what the gate said of it
    is_tagged: bool = False
    is_pinned: bool = False


def kept(runs: Iterable[Candidate], policy: Policy, now: datetime) -> dict[UUID, str]:
    """The runs that stay, and why: newest, pinned, tagged, gate (the last before it turned, and the
    first after), recent, daily, weekly or monthly.
    """
    series: dict[tuple[str | None, ...], list[Candidate]] = defaultdict(list)
    for run in runs:
        series[run.series].append(run)
    return {run.id: reason for each in series.values() for run, reason in _kept(each, policy, now)}


def forecast(runs: Iterable[Candidate], policy: Policy, now: datetime, days: int = 365) -> int:
    """How many runs there will be so many days from now, at the pace of as many days before."""
    recorded, later = list(runs), days * DAY
    coming = [
        replace(run, id=UUID(int=run.id.int ^ 1), at=run.at + later)
        for run in recorded
        if now - later < run.at <= now
    ]
    return len(kept([*recorded, *coming], policy, now + later))


def _kept(runs: list[Candidate], policy: Policy, now: datetime) -> Iterator[tuple[Candidate, str]]:
    """Of one series. Of an interval it is the last run that stays, as it says how it ended."""
    runs.sort(key=lambda run: run.at)  # of one second: as they were given
    last = {key: run.id for run in runs if (key := _interval(run, policy, now))}
    judged = [run for run in runs if run.gate]
    turns = {each.id for two in pairwise(judged) if two[0].gate != two[1].gate for each in two}
    for run in runs:
        key = _interval(run, policy, now)
        if run is runs[-1]:
            yield run, "newest"
        elif run.is_pinned:
            yield run, "pinned"
        elif run.is_tagged:
            yield run, "tagged"
        elif run.id in turns:
            yield run, "gate"
        elif key and (key[0] == "recent" or last[key] == run.id):
            yield run, str(key[0])


def _interval(run: Candidate, policy: Policy, now: datetime) -> tuple[Any, ...] | None:
    """What only one run stays of; None: of its age none does."""
    age = (now - run.at) / DAY
    for name, most, interval in _CLASSES:
        limit = getattr(policy, most)
        if limit is None or age <= limit:
            return name, interval(run)
    return None


_CLASSES: tuple[tuple[str, str, Callable[[Candidate], object]], ...] = (
    ("recent", "every", lambda run: run.id),
    ("daily", "daily", lambda run: run.at.date()),
    ("weekly", "weekly", lambda run: run.at.isocalendar()[:2]),
    ("monthly", "monthly", lambda run: (run.at.year, run.at.month)),
)

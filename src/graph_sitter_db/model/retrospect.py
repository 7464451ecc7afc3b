"""Answers about a history, as they leave the library."""

from datetime import datetime

from graph_sitter_db.model.reports import Report, RunSummary


class TrendValue(Report):
    """One commit's value."""

    run: str  # short id
    commit: str
    committed_at: datetime
    author: str
    subject: str
    value: float | None  # None: not defined there, or not there
    change: float | None  # since the value before
    redefined: bool = False  # measured by another definition than the value before


class Trend(Report):
    """One metric over time, the earliest commit first."""

    metric: str
    title: str
    unit: str
    direction: str  # lower, higher (is better), neutral
    place: str  # "" is the codebase
    depth: str
    others: int  # commits that are recorded at the other depth
    values: list[TrendValue]
    names: tuple[str, ...] = ()  # paths that the file had before, the last one first


class HotspotReport(Report):
    path: str
    commits: int
    lines_changed: int  # added and removed
    complexity: float  # cognitive
    fan_in: int | None  # files that depend on it; None: unknown
    authors: int
    heat: float  # commits × complexity × (1 + fan-in); without a graph, commits × complexity
    share: float  # of all heat, in per cent


class Hotspots(Report):
    """Files that are changed often, are complex, and that much depends on; the hottest first."""

    run: RunSummary
    commits: int  # that were looked at
    hotspots: list[HotspotReport]


class CouplingReport(Report):
    path: str
    other: str
    degree: int  # per cent
    average_revs: int
    shared: int  # commits that changed both
    related: bool | None  # one depends on the other; None: unknown


class Couplings(Report):
    """Files that change together, the strongest pair first."""

    run: RunSummary
    commits: int
    related: int  # pairs that are left out, as one file depends on the other
    pairs: list[CouplingReport]


class OwnerReport(Report):
    author: str
    files: int  # that they are an author of
    share: float  # of all files, in per cent
    commits: int
    lines_added: int


class FileOwnersReport(Report):
    path: str
    authors: list[str]  # who knows it best first
    others: int  # people who changed it besides


class Owners(Report):
    """Who knows the code, and how many people it can lose."""

    run: RunSummary
    commits: int
    bus_factor: int  # so many have to go until more than half of the files have no author
    owners: list[OwnerReport]
    files: list[FileOwnersReport]


class RetentionReport(Report):
    """Which runs of a codebase stay; bytes are those of rows, without indexes."""

    codebase: str
    language: str
    is_dry_run: bool
    runs: int
    kept: dict[str, int]  # by reason
    dropped: int
    snapshots_dropped: int
    file_versions_dropped: int
    bytes_before: int
    bytes_freed: int
    is_pruned: bool  # what the dropped runs alone held is gone too
    runs_in_a_year: int  # at the pace of the last one
    bytes_in_a_year: int


class IssueEvent(Report):
    """A commit that brought an issue, or ended it."""

    kind: str  # introduced, fixed
    commit: str
    committed_at: datetime
    author: str
    subject: str
    exact: bool  # all of the commit's parents are recorded; else it may have been an earlier one


class IssueHistory(Report):
    fingerprint: str
    rule: str
    title: str
    paths: list[str]
    is_open: bool  # in the newest commit that is recorded
    days: float | None  # from when it was introduced to when it was fixed last, or to now
    events: list[IssueEvent]  # the earliest first

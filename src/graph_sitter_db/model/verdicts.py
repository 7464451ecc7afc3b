"""What a gate says of a change."""

from graph_sitter_db.model.reports import Report, RunSummary


class CommitReport(Report):
    sha: str
    subject: str


class Cause(Report):
    """What moved a number, and the commits since the base that touched it, the nearest first."""

    path: str
    symbol: str | None
    start_line: int
    end_line: int
    message: str
    change: float  # in the measure's unit; the worse, the further from 0
    rule: str | None = None
    severity: str | None = None
    before: float | None = None
    after: float | None = None
    commits: list[CommitReport]


class ConditionReport(Report):
    """One condition, as it came out."""

    name: str
    on: str  # project: the whole codebase; patch: what is new in it
    measure: str
    title: str
    unit: str
    status: str  # passed, warned, failed, undecided, skipped
    level: str  # what not keeping to it means: fail, warn
    value: float | None
    base: float | None  # the value of the base; None on new code without target = auto
    limit: float | None  # the target, the threshold allowed
    comparison: str  # at least, at most
    paths: list[str]
    told: str  # why it is undecided or skipped; what else is to know
    causes: list[Cause]  # the worst
    cause_count: int  # how many there are


class Verdict(Report):
    """Whether one codebase may change so: the gate's answer for one run."""

    key: str  # of repository, folder and language: what tells projects of one change apart
    status: str  # passed, warned, failed, undecided
    run: RunSummary
    base: RunSummary | None
    base_told: str  # how the base was found
    reason: str | None  # why nothing could be decided
    policy: str  # where it is from
    # Added since the base; where git cannot tell, those of all definitions that are new or changed.
    changed_lines: int | None
    conditions: list[ConditionReport]
    notes: list[str]

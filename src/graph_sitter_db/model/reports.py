"""Answers, as they leave the library: validated, documented, ready for JSON."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Report(BaseModel):
    # Building all validators takes 0.06 s, which a command that uses a few need not wait for.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class RunSummary(Report):
    """One recorded analysis of one commit (or working tree)."""

    id: UUID
    short_id: str
    codebase_id: UUID
    codebase: str  # repository's full name, with the root path when it is not the whole repository
    language: str
    branch: str | None
    commit: str | None
    commit_subject: str | None
    committed_at: datetime | None
    is_working_tree: bool
    depth: str
    status: str
    started_at: datetime
    files: int
    lines: int
    symbols: int
    edges: int
    issues: int
    quality_score: float | None
    grade: str | None
    score_model: str | None
    # Share of calls, imports and base classes whose target is known; None without a graph.
    resolution_rate: float | None
    repository_id: UUID | None = None
    configuration: str | None = None  # digest of the definitions and settings, shortened
    accepted_issues: int = 0  # by comments in the code; they are not among the issues
    root_path: str = ""  # the recorded folder inside the repository; "" is all of it


class CodebaseReport(Report):
    """What runs belong to: one language family of one repository, or of a folder in it."""

    id: UUID
    repository_id: UUID
    project_id: UUID | None
    repository: str
    name: str
    language: str
    root_path: str
    runs: int


class IssueReport(Report):
    fingerprint: str  # hex
    rule: str
    category: str
    severity: str
    title: str
    message: str
    path: str
    symbol: str | None
    start_line: int
    end_line: int
    measured: float | None = None
    limit: float | None = None
    effort_minutes: float
    # new, existing, reopened; None when there is no earlier run to tell
    lifecycle: str | None = None
    accepted: str | None = None  # the reason a comment in the code gives ("" for none); None: open


class IssueLoss(Report):
    """One open issue and the points it costs."""

    points: float
    minutes: float
    rule: str
    severity: str
    path: str
    symbol: str | None
    start_line: int
    message: str
    fingerprint: str


class RuleLoss(Report):
    rule: str
    issues: int
    minutes: float
    points: float


class Explanation(Report):
    """Why a score is what it is; `losses` and `rules` worst first, each summing to `lost`."""

    run: RunSummary
    score: float
    grade: str
    model: str  # name and version of the scoring model
    lost: float  # 100 less the score
    debt_minutes: float  # SQALE: what mending all issues takes
    debt_ratio: float  # of that to the cost of writing the code
    debt_rating: str  # A–E
    rules: list[RuleLoss]
    losses: list[IssueLoss]


class RuleReport(Report):
    """A rule, as it is set for a repository."""

    name: str
    title: str
    category: str
    severity: str
    is_on: bool
    needs_graph: bool
    limits: dict[str, float]
    effort_constant: float  # minutes
    effort_per_unit: float
    effort_unit: str
    why: str


class SymbolReport(Report):
    path: str
    key: str
    kind: str
    name: str
    parent: str | None
    signature: str | None
    start_line: int
    end_line: int
    lines: int
    is_exported: bool
    docstring: str | None
    parameters: int | None
    cyclomatic: int | None
    cognitive: int | None
    nesting: int | None
    fan_in: int | None  # None at syntax depth
    fan_out: int | None
    line_coverage: float | None = None  # per cent; None: unknown, or nothing to cover
    branch_coverage: float | None = None


class FileReport(Report):
    path: str
    language: str
    parse_status: str
    lines: int
    lines_source: int
    lines_comment: int
    lines_blank: int
    functions: int
    classes: int
    cyclomatic: int | None
    cognitive: int | None
    issues: int
    line_coverage: float | None = None  # per cent; None: unknown, or nothing to cover
    branch_coverage: float | None = None


class FailureReport(Report):
    path: str
    stage: str
    name: str
    message: str
    line: int | None = None


class Relation(Report):
    """One aggregated edge, seen from the symbol that was asked about."""

    kind: str
    path: str | None  # None: outside the codebase
    symbol: str  # "" is the file itself; the external name when path is None
    occurrences: int
    first_line: int  # in the file that holds the relation


class Dependencies(Report):
    """Who uses a symbol and what it uses; true only as far as `resolution_rate` reaches."""

    run: RunSummary
    symbol: SymbolReport
    uses: list[Relation]
    used_by: list[Relation]
    resolved: int
    unresolved: int
    resolution_rate: float | None


class MetricDefinition(Report):
    """What a metric means."""

    name: str
    title: str
    category: str
    unit: str
    direction: str  # lower, higher (is better), neutral
    rollup: str  # sum, mean, max, share
    weight: str | None  # the metric whose values weigh a mean or share
    scope: str  # the smallest thing it is measured of: symbol, file, codebase
    kinds: list[str]  # the symbols it is measured of
    definition: str
    source: str
    version: str


class MetricValue(Report):
    """One metric of a place; None is unknown, never 0."""

    name: str
    title: str
    category: str
    unit: str
    direction: str
    value: float | None
    mean: float | None = None  # over the functions inside (or classes, where it is about those)
    worst: float | None = None  # of the one that stands worst
    definition_version: str | None = None


class Measurements(Report):
    """Everything measured of a codebase, a folder, a file or a symbol, as of one run."""

    run: RunSummary
    scope: str  # codebase, folder, file, symbol
    place: str  # "" is the codebase; a path; a path and a symbol's key, joined by ":"
    metrics: list[MetricValue]


class MetricChange(Report):
    metric: str
    before: float | None
    after: float | None
    change: float | None
    verdict: str  # better, worse, same, neutral, unknown


class SymbolChange(Report):
    path: str
    key: str
    kind: str
    change: str  # new, gone, changed, moved
    cyclomatic_before: int | None = None
    cyclomatic_after: int | None = None
    before: str | None = None  # of one that moved: `path:key` where it was
    reason: str | None = None  # by what it is known there: see model/moves.py
    confidence: int | None = None  # per cent


class EdgeChange(Report):
    kind: str
    source_path: str
    source: str
    target_path: str | None
    target: str
    change: str  # new, gone


class DependencyChange(Report):
    """Between files, through relations of any kind."""

    source: str
    target: str
    change: str  # started, stopped


class CycleChange(Report):
    """Of files that import each other in a circle, as the metric import_cycle_size has them."""

    change: str  # opened, closed, changed
    files: list[str]  # of one that closed: those it had
    joined: list[str] = []
    left: list[str] = []
    # Dependencies inside it that started, or of one that closed, stopped: what may be the cause.
    through: list[DependencyChange] = []


class FileChange(Report):
    path: str
    change: str  # new, gone, changed, moved (and perhaps changed)
    before: str | None = None  # of one that moved: its path in the first run
    reason: str | None = None
    confidence: int | None = None


class Comparison(Report):
    """What differs between two runs.

    `compare(a, a)` is empty, `compare(a, b)` mirrors `compare(b, a)`.
    """

    before: RunSummary
    after: RunSummary
    score_change: float | None
    metrics: list[MetricChange]
    files: list[FileChange]
    symbols: list[SymbolChange]
    edges: list[EdgeChange]
    edges_compared: bool  # False when one of the runs has no graph
    dependencies: list[DependencyChange] = []
    cycles: list[CycleChange] = []
    issues_new: list[IssueReport]
    issues_fixed: list[IssueReport]
    issues_remaining: int
    # Gone since, but not fixed: a comment in the code accepts them in the second run.
    issues_accepted: list[IssueReport]


class CoverageSummary(Report):
    """What coverage reports say of the codebase; files that they do not mention count nowhere."""

    line_coverage: float | None  # per cent; None: no report mentions a line of it
    branch_coverage: float | None
    lines: int  # executable ones
    lines_covered: int
    branches: int
    branches_taken: int
    files: int
    reports: list[str]


class SuiteReport(Report):
    """What JUnit's XML says of all tests that ran."""

    passed: int
    failed: int  # failures and errors
    skipped: int
    seconds: float


class AnalysisResult(Report):
    """One analysis, as recorded (`id` is None only when storing was not asked for)."""

    id: UUID | None
    short_id: str | None
    codebase_id: UUID | None
    repository_id: UUID | None = None
    summary: str  # graph-sitter's own text at graph depth, else ours
    metrics: dict[str, float]
    quality_score: float
    grade: str
    score_model: str
    debt_minutes: float  # SQALE: what mending all issues takes
    debt_ratio: float  # of that to the cost of writing the code
    debt_rating: str  # A–E
    issues: list[IssueReport]
    recommendations: list[str]
    created_at: datetime
    repository: str
    language: str
    branch: str | None
    commit: str | None
    is_working_tree: bool
    depth: str
    status: str  # completed, or partial when something could not be analysed
    already_recorded: bool
    files_analyzed: int
    files_reused: int
    files_failed: int
    lines: int
    symbols: int
    edges: int
    resolved: int
    unresolved: int
    rows_written: dict[str, int]  # by table; empty when the run existed
    failures: list[FailureReport]
    notes: list[str]
    since: Comparison | None  # against the previous run of this branch
    seconds: dict[str, float]
    coverage: CoverageSummary | None = None  # None when no report was given
    accepted_issues: int = 0  # by comments in the code; they are not among the issues
    # Of other tools; they cost no points, and their rules are named `tool/rule`.
    reported: list[IssueReport] = []
    tests: SuiteReport | None = None


class BackfillReport(Report):
    """What became of the commits of a repository's past."""

    commits: int  # that were asked for
    recorded: int  # new runs; of a commit in two languages there are two
    already: int  # runs that were there
    empty: int  # commits without a file to analyse
    files_analyzed: int  # versions of files that were read
    failures: dict[str, str]  # by commit, why it could not be recorded
    seconds: float


class FileAnalysis(Report):
    path: str
    language: str
    summary: str
    metrics: dict[str, float]
    symbols: list[SymbolReport]
    issues: list[IssueReport]
    accepted: list[IssueReport]  # by comments in the code; they are not among the issues
    file: FileReport
    stored: bool  # whether the database holds this very version
    stored_in: str | None = None  # short id of the newest run that contains this very version


class TrendPoint(Report):
    run: RunSummary
    change: float | None  # of the score, since the point before on the same branch
    metrics: dict[str, float]
    # Metrics whose values cannot be compared with those of the point before on the same branch, as
    # they meant something else; `quality_score` where the score is one of another model.
    definitions_changed: list[str] = []


class Trends(Report):
    """Scores over time, oldest first."""

    direction: str  # improving, stable, declining, no data
    change: float | None
    points: list[TrendPoint]


class DatabaseStatus(Report):
    """Where the database is, whether it answers, and which schema it holds."""

    embedded: bool
    running: bool
    url: str  # without the password
    version: str | None  # PostgreSQL's; None while it does not run
    schema_version: str | None  # None: not installed, or not to be seen while it does not run
    users: int | None  # connections, the asking one left out
    pid: int | None = None  # of the embedded server
    home: str | None = None  # folder of the embedded server's data

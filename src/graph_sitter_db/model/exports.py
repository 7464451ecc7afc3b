"""What exporters get: a run with everything that any format tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from graph_sitter_db.model.reports import IssueReport, MetricValue, Report, RunSummary
from graph_sitter_db.model.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value; `path` and `symbol` are "" where it is of a larger whole."""

    scope: str
    path: str
    symbol: str
    metric: str
    value: float
    definition_version: str | None


@dataclass(frozen=True, slots=True)
class ExportedValues:
    """All that was measured in one run."""

    tool_version: str
    run: RunSummary
    rows: Sequence[ValueRow]


class ExportedRule(Report):
    name: str
    title: str
    category: str
    severity: str
    why: str  # "" where the rule is not installed here


class ExportedIssue(IssueReport):
    """`path` is from the repository's top. `lifecycle` is since the gate's base, else since the
    run before.
    """

    line_hash: str | None = None  # as GitHub tells alerts apart; None: the source is not at hand


class Exported(Report):
    """One run of one codebase."""

    schema_version: int = 1
    tool_version: str
    key: str  # of repository, folder and language: what tells projects of one change apart
    root_path: str  # the recorded folder inside the repository; "" is all of it
    run: RunSummary
    metrics: list[MetricValue]
    rules: list[ExportedRule]  # those with an issue, by name
    issues: list[ExportedIssue]  # open ones, the gravest first
    verdict: Verdict | None  # what the gate said of the run; None: it was not asked

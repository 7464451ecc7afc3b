"""One analysis of one point of history, ready to be stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.keys import Depth, Family
from graph_sitter_db.model.ports import Metric, Rule
from graph_sitter_db.model.relations import Failure, Linkage
from graph_sitter_db.model.scores import Score
from graph_sitter_db.model.structure import Structure


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    authored_at: datetime  # aware
    committed_at: datetime  # aware
    message: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where sources come from: enough to find the same repository, codebase and branch again."""

    provider: str  # github, gitlab, bitbucket, local, other
    full_name: str  # owner/name, or the folder's name for a local repository without a remote
    name: str
    url: str | None  # credentials removed
    default_branch: str
    branch: str | None  # None: detached HEAD, or no git
    commit: Commit | None  # None: no git, or no commit yet
    is_working_tree: bool  # the files differ from the commit
    root_path: str = ""  # the analysed folder inside the repository
    notes: tuple[str, ...] = ()  # said to the user: dirty tree, shallow clone, no git …


@dataclass(frozen=True, slots=True)
class AnalysedFile:
    measured: MeasuredFile
    linkage: Linkage | None  # None at syntax depth
    issues: tuple[Issue, ...]  # open ones
    accepted: tuple[Issue, ...] = ()  # by comments in the code

    @property
    def path(self) -> str:
        return self.measured.path

    @property
    def lines_physical(self) -> int:
        return self.measured.facts.lines.physical

    @property
    def symbol_count(self) -> int:
        return len(self.measured.facts.symbols)


class Counted(Protocol):
    """A file, as far as a run counts what is in it."""

    @property
    def linkage(self) -> Linkage | None: ...
    @property
    def issues(self) -> Sequence[Issue]: ...
    @property
    def accepted(self) -> Sequence[Issue]: ...
    @property
    def lines_physical(self) -> int: ...
    @property
    def symbol_count(self) -> int: ...


class Outcome(Protocol):
    """What a run says of itself."""

    @property
    def origin(self) -> Origin: ...
    @property
    def files(self) -> Sequence[Counted]: ...
    @property
    def score(self) -> Score: ...
    @property
    def totals(self) -> Mapping[str, float]: ...
    @property
    def failures(self) -> Sequence[Failure]: ...
    @property
    def graph_summary(self) -> str: ...
    @property
    def node_count(self) -> int: ...
    @property
    def seconds(self) -> Mapping[str, float]: ...
    @property
    def recommendations(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Analysis:
    """The pipeline's result for one codebase: what `store` writes as one run."""

    origin: Origin
    family: Family
    depth: Depth
    files: tuple[AnalysedFile, ...]  # by path
    score: Score
    totals: Mapping[str, float]  # metric name → value for the whole codebase
    # Metric or rule → version: the extractor's fingerprint is taken of these.
    definitions: Mapping[str, str]
    failures: tuple[Failure, ...] = ()
    graph_summary: str = ""
    node_count: int = 0
    edge_count: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)  # wall time by stage
    # What distinguishes this run's configuration.
    settings: Mapping[str, object] = field(default_factory=dict)
    metrics: Sequence[Metric] = ()  # what the totals' names mean
    structure: Structure = field(default_factory=Structure)  # empty at syntax depth
    rules: Sequence[Rule] = ()  # what was looked for
    recommendations: Sequence[str] = ()

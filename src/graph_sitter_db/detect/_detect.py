"""Runs rules over a codebase, and parts what comments accept from what is open."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graph_sitter_db.detect.identity import Found, identified
from graph_sitter_db.detect.suppression import accepted, unused
from graph_sitter_db.model.duplication import Duplication
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding, Issue
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.ports import Limits, Rule
from graph_sitter_db.model.relations import Failure, Linkage
from graph_sitter_db.model.structure import Structure
from graph_sitter_db.settings import Settings

type FoundIn = Mapping[str, tuple[Finding, ...]]  # one file's findings by rule


@dataclass(frozen=True, slots=True)
class Detected:
    """Issues by path, in order of lines: open ones and accepted ones; and the rules that broke."""

    issues: Mapping[str, tuple[Issue, ...]]
    accepted: Mapping[str, tuple[Issue, ...]]
    failures: tuple[Failure, ...] = ()
    by_file: Mapping[str, FoundIn] = field(default_factory=dict)  # what bytes alone decided


@dataclass(frozen=True, slots=True)
class Codebase:
    files: Mapping[str, MeasuredFile]
    linkages: Mapping[str, Linkage]
    family: Family
    settings: Settings
    rule: Rule | None = None  # which is looking
    structure: Structure = field(default_factory=Structure)
    manifests: Mapping[str, bytes] = field(default_factory=dict)
    duplication: Duplication = field(default_factory=Duplication)

    def limits_at(self, path: str) -> Limits:
        assert self.rule
        return self.settings.limits_of(self.rule, path)


def detect(
    files: Sequence[MeasuredFile],
    linkages: Mapping[str, Linkage] | None,
    family: Family,
    rules: Sequence[Rule],
    settings: Settings | None = None,
    *,
    structure: Structure | None = None,
    manifests: Mapping[str, bytes] | None = None,
    duplication: Duplication | None = None,
    known: Mapping[str, FoundIn] | None = None,
) -> Detected:
    """All issues of a codebase. Without linkages the checks that need the graph are left out.

    A rule that raises loses what it would have found there (one file, or the codebase) and nothing
    else. Generated files are judged only for whether they parse: nobody edits them. Of the files
    that are `known` it is known what bytes alone decide: `by_file` of an earlier time.
    """
    settings = settings or Settings()
    codebase = Codebase(
        {file.path: file for file in files},
        linkages or {},
        family,
        settings,
        structure=structure or Structure(),
        manifests=manifests or {},
        duplication=duplication or Duplication(),
    )
    found: list[Found] = []
    failures: list[Failure] = []
    for rule in rules:
        for path, check in _checks(rule, codebase, linkages is not None, known or {}):
            _try(rule, path, check, codebase, found, failures)
    run = [rule for rule in rules if rule.check_codebase is None or linkages is not None]
    issues = accepted(identified(found), codebase.files)
    left = unused(issues, codebase.files, rules=rules, run=run)
    issues += identified(f for f in left if _is_wanted(f.rule, f.finding, codebase))
    return Detected(
        _by_path(issue for issue in issues if issue.accepted is None),
        _by_path(issue for issue in issues if issue.accepted is not None),
        tuple(failures),
        _by_file(found),
    )


type Check = Callable[[], Iterable[Finding]]


def _checks(
    rule: Rule, codebase: Codebase, with_graph: bool, known: Mapping[str, FoundIn]
) -> Iterator[tuple[str, Check]]:
    """What is to be run, each with the path it is about; "" is the codebase."""
    settings, check_file, check_codebase = codebase.settings, rule.check_file, rule.check_codebase
    if check_file:
        for path, file in codebase.files.items():
            if path in known:
                yield path, lambda path=path: known[path].get(rule.name, ())  # type: ignore[misc]
                continue
            limits = settings.limits_of(rule, path)
            yield path, lambda file=file, limits=limits: check_file(file, limits)  # type: ignore[misc]
    if check_codebase and with_graph:
        limits = settings.limits_of(rule)
        yield "", lambda: check_codebase(replace(codebase, rule=rule), limits)


def _try(
    rule: Rule,
    path: str,
    check: Check,
    codebase: Codebase,
    found: list[Found],
    failures: list[Failure],
) -> None:
    try:
        results = [Found(rule, _checked(each, path, codebase), not path) for each in check()]
        wanted = [each for each in results if _is_wanted(rule, each.finding, codebase)]
    except Exception as error:  # whatever a rule does
        failures.append(Failure(path, "rule", rule.name, f"{type(error).__name__}: {error}"))
    else:
        found += wanted


def _checked(finding: Finding, path: str, codebase: Codebase) -> Finding:
    if finding.path not in codebase.files or (path and finding.path != path):
        raise ValueError(f"reports {finding.path!r}, a file it was not asked about")
    return finding


def _is_wanted(rule: Rule, finding: Finding, codebase: Codebase) -> bool:
    if codebase.files[finding.path].facts.is_generated and rule.category != "parse":
        return False
    return codebase.settings.judges(rule, finding.path)


def _by_file(found: Iterable[Found]) -> dict[str, FoundIn]:
    grouped: dict[str, dict[str, tuple[Finding, ...]]] = defaultdict(dict)
    for each in found:
        if not each.needs_graph:
            of_file, rule = grouped[each.finding.path], each.rule.name
            of_file[rule] = (*of_file.get(rule, ()), each.finding)
    return dict(grouped)


def _by_path(issues: Iterable[Issue]) -> dict[str, tuple[Issue, ...]]:
    grouped: dict[str, list[Issue]] = defaultdict(list)
    for issue in sorted(issues, key=_line):
        grouped[issue.finding.path].append(issue)
    return {path: tuple(each) for path, each in grouped.items()}


def _line(issue: Issue) -> tuple[str, int, int, str, str]:
    found = issue.finding
    return found.path, found.start_line, found.start_column or 0, issue.rule, found.message

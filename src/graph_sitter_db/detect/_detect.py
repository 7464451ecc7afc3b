"""Runs rules, and gives each finding the identity it keeps over time."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding, Issue
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.ports import Rule
from graph_sitter_db.model.relations import Failure, Linkage
from graph_sitter_db.settings import Settings


@dataclass(frozen=True, slots=True)
class Detected:
    """Issues by path, in order of lines, and the rules that broke on the way."""

    issues: Mapping[str, tuple[Issue, ...]]
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebase:
    files: Mapping[str, MeasuredFile]
    linkages: Mapping[str, Linkage]
    family: Family


def detect(
    files: Sequence[MeasuredFile],
    linkages: Mapping[str, Linkage] | None,
    family: Family,
    rules: Sequence[Rule],
    settings: Settings | None = None,
) -> Detected:
    """All issues of a codebase. Without linkages the rules that need the graph are left out.

    A rule that raises loses what it would have found there (one file, or the codebase) and nothing
    else. Generated files are judged only for whether they parse: nobody edits them.
    """
    settings = settings or Settings()
    codebase = Codebase({file.path: file for file in files}, linkages or {}, family)
    found: list[tuple[Rule, Finding]] = []
    failures: list[Failure] = []
    for rule in rules:
        for path, check in _checks(rule, codebase, linkages is not None, settings):
            try:
                findings = [_checked(finding, path, codebase) for finding in check()]
            except Exception as error:  # whatever a rule does
                failures.append(_failure(rule, path, error))
            else:
                found += ((rule, f) for f in findings if _is_wanted(rule, f, codebase, settings))
    return Detected(_by_path(_issues(found)), tuple(failures))


type Check = Callable[[], Iterable[Finding]]


def _checks(
    rule: Rule, codebase: Codebase, with_graph: bool, settings: Settings
) -> Iterator[tuple[str, Check]]:
    """What is to be run, each with the path it is about; "" is the codebase."""
    check_file, check_codebase = rule.check_file, rule.check_codebase
    if check_file:
        for path, file in codebase.files.items():
            limits = settings.limits_of(rule, path)
            yield path, lambda file=file, limits=limits: check_file(file, limits)  # type: ignore[misc]
    if check_codebase and with_graph:
        limits = settings.limits_of(rule)
        yield "", lambda: check_codebase(codebase, limits)


def _checked(finding: Finding, path: str, codebase: Codebase) -> Finding:
    if finding.path not in codebase.files or (path and finding.path != path):
        raise ValueError(f"reports {finding.path!r}, a file it was not asked about")
    if not (math.isfinite(finding.effort_minutes) and finding.effort_minutes >= 0):
        raise ValueError(f"asks for {finding.effort_minutes} minutes of effort")
    # As precise as it is stored, so that the score can be computed again from rows.
    return replace(finding, effort_minutes=round(finding.effort_minutes, 2))


def _is_wanted(rule: Rule, finding: Finding, codebase: Codebase, settings: Settings) -> bool:
    if codebase.files[finding.path].facts.is_generated and rule.category != "parse":
        return False
    return settings.judges(rule, finding.path)


def _failure(rule: Rule, path: str, error: Exception) -> Failure:
    return Failure(path, "rule", rule.name, f"{type(error).__name__}: {error}")


def _issues(found: Iterable[tuple[Rule, Finding]]) -> Iterator[Issue]:
    """Equal findings of one symbol are numbered in order of place, so that two stay two."""
    seen: dict[tuple[str, str, str], int] = defaultdict(int)
    for rule, finding in sorted(found, key=_place):
        identity = (rule.name, finding.path, finding.symbol or "")
        yield Issue(
            rule=rule.name,
            category=rule.category,
            severity=rule.severity,
            title=rule.title,
            finding=finding,
            fingerprint=_fingerprint(*identity, str(seen[identity])),
            depends_on_graph=rule.check_codebase is not None,
        )
        seen[identity] += 1


def _place(pair: tuple[Rule, Finding]) -> tuple[str, int, int, str, str]:
    rule, finding = pair
    return finding.path, finding.start_line, finding.start_column or 0, rule.name, finding.message


def _fingerprint(*parts: str) -> bytes:
    """No line numbers in it: code that moves keeps its issues. Paths may hold surrogate escapes."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def _by_path(issues: Iterable[Issue]) -> dict[str, tuple[Issue, ...]]:
    grouped: dict[str, list[Issue]] = defaultdict(list)
    for issue in issues:
        grouped[issue.finding.path].append(issue)
    return {path: tuple(each) for path, each in grouped.items()}

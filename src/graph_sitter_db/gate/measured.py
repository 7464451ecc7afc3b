"""What a condition is about: a value now, one of the base, and what moved it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import fsum

from graph_sitter_db.errors import UsageError
from graph_sitter_db.gate.causes import of_debt, of_files, of_issues, of_symbols
from graph_sitter_db.gate.evidence import Evidence, selects
from graph_sitter_db.gate.policy import Condition
from graph_sitter_db.model.keys import Direction, Rollup, Scope
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.reports import IssueReport, RunSummary
from graph_sitter_db.model.rollup import extreme
from graph_sitter_db.model.rollup import measured as stem_of
from graph_sitter_db.model.verdicts import Cause
from graph_sitter_db.query import IssueSince, Touched
from graph_sitter_db.score import MODEL, points, written

ALIASES = {"coverage": "line_coverage", "quality_score": "score"}
OF_NEW_CODE = (
    "score, issues, debt, coverage, branch_coverage and the metrics of functions and classes"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """`why` says what is missing where `value` or `base` is None.

    `is_empty`: there is nothing that could have a value. A share of little says little.
    """

    measure: str
    title: str
    unit: str
    higher: bool  # is better
    value: float | None
    base: float | None = None
    why: str = ""
    is_share: bool = False
    is_empty: bool = False
    causes: Sequence[Cause] = ()


def measured(evidence: Evidence, condition: Condition, name: str, on: str) -> Measured:
    """`on` is project or patch. UsageError where nothing of that name is measured there."""
    if condition.target != "best":
        return _measured(evidence, condition, name, on)
    if on != "project" or condition.paths or condition.severity or condition.rules:
        raise UsageError(
            f"{on}.{name}: target = best is of a whole project, without paths, severity and rules"
        )
    found = _measured(evidence, condition, name, on)
    return replace(found, base=evidence.best(found.measure, higher=found.higher))


def _measured(evidence: Evidence, condition: Condition, name: str, on: str) -> Measured:
    measure = condition.measure or name
    measure = ALIASES.get(measure, measure)
    known: dict[tuple[str, str], Callable[[Evidence, Condition], Measured]] = {
        ("project", "score"): _score,
        ("project", "issues"): _issues,
        ("project", "debt"): _debt,
        ("patch", "score"): _new_score,
        ("patch", "issues"): _new_issues,
        ("patch", "debt"): _new_debt,
    }
    if found := known.get((on, measure)):
        return found(evidence, condition)
    metric = _metric(evidence, measure, f"{on}.{name}")
    if on == "project":
        return _whole(evidence, condition, metric, measure)
    if metric.category == "coverage" and metric.rollup is Rollup.SHARE:
        return _covered(evidence, condition, metric)
    if metric.finest is Scope.SYMBOL and metric.name == measure:
        return _worst(evidence, condition, metric)
    raise UsageError(f"patch.{name}: {measure} is not measured of new code; {OF_NEW_CODE} are.")


def _score(evidence: Evidence, condition: Condition) -> Measured:
    before, after = evidence.before, evidence.after
    same = before is not None and before.score_model == after.score_model
    return Measured(
        "score",
        "Quality score",
        "",
        True,
        _points(evidence, after, condition),
        _points(evidence, before, condition) if before and same else None,
        "" if same else "the base is scored by another model",
        causes=of_debt(_grown(evidence, condition)),
    )


def _points(evidence: Evidence, run: RunSummary, condition: Condition) -> float | None:
    """Of some paths, what they would score as a codebase of their own."""
    if condition.within is None or run.score_model != MODEL:
        return run.quality_score if condition.within is None else None
    issues = [each.issue for each in evidence.issues]
    files = evidence.files
    if run is not evidence.after:
        issues, files = [*evidence.issues_before], evidence.files_before
    matches = condition.within.match
    lines = [int(values.get("lines_source", 0)) for path, values in files.items() if matches(path)]
    debt = fsum(each.effort_minutes for each in issues if matches(each.path))
    return points(debt / written(lines))


def _issues(evidence: Evidence, condition: Condition) -> Measured:
    return _counted(evidence, condition, "issues", "Issues", "", len)


def _debt(evidence: Evidence, condition: Condition) -> Measured:
    return _counted(evidence, condition, "debt", "Technical debt", "minutes", _minutes)


def _counted(
    evidence: Evidence,
    condition: Condition,
    measure: str,
    title: str,
    unit: str,
    total: Callable[[Sequence[IssueReport]], float],
) -> Measured:
    """Against the base only rules count that meant the same then."""
    selected, skipped = selects(condition), evidence.redefined
    is_compared = condition.target in (None, "auto")
    now, then = (
        [each for each in side if selected(each) and not (is_compared and each.rule in skipped)]
        for side in ([each.issue for each in evidence.issues], evidence.issues_before)
    )
    grown = _grown(evidence, condition)
    causes = of_debt(grown) if measure == "debt" else of_issues(_new(grown))
    base = total(then) if evidence.before else None
    return Measured(measure, title, unit, False, total(now), base, causes=causes)


def _new_score(evidence: Evidence, condition: Condition) -> Measured:
    """What new code would score as a codebase of its own: its debt against its lines."""
    within, before = condition.within, evidence.before
    lines = [n for path, n in evidence.added.items() if within is None or within.match(path)]
    grown = _grown(evidence, condition)
    debt = fsum(each.grown for each in grown)
    same = before is not None and before.score_model == MODEL == evidence.after.score_model
    return Measured(
        "score",
        "Quality score of new code",
        "",
        True,
        points(debt / written(lines)),
        _points(evidence, before, condition) if before and same else None,
        "" if same else "the base is scored by another model",
        is_share=True,
        is_empty=not sum(lines) and not grown,
        causes=of_debt(grown),
    )


def _new_issues(evidence: Evidence, condition: Condition) -> Measured:
    new = _new(_grown(evidence, condition))
    return Measured("issues", "New issues", "", False, len(new), causes=of_issues(new))


def _new_debt(evidence: Evidence, condition: Condition) -> Measured:
    grown = _grown(evidence, condition)
    added = fsum(each.grown for each in grown)
    return Measured("debt", "New debt", "minutes", False, added, causes=of_debt(grown))


def _grown(evidence: Evidence, condition: Condition) -> list[IssueSince]:
    """Issues that are new, or take longer to mend than before."""
    selected = selects(condition)
    return [
        each
        for each in evidence.issues
        if each.has_grown and each.issue.rule not in evidence.redefined and selected(each.issue)
    ]


def _new(issues: Iterable[IssueSince]) -> list[IssueSince]:
    return [each for each in issues if each.is_new]


def _minutes(issues: Iterable[IssueReport]) -> float:
    return fsum(each.effort_minutes for each in issues)


def _metric(evidence: Evidence, measure: str, where: str) -> Metric:
    known = evidence.metrics
    if found := known.get(stem_of(measure, known)):
        return found
    raise UsageError(
        f"{where}: nothing is measured that is called {measure}. A condition is about score, "
        f"issues, debt, coverage or one of: {', '.join(known)}."
    )


def _whole(evidence: Evidence, condition: Condition, metric: Metric, measure: str) -> Measured:
    before, after, old = evidence.before, evidence.after, evidence.metrics_before
    value = evidence.values(after, evidence.metrics, condition.within).get(measure)
    base = evidence.values(before, old, condition.within).get(measure) if before else None
    why = ""
    if value is None:
        why = "not measured in this run"
    elif before and metric.name in old and old[metric.name].version != metric.version:
        base, why = None, f"{metric.name} is defined otherwise since the base was recorded"
    elif base is None:
        why = "not measured in the base"
    if value is None:
        return Measured(measure, metric.title, metric.unit, False, None, base, why)
    of = of_symbols if metric.finest is Scope.SYMBOL and metric.category != "coverage" else of_files
    return Measured(
        measure,
        metric.title,
        metric.unit,
        metric.direction is Direction.HIGHER,
        value,
        base,
        why,
        metric.rollup in (Rollup.SHARE, Rollup.MEAN),
        False,
        of(evidence, condition, metric, value if base is None else base),
    )


def _covered(evidence: Evidence, condition: Condition, metric: Metric) -> Measured:
    """Functions that are new or changed, weighed by their lines: by line it is not stored."""
    found = [
        (each.values[metric.name], each.end_line - each.start_line or 1, each)
        for each in _within(evidence.touched, condition)
        if metric.name in each.values
    ]
    weight = sum(lines for _, lines, _ in found)
    value = round(fsum(v * lines for v, lines, _ in found) / weight, 4) if weight else None
    return Measured(
        metric.name,
        f"{metric.title} of new code",
        metric.unit,
        True,
        value,
        _of_base(evidence, condition, metric.name),
        _uncovered(evidence, metric, bool(found)),
        True,
        not found and metric.name in evidence.values(evidence.after, evidence.metrics, None),
        of_symbols(evidence, condition, metric, 100),
    )


def _uncovered(evidence: Evidence, metric: Metric, is_known: bool) -> str:
    if is_known:
        return ""
    if metric.name in evidence.values(evidence.after, evidence.metrics, None):
        return "no function that a report mentions is new or changed"
    return "not measured in this run: record --coverage"


def _worst(evidence: Evidence, condition: Condition, metric: Metric) -> Measured:
    """Of functions (or classes) that are new, or whose value got worse."""
    higher = metric.direction is Direction.HIGHER
    worse = [
        each.values[metric.name]
        for each in _within(evidence.touched, condition)
        if _is_worse(each, metric.name, higher)
    ]
    value = (min(worse) if higher else max(worse)) if worse else None
    return Measured(
        metric.name,
        f"{metric.title}, worst of new code",
        metric.unit,
        higher,
        value,
        _of_base(evidence, condition, extreme(metric.name, metric.direction)),
        "" if worse else "nothing that it is measured of is new or worse",
        is_empty=not worse,
        causes=of_symbols(evidence, condition, metric, None),
    )


def _within(symbols: Iterable[Touched], condition: Condition) -> list[Touched]:
    within = condition.within
    return [each for each in symbols if within is None or within.match(each.path)]


def _is_worse(symbol: Touched, name: str, higher: bool) -> bool:
    if name not in symbol.values:
        return False
    if symbol.before is None or name not in symbol.before:
        return True
    change = symbol.values[name] - symbol.before[name]
    return change < 0 if higher else change > 0


def _of_base(evidence: Evidence, condition: Condition, measure: str) -> float | None:
    """What `target = "auto"` means on new code: the value of the whole base."""
    if evidence.before is None or condition.target != "auto":
        return None
    old = evidence.metrics_before
    return evidence.values(evidence.before, old, condition.within).get(measure)

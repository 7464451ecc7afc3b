"""What moved a number for the worse, the worst first."""

from collections.abc import Iterable, Mapping, Sequence

from graph_sitter_db.gate.evidence import Evidence
from graph_sitter_db.gate.policy import Condition
from graph_sitter_db.model.keys import Direction, Rollup, Severity
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.verdicts import Cause
from graph_sitter_db.query import IssueSince, Touched

_SEVERITIES = list(Severity)


def of_issues(issues: Iterable[IssueSince]) -> list[Cause]:
    """The gravest first, of these the one that takes longest to mend."""
    ordered = sorted(
        issues, key=lambda each: (-_SEVERITIES.index(Severity(each.issue.severity)), -each.grown)
    )
    return [_of_issue(each) for each in ordered]


def of_debt(issues: Iterable[IssueSince]) -> list[Cause]:
    """What takes longest to mend first."""
    return [_of_issue(each) for each in sorted(issues, key=lambda each: -each.grown)]


def of_symbols(
    evidence: Evidence, condition: Condition, metric: Metric, usual: float | None
) -> list[Cause]:
    """Symbols that are new or changed. A new one is held against `usual`, as far as values do not
    add up."""
    within, sign = condition.within, _sign(metric)
    reference = 0 if metric.rollup is Rollup.SUM or usual is None else usual
    moved = []
    for each in evidence.touched:
        if metric.name in each.values and (within is None or within.match(each.path)):
            before = (each.before or {}).get(metric.name)
            change = each.values[metric.name] - (reference if before is None else before)
            if sign * change > 0:
                moved.append((sign * change, _of_symbol(each, metric, before, change)))
    return _worst_first(moved)


def of_files(
    evidence: Evidence, condition: Condition, metric: Metric, usual: float | None
) -> list[Cause]:
    """Files by what each added to a total, or took from a mean, where it has its weight."""
    within, after, before = condition.within, evidence.files, evidence.files_before
    moved = []
    for path in (path for path in after if within is None or within.match(path)):
        old, new = (side.get(path, {}).get(metric.name) for side in (before, after))
        cost = _cost(metric, after[path], usual) - _cost(metric, before.get(path, {}), usual)
        if new is not None and cost > 0:
            moved.append((cost, _of_file(path, metric, old, new)))
    return _worst_first(moved)


def _of_issue(found: IssueSince) -> Cause:
    issue = found.issue
    return Cause(
        path=issue.path,
        symbol=issue.symbol,
        start_line=issue.start_line,
        end_line=issue.end_line,
        message=issue.message,
        change=found.grown,
        rule=issue.rule,
        severity=issue.severity,
        after=issue.measured,
        commits=[],
    )


def _of_symbol(symbol: Touched, metric: Metric, before: float | None, change: float) -> Cause:
    return Cause(
        path=symbol.path,
        symbol=symbol.key,
        start_line=symbol.start_line,
        end_line=symbol.end_line,
        message="new" if symbol.before is None else "changed",
        change=change,
        before=before,
        after=symbol.values[metric.name],
        commits=[],
    )


def _of_file(path: str, metric: Metric, before: float | None, after: float) -> Cause:
    return Cause(
        path=path,
        symbol=None,
        start_line=1,
        end_line=1,
        message="new" if before is None else "changed",
        change=after - (before or 0),
        before=before,
        after=after,
        commits=[],
    )


def _cost(metric: Metric, values: Mapping[str, float], usual: float | None) -> float:
    """Upwards is worse."""
    if metric.name not in values:
        return 0
    value, sign = values[metric.name], _sign(metric)
    match metric.rollup:
        case Rollup.SUM | Rollup.MAX:
            return sign * value
    weight = metric.weight or ("lines_source" if metric.rollup is Rollup.SHARE else None)
    return sign * (value - (usual or 0)) * (values.get(weight, 0) if weight else 1)


def _sign(metric: Metric) -> int:
    return -1 if metric.direction is Direction.HIGHER else 1


def _worst_first(moved: Sequence[tuple[float, Cause]]) -> list[Cause]:
    return [cause for _, cause in sorted(moved, key=lambda each: -each[0])]

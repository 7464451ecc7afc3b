"""From a measured value and what a policy wants of it to an outcome."""

from graph_sitter_db.errors import UsageError
from graph_sitter_db.gate.measured import Measured
from graph_sitter_db.gate.policy import Condition
from graph_sitter_db.model.verdicts import ConditionReport

MOST_CAUSES = 20  # told of one condition
# Sums of minutes and rounded means are not exact.
CLOSE = 1e-6


def judged(
    condition: Condition, name: str, on: str, found: Measured, *, is_small: bool, is_new: bool
) -> ConditionReport:
    """`is_small`: too few lines were added for a share of them; `is_new`: there is no base."""
    limit = _limit(condition, on, name, found)
    status, told = _outcome(condition, found, limit, is_small and on == "patch", is_new)
    is_told = status in ("failed", "warned") or _is_worse(found)
    return ConditionReport(
        name=name,
        on=on,
        measure=found.measure,
        title=found.title,
        unit=found.unit,
        status=status,
        level="fail" if condition.fails else "warn",
        value=found.value,
        base=found.base,
        limit=limit,
        comparison="at least" if found.higher else "at most",
        paths=[*condition.paths],
        told=told,
        causes=[*found.causes[:MOST_CAUSES]] if is_told else [],
        cause_count=len(found.causes) if is_told else 0,
    )


def overall(conditions: list[ConditionReport]) -> str:
    """What must not be undecided decides more than what is only told."""
    found = {each.status for each in conditions}
    if "failed" in found:
        return "failed"
    if any(each.status == "undecided" and each.level == "fail" for each in conditions):
        return "undecided"
    return "warned" if found & {"warned", "undecided"} else "passed"


def _limit(condition: Condition, on: str, name: str, found: Measured) -> float | None:
    target = condition.target
    if on == "patch" and found.measure in ("issues", "debt"):
        if target == "auto":
            raise UsageError(f"patch.{name}: new {found.measure} have no base, give a number")
        target = target or 0
    elif on == "patch" and target is None:
        raise UsageError(f"patch.{name}: what is to be kept to? Give target a number, or auto")
    base = found.base if target in (None, "auto", "best") else target
    if base is None or isinstance(base, str):
        return None
    return base - condition.threshold if found.higher else base + condition.threshold


def _outcome(
    condition: Condition, found: Measured, limit: float | None, is_small: bool, is_new: bool
) -> tuple[str, str]:
    if found.is_empty:
        return "skipped", found.why or "nothing that it is about is new"
    if found.value is None or limit is None:
        if is_new and found.value is not None:
            return "skipped", "the base has nothing to compare with"
        return _not_found(condition), found.why
    if is_small and found.is_share:
        return "skipped", "a small change: too few lines for a share of them"
    if found.value >= limit - CLOSE if found.higher else found.value <= limit + CLOSE:
        return "passed", ""
    return ("failed" if condition.fails else "warned"), ""


def _not_found(condition: Condition) -> str:
    match condition.if_not_found:
        case "success":
            return "skipped"
        case "failure":
            return "failed" if condition.fails else "warned"
    return "undecided"


def _is_worse(found: Measured) -> bool:
    if found.value is None or found.base is None:
        return False
    return found.value < found.base if found.higher else found.value > found.base

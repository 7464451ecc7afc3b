"""How a measured value and what a policy wants of it become an outcome."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.errors import UsageError
from graph_sitter_db.gate.measured import Measured
from graph_sitter_db.gate.policy import Condition
from graph_sitter_db.gate.verdict import judged, overall
from graph_sitter_db.model.verdicts import ConditionReport

VALUES = st.floats(-1000, 1000)
ORDER = ("passed", "failed")


def found(value: float | None = 80, base: float | None = 81, **changes: Any) -> Measured:
    higher = changes.pop("higher", True)
    return Measured("m", "M", "", higher, value, base, **{"why": "not measured", **changes})


def outcome(
    condition: Condition, measured: Measured, on: str = "project", **known: bool
) -> ConditionReport:
    return judged(condition, "m", on, measured, **{"is_small": False, "is_new": False, **known})


@given(value=VALUES, base=VALUES, gain=st.floats(0, 100), allowed=st.floats(0, 100))
@pytest.mark.parametrize("higher", [True, False])
@pytest.mark.parametrize("target", ["auto", 5.0])
def test_what_passes_passes_when_it_is_better_or_more_is_allowed(
    higher: bool, target: Any, value: float, base: float, gain: float, allowed: float
) -> None:
    condition = Condition(target=target)
    measured = found(value, base, higher=higher)
    first = ORDER.index(outcome(condition, measured).status)
    better = replace(measured, value=value + gain if higher else value - gain)
    assert ORDER.index(outcome(condition, better).status) <= first
    lenient = condition.model_copy(update={"threshold": allowed})
    assert ORDER.index(outcome(lenient, measured).status) <= first


@given(value=VALUES)
def test_what_did_not_change_passes_against_the_base(value: float) -> None:
    for higher in (True, False):
        assert outcome(Condition(), found(value, value, higher=higher)).status == "passed"


def test_a_condition_that_only_tells_warns_where_another_fails() -> None:
    for condition in (Condition(informational=True), Condition(level="warn")):
        assert outcome(condition, found(70)).status == "warned"
    assert outcome(Condition(), found(70)).status == "failed"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (Condition(target=80), "undecided"),
        (Condition(target=80, if_not_found="success"), "skipped"),
        (Condition(target=80, if_not_found="failure"), "failed"),
        (Condition(target=80, if_not_found="failure", level="warn"), "warned"),
    ],
)
def test_what_is_not_measured_is_what_the_policy_makes_of_it(
    condition: Condition, status: str
) -> None:
    report = outcome(condition, found(None))
    assert (report.status, report.told) == (status, "not measured")


def test_a_missing_base_is_undecided_unless_all_is_new() -> None:
    assert outcome(Condition(), found(base=None)).status == "undecided"
    assert outcome(Condition(), found(base=None), is_new=True).status == "skipped"
    assert outcome(Condition(target=90), found(base=None), is_new=True).status == "failed"


def test_only_a_share_of_new_code_is_left_out_of_a_small_change() -> None:
    share, number = found(10, is_share=True), found(10)
    condition = Condition(target=80)
    assert outcome(condition, share, "patch", is_small=True).status == "skipped"
    assert outcome(condition, number, "patch", is_small=True).status == "failed"
    assert outcome(condition, share, "project", is_small=True).status == "failed"


def test_new_code_needs_to_be_told_what_to_keep_to() -> None:
    with pytest.raises(UsageError, match=r"patch\.m: what is to be kept to\?"):
        outcome(Condition(), found(), "patch")


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([], "passed"),
        (["passed", "skipped"], "passed"),
        (["passed", "warned"], "warned"),
        (["warned", "undecided"], "undecided"),
        (["undecided", "failed"], "failed"),
    ],
)
def test_the_worst_outcome_is_the_verdict(outcomes: list[str], status: str) -> None:
    report = outcome(Condition(), found())
    reports = [report.model_copy(update={"status": each}) for each in outcomes]
    assert overall(reports) == status


def test_what_only_tells_leaves_nothing_undecided() -> None:
    assert overall([outcome(Condition(level="warn"), found(None))]) == "warned"

"""Our figures are those of the best other tools; where they are not, it is known why."""

from pathlib import Path

from tests.oracles.comparison import Comparison
from tests.oracles.page import COMPARISONS, HEAD

PAGE = Path(__file__).parents[2] / "docs" / "checked-against.md"
COMMAND = "python -m tests.oracles.page > docs/checked-against.md"


def test_every_difference_has_a_reason(comparison: Comparison) -> None:
    assert [each for each in comparison.differences if each.reason is None] == []


def test_every_reason_has_a_difference(comparison: Comparison) -> None:
    assert set(comparison.reasons) - {each.reason for each in comparison.differences} == set()


def test_as_many_figures_as_promised_are_equal(comparison: Comparison) -> None:
    assert comparison.compared >= comparison.least
    assert comparison.equal / comparison.compared >= comparison.floor


def test_the_page_says_what_was_measured(comparison: Comparison) -> None:
    assert f"\n{comparison.section()}\n" in PAGE.read_text(), f"run: {COMMAND}"


def test_the_page_has_a_section_for_each_comparison_and_no_other() -> None:
    head, *sections = PAGE.read_text().split("\n## ")
    assert f"{head}\n" == HEAD
    assert len(sections) == len(COMPARISONS)

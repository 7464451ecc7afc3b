"""The maintainability index: the formula's reference points, and what it is applied to."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure
from graph_sitter_db.measure.metrics.maintainability import index


@pytest.mark.parametrize(
    ("volume", "complexity", "lines", "value"),
    [
        (200, 10, 78, 41.269),  # radon's test point, in Visual Studio's form without comments
        (10, 2, 5, 77.482),  # 171 - 11.9734 - 0.46 - 26.0729 = 132.4937, by 1.71
        (1, 0, 1, 100),
        (1e9, 500, 1e5, 0),  # far below nothing
    ],
)
def test_reference_points(volume: float, complexity: float, lines: float, value: float) -> None:
    assert index(volume, complexity, lines) == pytest.approx(value, abs=0.0006)


@given(st.floats(1, 1e9), st.integers(0, 10_000), st.integers(1, 10**6))
def test_it_lies_between_0_and_100_and_never_rises_with_size(
    volume: float, complexity: int, lines: int
) -> None:
    value = index(volume, complexity, lines)
    assert value is not None
    assert 0 <= value <= 100
    for larger in (index(volume * 2, complexity, lines), index(volume, complexity + 1, lines)):
        assert larger is not None
        assert larger <= value


def test_without_code_there_is_none(read: Reader) -> None:
    assert index(0, 0, 5) is None
    assert index(5, 0, 0) is None
    assert "maintainability_index" not in measure.measure(read("# said\n")).values


def test_a_functions_is_of_its_own_level(read: Reader) -> None:
    facts = read(
        "def f(a):\n    def g():\n        return 1\n        # said\n    if a:\n        return g\n"
    )
    measured = measure.measure(facts)
    outer = measured.symbol_values[0]
    volume = outer["halstead_volume"]
    expected = (171 - 5.2 * log(volume) - 0.23 * 2 - 16.2 * log(3)) / 1.71
    assert outer["maintainability_index"] == pytest.approx(expected, abs=0.006)


def test_a_files_is_of_all_of_it(read: Reader) -> None:
    values = measure.measure(read("def f(a):\n    if a: pass\n\n\nx = 1 if f else 2\n")).values
    volume = values["halstead_volume"]
    expected = (171 - 5.2 * log(volume) - 0.23 * 3 - 16.2 * log(3)) / 1.71
    assert values["maintainability_index"] == pytest.approx(expected, abs=0.006)


def test_a_wholes_is_the_mean_weighed_by_source_lines(read: Reader) -> None:
    files = [
        measure.measure(read("x = 1\n")),
        measure.measure(read("def f(a):\n    if a:\n        return a * 2 + 1\n    return 0\n")),
        measure.measure(read("")),
    ]
    first, second, _ = (file.values.get("maintainability_index", 0) for file in files)
    totals = measure.totals(files, {})
    assert totals["maintainability_index"] == pytest.approx((first + 4 * second) / 5, abs=1e-4)
    assert totals["maintainability_index_min"] == totals["maintainability_index_mean"]

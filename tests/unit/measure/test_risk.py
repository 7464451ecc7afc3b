"""The risk profile: each line of code in functions, once, by how complex its function is."""

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure
from graph_sitter_db.model.facts import MeasuredFile

BANDS = ("low", "moderate", "high", "very_high")


def with_paths(name: str, paths: int) -> str:
    """A function of so many paths, and as many lines."""
    return f"def {name}(a):\n" + "    if a: pass\n" * (paths - 1)


def profile(file: MeasuredFile) -> list[float]:
    return [file.values[f"risk_lines_{band}"] for band in BANDS]


@pytest.mark.parametrize(
    ("paths", "band"),
    [(1, 0), (10, 0), (11, 1), (20, 1), (21, 2), (50, 2), (51, 3), (400, 3)],
)
def test_bands_end_where_sig_says(read: Reader, paths: int, band: int) -> None:
    expected = [0.0] * 4
    expected[band] = paths
    assert profile(measure.measure(read(with_paths("f", paths)))) == expected


def test_lines_of_functions_inside_count_once_and_as_theirs(read: Reader) -> None:
    inner = "".join(f"        {line}\n" for line in with_paths("g", 12).splitlines())
    file = measure.measure(read(f"def f():\n    if f:\n{inner}    return 1\nx = 1\n"))
    assert profile(file) == [3, 12, 0, 0]
    assert file.values["function_lines"] == 15


def test_anonymous_functions_too(read: Reader) -> None:
    source = "function f() {\n  return g(() => {\n    return 1\n  })\n}\n"
    file = measure.measure(read(source, "a.ts"))
    assert file.values["function_lines"] == file.facts.lines.source == 5


def test_shares_of_a_whole_are_those_of_its_lines(read: Reader) -> None:
    sources = (with_paths("f", 30), with_paths("g", 10) + with_paths("h", 60), "x = 1\n")
    files = [measure.measure(read(source)) for source in sources]
    totals = measure.totals(files, {})
    assert totals["function_lines"] == 100
    assert [totals[f"risk_lines_{band}"] for band in BANDS] == [10, 0, 30, 60]
    assert [totals[f"risk_{band}"] for band in BANDS] == [10, 0, 30, 60]
    assert files[1].values["risk_very_high"] == pytest.approx(100 * 60 / 70, abs=1e-4)


def test_without_functions_there_is_no_share(read: Reader) -> None:
    values = measure.measure(read("x = 1\n")).values
    assert values["risk_lines_low"] == values["function_lines"] == 0
    assert "risk_low" not in values

"""Coverage of files and functions from what real reports say of lines, worked out by hand."""

import pytest

from graph_sitter_db import measure
from graph_sitter_db.measure.metrics.coverage import COVERAGE
from graph_sitter_db.model.coverage import Coverage, CoverageReport, FileCoverage, Span, Tally
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.rollup import Part, rolled_up

PYTHON, TYPESCRIPT = Family.PYTHON, Family.TYPESCRIPT


def report(files: dict[str, dict[int, int]], name: str = "c.xml") -> CoverageReport:
    return CoverageReport(name, {path: FileCoverage(hits, {}) for path, hits in files.items()})


def covered(reports: list[CoverageReport], functions: dict[str, list[Span]]) -> Coverage:
    found = measure.coverage(reports, functions, PYTHON)
    assert found is not None
    return found


NESTED = [Span("f", 2, 9), Span("f.g", 4, 6), Span("h", 10, 10), Span("i", 12, 14)]


def test_a_line_belongs_to_the_innermost_function_and_a_first_line_to_what_is_around() -> None:
    hits = {1: 1, 2: 1, 3: 1, 4: 1, 5: 0, 6: 0, 7: 1, 8: 0, 10: 1, 12: 1}
    found = covered([report({"a.py": hits})], {"a.py": NESTED})
    assert found.functions == {
        ("a.py", "f"): {"line_coverage": 75.0},  # 3, 4, 7 of 3, 4, 7, 8
        ("a.py", "f.g"): {"line_coverage": 0.0},  # never called, though its first line ran
    }
    assert found.files == {"a.py": {"line_coverage": 70.0, "executable_lines": 10}}


def test_what_a_report_does_not_mention_has_no_value() -> None:
    functions = {"a.py": NESTED, "b.py": [Span("k", 1, 3)], "empty.py": []}
    found = covered([report({"a.py": {1: 1}, "empty.py": {}})], functions)
    of_a = {"line_coverage": 100.0, "executable_lines": 1}
    assert found.files == {"a.py": of_a, "empty.py": {}}
    assert found.functions == {}


def test_the_whole_is_weighted_by_executable_lines() -> None:
    hits = {"a.py": dict.fromkeys(range(1, 10), 1), "b.py": {1: 0}, "c.py": {}}
    found = covered([report(hits)], {path: [] for path in hits})
    assert found.values == {"line_coverage": 90.0, "executable_lines": 10}
    assert found.total == Tally(10, 9, 0, 0)


def test_the_roll_up_of_files_is_the_whole() -> None:
    hits = {"a.py": dict.fromkeys(range(1, 10), 1), "b.py": {1: 0}, "c.py": {}}
    found = covered([report(hits)], {path: [] for path in hits})
    assert rolled_up([Part(each) for each in found.files.values()], COVERAGE) == found.values


def test_branches_are_shares_of_their_own_and_need_no_executable_line() -> None:
    file = FileCoverage({2: 1, 3: 0}, {2: (0, 2), 3: (3, 4), 13: (1, 1)})
    found = covered(
        [CoverageReport("c", {"a.py": file})], {"a.py": [Span("f", 1, 3), Span("i", 12, 14)]}
    )
    assert found.functions == {
        ("a.py", "f"): {"line_coverage": 50.0, "branch_coverage": 50.0},
        ("a.py", "i"): {"branch_coverage": 100.0},
    }
    assert found.values == {
        "line_coverage": 50.0,
        "branch_coverage": pytest.approx(57.1429),
        "executable_lines": 2,
        "branches": 7,
    }


def test_several_reports_are_one() -> None:
    unit = FileCoverage({1: 1, 2: 0, 3: 0}, {2: (0, 2), 3: (1, 2)})
    whole = FileCoverage({1: 0, 2: 4}, {2: (1, 2), 3: (1, 2)})
    reports = [CoverageReport("unit", {"a.py": unit}), CoverageReport("whole", {"/ci/a.py": whole})]
    found = covered(reports, {"a.py": []})
    # Whether both took the same of line 3's branches neither says.
    assert (found.total, found.reports) == (Tally(3, 2, 4, 2), ("unit", "whole"))


def test_what_went_nowhere_is_counted_and_named() -> None:
    names = ["a.py", *(f"gone/{n}.py" for n in range(4)), "x.py", "y.vue"]
    functions: dict[str, list[Span]] = {"a.py": [], "s/x.py": [], "t/x.py": []}
    found = covered([report({name: {1: 1} for name in names})], functions)
    assert found.notes == (
        "c.xml: files that are not in this codebase: 5 of 7 (gone/0.py, gone/1.py, gone/2.py …)",
        "c.xml: files that could only be guessed at, and are left out: 1 of 7 (x.py)",
    )
    assert covered([report({"a.py": {1: 1}})], functions).notes == ()


def test_files_of_the_codebase_beside_are_none_of_this_ones() -> None:
    both = report({"a.py": {1: 1}, "b.ts": {1: 0}, "c.vue": {1: 1}}, "both")
    web, go = report({"b.ts": {1: 1}}, "web"), report({"d.go": {1: 1}}, "go")
    found = measure.coverage([both, web], {"a.py": []}, PYTHON, [TYPESCRIPT])
    assert found and found.reports == ("both",)
    assert found.notes == ("both: files that are not in this codebase: 1 of 3 (c.vue)",)
    assert measure.coverage([web], {"a.py": []}, PYTHON, [TYPESCRIPT]) is None
    for stray in (web, go):
        (note,) = covered([stray], {"a.py": []}).notes
        assert note.startswith(f"{stray.name}: files that are not in this codebase: 1 of 1 (")
    assert measure.coverage([go], {"a.py": []}, PYTHON, [TYPESCRIPT]) is not None

"""`record` with coverage reports: what is stored of them, and what of it is told."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.reports import AnalysisResult

ASSETS = Path(__file__).parents[2] / "assets" / "coverage"
SHAPES = ASSETS / "shapes"
AREA, UNUSED = "src/shapes/area.py", "src/shapes/unused.py"

type Make = Callable[..., Path]


@pytest.fixture
def shapes(repository: Make) -> Path:
    files = [path for path in SHAPES.rglob("*") if path.suffix in (".py", ".js")]
    return repository({path.relative_to(SHAPES).as_posix(): path.read_bytes() for path in files})


def record(adapter: CodebaseDBAdapter, root: Path, *reports: str, **options: Any) -> Any:
    options = {"languages": ["python"], "depth": "syntax", **options}
    (result,) = adapter.record(root, coverage=[ASSETS / name for name in reports], **options)
    return result


def stored(
    database: str, run: object, metric: str = "line_coverage"
) -> dict[tuple[str, str], float]:
    query = """
        SELECT scope, scope_identifier, value_numeric FROM analytics.metrics
        WHERE analysis_run_id = %s AND metric_name = %s
    """
    with psycopg.connect(database) as connection:
        rows = connection.execute(query, (run, metric)).fetchall()
    return {(scope, of_what): float(value) for scope, of_what, value in rows}


def of_run(database: str, run: object) -> Mapping[str, Any]:
    with psycopg.connect(database, row_factory=psycopg.rows.dict_row) as connection:
        row = connection.execute(
            "SELECT test_coverage, metrics, notes FROM analytics.analysis_runs WHERE id = %s",
            (run,),
        ).fetchone()
    assert row
    return row


def test_values_of_files_functions_and_the_whole_are_stored_and_told(
    adapter: CodebaseDBAdapter, shapes: Path, installed_database: str
) -> None:
    result = record(adapter, shapes, "coverage_py.xml")
    lines, branches = (
        stored(installed_database, result.id, name) for name in ("line_coverage", "branch_coverage")
    )
    assert lines == {
        ("codebase", ""): 73.0769,  # 19 of 26
        ("file", AREA): 79.1667,
        ("file", UNUSED): 0,
        ("symbol", f"{AREA}:circle"): 66.6667,
        ("symbol", f"{AREA}:scaled"): 100,
        ("symbol", f"{AREA}:scaled.apply"): 66.6667,
        ("symbol", f"{AREA}:scaled.undo"): 0,
        ("symbol", f"{AREA}:never"): 0,
        ("symbol", f"{AREA}:Box.area"): 100,
        ("symbol", f"{AREA}:Box.__repr__"): 0,
        ("symbol", f"{UNUSED}:idle"): 0,
    }
    assert branches == {
        ("codebase", ""): 66.6667,
        ("file", AREA): 66.6667,
        ("symbol", f"{AREA}:circle"): 50,
        ("symbol", f"{AREA}:scaled.apply"): 50,
    }
    row = of_run(installed_database, result.id)
    assert float(row["test_coverage"]) == 73.08
    assert {"line_coverage": 73.0769, "branch_coverage": 66.6667}.items() <= row["metrics"].items()
    assert result.coverage.model_dump() == {
        "line_coverage": 73.0769,
        "branch_coverage": 66.6667,
        "lines": 26,
        "lines_covered": 19,
        "branches": 6,
        "branches_taken": 4,
        "files": 3,
        "reports": [str(ASSETS / "coverage_py.xml")],
    }
    assert result.metrics["line_coverage"] == 73.0769 and result.notes == []


def test_a_folder_is_covered_as_its_executable_lines_are(
    adapter: CodebaseDBAdapter, shapes: Path
) -> None:
    run = record(adapter, shapes, "coverage_py.xml").id
    found = {each.name: each.value for each in adapter.metrics(run, "src").metrics}
    assert found["line_coverage"] == pytest.approx(100 * 19 / 26, abs=1e-4)
    assert (found["branch_coverage"], found["executable_lines"]) == (66.6667, 26)
    found = {each.name: each.value for each in adapter.metrics(run, "run.py").metrics}
    assert (found["line_coverage"], found["executable_lines"]) == (None, None)


def test_what_the_report_does_not_mention_is_unknown_and_never_zero(
    adapter: CodebaseDBAdapter, shapes: Path
) -> None:
    run = record(adapter, shapes, "coverage_py.lcov").id
    files = {file.path: file.line_coverage for file in adapter.files(run)}
    empty = "src/shapes/__init__.py"  # mentioned, but without executable lines
    assert files == {AREA: 79.1667, UNUSED: 0.0, empty: None, "run.py": None}
    symbols = {symbol.key: symbol for symbol in adapter.symbols(run, "")}
    assert symbols["circle"].line_coverage == 66.6667
    assert (symbols["circle"].branch_coverage, symbols["scaled"].branch_coverage) == (50.0, None)
    # A function on one line has none of its own; a class and a variable are no functions.
    assert [symbols[key].line_coverage for key in ("one", "Box", "UNITS")] == [None] * 3


def test_functions_have_the_lines_that_coverage_py_gives_them(
    adapter: CodebaseDBAdapter, shapes: Path
) -> None:
    run = record(adapter, shapes, "coverage_py.xml").id
    ours = {symbol.key: symbol.line_coverage for symbol in adapter.symbols(run, "")}
    files = json.loads((ASSETS / "coverage_py.json").read_text())["files"].values()
    theirs = {name: each["summary"] for file in files for name, each in file["functions"].items()}
    percent = {
        name: round(100 * each["covered_lines"] / each["num_statements"], 4)
        for name, each in theirs.items()
        if name and name != "one"  # it takes the line on which `one` is defined for its body
    }
    assert {name: ours[name] for name in percent} == percent and len(percent) == 8


def test_no_report_means_no_coverage(
    adapter: CodebaseDBAdapter, shapes: Path, installed_database: str
) -> None:
    result = record(adapter, shapes)
    assert (result.coverage, result.metrics.get("line_coverage")) == (None, None)
    assert stored(installed_database, result.id) == {}
    assert of_run(installed_database, result.id)["test_coverage"] is None
    assert {file.line_coverage for file in adapter.files(result.id)} == {None}


def test_a_report_is_attached_to_the_run_that_there_is_and_the_next_replaces_it(
    adapter: CodebaseDBAdapter, shapes: Path, installed_database: str, tmp_path: Path
) -> None:
    first = record(adapter, shapes)
    second = record(adapter, shapes, "coverage_py.xml")
    assert (second.id, second.already_recorded, second.rows_written) == (first.id, True, {})
    assert second.coverage.lines_covered == 19
    other = tmp_path / "other.lcov"
    other.write_text(f"SF:/elsewhere/{UNUSED}\nDA:2,1\nend_of_record\nSF:gone.py\nend_of_record\n")
    (third,) = adapter.record(shapes, languages=["python"], depth="syntax", coverage=str(other))
    assert third.id == first.id
    whole = ("codebase", "")
    assert stored(installed_database, first.id) == {
        whole: 100,
        ("file", UNUSED): 100,
        ("symbol", f"{UNUSED}:idle"): 100,
    }
    assert stored(installed_database, first.id, "branch_coverage") == {}
    assert "branch_coverage" not in of_run(installed_database, first.id)["metrics"]
    assert third.notes == [f"{other}: files that are not in this codebase: 1 of 2 (gone.py)"]
    assert [each.id for each in adapter.runs()] == [first.id]
    assert record(adapter, shapes).coverage == third.coverage  # what is known stays


def test_a_changed_working_tree_has_coverage_of_its_own(
    adapter: CodebaseDBAdapter, shapes: Path
) -> None:
    (shapes / UNUSED).write_text("def idle():\n    return 2\n")
    first = record(adapter, shapes, "coverage_py.xml")
    assert first.is_working_tree and first.coverage.lines == 26
    again = record(adapter, shapes, "coverage_py.lcov")
    assert (again.id, again.coverage.reports) == (first.id, [str(ASSETS / "coverage_py.lcov")])


def test_each_language_gets_its_part_of_the_reports(
    adapter: CodebaseDBAdapter, shapes: Path
) -> None:
    reports = [ASSETS / "coverage_py.xml", ASSETS / "nyc.xml"]

    def recorded(*given: Path) -> dict[str, AnalysisResult]:
        return {
            each.language: each for each in adapter.record(shapes, depth="syntax", coverage=given)
        }

    first = recorded(*reports)
    told = {language: each.coverage and each.coverage.lines for language, each in first.items()}
    assert told == {"python": 26, "typescript": 13}
    assert [each.notes for each in first.values()] == [[], []]
    run = first["typescript"].id
    assert run
    symbols = [each for each in adapter.symbols(run, "") if each.path == "web/format.js"]
    keys = {each.key: each.line_coverage for each in symbols}
    assert (keys["unit"], keys["never"], keys["Label.constructor"]) == (66.6667, 0.0, 100.0)
    assert (keys["short"], keys["Label.upper"]) == (None, 0.0)
    # Only the run that a report is about gets new values.
    second = recorded(ASSETS / "c8.lcov")
    assert second["python"].coverage == first["python"].coverage
    covered = second["typescript"].coverage
    assert covered and (covered.lines, covered.reports) == (29, [str(ASSETS / "c8.lcov")])


def test_a_report_of_another_project_is_told_and_leaves_everything_unknown(
    adapter: CodebaseDBAdapter, repository: Make
) -> None:
    result = record(adapter, repository({"a.py": "def f():\n    pass\n"}), "nyc.xml")
    assert (result.coverage.line_coverage, result.coverage.lines) == (None, 0)
    (note,) = result.notes
    assert note.endswith("not in this codebase: 2 of 2 (web/format.js, web/run.js)")


def test_a_useless_report_is_refused_before_anything_is_recorded(
    adapter: CodebaseDBAdapter, shapes: Path
) -> None:
    for name, found in (("clover.xml", "no <class>"), ("none.xml", "cannot be read")):
        with pytest.raises(UsageError, match=found):
            record(adapter, shapes, name)
    assert adapter.runs(unfinished=True) == []


def test_coverage_is_compared_where_both_runs_have_it(
    adapter: CodebaseDBAdapter, shapes: Path, git: Callable[..., str]
) -> None:
    first = record(adapter, shapes, "coverage_py.xml")
    git(shapes, "commit", "-q", "--allow-empty", "-m", "Second")
    report = shapes.parent / "better.lcov"
    report.write_text(f"SF:{AREA}\nDA:3,1\nend_of_record\n")
    (second,) = adapter.record(shapes, languages=["python"], depth="syntax", coverage=[report])
    changes = {
        each.metric: each for each in adapter.compare_analyses(first.id, second.id or "").metrics
    }
    assert changes["line_coverage"].verdict == "better"
    assert (changes["branch_coverage"].before, changes["branch_coverage"].after) == (66.6667, None)


def test_names_that_no_database_can_hold_are_written_out(
    adapter: CodebaseDBAdapter, repository: Make, tmp_path: Path
) -> None:
    report = tmp_path / "odd.lcov"
    report.write_bytes(b"SF:a.py\nDA:2,1\nend_of_record\nSF:\xff\0.py\nend_of_record\n")
    root = repository({"a.py": "def f():\n    pass\n"})
    (result,) = adapter.record(root, depth="syntax", coverage=[report])
    assert "1 of 2 (\\xff\\x00.py)" in result.notes[0]
    assert result.coverage and result.coverage.line_coverage == 100


def test_a_function_whose_name_no_index_could_hold_has_its_coverage(
    adapter: CodebaseDBAdapter, repository: Make, tmp_path: Path
) -> None:
    digits = "".join(sha256(str(n).encode()).hexdigest() for n in range(40))  # hardly compressible
    path = f"{digits[:200]}/{digits[200:400]}/a.py"
    report = tmp_path / "long.lcov"
    report.write_text(f"SF:{path}\nDA:2,1\nDA:5,0\nend_of_record\n")
    root = repository({path: f"def f{digits}():\n    pass\n\ndef g():\n    pass\n"})
    (result,) = adapter.record(root, depth="syntax", coverage=[report])
    assert result.id
    covered = {each.name[:1]: each.line_coverage for each in adapter.symbols(result.id, "")}
    assert covered == {"f": 100.0, "g": 0.0}

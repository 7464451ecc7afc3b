"""`record` with other tools' reports: kept with the run, known again, shown beside ours."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Git, Write

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.model.reports import AnalysisResult
from graph_sitter_db.present import reported

SOURCE = (
    "import os\n\n\ndef f(x):\n    y = 1\n    return x\n\n\ndef g(x):\n    y = 1\n    return x\n"
)
type Finding = tuple[str, str, int]  # rule, path, line


@pytest.fixture
def root(repository: Callable[..., Path]) -> Path:
    return repository({"src/a.py": SOURCE, "src/b.ts": "export const b = 1\n"})


@pytest.fixture
def ruff(tmp_path: Path) -> Callable[..., Path]:
    def sarif(*found: Finding) -> Path:
        results = [
            {
                "ruleId": rule,
                "level": "error",
                "message": {"text": f"{rule} is broken"},
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {"uri": f"file:///ci/{path}"},
                            "region": {"startLine": line},
                        }
                    }
                ],
            }
            for rule, path, line in found
        ]
        file = tmp_path / "ruff.sarif"
        run = {"tool": {"driver": {"name": "ruff"}}, "results": results}
        file.write_text(json.dumps({"version": "2.1.0", "runs": [run]}))
        return file

    return sarif


def record(
    adapter: CodebaseDBAdapter, root: Path, reports: Iterable[Path] = (), **options: Any
) -> AnalysisResult:
    found = adapter.record(root, depth="syntax", languages=["python"], reports=reports, **options)
    return found[0]


def lives(result: AnalysisResult) -> list[tuple[str, str, str | None, str | None]]:
    return [(each.rule, each.path, each.symbol, each.lifecycle) for each in result.reported]


def test_findings_are_known_again_by_rule_and_function_where_lines_and_files_move(
    adapter: CodebaseDBAdapter, root: Path, ruff: Callable[..., Path], git: Git, write: Write
) -> None:
    first = [("F401", "src/a.py", 1), ("F841", "src/a.py", 5)]
    before = record(adapter, root, [ruff(*first)])
    assert lives(before) == [
        ("ruff/F401", "src/a.py", None, None),
        ("ruff/F841", "src/a.py", "f", None),
    ]
    (root / "src/a.py").unlink()
    write(root, {"lib/c.py": "# Moved.\n" + SOURCE})
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Move")
    moved = [("F401", "lib/c.py", 2), ("F841", "lib/c.py", 6), ("F841", "lib/c.py", 11)]
    after = record(adapter, root, [ruff(*moved)])
    assert [each[2:] for each in lives(after)] == [
        (None, "existing"),
        ("f", "existing"),
        ("g", "new"),
    ]
    assert "ruff: 3 issues, 1 new" in [*reported.told(after)]


def test_they_stand_beside_ours_and_cost_no_points(
    adapter: CodebaseDBAdapter, root: Path, ruff: Callable[..., Path]
) -> None:
    alone = record(adapter, root)
    result = record(adapter, root, [ruff(("F841", "src/a.py", 5), ("X", "other/z.py", 1))])
    assert (result.id, result.quality_score) == (alone.id, alone.quality_score)
    assert any("other/z.py" in note for note in result.notes)
    assert result.id
    listed = adapter.issues(result.id)
    assert {each.rule for each in listed} == {"ruff/F841", *(i.rule for i in alone.issues)}
    assert [each.path for each in adapter.issues(result.id, rule="ruff/F841")] == ["src/a.py"]
    assert adapter.issues(result.id, "info", "ruff/F841") == []
    assert len(adapter.issues(result.id, path="src", limit=1)) == 1


def test_tests_that_ran_are_told_and_those_that_failed_stand_at_their_file(
    adapter: CodebaseDBAdapter, root: Path, tmp_path: Path
) -> None:
    xml = tmp_path / "tests.xml"
    xml.write_text(
        '<testsuite><testcase classname="src.a.TestF" name="test_f" time="1">'
        '<failure message="no"/></testcase><testcase name="b" time="2"/></testsuite>'
    )
    result = record(adapter, root, [xml])
    assert [*reported.told(result)] == ["Tests: 1 passed, 1 failed in 3.0 s"]
    assert lives(result) == [("tests/failure", "src/a.py", None, None)]


def test_what_was_spooled_has_its_reports_too(
    adapter: CodebaseDBAdapter, root: Path, ruff: Callable[..., Path], tmp_path: Path
) -> None:
    reports = [ruff(("F401", "src/a.py", 1))]
    adapter.spool(
        root, folder=tmp_path / "spool", depth="syntax", languages=["python"], reports=reports
    )
    (result,) = adapter.flush(tmp_path / "spool")
    assert lives(result) == [("ruff/F401", "src/a.py", None, None)]

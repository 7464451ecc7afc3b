"""Reports of other tools as they write them, and what only looks like one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph_sitter_db.errors import UsageError
from graph_sitter_db.ingest import report
from graph_sitter_db.model.keys import Severity

type Written = Callable[[Any], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(content: Any) -> Path:
        path = tmp_path / "report"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def sarif(*results: dict[str, Any], tool: str = "ruff", **driver: Any) -> dict[str, Any]:
    run = {"tool": {"driver": {"name": tool, **driver}}, "results": [*results]}
    return {"version": "2.1.0", "runs": [run]}


def result(uri: str, line: int | None = 3, **more: Any) -> dict[str, Any]:
    region = {} if line is None else {"region": {"startLine": line, "endLine": line + 1}}
    place = {"artifactLocation": {"uri": uri}, **region}
    return {
        "message": {"text": "Unused"},
        "locations": [{"physicalLocation": place}],
        **more,
    }


def test_sarif_of_ruff_names_files_by_their_urls(written: Written) -> None:
    found = report(written(sarif(result("file:///ci/my%20src/a.py", ruleId="F401", level="error"))))
    [each] = found.findings
    assert (each.tool, each.rule, each.severity) == ("ruff", "F401", Severity.ERROR)
    assert (each.path, each.start_line, each.end_line) == ("/ci/my src/a.py", 3, 4)
    assert (found.tools, found.tests) == (("ruff",), None)


def test_sarif_of_eslint_names_rules_by_their_place_and_may_have_no_line(written: Written) -> None:
    rules = [{"id": "a"}, {"id": "no-var", "defaultConfiguration": {"level": "note"}}]
    document = sarif(result("a.ts", None, ruleIndex=1), tool="ESLint", rules=rules)
    [each] = report(written(document)).findings
    assert (each.rule, each.severity, each.start_line) == ("no-var", Severity.INFO, 1)


def test_what_is_suppressed_or_passed_is_no_finding(written: Written) -> None:
    passed = result("a.py", ruleId="a", kind="pass")
    suppressed = result("a.py", ruleId="a", suppressions=[{"kind": "inSource"}])
    found = report(written(sarif(passed, suppressed)))
    assert (found.findings, found.tools) == ((), ("ruff",))


def test_sonarqubes_issues_are_read_in_the_old_form_and_the_new(written: Written) -> None:
    where = {"message": "No", "filePath": "a.py", "textRange": {"startLine": 7}}
    old = {"engineId": "mine", "ruleId": "r", "severity": "BLOCKER", "primaryLocation": where}
    impacts = [{"softwareQuality": "SECURITY", "severity": "LOW"}]
    rule = {"id": "n", "engineId": "other", "impacts": [*impacts, {"severity": "HIGH"}]}
    new = {"ruleId": "n", "primaryLocation": {"message": "No", "filePath": "b.py"}}
    assert [
        (each.tool, each.severity, each.path, each.start_line)
        for document in ({"issues": [old]}, {"rules": [rule], "issues": [new]})
        for each in report(written(document)).findings
    ] == [("mine", Severity.CRITICAL, "a.py", 7), ("other", Severity.ERROR, "b.py", 1)]


def test_junit_tells_how_many_tests_passed_and_which_failed(written: Written) -> None:
    found = report(
        written(
            """<?xml version="1.0"?><testsuites><testsuite name="pytest" tests="4">
            <testcase classname="tests.test_shop.TestPrice" name="test_a" time="0.5"/>
            <testcase classname="tests.test_shop.TestPrice" name="test_b" time="1.25">
              <failure message="assert 1 == 2&#10;more">trace</failure><error message="late"/>
            </testcase>
            <testcase classname="x" name="c" file="web/x.ts" line="41"><error/></testcase>
            <testcase classname="x" name="d"><skipped/></testcase>
            </testsuite></testsuites>"""
        )
    )
    assert found.tests
    tests = found.tests
    assert (tests.passed, tests.failed, tests.skipped, tests.seconds) == (1, 2, 1, 1.75)
    assert [(each.rule, each.path, each.start_line, each.message) for each in found.findings] == [
        ("failure", "tests/test_shop.py", 1, "tests.test_shop.TestPrice.test_b: assert 1 == 2"),
        ("error", "web/x.ts", 42, "x.c"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "Expecting value"),
        ("{}", "neither runs"),
        ("[" * 100_000, "recursion"),
        ('{"runs": [{}]}', "not SARIF's .*tool"),
        ('{"runs": 3}', "not SARIF's"),
        ('{"issues": [{"ruleId": "a"}]}', "not SonarQube's .*primaryLocation"),
        ("<coverage/>", "<coverage>, not of JUnit's"),
        ("<testsuite>", "broken XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>', "DOCTYPE declares"),
    ],
)
def test_what_is_no_report_is_named_with_a_remedy(
    written: Written, content: str, told: str
) -> None:
    with pytest.raises(UsageError, match=rf"(?s)is no usable report: .*{told}.* Give SARIF"):
        report(written(content))


def test_a_report_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.sarif cannot be read: No such file"):
        report(tmp_path / "none.sarif")

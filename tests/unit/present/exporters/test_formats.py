"""Every format says what its readers need, whatever names a repository has."""

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from tests.unit.present.exporters.conftest import HOSTILE, condition, issue

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.exports import Exported
from graph_sitter_db.model.verdicts import Verdict
from graph_sitter_db.present.exporters import FORMATS, exporter
from graph_sitter_db.present.exporters.json import schema
from graph_sitter_db.present.exporters.markdown import marker

type Make = Callable[..., Exported]


def rendered(name: str, exported: Exported) -> str:
    return exporter(name)(exported)


def data(name: str, exported: Exported) -> Any:
    return json.loads(rendered(name, exported))


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_depends_on_nothing_but_the_report(name: str, exported: Make) -> None:
    assert rendered(name, exported()) == rendered(name, exported())


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"junit"}))
def test_a_run_without_issues_and_verdict_has_every_format(name: str, exported: Make) -> None:
    nothing = exported(issues=[], rules=[], verdict=None)
    assert "\x1b" not in rendered(name, nothing)


def test_junit_needs_a_verdict(exported: Make) -> None:
    with pytest.raises(UsageError, match="was not judged; do it with: graph-sitter-db gate"):
        rendered("junit", exported(verdict=None))


def test_sarif_tells_rule_place_level_and_both_fingerprints(exported: Make) -> None:
    (run,) = data("sarif", exported())["runs"]
    first, second = run["results"]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"]
    assert (first["level"], first["message"]["text"]) == ("warning", HOSTILE)
    assert first["partialFingerprints"] == {
        "graphSitterDb/v1": "00ff",
        "primaryLocationLineHash": "a7f2ff13bc495cf2:1",
    }
    assert (first["baselineState"], second["baselineState"]) == ("new", "unchanged")
    place = second["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%A4.py"


def test_each_project_has_a_category_of_its_own(exported: Make) -> None:
    one, other = exported(), exported(key="pallets/click/docs (python)")
    ids = {data("sarif", each)["runs"][0]["automationDetails"]["id"] for each in (one, other)}
    assert ids == {
        "graph-sitter-db/pallets/click (python)/",
        "graph-sitter-db/pallets/click/docs (python)/",
    }


def test_gitlabs_fingerprints_differ_even_for_equal_issues(exported: Make) -> None:
    found = data("gitlab", exported(issues=[issue(), issue(start_line=40), issue(path="b.py")]))
    assert len({each["fingerprint"] for each in found}) == 3
    assert found[1] == {
        "description": "92 lines, the limit is 60",
        "check_name": "long_function",
        "fingerprint": found[1]["fingerprint"],
        "severity": "minor",
        "location": {"path": "src/click/core.py", "lines": {"begin": 40, "end": 104}},
    }


def test_an_annotation_is_one_command_whatever_its_message(exported: Make) -> None:
    gate, new = rendered("annotations", exported()).splitlines()
    assert gate.startswith("::error title=patch.debt failed (pallets/click (python))::80, at most")
    assert new.startswith("::warning file=src/click/core.py,line=12,endLine=104,title=Long ")
    assert "%250A" in new and "%0A::error::" in new


def test_without_a_gate_all_issues_are_annotated(exported: Make) -> None:
    assert len(rendered("annotations", exported(verdict=None)).splitlines()) == 2


def test_junit_has_a_test_case_for_each_condition(
    exported: Make, judged: Callable[..., Verdict]
) -> None:
    statuses = ("failed", "passed", "undecided", "skipped", "warned")
    verdict = judged(*(condition(name=each, status=each) for each in statuses))
    suite = ElementTree.fromstring(rendered("junit", exported(verdict=verdict)))[0]
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "1", "skipped": "1"}
    outcomes = {case.get("name"): case[0].tag for case in suite}
    assert outcomes == {
        "patch.failed": "failure",
        "patch.undecided": "error",
        "patch.warned": "system-out",
        "patch.passed": "system-out",
        "patch.skipped": "skipped",
    }


def test_checkstyle_lists_issues_by_file(exported: Make) -> None:
    root = ElementTree.fromstring(rendered("checkstyle", exported()))
    assert [file.get("name") for file in root] == ["a b/ä.py", "src/click/core.py"]
    assert root[1][0].attrib == {
        "line": "12",
        "severity": "warning",
        "message": HOSTILE.replace("\x1b", "\\x1b"),
        "source": "graph-sitter-db.long_function",
    }


def test_sonar_knows_each_issues_rule(exported: Make) -> None:
    found = data("sonar", exported())
    assert {each["ruleId"] for each in found["issues"]} == {rule["id"] for rule in found["rules"]}
    assert found["rules"][0]["cleanCodeAttribute"] == "FOCUSED"
    assert found["rules"][0]["impacts"] == [
        {"softwareQuality": "MAINTAINABILITY", "severity": "MEDIUM"}
    ]
    assert found["issues"][0]["primaryLocation"]["textRange"] == {"startLine": 12}


def test_the_comment_is_marked_with_its_project(exported: Make) -> None:
    text = rendered("markdown", exported())
    assert text.startswith("<!-- gsdb:pallets/click (python) -->\n### ❌ pallets/click (python)\n")
    assert rendered("summary", exported()).startswith("### ❌")
    assert marker("a--><b").startswith("<!-- gsdb:a-b ")
    assert marker("a--><b") != marker("a->b")


def test_nobody_is_mentioned_and_nothing_is_markup_in_a_comment(exported: Make) -> None:
    text = rendered("markdown", exported())
    assert "@everyone" not in text and "&#64;everyone" in text
    assert "<b>, " not in text
    assert "\x1b" not in text


def test_a_comment_is_no_longer_than_github_takes(
    exported: Make, judged: Callable[..., Verdict]
) -> None:
    many = judged(*(condition(name=f"n{number}") for number in range(500)))
    text = rendered("markdown", exported(verdict=many))
    assert len(text.encode()) < 65_536
    assert text.endswith("… shortened; `graph-sitter-db gate` tells all.")


def test_the_badge_has_the_grades_colour(exported: Make) -> None:
    assert data("badge", exported()) == {
        "schemaVersion": 1,
        "label": "code quality",
        "message": "87.4 B",
        "color": "green",
    }


def test_openmetrics_has_neither_path_nor_commit(exported: Make) -> None:
    text = rendered("openmetrics", exported())
    sample = (
        'graph_sitter_db_quality_score{project="pallets/click",language="python",branch="main"}'
    )
    assert f"{sample} 87.44" in text.splitlines()
    assert "src/click" not in text and "0123456" not in text
    assert text.endswith("\n# EOF")


def test_the_published_schema_is_the_one_that_holds(exported: Make) -> None:
    from tests.unit.cli.test_help import COMMANDS_PAGE

    published = COMMANDS_PAGE.with_name("export.schema.json").read_text()
    assert published == schema() + "\n"
    jsonschema.validate(data("json", exported()), json.loads(published))

"""SonarQube's generic issues, in the form before release 10.3 and in that since."""

from collections.abc import Iterator, Mapping
from typing import Any

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.reported import Reported, ToolReport

_SEVERITIES = {
    "BLOCKER": Severity.CRITICAL,
    "CRITICAL": Severity.ERROR,
    "HIGH": Severity.ERROR,
    "MAJOR": Severity.WARNING,
    "MEDIUM": Severity.WARNING,
    "MINOR": Severity.INFO,
    "LOW": Severity.INFO,
    "INFO": Severity.INFO,
}


def read(name: str, document: Mapping[str, Any]) -> ToolReport:
    """ValueError says what is wrong."""
    try:
        rules = {rule["id"]: rule for rule in document.get("rules") or []}
        found = tuple(_issues(document["issues"], rules))
    except (AttributeError, KeyError, TypeError) as error:
        told = f"its issues are not SonarQube's ({type(error).__name__}: {error})"
        raise ValueError(told) from error
    tools = [rule["engineId"] for rule in rules.values() if "engineId" in rule]
    tools += [each.tool for each in found]
    return ToolReport(name, found, tools=tuple(dict.fromkeys(tools)))


def _issues(
    issues: list[Mapping[str, Any]], rules: Mapping[str, Mapping[str, Any]]
) -> Iterator[Reported]:
    for issue in issues:
        rule = rules.get(issue["ruleId"], {})
        where = issue["primaryLocation"]
        region = where.get("textRange") or {}
        start = int(region.get("startLine", 1))
        yield Reported(
            tool=str(issue.get("engineId") or rule.get("engineId") or "sonar"),
            rule=str(issue["ruleId"]),
            severity=_severity(issue, rule),
            message=str(where["message"]),
            path=str(where["filePath"]),
            start_line=start,
            end_line=max(start, int(region.get("endLine", start))),
        )


def _severity(issue: Mapping[str, Any], rule: Mapping[str, Any]) -> Severity:
    """The gravest of a rule's impacts, where the issue has none of its own."""
    impacts = issue.get("impacts") or rule.get("impacts") or []
    named = [issue.get("severity"), *(each["severity"] for each in impacts), rule.get("severity")]
    found = [_SEVERITIES[each] for each in named if each in _SEVERITIES]
    return max(found, key=[*Severity].index) if found else Severity.WARNING

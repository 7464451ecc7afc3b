"""SARIF 2.1.0: `runs[].results[]`, of any tool."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.reported import Reported, ToolReport

_LEVELS = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "note": Severity.INFO,
    "none": Severity.INFO,
}


def read(name: str, document: Mapping[str, Any]) -> ToolReport:
    """ValueError says what is wrong. Results that are suppressed or passed are left out."""
    try:
        runs = [(_tool(run), run) for run in document["runs"]]
        found = tuple(each for tool, run in runs for each in _results(tool, run))
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"its runs are not SARIF's ({type(error).__name__}: {error})") from error
    return ToolReport(name, found, tools=tuple(tool for tool, _ in runs))


def _tool(run: Mapping[str, Any]) -> str:
    return str(run["tool"]["driver"]["name"])


def _results(tool: str, run: Mapping[str, Any]) -> Iterator[Reported]:
    rules = run["tool"]["driver"].get("rules") or []
    levels = {rule["id"]: _default(rule) for rule in rules}
    for result in run.get("results") or []:
        if result.get("kind", "fail") != "fail" or result.get("suppressions"):
            continue
        rule = _rule(result, rules)
        for where in (result.get("locations") or [])[:1]:
            place = where["physicalLocation"]
            region = place.get("region") or {}
            start = int(region.get("startLine", 1))
            yield Reported(
                tool=tool,
                rule=rule,
                severity=_LEVELS.get(
                    result.get("level") or levels.get(rule) or "", Severity.WARNING
                ),
                message=_text(result["message"]),
                path=_path(place["artifactLocation"]["uri"]),
                start_line=start,
                end_line=max(start, int(region.get("endLine", start))),
            )


def _rule(result: Mapping[str, Any], rules: list[Mapping[str, Any]]) -> str:
    if told := result.get("ruleId") or (result.get("rule") or {}).get("id"):
        return str(told)
    index = result.get("ruleIndex", -1)
    return str(rules[index]["id"]) if 0 <= index < len(rules) else "unnamed"


def _default(rule: Mapping[str, Any]) -> str | None:
    level: str | None = (rule.get("defaultConfiguration") or {}).get("level")
    return level


def _text(message: Mapping[str, Any]) -> str:
    return str(message.get("text") or message.get("markdown") or "")


def _path(uri: str) -> str:
    """`file:///ci/src/a.py` is /ci/src/a.py; blanks and the like are written out."""
    return unquote(urlsplit(uri).path if uri.startswith("file:") else uri)

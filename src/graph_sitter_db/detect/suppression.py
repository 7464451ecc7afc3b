"""Issues that a comment in the code accepts, and comments that accept nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from graph_sitter_db import plugins
from graph_sitter_db.detect.identity import Found
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Suppression
from graph_sitter_db.model.issues import Finding, Issue
from graph_sitter_db.model.ports import Rule


def accepted(issues: Iterable[Issue], files: Mapping[str, MeasuredFile]) -> list[Issue]:
    """The same issues, with the reason where a comment accepts one."""
    return [_judged(issue, files[issue.finding.path].facts) for issue in issues]


def unused(
    issues: Sequence[Issue],
    files: Mapping[str, MeasuredFile],
    *,
    rules: Sequence[Rule],
    run: Sequence[Rule],
) -> Iterator[Found]:
    """What the rule for useless suppressions, if it is among them, says of each name in a comment
    that accepts no issue. Rules that did not run may be right about something: they are left out.
    """
    judge = next((rule for rule in run if rule.check_suppression), None)
    if judge is None or judge.check_suppression is None:
        return
    ran = {rule.name: rule for rule in run}
    known = {rule.name for rule in (*rules, *plugins.rules())}
    for path, suppression, name in set(_named(files)) - set(_used(issues, files)):
        rule = ran.get(_spelled(name))
        if rule or _spelled(name) not in known:
            finding = judge.check_suppression(path, suppression, name, rule is not None)
            yield Found(judge, finding, needs_graph=bool(rule and rule.check_codebase))


type Named = tuple[str, Suppression, str]  # path, comment, one of the names in it


def _named(files: Mapping[str, MeasuredFile]) -> Iterator[Named]:
    for path, file in files.items():
        for suppression in file.facts.suppressions:
            yield from ((path, suppression, name) for name in suppression.rules or ("",))


def _used(issues: Iterable[Issue], files: Mapping[str, MeasuredFile]) -> Iterator[Named]:
    for issue in issues:
        path, facts = issue.finding.path, files[issue.finding.path].facts
        for suppression in facts.suppressions if issue.accepted is not None else ():
            if _accepts(suppression, issue, facts):
                names = (n for n in suppression.rules if _spelled(n) == issue.rule)
                yield from ((path, suppression, name) for name in names)


def _judged(issue: Issue, facts: FileFacts) -> Issue:
    for suppression in facts.suppressions:
        if _accepts(suppression, issue, facts):
            return replace(issue, accepted=suppression.reason)
    return issue


def _accepts(suppression: Suppression, issue: Issue, facts: FileFacts) -> bool:
    if issue.rule not in map(_spelled, suppression.rules):
        return False
    finding = issue.finding
    if finding.start_line in (suppression.covers, suppression.line):
        return True
    if suppression.is_head and finding.start_line == 1 and finding.symbol is None:
        return True
    return _decorates(suppression.covers, finding, facts)


def _decorates(line: int, finding: Finding, facts: FileFacts) -> bool:
    """Whether a decorator stands in the line, of the symbol that the finding is about."""
    if finding.symbol is None or line >= finding.start_line:
        return False
    following = next((s for s in facts.symbols if s.start_line >= line), None)
    if following is None or following.key != finding.symbol or not following.decorators:
        return False
    return facts.source.content.split(b"\n")[line - 1].lstrip().startswith(b"@")


def _spelled(name: str) -> str:
    return name.replace("-", "_")

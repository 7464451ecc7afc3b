from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.detect import Detected, detect
from graph_sitter_db.detect.identity import Found, identified
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding, Issue
from graph_sitter_db.model.keys import Family, Severity
from graph_sitter_db.model.ports import Codebase, Effort, Limits, Rule
from graph_sitter_db.model.relations import Failure
from graph_sitter_db.settings import Settings


def rule(name: str = "r", **other: Any) -> Rule:
    values: dict[str, Any] = {
        "title": "Title",
        "why": "",
        "category": "size",
        "severity": Severity.WARNING,
        "bad": (),
        "good": (),
        "limits": {},
        "effort": Effort(source=""),
    }
    return Rule(name=name, **{**values, **other})


def finding(path: str = "a.py", line: int = 1, symbol: str | None = None, **other: Any) -> Finding:
    values = {"message": "m", "end_line": line, **other}
    return Finding(path=path, start_line=line, symbol=symbol, **values)


def finds(*lines: int, symbol: str | None = None) -> Callable[..., Iterable[Finding]]:
    return lambda file, limits: [finding(file.path, line, symbol) for line in lines]


def run(
    files: Sequence[MeasuredFile],
    *rules: Rule,
    settings: Settings | None = None,
    with_graph: bool = True,
) -> Detected:
    return detect(files, {} if with_graph else None, Family.PYTHON, rules, settings)


def issues(detected: Detected) -> list[Issue]:
    return [issue for each in detected.issues.values() for issue in each]


def test_an_issue_carries_its_rule_and_finding(make: Any) -> None:
    [issue] = issues(run([make.file()], rule(check_file=finds(3, symbol="f"))))
    assert (issue.rule, issue.title, issue.severity) == ("r", "Title", Severity.WARNING)
    assert (issue.finding.path, issue.finding.start_line, issue.finding.symbol) == ("a.py", 3, "f")
    assert not issue.depends_on_graph


def test_issues_are_ordered_by_line_whatever_the_order_of_rules(make: Any) -> None:
    late, early = rule("late", check_file=finds(9, 2)), rule("early", check_file=finds(5))
    found = [
        [issue.finding.start_line for issue in issues(run([make.file()], *rules))]
        for rules in ((late, early), (early, late))
    ]
    assert found == [[2, 5, 9], [2, 5, 9]]


def test_two_equal_issues_in_one_symbol_stay_two(make: Any) -> None:
    found = issues(run([make.file()], rule(check_file=finds(3, 3, symbol="f"))))
    assert len({issue.fingerprint for issue in found}) == 2


@pytest.mark.parametrize("by", [1, 1000])
def test_code_that_moves_keeps_its_fingerprints(make: Any, by: int) -> None:
    found = [
        {issue.fingerprint for issue in issues(run([make.file()], rule(check_file=finds(*lines))))}
        for lines in ((1, 4, 8), (1 + by, 4 + by, 8 + by))
    ]
    assert found[0] == found[1]


@given(st.sets(st.tuples(*[st.text(max_size=3)] * 2), min_size=2))
def test_different_defects_have_different_fingerprints(marks: set[tuple[str, str]]) -> None:
    clean = {tuple(part.replace("\0", "").replace("#", "") for part in mark) for mark in marks}
    found = [
        Found(rule(), finding(symbol=symbol, anchor=anchor)) for symbol, anchor in sorted(clean)
    ]
    assert len({issue.fingerprint for issue in identified(found)}) == len(clean)


def test_paths_and_symbols_that_are_not_unicode_have_fingerprints(make: Any) -> None:
    [issue] = issues(run([make.file("\udcff.py")], rule(check_file=finds(1, symbol="\ud800"))))
    assert len(issue.fingerprint) == 32


def test_a_rule_that_raises_costs_its_own_result_only(make: Any) -> None:
    def breaks(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
        yield finding(file.path)
        if file.path == "a.py":
            raise RecursionError("too deep")

    files = [make.file("a.py"), make.file("b.py")]
    found = run(files, rule("breaks", check_file=breaks), rule("works", check_file=finds(1)))
    assert [(issue.finding.path, issue.rule) for issue in issues(found)] == [
        ("a.py", "works"),
        ("b.py", "breaks"),
        ("b.py", "works"),
    ]
    assert found.failures == (Failure("a.py", "rule", "breaks", "RecursionError: too deep"),)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (finding("elsewhere.py"), "a file it was not asked about"),
        (finding("b.py"), "a file it was not asked about"),
        (finding(gap=-1), "-1 minutes"),
        (finding(gap=float("nan")), "nan minutes"),
    ],
)
def test_a_finding_that_cannot_be_right_is_a_failure_of_its_rule(
    make: Any, wrong: Finding, words: str
) -> None:
    files, effort = [make.file("a.py"), make.file("b.py")], Effort(per_unit=1, source="")
    found = run(
        files[:1] if wrong.path == "a.py" else files,
        rule(check_file=lambda f, _: [wrong], effort=effort),
    )
    assert words in found.failures[0].message


def test_rules_for_the_codebase_need_the_graph(make: Any) -> None:
    def check(codebase: Codebase, limits: Limits) -> Iterable[Finding]:
        return [finding(path) for path in codebase.files]

    cycle = rule(check_codebase=check)
    files = [make.file("a.py"), make.file("b.py")]
    assert [issue.depends_on_graph for issue in issues(run(files, cycle))] == [True, True]
    assert issues(run(files, cycle, with_graph=False)) == []


def test_a_rule_with_two_checks_finds_without_the_graph_what_needs_none(make: Any) -> None:
    def check(codebase: Codebase, limits: Limits) -> Iterable[Finding]:
        return [finding(line=2)]

    both = rule(check_file=finds(1), check_codebase=check)
    needs_graph = {
        i.finding.start_line: i.depends_on_graph for i in issues(run([make.file()], both))
    }
    assert needs_graph == {1: False, 2: True}
    [alone] = issues(run([make.file()], both, with_graph=False))
    assert alone.finding.start_line == 1


def test_limits_can_differ_by_path(make: Any) -> None:
    def check(file: MeasuredFile, limits: Limits) -> Iterable[Finding]:
        return [finding(file.path, limit=limits["lines"])]

    settings = Settings.model_validate(
        {
            "limits": {"r": {"lines": 2}},
            "paths": [
                {"path": "b", "limits": {"r": {"lines": 3}}},
                {"path": "c", "disable": ["r"]},
            ],
        }
    )
    files = [make.file("a.py"), make.file("b/a.py"), make.file("c/a.py")]
    found = run(files, rule(check_file=check, limits={"lines": 1}), settings=settings)
    assert [(i.finding.path, i.finding.limit) for i in issues(found)] == [
        ("a.py", 2),
        ("b/a.py", 3),
    ]


def test_a_rule_for_the_codebase_knows_the_limits_of_each_path(make: Any) -> None:
    def check(codebase: Codebase, limits: Limits) -> Iterable[Finding]:
        return [finding(path, limit=codebase.limits_at(path)["lines"]) for path in codebase.files]

    settings = Settings.model_validate({"paths": [{"path": "b", "limits": {"r": {"lines": 3}}}]})
    files = [make.file("a.py"), make.file("b/a.py")]
    found = run(files, rule(check_codebase=check, limits={"lines": 1}), settings=settings)
    assert [i.finding.limit for i in issues(found)] == [1, 3]


def test_generated_files_are_judged_only_for_whether_they_parse(make: Any) -> None:
    rules = [
        rule("size", check_file=finds(1)),
        rule("broken", check_file=finds(1), category="parse"),
    ]
    found = run([make.file(is_generated=True)], *rules)
    assert [issue.rule for issue in issues(found)] == ["broken"]

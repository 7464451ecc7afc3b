"""Where findings at nodes stand, and what they are known by."""

import pytest

from graph_sitter_db.detect.rules import (
    any_type,
    bare_except,
    complex_condition,
    debugger_left,
    eval_used,
    non_null_assertion,
    none_comparison,
    shadowed_builtin,
    swallowed_exception,
)
from graph_sitter_db.model.ports import Rule
from graph_sitter_db.testing import find

HANDLER = "def run():\n    try:\n        {0}\n    except{1}:\n        pass\n"


@pytest.mark.parametrize(
    ("rule", "path", "before", "after"),
    [
        (
            complex_condition.RULE,
            "a.py",
            "if a and b and c or d or f(e):\n    pass\n",
            "\n\nif (\n    a and b and c\n    # or else\n    or d\n    or f(\n        e,\n    )\n"
            "):\n    pass\n",
        ),
        (
            swallowed_exception.RULE,
            "a.py",
            HANDLER.format("send(a, b)", " Exception"),
            HANDLER.format("send(\n            a,\n            b,  # two\n        )", " Exception"),
        ),
        (
            bare_except.RULE,
            "a.py",
            HANDLER.format("send()", ""),
            "import os\n\n" + HANDLER.format("send()\n        log()", ""),
        ),
        (none_comparison.RULE, "a.py", "if a.b == None: pass\n", "if (a.b\n  == None): pass\n"),
        (eval_used.RULE, "a.py", "eval(a + b)\n", "eval(\n    a\n    + b\n)\n"),
        (debugger_left.RULE, "a.py", "breakpoint()\n", "\nif a:\n    breakpoint()\n"),
        (shadowed_builtin.RULE, "a.py", "for id in a: pass\n", "for (\n  id\n) in b:\n    pass\n"),
        (any_type.RULE, "a.ts", "f(a.b(c) as any)\n", "f(\n  a.b(\n    c,\n  ) as any\n);\n"),
        (non_null_assertion.RULE, "a.ts", "f(a!.b!.c)\n", "f(\n  a!\n    .b!\n    .c\n);\n"),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else "",
)
def test_a_finding_is_known_again_when_its_code_is_moved_or_wrapped(
    rule: Rule, path: str, before: str, after: str
) -> None:
    [first], [second] = find(rule, {path: before}), find(rule, {path: after})
    assert first.fingerprint == second.fingerprint


def test_findings_of_one_symbol_are_told_apart_by_what_they_are_about() -> None:
    one, other = HANDLER.format("send()", " Exception"), "    try:\n        receive()\n"
    both = one + other + "    except Exception:\n        pass\n"
    [only] = find(swallowed_exception.RULE, {"a.py": one})
    known = {issue.fingerprint for issue in find(swallowed_exception.RULE, {"a.py": both})}
    assert len(known) == 2
    assert only.fingerprint in known


def test_columns_count_characters() -> None:
    [issue] = find(eval_used.RULE, {"a.py": "é = 'ü'; eval(é)\n"})
    assert (issue.finding.start_line, issue.finding.start_column) == (1, 10)


def test_a_finding_names_the_innermost_symbol_around_it() -> None:
    source = (
        "class A:\n    def f(self):\n        def g():\n            breakpoint()\nbreakpoint()\n"
    )
    issues = find(debugger_left.RULE, {"a.py": source})
    assert [issue.finding.symbol for issue in issues] == ["A.f.g", None]

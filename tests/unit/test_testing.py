"""The helper that authors of rules test theirs with."""

import runpy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from graph_sitter_db.detect.rules.mutable_default import RULE
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.ports import Example, Limits
from graph_sitter_db.testing import check_rule, find

PLUGIN = Path(__file__).parents[2] / "examples" / "plugin" / "src" / "house_rules.py"

BAD, GOOD = Example(files={"a.py": "def f(x=[]): ..."}, findings=1), RULE.good[0]


def test_the_rule_of_the_example_plug_in_does_what_it_says() -> None:
    check_rule(runpy.run_path(str(PLUGIN))["PRINT_IN_LIBRARY"])


@pytest.mark.parametrize(
    ("bad", "good", "words"),
    [
        ([replace(BAD, findings=2)], [GOOD], r"bad example 1 promises 2 findings, the rule has 1"),
        ([BAD, replace(BAD, files=GOOD.files)], [GOOD], r"bad example 2 promises 1 findings"),
        ([BAD], [replace(GOOD, files=BAD.files)], r"good example 1 .* has 1\n- All calls of `f`"),
        ([replace(GOOD, findings=0)], [GOOD], r"bad example 1 promises 0 findings"),
        ([BAD], [], r"mutable_default has no good example"),
        ([], [GOOD], r"mutable_default has no bad example"),
    ],
)
def test_an_example_that_does_not_hold_is_named(
    bad: list[Example], good: list[Example], words: str
) -> None:
    with pytest.raises(AssertionError, match=words):
        check_rule(replace(RULE, bad=bad, good=good))


def test_a_rule_that_raises_fails_its_test() -> None:
    def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
        raise KeyError("no such limit")

    broken = replace(RULE, check_file=check)
    with pytest.raises(AssertionError, match="KeyError: 'no such limit'"):
        find(broken, {"a.py": ""})


@pytest.mark.parametrize("files", [{"a.txt": ""}, {"a.py": "", "b.ts": ""}])
def test_sources_are_of_one_language_family(files: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match=r"a\.(txt|py)"):
        find(RULE, files)

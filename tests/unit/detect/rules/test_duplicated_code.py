"""How duplicates are told, and what they are known by."""

from collections.abc import Sequence
from typing import Any

import pytest

from graph_sitter_db.detect._detect import Codebase
from graph_sitter_db.detect.identity import Found
from graph_sitter_db.detect.rules.duplicated_code import RULE, check
from graph_sitter_db.model.duplication import Block, Duplicate, Duplication
from graph_sitter_db.model.facts import Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Family
from graph_sitter_db.settings import Settings


def found(
    make: Any,
    *duplicates: Duplicate,
    symbols: Sequence[Symbol] = (),
    settings: Settings | None = None,
) -> list[Finding]:
    files = {path: make.file(path, symbols) for path in ("a.py", "b.py")}
    chosen = settings or Settings()
    codebase = Codebase(files, {}, Family.PYTHON, chosen, RULE, duplication=Duplication(duplicates))
    return list(check(codebase, RULE.limits))


def duplicate(*earlier: Block, whole: bool = False) -> Duplicate:
    return Duplicate(Block("b.py", 20, 40), earlier, 18, 150, "digest", whole)


def test_the_message_tells_place_measure_and_limits(make: Any) -> None:
    [finding] = found(make, duplicate(Block("a.py", 3, 23)))
    assert finding.message == (
        "18 lines of code with 150 tokens repeat a.py:3–23 (limits 10 and 100)"
    )
    assert (finding.measured, finding.limit, finding.anchor) == (18, 10, "digest")


def test_the_limits_told_are_those_of_the_path(make: Any) -> None:
    path = {"path": "b.py", "limits": {"duplicated_code": {"lines": 5}}}
    settings = Settings.model_validate({"paths": [path]})
    [finding] = found(make, duplicate(Block("a.py", 3, 23)), settings=settings)
    assert finding.message.endswith("(limits 5 and 100)")


def test_of_many_places_three_are_told(make: Any) -> None:
    [finding] = found(make, duplicate(*(Block("a.py", n, n + 9) for n in (1, 11, 21, 31))))
    assert "repeat a.py:1–10, a.py:11–20, a.py:21–30 and 1 more (" in finding.message


def test_a_copy_is_told_as_such_and_costs_nothing(make: Any) -> None:
    copy = duplicate(Block("a.py", 1, 60), whole=True)
    findings = found(make, copy, duplicate(Block("a.py", 1, 5)))
    assert findings[0].message == "`b.py` is a copy of `a.py`"
    assert [Found(RULE, finding).minutes for finding in findings] == [0, 20]


@pytest.mark.parametrize(
    ("spans", "symbol"),
    [
        ([(1, 60), (10, 50), (25, 30)], "s1"),
        ([(1, 60), (22, 50)], "s0"),
        ([(22, 50)], None),
    ],
)
def test_a_duplicate_belongs_to_the_innermost_symbol_around_all_of_it(
    make: Any, spans: Sequence[tuple[int, int]], symbol: str | None
) -> None:
    symbols = [
        make.symbol(f"s{n}", n, start_line=start, end_line=end)
        for n, (start, end) in enumerate(spans)
    ]
    [finding] = found(make, duplicate(Block("a.py", 3, 23)), symbols=symbols)
    assert finding.symbol == symbol

"""Which returns count."""

from graph_sitter_db.detect.rules.too_many_returns import RULE
from graph_sitter_db.testing import find


def _measured(path: str, source: str) -> float | None:
    [issue] = find(RULE, {path: source}, limits={"returns": 0})
    return issue.finding.measured


def test_the_cases_of_a_switch_return_in_one_place() -> None:
    source = """\
function f(a, b) {
  if (!a) return 0
  switch (b ? a : -a) {
    case 1: return 1
    case 2: if (b) { return 2 } return 3
    default: switch (b) { case 4: return 4 }
  }
  switch (b) { case 5: return 5 }
  return 6
}
"""
    assert _measured("a.ts", source) == 4


def test_a_match_is_a_switch() -> None:
    cases = "".join(f"        case {n}:\n            return {n}\n" for n in range(5))
    assert _measured("a.py", f"def f(a):\n    match a:\n{cases}    return 9\n") == 2


def test_functions_inside_count_by_themselves() -> None:
    source = "def f():\n    def g():\n        return 1\n    return g\n"
    found = find(RULE, {"a.py": source}, limits={"returns": 0})
    assert [(issue.finding.symbol, issue.finding.measured) for issue in found] == [
        ("f", 1),
        ("f.g", 1),
    ]

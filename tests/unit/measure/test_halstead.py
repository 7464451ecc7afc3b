"""Halstead's measures: published counts, and tokens counted by hand."""

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure
from graph_sitter_db.measure.vocabulary import difficulty, effort, volume
from graph_sitter_db.model.facts import Vocabulary


def test_the_formulas_give_the_published_figures() -> None:
    """The C program of Wikipedia's article on Halstead complexity measures: volume 178.4."""
    tokens = Vocabulary(12, 7, 27, 15)
    assert volume(tokens) == pytest.approx(178.4, abs=0.05)
    assert difficulty(tokens) == pytest.approx(12.857, abs=0.001)
    assert effort(tokens) == pytest.approx(difficulty(tokens) * volume(tokens))


def test_nothing_has_no_volume() -> None:
    assert (volume(Vocabulary()), difficulty(Vocabulary()), effort(Vocabulary())) == (0, 0, 0)
    assert difficulty(Vocabulary(3, 0, 3, 0)) == 0


# def ( : return /            5 operators, 7 times: "(" three times
# mean values sum len         4 operands, 6 times: values three times
MEAN = """
def mean(values):
    # comments are no tokens
    return sum(values) / len(values)
"""

# The same program as Wikipedia's, names of functions operands here.
# function ( { let , ; = + /  9 operators, 22 times: 1 4 1 1 7 4 1 2 1
# main a b c avg scanf printf "%d %d %d" 3 "avg = %d"   10 operands, 18 times
AVERAGE = """
function main() {
  let a, b, c, avg;
  scanf("%d %d %d", a, b, c);
  avg = (a + b + c) / 3;
  printf("avg = %d", avg);
}
"""


@pytest.mark.parametrize(
    ("source", "path", "tokens", "values"),
    [
        (MEAN, "a.py", Vocabulary(5, 4, 7, 6), (41.21, 3.75, 154.53)),
        (AVERAGE, "a.js", Vocabulary(9, 10, 22, 18), (169.92, 8.1, 1376.33)),
    ],
)
def test_tokens_counted_by_hand(
    read: Reader, source: str, path: str, tokens: Vocabulary, values: tuple[float, ...]
) -> None:
    facts = read(source, path)
    measured = measure.measure(facts)
    assert facts.symbols[0].vocabulary == facts.vocabulary == tokens
    for found in (measured.values, measured.symbol_values[0]):
        names = ("halstead_volume", "halstead_difficulty", "halstead_effort")
        assert tuple(found[name] for name in names) == values


def test_a_functions_tokens_are_its_own_and_a_files_are_all(read: Reader) -> None:
    facts = read("def f():\n    def g():\n        return 1\n    return g\n")
    outer, inner = (symbol.vocabulary for symbol in facts.symbols)
    total = facts.vocabulary
    assert total.operators == outer.operators + inner.operators
    assert total.operands == outer.operands + inner.operands
    assert total.distinct_operators == 4  # def ( : return


def test_the_difficulty_of_a_whole_is_its_effort_by_its_volume(read: Reader) -> None:
    files = [
        measure.measure(read(source, path)) for source, path in ((MEAN, "a.py"), (AVERAGE, "b.js"))
    ]
    totals = measure.totals(files, {})
    effort = totals["halstead_effort"] / totals["halstead_volume"]
    assert totals["halstead_difficulty"] == pytest.approx(effort, abs=0.01)

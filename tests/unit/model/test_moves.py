"""What became of what is gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.model.moves import LEAST, alike, equal, lines_of, similarity

TEXT = [f"line {n}" for n in range(40)]
LINES = st.lists(st.sampled_from("abcdefgh"), max_size=24)


def levenshtein(old: list[str], new: list[str]) -> int:
    row: list[int] = [*range(len(new) + 1)]
    for at, line in enumerate(old, 1):
        before, row = row, [at]
        for place, other in enumerate(new, 1):
            row.append(min(before[place - 1] + (line != other), before[place] + 1, row[-1] + 1))
    return row[-1]


@given(old=LINES, new=LINES)
def test_the_score_is_the_edit_distance_of_lines_where_it_counts(
    old: list[str], new: list[str]
) -> None:
    longest = max(len(old), len(new))
    exact = 100 * (longest - levenshtein(old, new)) // longest if longest else 0
    assert similarity(old, new) == (exact if exact >= LEAST else 0)
    assert similarity(old, new) == similarity(new, old)


@given(
    st.dictionaries(st.integers(0, 9), LINES, max_size=5),
    st.dictionaries(st.integers(10, 19), LINES, max_size=5),
)
def test_pairs_are_found_as_by_comparing_each_with_each(
    gone: dict[int, list[str]], came: dict[int, list[str]]
) -> None:
    found = alike(gone, came)
    assert {(m.before, m.after, m.confidence) for m in found} == elected(gone, came)
    assert len({m.before for m in found}) == len({m.after for m in found}) == len(found)


def elected(gone: dict[int, list[str]], came: dict[int, list[str]]) -> set[tuple[int, int, int]]:
    """SonarQube's choice, spelled out."""
    scores = {
        (a, b): similarity(gone[a], came[b])
        for a in gone
        for b in came
        if 0.84 * len(gone[a]) < len(came[b]) < 1.18 * len(gone[a])
    }
    chosen: set[tuple[int, int, int]] = set()
    for score in range(100, LEAST - 1, -1):
        free = [
            (a, b)
            for (a, b), each in scores.items()
            if each == score and not any(a == x or b == y for x, y, _ in chosen)
        ]
        chosen |= {
            (a, b, score)
            for a, b in free
            if sum(x == a for x, _ in free) == sum(y == b for _, y in free) == 1
        }
    return chosen


@pytest.mark.parametrize(("changed", "found"), [(0, [100]), (6, [85]), (7, [])])
def test_a_file_is_known_again_while_85_per_cent_of_its_lines_are_the_same(
    changed: int, found: list[int]
) -> None:
    other = [*TEXT[changed:], *(f"other {n}" for n in range(changed))]
    replaced = [*(f"other {n}" for n in range(changed)), *TEXT[changed:]]
    assert [move.confidence for move in alike({"a": TEXT}, {"b": replaced})] == found
    assert similarity(TEXT, other) <= similarity(TEXT, replaced)


def test_of_two_that_are_as_much_alike_none_is_guessed() -> None:
    assert alike({"a": TEXT}, {"b": TEXT, "c": TEXT}) == []
    assert equal({"a": 1, "b": 1, "c": 2}, {"d": 1, "e": 2})[0].before == "c"


def test_indenting_and_blanks_are_no_difference() -> None:
    assert lines_of("if x:\n\ty = 1\r\n") == lines_of("  if  x:\n    y=1\n")

"""What stands in a row twice, compared with looking at every pair of places."""

import time
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.measure.repeats import Repeats, repeats

SIZE = 3
ROWS = st.lists(st.integers(0, 3), max_size=40)


def found(row: list[int], size: int = SIZE) -> Repeats:
    return repeats(np.array(row, np.uint64), size)


def pairs(row: list[int]) -> list[tuple[int, int]]:
    """Places whose windows are equal and do not overlap, the earlier first."""
    starts = range(len(row) - SIZE + 1)
    return [
        (a, b)
        for b in starts
        for a in range(b - SIZE + 1)
        if row[a : a + SIZE] == row[b : b + SIZE]
    ]


def covered(starts: set[int]) -> set[int]:
    return {place for start in starts for place in range(start, start + SIZE)}


@given(ROWS)
def test_runs_hold_all_that_is_there_twice_and_nothing_else(row: list[int]) -> None:
    places = [place for run in found(row).runs for place in range(*run)]
    assert set(places) == covered({start for pair in pairs(row) for start in pair})
    assert len(places) == len(set(places))


@given(ROWS)
def test_what_is_later_is_all_that_was_there_before(row: list[int]) -> None:
    parts = [part for parts in found(row).later for part in parts]
    places = {place for p in parts for place in range(p.start, p.start + p.length)}
    assert places == covered({later for _, later in pairs(row)})


@given(ROWS)
def test_each_part_says_what_was_said_where_it_points(row: list[int]) -> None:
    for parts in found(row).later:
        for part in parts:
            assert part.earlier + SIZE <= part.start
            assert (
                row[part.start : part.start + part.length]
                == row[part.earlier : part.earlier + part.length]
            )


@given(ROWS)
def test_parts_follow_each_other_without_a_gap(row: list[int]) -> None:
    for parts in found(row).later:
        for part, following in pairwise(parts):
            assert part.start < following.start <= part.start + part.length
        assert all(part.length >= SIZE for part in parts)


def test_a_copy_goes_on_at_one_place_though_a_piece_of_it_stands_earlier_still() -> None:
    piece, whole = [5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8, 9]
    [_, parts] = found([*piece, 20, *whole, 21, *whole]).later
    assert [(part.earlier, part.length) for part in parts] == [(4, 9)]


def test_one_thing_over_and_over_is_one_run_that_repeats_its_beginning() -> None:
    repeated = found([1, 2, 3] * 1000, size=30)
    assert repeated.runs == [(0, 3000)]
    assert [(parts[0].earlier, len(parts)) for parts in repeated.later] == [(0, 1)]


def test_repetition_takes_time_linear_in_its_length() -> None:
    def seconds(count: int) -> float:
        started = time.process_time()
        assert len(found([1, 2, 3, 4, 5, 6, 7] * count, size=100).runs) == 1
        return time.process_time() - started

    assert seconds(200_000) < 16 * max(seconds(50_000), 0.1)

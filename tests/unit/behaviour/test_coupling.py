"""Degrees of coupling, worked out by hand as Code Maat's are."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.behaviour.conftest import Commit

from graph_sitter_db.behaviour import Coupling, Limits, coupling
from graph_sitter_db.model.changes import Change, FileChange

ALL = Limits(min_revs=1, min_shared=1, min_degree=0)


def test_the_degree_is_shared_commits_in_per_cent_of_the_average_of_both(commit: Commit) -> None:
    # a changes 9 times, b 6 times, 5 of them together: 5 / ((9 + 6) / 2) is two thirds.
    log = [*[commit("x", "a", "b")] * 5, *[commit("x", "a")] * 4, commit("x", "b")]
    assert coupling(log, Limits()) == [Coupling("a", "b", 66, 8, 5)]


def test_pairs_below_a_limit_are_left_out_before_anything_is_rounded(commit: Commit) -> None:
    # 5 + 4 commits are 4.5 on average, which is fewer than 5 though it is shown as 5.
    log = [*[commit("x", "a", "b")] * 4, commit("x", "a")]
    assert coupling(log, Limits(min_shared=4)) == []
    assert coupling(log, Limits(min_shared=4, min_revs=4)) == [Coupling("a", "b", 88, 5, 4)]
    # 5 shared of (25 + 9) / 2 = 17 are 29.4 per cent.
    weak = [*[commit("x", "a", "b")] * 5, *[commit("x", "a")] * 20, *[commit("x", "b")] * 4]
    assert coupling(weak, Limits()) == []
    assert [each.degree for each in coupling(weak, Limits(min_degree=29))] == [29]


def test_a_commit_with_too_many_files_counts_for_none_of_them(commit: Commit) -> None:
    large = commit("x", *(f"f{n}" for n in range(31)))
    fits = commit("x", *(f"f{n}" for n in range(30)))
    assert coupling([large] * 9, ALL) == []
    assert {each.degree for each in coupling([fits] * 5 + [large] * 20, Limits())} == {100}


def test_a_file_that_changes_alone_still_counts_for_the_average(commit: Commit) -> None:
    log = [commit("x", "a", "b"), commit("x", "a"), commit("x", "a")]
    assert coupling(log, ALL) == [Coupling("a", "b", 50, 2, 1)]


def test_the_strongest_pair_is_first_and_of_equal_ones_the_busiest(commit: Commit) -> None:
    log = [
        *[commit("x", "a", "b")] * 6,
        *[commit("x", "c", "d")] * 8,
        *[commit("x", "e", "f")] * 5,
        commit("x", "e"),
    ]
    assert [each.path for each in coupling(log, Limits())] == ["c", "a", "e"]


@given(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), max_size=30))
def test_degrees_are_symmetric_and_never_over_a_hundred(sets: list[set[str]]) -> None:
    from datetime import UTC, datetime

    log = [
        Change("", "x", "x", datetime.now(UTC), tuple(FileChange(path) for path in files))
        for files in sets
    ]
    for each in coupling(log, ALL):
        together = sum({each.path, each.other} <= files for files in sets)
        alone = sum(len({each.path, each.other} & files) for files in sets)
        assert (each.shared, each.degree) == (together, int(100 * together / (alone / 2)))
        assert each.degree <= 100

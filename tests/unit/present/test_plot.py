"""Lines of braille."""

from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.present.plot import column, plot

POINTS = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40).map(
    lambda values: [(float(at), value) for at, value in enumerate(values)]
)


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right() -> None:
    assert plot([(0, 0), (3, 3)], width=2, height=1) == ["⡠⠊"]


def test_what_does_not_vary_is_a_line_across_the_middle() -> None:
    assert plot([(0, 5), (1, 5)], width=3, height=1) == ["⠤⠤⠤"]


@given(POINTS, st.integers(1, 20), st.integers(1, 6))
def test_it_has_the_size_that_was_asked_for_and_reaches_both_ends(
    points: list[tuple[float, float]], width: int, height: int
) -> None:
    rows = plot(points, width, height)
    assert [len(row) for row in rows] == [width] * height
    if len({value for _, value in points}) > 1:
        assert rows[0].strip("\u2800") and rows[-1].strip("\u2800")
        assert (column(points, 0, width), column(points, -1, width)) == (0, width - 1)
